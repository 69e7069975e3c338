"""What people ask for: carried out, or refused with every reason; facts of a CRM never come this way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connector.domain.commands import Accept, Accepted, HandOff, LiftCooldown, Recontact, Refused, Reject
from connector.domain.decision import Deed, EpisodeAnswer
from connector.domain.facts import Actor, Answer, Override, Request
from mappings.records import Activity, Direction, Kind, RecordKey
from tests.domain.deciding.tale import DAY, DEMO, MANAGER, SDR, Tale, handed_off, said_no

REP = Actor("rep", "r1")


def ids(outcome: Accepted | Refused) -> list[str]:
    assert isinstance(outcome, Refused)
    return [message.id for message in outcome.messages]


def test_a_hand_off_that_nothing_speaks_against_is_carried_out() -> None:
    tale = Tale()
    tale.heard(DEMO)
    outcome = tale.ask(HandOff(SDR, "c1", tale.now))
    assert isinstance(outcome, Accepted)
    assert outcome.effects == (Request("c1", tale.now, SDR),)
    assert outcome.handoff
    assert outcome.handoff.deed is Deed.HAND_OFF


def test_a_refused_hand_off_names_every_reason_and_when_it_may_come_back() -> None:
    tale = said_no("need_unclear")
    outcome = tale.ask(HandOff(SDR, "c1", tale.now))
    assert {"gate.cooldown", "refusal.needs_recontact", "refusal.needs_something_new"} <= set(ids(outcome))
    assert outcome.eligible_from == tale.now + 30 * DAY
    assert outcome.ask_manager is False


def test_when_the_customer_came_back_early_the_refusal_points_to_the_manager() -> None:
    tale = said_no("not_a_fit")
    tale.now += DAY
    tale.heard(DEMO)
    assert tale.ask(HandOff(SDR, "c1", tale.now)).ask_manager is True


def test_the_same_click_never_hands_off_twice() -> None:
    tale = Tale()
    tale.heard(DEMO)
    tale.click()
    again = HandOff(SDR, "click-0", tale.now)
    assert tale.ask(again) == Accepted((), tale.decision.handoff)
    tale.now += DAY
    tale.crm("rejected", rejection_reason="need_unclear")
    assert ids(tale.ask(again))[-1] == "refusal.click_answered"


def test_accepting_answers_the_open_hand_off_once() -> None:
    tale = handed_off()
    outcome = tale.ask(Accept(REP))
    assert outcome.effects == (EpisodeAnswer("h1", Answer.ACCEPTED, tale.now, REP),)
    tale.crm("accepted", at=tale.now + DAY)
    assert tale.ask(Accept(REP)).effects == ()


@pytest.mark.parametrize("command", [Accept(REP), Reject(REP, "no_budget")])
def test_there_is_nothing_to_answer_while_marketing_has_the_lead(command: Accept | Reject) -> None:
    assert ids(Tale().ask(command)) == ["command.not_with_sales"]


def test_with_an_opportunity_it_is_too_late_to_reject() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity()
    assert ids(tale.ask(Reject(REP, "no_budget"))) == ["command.already_opportunity"]


def test_rejecting_records_reason_note_date_and_wish() -> None:
    tale = handed_off()
    command = Reject(REP, "Bad timing", "after the fair", date(2026, 9, 1), return_to_me=True)
    (effect,) = tale.ask(command).effects
    assert isinstance(effect, EpisodeAnswer)
    no = effect.rejection
    assert no
    assert (no.reason, no.note, no.until, no.return_to_me, no.rep_id, no.at) == (
        "bad_timing", "after the fair", date(2026, 9, 1), True, "r1", tale.now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "until", "why"),
    [
        (" ", None, "command.reason_required"),
        ("because", None, "command.reason_unknown"),
        ("bad_timing", date(2020, 1, 1), "command.date_passed"),
    ],
)
def test_a_rejection_needs_a_reason_of_the_list_and_a_date_ahead(
    reason: str, until: date | None, why: str
) -> None:
    assert ids(handed_off().ask(Reject(REP, reason, until=until))) == [why]


def test_over_twenty_rejections_an_hour_ask_the_manager_first() -> None:
    tale = handed_off()
    command = Reject(REP, "no_budget", recent=20)
    outcome = tale.ask(command)
    assert (ids(outcome), outcome.ask_manager) == (["command.too_many_rejections"], True)
    assert isinstance(tale.ask(replace(command, recent=19)), Accepted)
    said = tale.ask(replace(command, by=MANAGER))
    assert isinstance(said, Accepted)
    (effect,) = said.effects
    assert isinstance(effect, EpisodeAnswer)
    assert effect.rejection
    assert (effect.rejection.rep_id, effect.rejection.said_by) == ("r1", "m1")  # it stays the rep's no


def talk(tale: Tale, **fields: object) -> Activity:
    facts: dict[str, object] = {"text": "spoke", "two_way": True, "direction": Direction.OUT, **fields}
    at = facts.pop("at", tale.now)
    return Activity(RecordKey("baton", "told", "1"), Kind.CALL, at, tale.now, tale.now, **facts)  # type: ignore[arg-type]


def test_a_conversation_is_logged() -> None:
    tale = said_no("need_unclear")
    activity = talk(tale)
    assert tale.ask(Recontact(SDR, activity)) == Accepted((activity,))


def test_an_attempt_a_future_talk_and_an_empty_note_are_no_recontact() -> None:
    tale = said_no("need_unclear")
    activity = talk(tale, two_way=False, text=" ", at=tale.now + DAY)
    assert ids(tale.ask(Recontact(SDR, activity))) == [
        "command.not_two_way",
        "command.in_future",
        "command.text_required",
    ]


def test_a_manager_lifts_a_cooldown_with_a_reason() -> None:
    tale = said_no("need_unclear")
    outcome = tale.ask(LiftCooldown(MANAGER, "they called us"))
    assert outcome == Accepted((Override(tale.now, MANAGER, "they called us"),))


def test_nobody_else_lifts_one_nor_without_reason_nor_where_there_is_none() -> None:
    assert ids(Tale().ask(LiftCooldown(SDR, ""))) == [
        "command.manager_only",
        "command.reason_required",
        "command.no_cooldown",
    ]


def test_the_same_word_of_a_manager_sent_twice_is_one_override() -> None:
    tale = said_no("need_unclear")
    tale.override()
    assert tale.ask(LiftCooldown(MANAGER, "they called us")) == Accepted(())
    assert ids(tale.ask(LiftCooldown(MANAGER, "another word"))) == ["command.no_cooldown"]
