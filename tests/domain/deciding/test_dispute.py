"""The truth about a rejection: who may doubt it and how, and what a finding changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.commands import Accepted, Refused
from connector.domain.dispute import Contest, Contested, Found, Settle
from connector.domain.facts import Actor, Answer, Dispute, Finding, Rejection, Step
from tests.domain.deciding.tale import DAY, DEMO, MANAGER, PRICE, SDR, Tale, handed_off, said_no

REP = Actor("rep", "r1")


def ids(outcome: Accepted | Refused) -> list[str]:
    assert isinstance(outcome, Refused)
    return [message.id for message in outcome.messages]


def disputed(tale: Tale, dispute: Dispute, *, annulled: bool = False) -> None:
    """The store keeps what was said of the latest rejection."""
    last = tale.known.episodes[-1]
    assert last.rejection
    doubted = replace(last, rejection=replace(last.rejection, dispute=dispute, annulled=annulled))
    tale.known = replace(tale.known, episodes=(*tale.known.episodes[:-1], doubted))


def test_an_sdr_contests_with_a_note_and_the_same_word_twice_is_once() -> None:
    tale = said_no("no_budget")
    outcome = tale.ask(Contest(SDR, "they signed off the budget"))
    assert outcome == Accepted((Contested("h1", tale.now, "s1", "they signed off the budget"),))
    disputed(tale, Dispute(tale.now, "s1", "they signed off the budget"))
    assert tale.ask(Contest(SDR, "they signed off the budget")) == Accepted(())
    assert ids(tale.ask(Contest(SDR, "another thing"))) == ["command.already_contested"]


@pytest.mark.parametrize("command", [Contest(SDR, "why"), Settle(MANAGER, "rep", "why")])
def test_a_lead_never_rejected_has_nothing_to_contest_or_settle(command: Contest | Settle) -> None:
    assert ids(handed_off().ask(command)) == ["command.never_rejected"]
    assert ids(said_no("no_budget").ask(replace(command, handoff_id="h9"))) == ["command.never_rejected"]


def test_a_contest_without_a_note_or_by_the_rep_is_refused() -> None:
    assert ids(said_no("no_budget").ask(Contest(REP, " "))) == ["command.note_required", "command.sdr_only"]


def test_only_a_manager_settles_with_a_finding_of_the_list_and_a_note() -> None:
    assert ids(said_no("no_budget").ask(Settle(SDR, "perhaps", ""))) == [
        "command.note_required",
        "command.finding_manager_only",
        "command.finding_unknown",
    ]


def test_a_finding_is_recorded_once_and_not_changed() -> None:
    tale = said_no("no_budget")
    said = Settle(MANAGER, "sdr", "nobody asked about money")
    outcome = tale.ask(said)
    assert outcome == Accepted((Found("h1", tale.now, "m1", Finding.SDR, "nobody asked about money"),))
    stored = Dispute(finding="sdr", found_at=tale.now, found_by="m1", found_note="nobody asked about money")
    disputed(tale, stored)
    assert tale.ask(said) == Accepted(())
    assert ids(tale.ask(Settle(MANAGER, "rep", "on second thought"))) == ["command.already_found"]
    assert ids(tale.ask(Contest(SDR, "but"))) == ["command.already_found"]


@pytest.mark.parametrize("finding", Finding)
def test_only_a_finding_against_the_rep_annuls(finding: Finding) -> None:
    assert Found("h1", DAY and said_no("no_budget").now, "m1", finding, "n").annuls is (finding == "rep")


@pytest.mark.parametrize("reason", ["no_budget", "not_a_fit", "need_unclear", "wrong_contact", "student", ""])
def test_annulled_a_rejection_rests_nobody_counts_for_nothing_and_another_rep_gets_the_lead(
    reason: str,
) -> None:
    tale = said_no(reason)
    tale.now += DAY
    tale.rep = "r2"
    disputed(tale, Dispute(finding="rep"), annulled=True)
    tale.settle()
    assert tale.decision.step is Step.HANDED_OFF
    assert (tale.verdict.cause, tale.verdict.not_to) == ("annulled", ("r1",))
    assert (tale.decision.rejections, tale.decision.cooldown_until) == (0, None)
    assert tale.decision.flags == ()


def test_annulled_it_is_no_rest_for_the_colleagues_either() -> None:
    other = Tale()
    other.heard(DEMO)
    other.colleague("not_a_fit")
    assert "gate.cooldown_account" in other.why
    other.colleague("not_a_fit", annulled=True)
    assert other.why == []


def test_the_third_rejection_annulled_is_no_third_and_the_lead_lives_again() -> None:
    tale = said_no("need_unclear")
    for rep in ("r2", "r3"):
        tale.rep = rep
        tale.now += 31 * DAY
        tale.spoke()
        tale.heard(PRICE)
        tale.click()
        tale.now += DAY
        tale.crm("rejected", rejection_reason="need_unclear")
    assert (tale.decision.step, tale.decision.rejections) == (Step.DISQUALIFIED, 3)
    tale.rep = "r4"
    tale.now += DAY
    disputed(tale, Dispute(finding="rep"), annulled=True)
    tale.settle()
    assert (tale.decision.step, tale.decision.rejections) == (Step.HANDED_OFF, 2)
    assert set(tale.verdict.not_to) == {"r1", "r2", "r3"}


def test_a_rejection_annulled_while_the_gate_is_shut_goes_on_when_it_opens() -> None:
    tale = said_no("no_budget")
    tale.change(consent=False)
    disputed(tale, Dispute(finding="rep"), annulled=True)
    assert tale.settle().step is Step.RECYCLED
    assert tale.why == ["gate.consent_refused"]
    tale.rep = "r2"
    assert tale.change(consent=True).step is Step.HANDED_OFF


def test_a_no_of_an_earlier_hand_off_can_be_settled_while_another_rep_has_the_lead() -> None:
    tale = said_no("need_unclear")
    tale.rep = "r2"
    tale.now += 31 * DAY
    tale.spoke()
    tale.heard(PRICE)
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF
    outcome = tale.ask(Settle(MANAGER, "rep", "they had told him everything"))
    assert isinstance(outcome, Accepted)
    first = tale.known.episodes[0]
    assert isinstance(first.rejection, Rejection)
    annulled = replace(first, rejection=replace(first.rejection, annulled=True))
    tale.known = replace(tale.known, episodes=(annulled, *tale.known.episodes[1:]))
    tale.settle()
    assert (tale.decision.step, tale.decision.rejections) == (Step.HANDED_OFF, 0)
    assert [e.answer for e in tale.known.episodes] == [Answer.REJECTED, Answer.OPEN]
