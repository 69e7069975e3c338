"""Columns of the matrix: strength, windows, cancelling, since, cycles, hand-set stages, alerts, and time passing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.decision import Evidence, StageVerdict
from connector.domain.facts import Actor, HandSet, Known, Memory
from connector.domain.matrix import MatrixConfig, cell_of, compile_matrix, place_persona, role_of
from connector.domain.signals import SignalsConfig, compile_signals
from connector.domain.stage import place_stage, stage_over_time
from mappings.records import Activity, Direction, Kind
from tests.domain.placing.documents import matrix, matrix_config, read, signals
from tests.domain.placing.leads import DAY, NOW, account, act, known, person, said

SECOND = timedelta(seconds=1)
HANDS = Actor("sdr", "7")


def placed(
    *activities: Activity, row: str = "mid-market", now: datetime = NOW, **fields: Any
) -> tuple[StageVerdict, tuple[Evidence, ...], datetime | None]:
    return place_stage(matrix(), signals(), known(*activities, **fields), persona_id=row, now=now)


def stage(*activities: Activity, row: str = "mid-market", now: datetime = NOW) -> str:
    return placed(*activities, row=row, now=now)[0].id


def view(url: str, at: datetime = NOW - DAY) -> Activity:
    return act(Kind.PAGE_VIEW, at=at, url=url)


PAPER, WEBINAR = act(Kind.DOWNLOAD, subject="白皮书"), act(Kind.WEBINAR)
PRICE, DEMO = said("多少钱"), said("Can we get a demo?")


def test_without_evidence_there_is_no_stage() -> None:
    verdict, evidence, until = placed()
    assert (verdict.id, verdict.computed, verdict.since, evidence, until) == ("none", "none", None, (), None)
    assert dict(verdict.points) == {"problem-education": 0, "solution-research": 0, "solution-selection": 0}


def test_one_strong_signal_suffices() -> None:
    verdict, (evidence,), until = placed(PRICE)
    assert (verdict.id, verdict.since, verdict.points["solution-selection"]) == (
        "solution-selection",
        NOW - DAY,
        2,
    )
    assert evidence == Evidence(
        "price-asked", "solution-selection", "strong", str(PRICE.key), NOW - DAY, NOW + 59 * DAY
    )
    assert until == evidence.expires_at


def test_two_different_supporting_signals_suffice_and_ten_of_one_do_not() -> None:
    papers = [act(Kind.DOWNLOAD, at=NOW - n * DAY, subject=f"Report {n}") for n in range(1, 11)]
    verdict, evidence, _ = placed(*papers)
    assert (verdict.id, verdict.points["problem-education"], len(evidence)) == ("none", 1, 1)
    assert evidence[0].at == NOW - DAY
    verdict, evidence, _ = placed(*papers, WEBINAR)
    assert (verdict.id, verdict.points["problem-education"], len(evidence)) == ("problem-education", 2, 2)


def test_supporting_signals_of_two_columns_do_not_add_up() -> None:
    product, pricing = act(Kind.DOWNLOAD, subject="产品手册"), act(Kind.DOWNLOAD, subject="价目表 价格")
    assert stage(product, pricing) == "none"


@pytest.mark.parametrize("activity", [view("https://x.com/"), act(Kind.VISIT), act(Kind.SUBSCRIPTION)])
def test_a_visit_or_subscription_is_strong_in_enterprise_rows_and_supporting_elsewhere(
    activity: Activity,
) -> None:
    assert stage(activity, row="enterprise") == "problem-education"
    assert stage(activity, row="mid-market") == stage(activity, row="small") == "none"


def test_a_group_of_rows_shares_its_overrides_and_a_rows_own_beats_them() -> None:
    rows = [
        {
            "id": f"enterprise-{model}",
            "group": "enterprise",
            "label": {"en": model},
            "when": {"fact": "account.kind", "equals": model},
        }
        for model in ("saas", "retail")
    ]
    config = MatrixConfig.model_validate({**read("matrix"), "rows": rows})
    document = read("signals")
    document["signals"][0]["by_row"] = {"enterprise": "strong", "enterprise-retail": "supporting"}
    document["needs"].append({"row": "enterprise-retail", "stage": "solution-selection"})
    places, heard = compile_matrix(config), compile_signals(SignalsConfig.model_validate(document), config)
    found = {
        (row, a.kind): place_stage(places, heard, known(a), persona_id=row, now=NOW)[0].id
        for row in ("enterprise-saas", "enterprise-retail")
        for a in (act(Kind.VISIT), PRICE)
    }
    assert found == {
        ("enterprise-saas", Kind.VISIT): "problem-education",
        ("enterprise-retail", Kind.VISIT): "none",
        ("enterprise-saas", Kind.CHAT): "solution-research",
        ("enterprise-retail", Kind.CHAT): "solution-selection",
    }


@pytest.mark.parametrize(
    ("row", "days"),
    [("small", (90, 60, 30)), ("mid-market", (180, 120, 60)), ("enterprise", (365, 180, 120))],
)
def test_evidence_counts_inside_its_window_and_then_the_lead_moves_back(
    row: str, days: tuple[int, ...]
) -> None:
    asked = [
        said("为什么会这样，原因是什么"),
        DEMO,
        said("How do you compare with other vendors, and the price?"),
    ]
    for activity, window, column in zip(asked, days, matrix().stages, strict=True):
        ends = activity.occurred_at + window * DAY
        verdict, _, until = placed(activity, row=row)
        assert (verdict.id, until) == (column, ends)
        assert placed(activity, row=row, now=ends - SECOND)[0] == verdict
        assert placed(activity, row=row, now=ends)[0].id == "none"


def test_the_lead_falls_back_to_the_column_whose_evidence_still_counts() -> None:
    price, demo = said("多少钱", at=NOW - 59 * DAY), said("demo please", at=NOW - 58 * DAY)
    verdict, _, until = placed(price, demo)
    assert (verdict.id, until) == ("solution-selection", NOW + DAY)
    verdict, evidence, _ = placed(price, demo, now=NOW + DAY)
    assert (verdict.id, verdict.since) == ("solution-research", demo.occurred_at)
    assert [e.signal for e in evidence] == ["demo-asked"]


def test_since_is_when_the_evidence_last_began_to_suffice() -> None:
    old, new = said("多少钱", at=NOW - 100 * DAY), said("报价", at=NOW - 10 * DAY)
    assert placed(old, new)[0].since == new.occurred_at
    between = said("价格呢", at=NOW - 45 * DAY)
    assert placed(old, between, new)[0].since == old.occurred_at
    paper, webinar = (
        act(Kind.DOWNLOAD, at=NOW - 20 * DAY, subject="Report"),
        act(Kind.WEBINAR, at=NOW - 9 * DAY),
    )
    assert placed(paper, webinar)[0].since == webinar.occurred_at


def test_a_negative_signal_cancels_older_supporting_evidence_and_shows_it() -> None:
    refusal = said("别再打电话了", at=NOW - SECOND)
    verdict, evidence, _ = placed(PAPER, WEBINAR, refusal)
    assert verdict.id == "none"
    assert [(e.signal, e.counts) for e in evidence] == [
        ("webinar", False),
        ("white-paper", False),
        ("refused", True),
    ]
    assert stage(PAPER, WEBINAR, refusal, PRICE) == "solution-selection"
    later = [
        replace(a, key=replace(a.key, id=f"{a.key.id}-later"), occurred_at=NOW) for a in (PAPER, WEBINAR)
    ]
    assert placed(PAPER, WEBINAR, refusal, *later)[0].since == NOW


def test_a_negative_signal_of_one_stage_leaves_the_others() -> None:
    cold = {
        "id": "cold",
        "label": {"en": "C"},
        "kinds": ["note"],
        "stage": "solution-research",
        "strength": "negative",
    }
    document = read("signals")
    heard = compile_signals(
        SignalsConfig.model_validate({**document, "signals": [*document["signals"], cold]}), matrix_config()
    )
    product = act(Kind.DOWNLOAD, subject="产品手册"), act(Kind.FORM, subject="Contact us")
    lead = known(PAPER, WEBINAR, *product, act(Kind.NOTE, at=NOW))
    verdict, _, _ = place_stage(matrix(), heard, lead, persona_id="mid-market", now=NOW)
    assert (verdict.id, verdict.points["solution-research"]) == ("problem-education", 0)
    assert stage(PAPER, WEBINAR, *product) == "solution-research"


def test_planned_and_future_activities_never_count_before_their_time() -> None:
    ahead = said("多少钱", at=NOW + DAY)
    verdict, evidence, until = placed(ahead, act(Kind.MEETING, at=NOW - DAY, planned=True))
    assert (verdict.id, evidence, until) == ("none", (), NOW + DAY)
    assert placed(ahead, now=NOW + DAY)[0].id == "solution-selection"


def test_evidence_before_the_present_cycle_belongs_to_the_last_one() -> None:
    second = Memory(cycle=2, cycle_opened_at=NOW - 10 * DAY)
    old, new = said("多少钱", at=NOW - 11 * DAY), said("demo?", at=NOW - 10 * DAY)
    assert placed(old, new, memory=second)[0].id == "solution-research"
    assert placed(old, new, memory=replace(second, cycle=1))[0].id == "solution-selection"


def test_a_note_is_evidence_reported_by_its_author() -> None:
    _, (evidence,), _ = placed(act(Kind.NOTE, "客户问了价格", author_id="rep-7"))
    assert evidence.reported_by == "rep-7"
    assert placed(PRICE)[1][0].reported_by == ""


def test_a_stage_set_by_hand_wins_and_shows_the_computed_one() -> None:
    chosen = HandSet("negotiation", "terms on the table", HANDS, NOW - 2 * DAY)
    verdict, _, _ = placed(PRICE, stage_set=chosen)
    assert (verdict.id, verdict.computed, verdict.since, verdict.hand_set) == (
        "negotiation",
        "solution-selection",
        chosen.at,
        chosen,
    )
    assert placed(PRICE, stage_set=replace(chosen, value="gone"))[0].hand_set is None
    third = Memory(cycle=3, cycle_opened_at=NOW - DAY)
    assert placed(PRICE, stage_set=chosen, memory=third)[0].id == "solution-selection"


def test_an_enterprise_needs_more_than_one_question_to_be_selecting() -> None:
    assert stage(PRICE, row="enterprise") == "solution-research"
    assert stage(PRICE, said("我们下月招标"), row="enterprise") == "solution-selection"
    assert stage(PRICE, row="mid-market") == stage(PRICE, row="small") == "solution-selection"


def test_two_supporting_signals_carry_an_enterprise_to_the_column_before() -> None:
    asked = said("How long does implementation take?"), said("What ROI do customers see?")
    assert stage(*asked, row="enterprise") == "solution-research"
    assert stage(*asked, view("https://x.com/pricing"), row="enterprise") == "solution-selection"
    assert stage(*asked, row="small") == "solution-selection"


@pytest.mark.parametrize(
    "texts",
    [
        ("你们和其他家有什么区别", "多少钱", "服务周期多长"),
        ("How do you compare with other vendors?", "How much is it?", "What is the service period?"),
    ],
)
def test_an_enterprise_that_raises_competitor_price_and_service_is_served_at_once(
    texts: tuple[str, ...],
) -> None:
    asked = [said(text, at=NOW - n * DAY) for n, text in enumerate(texts)]
    verdict, _, until = placed(*asked, row="enterprise")
    assert (verdict.id, verdict.flags) == ("solution-selection", ("notify",))
    assert until == NOW + 28 * DAY
    assert placed(*asked, row="enterprise", now=NOW + 28 * DAY)[0].flags == ()
    assert placed(*asked[:2], row="enterprise")[0].flags == ()
    assert placed(*asked, row="small")[0].flags == ()


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Marketing Intern", "Why do our leads go cold? What causes that, and what are best practices?"),
        ("市场部实习生", "为什么我们线索转化率低？怎么解决？"),
    ],
)
def test_the_intern_with_ten_papers_is_a_student_and_no_further_than_problem_education(
    title: str, question: str
) -> None:
    papers = [act(Kind.DOWNLOAD, at=NOW - n * DAY, subject=f"白皮书 {n}") for n in range(10)]
    questions = [said(question, at=NOW - n * DAY) for n in range(5)]
    lead = known(*papers, *questions, company=account(employees=8), who=person(title=title))
    row = place_persona(matrix(), lead, NOW)[0].id
    column = place_stage(matrix(), signals(), lead, persona_id=row, now=NOW)[0].id
    assert (role_of(matrix(), title), cell_of(row, column)) == ("student", "small/problem-education")


@pytest.mark.parametrize("title", ["Vice President Operations", "采购总监"])
def test_the_decision_maker_who_only_asks_for_a_demo_is_in_solution_research_of_an_enterprise(
    title: str,
) -> None:
    lead = known(act(Kind.DEMO_REQUEST), company=account(employees=12_000), who=person(title=title))
    row = place_persona(matrix(), lead, NOW)[0].id
    column = place_stage(matrix(), signals(), lead, persona_id=row, now=NOW)[0].id
    assert (role_of(matrix(), title), cell_of(row, column)) == (
        "decision-maker",
        "enterprise/solution-research",
    )


MOMENTS = st.integers(0, 999_999).map(Fraction).map(lambda n: n / 1_000_000)
"""Shares of a span that end before it does; a float near one would round up to its end."""

WORDS = [
    "多少钱",
    "demo please",
    "别再打电话了",
    "what are your advantages",
    "服务周期",
    "How do you compare",
    "hello",
    "实施周期多长",
]
activities = st.lists(
    st.builds(
        lambda kind, text, days, nth: act(
            kind, text, at=NOW - timedelta(days=days), name=str(nth), direction=Direction.IN, subject=text
        ),
        st.sampled_from(
            [Kind.CHAT, Kind.PAGE_VIEW, Kind.DOWNLOAD, Kind.WEBINAR, Kind.SUBSCRIPTION, Kind.NOTE]
        ),
        st.sampled_from(WORDS),
        st.integers(-20, 400),
        st.integers(0, 10**6),
    ),
    max_size=8,
)


@given(
    activities,
    st.sampled_from(["enterprise", "mid-market", "small", "unknown"]),
    MOMENTS,
)
@settings(max_examples=150)
def test_the_verdict_holds_until_the_stated_instant_and_no_order_changes_it(
    happened: list[Activity], row: str, part: Fraction
) -> None:
    first = placed(*happened, row=row)
    verdict, evidence, until = first
    assert cell_of(row, verdict.id) in (*matrix().cells, cell_of(row, "none"))
    assert until is None or until > NOW
    span = until - NOW if until else 900 * DAY
    later = NOW + span * part.numerator // part.denominator
    assert placed(*happened, row=row, now=later) == first
    shuffled = Random(1).sample(happened, len(happened))
    assert placed(*shuffled, *happened, row=row) == first
    assert all(e.expires_at > NOW >= e.at for e in evidence)


@given(activities)
@settings(max_examples=50)
def test_since_is_the_first_instant_from_which_the_column_suffices_without_a_break(
    happened: list[Activity],
) -> None:
    at = stage_over_time(matrix(), signals(), Known("l", NOW, person(), activities=tuple(happened)))
    verdict = at("small", NOW)[0]
    if verdict.since is None:
        assert verdict.id == "none"
        return
    assert verdict.since <= NOW
    order = [*matrix().stages]
    for step in range(5):
        seen = at("small", verdict.since + (NOW - verdict.since) * step / 5)[0].id
        assert order.index(seen) >= order.index(verdict.id)
