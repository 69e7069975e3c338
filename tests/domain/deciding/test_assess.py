"""What people judge: marketing's review before a hand-off, and what makes a lead sales qualified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.assess import Judge, Qualify
from connector.domain.assessment import Qualification
from connector.domain.commands import Accepted, Refused
from connector.domain.decision import EpisodeAnswer
from connector.domain.facts import Actor, Answer, Step
from connector.domain.rules import Rules
from tests.domain.deciding.tale import DAY, DEMO, HOUR, PRICE, SDR, Tale, handed_off, rules

REP = Actor("rep", "r1")
ALL = {"need": "traceability", "process_fit": "same flow", "timeline": "this year", "budget": "300k"}


def reviewed(**changes: object) -> Rules:
    return rules(handoff={"default_shape": "review", **changes})


def judged(tale: Tale, *, accepted: bool, note: str = "") -> None:
    found = tale.ask(Judge(SDR, accepted, note))
    assert isinstance(found, Accepted), found
    tale.known = replace(tale.known, reviews=(*tale.known.reviews, *found.effects))  # type: ignore[arg-type]
    tale.settle()


def test_where_hand_offs_are_reviewed_a_lead_waits_for_marketings_word_and_is_told_so() -> None:
    tale = Tale(by=reviewed())
    tale.heard(DEMO)
    assert tale.decision.step is Step.MAL
    assert tale.why == ["gate.review"]
    tale.now += HOUR
    judged(tale, accepted=True)
    assert (tale.decision.step, tale.why) == (Step.MQL, [])
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF


def test_a_declined_lead_says_why_and_may_be_accepted_later() -> None:
    tale = Tale(by=reviewed())
    tale.heard(DEMO)
    judged(tale, accepted=False, note="budget frozen")
    assert tale.why == ["gate.review_declined"]
    tale.now += HOUR
    judged(tale, accepted=True)
    assert tale.decision.step is Step.MQL


def test_a_rejected_lead_is_reviewed_anew() -> None:
    tale = Tale(by=reviewed())
    tale.heard(PRICE)
    judged(tale, accepted=True)
    tale.now += HOUR
    tale.click()
    tale.now += DAY
    tale.crm("rejected", rejection_reason="need_unclear")
    assert "gate.review" in tale.why


def test_the_shape_is_set_per_cell() -> None:
    only = reviewed(default_shape="direct", shapes={"mid-market/solution-selection": "review"})
    tale = Tale(by=only)
    tale.heard(DEMO)
    assert tale.why == []
    tale.heard(PRICE)
    assert tale.why == ["gate.review"]


@pytest.mark.parametrize(
    ("command", "shape", "why"),
    [
        (Judge(SDR, accepted=True), "direct", ["command.no_review"]),
        (Judge(REP, accepted=True), "review", ["command.marketing_only"]),
        (Judge(SDR, accepted=False, note=" "), "review", ["command.reason_required"]),
    ],
)
def test_a_review_is_refused_in_words(command: Judge, shape: str, why: list[str]) -> None:
    tale = Tale(by=reviewed(default_shape=shape))
    tale.heard(DEMO)
    found = tale.ask(command)
    assert isinstance(found, Refused)
    assert [message.id for message in found.messages] == why


def test_what_sales_has_is_not_reviewed() -> None:
    tale = handed_off()
    found = tale.ask(Judge(SDR, accepted=True))
    assert isinstance(found, Refused)
    assert found.messages[0].id == "command.with_sales_already"


def test_a_rep_qualifies_a_lead_by_stating_each_criterion() -> None:
    tale = handed_off(title="engineer")
    tale.now += HOUR
    found = tale.ask(Qualify(REP, {"need": "traceability", "budget": " "}))
    assert isinstance(found, Refused)
    assert [message.params["criterion_id"] for message in found.messages] == [
        "process_fit", "timeline", "budget", "key_role",
    ]  # fmt: skip
    found = tale.ask(Qualify(REP, {**ALL, "key_role": "runs the project"}))
    assert isinstance(found, Accepted)
    answer, said = found.effects
    assert isinstance(answer, EpisodeAnswer)
    assert isinstance(said, Qualification)
    episode = replace(tale.known.episodes[0], answer=Answer.ACCEPTED, answered_at=tale.now)
    tale.known = replace(tale.known, episodes=(episode,), qualifications=(said,))
    tale.settle()
    assert tale.steps[-2:] == ["sal", "sql"]
    assert (tale.transitions[-1].actor, tale.transitions[-1].cause) == (REP, "qualified")
    assert "sql_criteria_owed" not in tale.decision.flags


def test_a_title_that_decides_is_a_key_role_and_what_was_stated_stays() -> None:
    tale = handed_off(title="CTO")
    episode = tale.known.episodes[0]
    before = Qualification(episode.id, tale.now, REP, {"need": "traceability"})
    tale.known = replace(tale.known, qualifications=(before,))
    rest = {name: text for name, text in ALL.items() if name != "need"}
    found = tale.ask(Qualify(REP, rest))
    assert isinstance(found, Accepted)
    assert dict(found.effects[-1].criteria) == ALL  # type: ignore[union-attr]


def test_a_lead_that_the_crm_calls_qualified_is_recorded_and_what_is_owed_is_flagged() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.crm("qualified")
    assert tale.decision.step is Step.SQL
    assert "sql_criteria_owed" in tale.decision.flags


def test_nothing_to_qualify_while_marketing_has_the_lead() -> None:
    tale = Tale()
    tale.heard(DEMO)
    found = tale.ask(Qualify(REP, ALL))
    assert isinstance(found, Refused)
    assert [message.id for message in found.messages] == ["command.not_with_sales"]
