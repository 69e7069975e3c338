"""Rows of the matrix: bands, fallbacks, tolerance, other currencies, rows by anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connector.domain.facts import Actor, HandSet, Memory
from connector.domain.matrix import MatrixConfig, check_matrix, compile_matrix, place_persona
from connector.errors import ConfigError
from mappings.records import Account, Money
from tests.domain.placing.documents import matrix, matrix_config, read
from tests.domain.placing.leads import DAY, NOW, account, cny, known, person

M = 1_000_000


def document(**changes: Any) -> dict[str, Any]:
    return {**read("matrix"), **changes}


def with_rows(*conditions: Any, **changes: Any) -> MatrixConfig:
    rows = [{"id": f"row-{n}", "label": {"en": "Row"}, "when": when} for n, when in enumerate(conditions)]
    return MatrixConfig.model_validate(document(rows=rows, **changes))


def persona(company: Account | None, **fields: Any) -> str:
    return place_persona(matrix(), known(company=company, **fields), NOW)[0].id


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        (cny(50 * M - 1), "small"),
        (cny(50 * M), "mid-market"),
        (cny(1000 * M - 1), "mid-market"),
        (cny(1000 * M), "enterprise"),
        (Money(10 * M * 100 - 1, "USD"), "small"),
        (Money(10 * M * 100, "USD"), "mid-market"),
        (Money(250 * M * 100, "USD"), "enterprise"),
        (Money(2_000 * M, "JPY"), "mid-market"),
        (Money(200 * M * 100, "EUR"), "enterprise"),
        (Money(100, "XXX"), "unknown"),
        (cny(-5), "unknown"),
        (None, "unknown"),
    ],
)
def test_revenue_decides_the_row_in_any_currency_with_a_rate(revenue: Money | None, expected: str) -> None:
    assert persona(account(revenue=revenue)) == expected


@pytest.mark.parametrize(
    ("head_count", "expected"), [(99, "small"), (100, "mid-market"), (1000, "enterprise")]
)
def test_employees_stand_in_for_an_absent_revenue_and_the_lead_says_so(
    head_count: int, expected: str
) -> None:
    verdict, _ = place_persona(matrix(), known(company=account(employees=head_count)), NOW)
    assert (verdict.id, verdict.fallback) == (expected, "account.employees")


def test_a_known_revenue_needs_no_fallback() -> None:
    verdict, _ = place_persona(matrix(), known(company=account(employees=5000, revenue=cny(M))), NOW)
    assert (verdict.id, verdict.fallback) == ("small", "")


@pytest.mark.parametrize("stated", ["1,200", 1200, "1200.5"])
def test_a_head_count_on_the_person_is_the_last_resort(stated: str | int) -> None:
    verdict, _ = place_persona(matrix(), known(who=person(properties={"employees": stated})), NOW)
    assert (verdict.id, verdict.fallback) == ("enterprise", "person.properties.employees")


@pytest.mark.parametrize("stated", ["many", "NaN", True, None, "", -5])
def test_a_head_count_that_is_no_number_says_nothing(stated: Any) -> None:
    fields = {"employees": stated} if stated == -5 else {}
    who = person(properties={} if fields else {"employees": stated})
    assert persona(account(**fields) if fields else None, who=who) == "unknown"


def remembered(row: str, **more: Any) -> Memory:
    return Memory(persona=row, **more)


@pytest.mark.parametrize(
    ("was", "revenue", "expected"),
    [
        ("small", 54_999_999, "small"),
        ("small", 55_000_000, "mid-market"),
        ("mid-market", 45_000_001, "mid-market"),
        ("mid-market", 45_000_000, "small"),
        ("small", 1000 * M, "enterprise"),
        ("mid-market", 1050 * M, "mid-market"),
        ("unknown", 50 * M, "mid-market"),
        ("gone-row", 50 * M, "mid-market"),
        ("", 50 * M, "mid-market"),
    ],
)
def test_a_persona_changes_at_once_only_ten_percent_beyond_the_band(
    was: str, revenue: int, expected: str
) -> None:
    assert persona(account(revenue=cny(revenue)), memory=remembered(was)) == expected


def test_a_number_near_the_band_changes_the_persona_after_thirty_days() -> None:
    lead = known(company=account(revenue=cny(51 * M)), memory=remembered("small"))
    first, until = place_persona(matrix(), lead, NOW)
    assert (first.id, first.candidate, first.differs_since, until) == (
        "small",
        "mid-market",
        NOW,
        NOW + 30 * DAY,
    )
    memory = remembered("small", persona_candidate="mid-market", persona_differs_since=NOW)
    lead = replace(lead, memory=memory)
    assert place_persona(matrix(), lead, NOW + 30 * DAY - timedelta(seconds=1)) == (first, until)
    after, nothing = place_persona(matrix(), lead, NOW + 30 * DAY)
    assert (after.id, after.candidate, nothing) == ("mid-market", "", None)


def test_a_third_row_on_the_way_starts_the_thirty_days_again() -> None:
    memory = remembered("mid-market", persona_candidate="small", persona_differs_since=NOW - 29 * DAY)
    verdict, until = place_persona(
        matrix(), known(company=account(revenue=cny(1001 * M)), memory=memory), NOW
    )
    assert (verdict.id, verdict.candidate, until) == ("mid-market", "enterprise", NOW + 30 * DAY)


def test_facts_that_vanish_or_are_corrected_do_not_wait() -> None:
    assert persona(account(), memory=remembered("small")) == "unknown"
    places = compile_matrix(
        with_rows({"fact": "account.industry", "equals": "Retail"}, {"fact": "account.name", "present": True})
    )
    lead = known(company=account(name="X", industry="retail "), memory=remembered("row-1"))
    assert place_persona(places, lead, NOW)[0].id == "row-0"


def test_a_persona_set_by_hand_wins_and_shows_the_computed_one() -> None:
    chosen = HandSet("enterprise", "group of companies", Actor("sdr", "7"), NOW - DAY)
    verdict, _ = place_persona(matrix(), known(company=account(employees=5), persona_set=chosen), NOW)
    assert (verdict.id, verdict.computed, verdict.hand_set, verdict.fallback) == (
        "enterprise",
        "small",
        chosen,
        "account.employees",
    )
    stale = replace(chosen, value="gone-row")
    verdict, _ = place_persona(matrix(), known(company=account(employees=5), persona_set=stale), NOW)
    assert (verdict.id, verdict.hand_set) == ("small", None)


def test_a_new_exchange_rate_is_an_instant_at_which_the_persona_can_change() -> None:
    rates = {
        "base": "CNY",
        "entries": [
            {"currency": "EUR", "since": "2026-01-01", "rate": 10},
            {"currency": "EUR", "since": "2026-07-01", "rate": 4},
        ],
    }
    places = compile_matrix(MatrixConfig.model_validate(document(rates=rates)))
    lead = known(company=account(revenue=Money(6 * M * 100, "EUR")))
    turns = datetime(2026, 7, 1, tzinfo=UTC)
    verdict, until = place_persona(places, lead, NOW)
    assert (verdict.id, until) == ("mid-market", turns)
    assert place_persona(places, lead, turns)[0].id == "small"
    near = known(company=account(revenue=cny(51 * M)), memory=remembered("small"))
    assert place_persona(places, near, NOW)[1] == NOW + 30 * DAY
    foreign = known(company=account(revenue=Money(510 * M, "EUR")), memory=remembered("small"))
    assert place_persona(places, foreign, NOW)[1] == turns


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"fact": "person.source", "in": ["Organic_Search", "paid_search"]}, True),
        ({"fact": "person.source", "equals": "social"}, False),
        ({"fact": "person.source", "contains": ["search"]}, True),
        ({"fact": "person.email", "present": True}, False),
        ({"fact": "person.email", "present": False}, True),
        ({"fact": "account.country", "equals": "CN"}, True),
        ({"fact": "account.properties.plan", "equals": True}, True),
        ({"fact": "account.properties.seats", "at_least": 12.5}, True),
        ({"fact": "account.properties.seats", "below": 12}, False),
        ({"fact": "account.properties.gone", "below": 12}, False),
        (
            {
                "fact": "account.properties.gone",
                "below": 12,
                "fallback": {"fact": "account.employees", "below": 9},
            },
            True,
        ),
        (
            {
                "fact": "account.revenue",
                "at_least": {"CNY": 5},
                "fallback": {"fact": "account.employees", "equals": 8},
            },
            True,
        ),
        (
            {"fact": "account.name", "equals": "x", "fallback": {"fact": "account.domain", "equals": "y"}},
            False,
        ),
        ({"not": {"fact": "person.source", "equals": "social"}}, True),
        ({"all": [{"fact": "account.country", "equals": "cn"}, {"band": "size", "is": "small"}]}, True),
        ({"any": [{"fact": "account.country", "equals": "us"}, {"band": "size", "is": "enterprise"}]}, False),
        (
            {
                "any": [
                    {"fact": "account.country", "equals": "us"},
                    {"fact": "account.employees", "below": 10},
                ]
            },
            True,
        ),
    ],
)
def test_a_row_may_ask_anything_of_static_facts(when: Any, *, holds: bool) -> None:
    places = compile_matrix(with_rows(when))
    company = account(country="CN", employees=8, properties={"plan": True, "seats": "12.5"})
    lead = known(company=company, who=person(source="organic_search"))
    assert place_persona(places, lead, NOW)[0].id == ("row-0" if holds else "unknown")


@pytest.mark.parametrize(
    ("rows", "company", "expected"),
    [
        (
            [{"band": "size", "is": "enterprise"}, {"fact": "account.country", "equals": "cn"}],
            {"employees": 5},
            "account.employees",
        ),
        (
            [
                {"all": [{"band": "size", "is": "enterprise"}, {"fact": "account.country", "equals": "us"}]},
                {"fact": "account.country", "equals": "cn"},
            ],
            {"employees": 5},
            "",
        ),
        (
            [{"any": [{"band": "size", "is": "small"}, {"fact": "account.country", "equals": "cn"}]}],
            {"employees": 5},
            "",
        ),
        (
            [{"any": [{"band": "size", "is": "small"}, {"fact": "account.country", "equals": "us"}]}],
            {"employees": 5},
            "account.employees",
        ),
        ([{"not": {"band": "size", "is": "enterprise"}}], {"employees": 5}, "account.employees"),
        (
            [
                {
                    "fact": "account.industry",
                    "equals": "x",
                    "fallback": {"fact": "account.domain", "equals": "d"},
                }
            ],
            {"domain": "d"},
            "account.domain",
        ),
    ],
)
def test_the_verdict_names_a_fallback_only_where_it_decided(
    rows: Any, company: dict[str, Any], expected: str
) -> None:
    places = compile_matrix(with_rows(*rows))
    verdict, _ = place_persona(places, known(company=account(country="cn", **company)), NOW)
    assert verdict.id != "unknown"
    assert verdict.fallback == expected


def test_rows_by_origin_alone_are_configuration() -> None:
    origins = [["organic_search"], ["paid_search", "social"]]
    places = compile_matrix(with_rows(*({"fact": "person.source", "in": origin} for origin in origins)))
    found = [
        place_persona(places, known(who=person(source=s)), NOW)[0].id
        for s in ("organic_search", "social", "direct")
    ]
    assert found == ["row-0", "row-1", "unknown"]


def test_size_by_business_model_by_industry_makes_twenty_seven_rows() -> None:
    rows = [
        {
            "all": [
                {"band": "size", "is": size},
                {"fact": "account.business_model", "equals": model},
                {"fact": "account.industry", "equals": industry},
            ]
        }
        for size in ("small", "mid-market", "enterprise")
        for model in "abc"
        for industry in "xyz"
    ]
    places = compile_matrix(with_rows(*rows))
    assert len(places.cells) == 28 * 3
    lead = known(company=account(employees=100, business_model="B", industry="z"))
    assert place_persona(places, lead, NOW)[0].id == "row-14"


MOMENTS = st.integers(0, 999_999).map(Fraction).map(lambda n: n / 1_000_000)
"""Shares of a span that end before it does; a float near one would round up to its end."""

revenues = st.none() | st.builds(
    Money, st.integers(-10, 10**13), st.sampled_from(["CNY", "USD", "JPY", "EUR", "XXX"])
)
memories = st.builds(
    Memory,
    persona=st.sampled_from(["", "small", "mid-market", "enterprise", "unknown"]),
    persona_candidate=st.sampled_from(["", "small", "mid-market", "enterprise"]),
    persona_differs_since=st.none() | st.integers(0, 60).map(lambda days: NOW - days * DAY),
)


@given(revenues, st.none() | st.integers(-1, 10**6), memories, MOMENTS)
def test_every_lead_is_in_one_row_and_stays_there_until_the_stated_instant(
    revenue: Money | None, head_count: int | None, memory: Memory, part: Fraction
) -> None:
    lead = known(company=account(revenue=revenue, employees=head_count), memory=memory)
    verdict, until = place_persona(matrix(), lead, NOW)
    assert matrix().personas.count(verdict.id) == 1
    kept = replace(
        memory,
        persona=verdict.id,
        persona_candidate=verdict.candidate,
        persona_differs_since=verdict.differs_since,
    )
    lead = replace(lead, memory=kept)
    span = until - NOW if until else 900 * DAY
    later = NOW + span * part.numerator // part.denominator
    assert place_persona(matrix(), lead, later) == (verdict, until)


def test_windows_are_the_rows_own_else_the_documents() -> None:
    days = {p: [matrix().window(p, s).days for s in matrix().stages] for p in matrix().personas}
    assert days == {
        "small": [90, 60, 30],
        "mid-market": [180, 120, 60],
        "enterprise": [365, 180, 120],
        "unknown": [180, 120, 60],
    }


def test_cells_carry_their_minimum_role_and_labels_speak_both_languages() -> None:
    places = compile_matrix(
        MatrixConfig.model_validate(
            document(
                cells={
                    "small/solution-research": {"minimum_role": "influencer"},
                    "small/problem-education": {},
                }
            )
        )
    )
    assert places.minimum_role("small/solution-research") == "influencer"
    assert places.minimum_role("small/problem-education") is None
    assert places.label("enterprise", "zh-CN") == "大型企业"
    assert places.label("none", "en") == "No stage yet"
    assert places.label("solution-research", "de") == "Solution research"
    assert places.label("solution-research", "zh_TW") == "需求明确"
    assert places.label("nonsense", "en") == "nonsense"
    assert places.sales_stages == ("negotiation", "delivery")
    assert places.names("unknown") == ("unknown",)


def test_the_shipped_matrix_has_no_problem() -> None:
    assert check_matrix(matrix_config()) == []
    assert "enterprise" in matrix_config().speakable()


def test_every_problem_of_a_matrix_is_named_with_its_path() -> None:
    row = {
        "id": "a",
        "label": {"en": "A"},
        "when": {"not": {"any": [{"band": "size", "is": "huge"}, {"band": "gone", "is": "x"}]}},
    }
    wrong = {
        "id": "unknown",
        "label": {"en": "B"},
        "when": {"band": "size", "is": "small"},
        "windows": {"delivery": 3},
    }
    config = MatrixConfig.model_validate(
        document(
            rows=[row, row, wrong],
            stages=[
                {"id": "none", "label": {"en": "N"}, "owner": "sales"},
                {"id": "only", "label": {"en": "O"}},
            ],
            windows={},
            cells={"a/gone": {}},
            titles=[{"role": "user", "words": ["!"]}],
        )
    )
    assert check_matrix(config) == [
        "rows: id 'a' is declared 2 times",
        "rows[2].id: 'unknown' is the row of accounts that no row matches; choose another id",
        "stages[0].id: 'none' is the stage of leads without evidence; choose another id",
        "stages: marketing's columns come before sales'",
        "rows[2].windows.delivery: no column of marketing has this id",
        "windows.only: missing; it holds for rows that set none and for 'unknown'",
        "cells.a/gone: no such cell; write <row id>/<column id>",
        "rows[0].when: band 'size' has no 'huge'",
        "rows[0].when: band 'gone' is not declared",
        "rows[1].when: band 'size' has no 'huge'",
        "rows[1].when: band 'gone' is not declared",
        "titles[0].words: '!' says nothing",
    ]
    with pytest.raises(ConfigError, match="matrix: rows: id 'a'"):
        compile_matrix(config)
    sold = MatrixConfig.model_validate(document(stages=[{"id": "s", "label": {"en": "S"}, "owner": "sales"}]))
    assert "stages: at least one column must belong to marketing" in check_matrix(sold)


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ({"fact": "account.size", "equals": 1}, "rows.0.when.fact.fact"),
        ({"fact": "lead.source", "equals": 1}, "rows.0.when.fact.fact"),
        ({"fact": "account.properties.", "equals": 1}, "rows.0.when.fact.fact"),
        ({"fact": "person.source", "equals": "a", "in": ["b"]}, "rows.0.when.fact"),
        ({"fact": "person.source"}, "rows.0.when.fact"),
        ({"fact": "account.revenue", "at_least": 5}, "rows.0.when.fact"),
        ({"fact": "account.employees", "below": {"CNY": 5}}, "rows.0.when.fact"),
        ({"all": []}, "rows.0.when.all.all"),
        ({"nonsense": 1}, "rows.0.when"),
        (7, "rows.0.when"),
    ],
)
def test_a_wrong_condition_is_an_error_at_its_path(when: Any, path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        with_rows(when)
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [path]


@pytest.mark.parametrize(
    "band",
    [
        {"names": ["a", "b"], "facts": [{"fact": "account.employees", "limits": [1, 2]}]},
        {"names": ["a", "b", "c"], "facts": [{"fact": "account.employees", "limits": [2, 1]}]},
        {"names": ["a", "b"], "facts": [{"fact": "account.revenue", "limits": [2]}]},
        {"names": ["a", "b"], "facts": [{"fact": "account.employees", "limits": {"CNY": [2]}}]},
    ],
)
def test_a_band_whose_limits_do_not_fit_is_an_error(band: Any) -> None:
    with pytest.raises(ValidationError, match=r"limits"):
        MatrixConfig.model_validate(document(bands=[{"id": "size", **band}]))


def test_a_label_needs_english() -> None:
    with pytest.raises(ValidationError, match="English"):
        MatrixConfig.model_validate(document(stages=[{"id": "a", "label": {"zh_CN": "甲"}}]))
