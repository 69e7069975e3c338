"""Rows that nobody can stand in are found, and only those."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.conditions import Facts
from connector.domain.matrix import MatrixConfig, compile_matrix
from connector.domain.reach import dead_rows
from tests.domain.placing.documents import matrix_config, read
from tests.domain.placing.leads import account, cny, person

SHIPPED = read("matrix")
SMALL = {"band": "size", "is": "small"}
CHINA = {"fact": "account.country", "equals": "CN"}


def matrix(*conditions: dict[str, Any]) -> MatrixConfig:
    """A matrix of rows with these conditions."""
    rows = [{"id": f"r{n}", "label": {"en": "R"}, "when": when} for n, when in enumerate(conditions)]
    return MatrixConfig.model_validate({**SHIPPED, "rows": rows, "titles": []})


def dead(*conditions: dict[str, Any]) -> list[int]:
    """The numbers of the rows that are found dead."""
    return [int(problem.partition("]")[0][5:]) for problem in dead_rows(matrix(*conditions))]


def test_the_shipped_rows_live() -> None:
    assert dead_rows(matrix_config()) == []


def test_rows_taken_by_one_before_or_by_several_together_are_found() -> None:
    assert dead(SMALL, {"all": [SMALL, CHINA]}) == [1]
    assert dead({"all": [SMALL, CHINA]}, SMALL) == []
    assert dead({"all": [SMALL, CHINA]}, {"all": [SMALL, {"not": CHINA}]}, SMALL) == [2]
    assert dead({"not": SMALL}, {"any": [CHINA, SMALL]}, CHINA) == [2]


def test_rows_that_contradict_themselves_are_found() -> None:
    assert dead({"all": [SMALL, {"band": "size", "is": "enterprise"}]}) == [0]
    assert dead({"all": [CHINA, {"fact": "account.country", "in": ["DE", "FR"]}]}) == [0]
    assert dead({"all": [CHINA, {"fact": "account.country", "present": False}]}) == [0]


def test_numbers_are_told_apart_by_their_limits() -> None:
    seats = {"fact": "account.properties.seats"}
    assert dead({**seats, "at_least": 100}, {**seats, "at_least": 200}) == [1]
    assert dead({**seats, "at_least": 200}, {**seats, "at_least": 100}) == []
    assert dead({"all": [{**seats, "at_least": 200}, {**seats, "below": 100}]}) == [0]
    assert dead({**seats, "below": 100}, {**seats, "at_least": 100}, {**seats, "present": True}) == []


def test_what_stands_in_for_an_absent_fact_is_no_part_of_it() -> None:
    fallback = {**CHINA, "fallback": {"fact": "person.source", "equals": "web"}}
    assert dead(CHINA, fallback) == []
    assert dead(fallback, CHINA) == [1]


def test_of_what_cannot_be_told_apart_nothing_is_said() -> None:
    bank = {"fact": "account.industry", "contains": ["bank"]}
    assert dead(bank, {"fact": "account.industry", "contains": ["investment bank"]}) == []
    many = [{"fact": f"account.properties.p{n}", "in": [str(v) for v in range(9)]} for n in range(9)]
    assert dead({"any": many}, {"all": many}, many[0]) == []


LEAVES = st.sampled_from(
    [
        SMALL, {"band": "size", "is": "mid-market"}, CHINA, {"fact": "account.country", "in": ["DE", "cn"]},
        {"fact": "account.country", "present": True}, {"fact": "account.properties.seats", "at_least": 5},
        {"fact": "account.properties.seats", "below": 9, "fallback": CHINA}, {"fact": "account.industry", "contains": ["a"]},
        {"fact": "account.industry", "equals": "abc"}, {"fact": "account.revenue", "at_least": {"CNY": 90000000}},
    ]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"all": of}),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"any": of}),
        inner.map(lambda of: {"not": of}),
    ),
    max_leaves=5,
)
ACCOUNTS = st.builds(
    account,
    country=st.sampled_from(["", "CN", "de", "US"]),
    industry=st.sampled_from(["", "abc", "bank", "xyz"]),
    revenue=st.sampled_from([None, cny(1_000_000), cny(95_000_000), cny(2_000_000_000)]),
    employees=st.sampled_from([None, 5, 500]),
    properties=st.sampled_from(
        [{}, {"seats": ""}, {"seats": "many"}, {"seats": 3}, {"seats": "7"}, {"seats": 9}]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4), st.lists(ACCOUNTS, min_size=1, max_size=5))
def test_nobody_stands_in_a_row_that_is_found_dead(rows: list[dict[str, Any]], firms: list[Any]) -> None:
    ready = compile_matrix(matrix(*rows))
    found = {f"r{n}" for n in dead(*rows)}
    for firm in firms:
        facts = Facts(person(), firm, ready.rates, date(2026, 6, 1))
        first = next((row.id for row in ready.rows if row.check(facts, ready.share * 0).holds), "")
        assert first not in found
