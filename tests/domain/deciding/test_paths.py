"""Every path into "with sales" meets the same cooldown: what is asked is refused, what was done is flagged or undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.commands import HandOff, Refused
from connector.domain.decision import Deed
from connector.domain.facts import Actor, Answer, LinkedRecord, Rejection, StatusChange, Step
from connector.domain.rules import Rules
from mappings.records import Person, RecordKey, SystemRole
from tests.domain.deciding.tale import DAY, DEMO, HOUR, PRICE, SDR, Tale, handed_off, rules, said_no

WORKFLOW, BATON, REP2 = Actor("crm", "005flow"), Actor("baton", "005flow"), Actor("rep", "r2")


def reverting() -> Rules:
    return rules(recycling={"on_violation": "revert"})


def resting(by: Rules | None = None, reason: str = "not_a_fit", **fields: object) -> Tale:
    tale = handed_off(by=by)
    tale.now += DAY
    tale.crm("rejected", rejection_reason=reason, **fields)
    tale.now += DAY
    return tale


def made(tale: Tale, key: RecordKey, answer: str, *, history: bool, by: Actor = REP2) -> None:
    """Somebody makes another record of the person in the CRM, with a status; with its history, or without."""
    person = Person(key, email="wei@example-works.cn", modified_at=tale.now, created_at=tale.now)
    record = LinkedRecord(key, SystemRole.CRM, person, answer=answer, created_at=tale.now)
    tale.known = replace(tale.known, records=(*tale.known.records, record))
    if history:
        later = replace(record, changes=(_change(tale, answer, by),))
        tale.known = replace(tale.known, records=(*tale.known.records[:-1], later))
    tale.settle()


def _change(tale: Tale, answer: str, by: Actor = REP2) -> StatusChange:
    return StatusChange(tale.now, "open", answer, by)


def test_a_click_and_automatic_mode_are_refused() -> None:
    tale = resting(rules(handoff={"default_mode": "automatic"}))
    tale.spoke()
    tale.heard(DEMO)
    assert tale.decision.handoff.deed is not Deed.HAND_OFF
    refused = tale.ask(HandOff(SDR, "again", tale.now))
    assert isinstance(refused, Refused)
    assert "gate.cooldown" in [message.id for message in refused.messages]
    assert len(tale.known.episodes) == 1


STATUSES = ["open", "accepted", "qualified"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("actor", [REP2, WORKFLOW, BATON], ids=["rep", "workflow", "automation as Baton"])
def test_a_status_set_back_to_work_is_flagged_whoever_sets_it(status: str, actor: Actor) -> None:
    tale = resting()
    tale.crm(status, actor=actor)
    flagged = not (actor is BATON and status == "open")  # that is how Baton itself opens a record again
    assert ("violation:cooldown" in tale.decision.flags) is flagged
    assert tale.known.episodes[0].answer is Answer.REJECTED
    assert tale.decision.handoff.deed is not Deed.HAND_OFF


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("actor", [REP2, WORKFLOW], ids=["rep", "workflow"])
def test_where_set_so_it_is_to_be_undone_and_no_more_once_it_was(status: str, actor: Actor) -> None:
    tale = resting(reverting())
    tale.crm(status, actor=actor)
    assert {"revert", "violation:cooldown"} <= set(tale.decision.flags)
    assert tale.decision.step is Step.RECYCLED
    tale.now += HOUR
    tale.crm("rejected", actor=BATON)
    assert "revert" not in tale.decision.flags
    assert (tale.decision.step, len(tale.known.episodes)) == (Step.RECYCLED, 1)


@pytest.mark.parametrize("by", [None, reverting()], ids=["flag", "revert"])
def test_a_conversion_or_a_deal_cannot_be_undone_and_is_always_recorded(by: Rules | None) -> None:
    converted, dealt = resting(by), resting(by)
    converted.crm("converted")
    dealt.opportunity()
    for tale, step in ((converted, Step.SQL), (dealt, Step.OPPORTUNITY)):
        assert {"violation:cooldown", "bypass"} <= set(tale.decision.flags)
        assert "revert" not in tale.decision.flags
        assert tale.decision.step is step
        assert tale.transitions[-1].violation == "cooldown"


@pytest.mark.parametrize("by", [None, reverting()], ids=["flag", "revert"])
@pytest.mark.parametrize("history", [True, False], ids=["with history", "status alone"])
@pytest.mark.parametrize("key", [RecordKey("sf", "Lead", "2"), RecordKey("hub2", "leads", "2")], ids=str)
def test_another_record_that_a_rep_makes_is_found(by: Rules | None, history: bool, key: RecordKey) -> None:
    tale = resting(by)
    made(tale, key, "accepted", history=history)
    assert "violation:cooldown" in tale.decision.flags
    assert ("revert" in tale.decision.flags) is (by is not None)
    assert tale.decision.step is (Step.RECYCLED if by else Step.SAL)


@pytest.mark.parametrize("by", [None, reverting()], ids=["flag", "revert"])
@pytest.mark.parametrize("word", ["open", "accepted"])
@pytest.mark.parametrize("history", [True, False], ids=["with history", "status alone"])
def test_a_record_made_for_a_colleague_while_the_account_rests_is_no_back_door(
    by: Rules | None, word: str, history: bool
) -> None:
    tale = Tale(by=by)
    tale.heard(DEMO)
    tale.colleague("not_a_fit")
    tale.now += DAY
    made(tale, RecordKey("sf", "Lead", "2"), word, history=history)
    assert "violation:cooldown" in tale.decision.flags
    assert ("revert" in tale.decision.flags) is (by is not None)
    assert tale.decision.step in ((Step.MAL, Step.MQL) if by else (Step.HANDED_OFF, Step.SAL))
    if by is None:
        assert tale.transitions[-1].violation == "cooldown"
    tale.now += DAY
    tale.crm("rejected", actor=BATON if by else REP2)
    assert "revert" not in tale.decision.flags


def test_a_deal_with_a_colleague_while_the_account_rests_is_recorded_under_either_policy() -> None:
    for by in (None, reverting()):
        tale = Tale(by=by)
        tale.heard(DEMO)
        tale.colleague("not_a_fit")
        tale.now += DAY
        tale.opportunity()
        assert (tale.decision.step, tale.transitions[-1].violation) == (Step.OPPORTUNITY, "cooldown")
        assert {"violation:cooldown", "bypass"} <= set(tale.decision.flags)


def test_what_sales_did_before_the_account_rested_breaks_nothing() -> None:
    tale = Tale(by=reverting())
    tale.heard(DEMO)
    made(tale, RecordKey("sf", "Lead", "2"), "accepted", history=True)
    tale.now += DAY
    tale.colleague("not_a_fit")
    assert tale.decision.flags == ("bypass",)
    assert tale.decision.step is Step.SAL


def test_a_record_set_back_while_only_the_colleagues_cooldown_runs_breaks_it_too() -> None:
    tale = resting(reason="unreachable")
    tale.colleague("not_a_fit")
    tale.now += 20 * DAY
    tale.crm("accepted")
    assert "violation:cooldown" in tale.decision.flags


def test_a_manager_who_lifted_it_makes_a_bypass_of_it() -> None:
    tale = Tale()
    tale.heard(DEMO)
    tale.colleague("not_a_fit")
    tale.now += DAY
    tale.override()
    made(tale, RecordKey("sf", "Lead", "2"), "accepted", history=True)
    assert tale.decision.flags == ("bypass",)


@pytest.mark.parametrize("by", [None, reverting()], ids=["flag", "revert"])
def test_another_owner_is_flagged_or_to_be_given_back_while_it_rests(by: Rules | None) -> None:
    tale = resting(by)
    record = tale.known.records[-1]
    episode = replace(tale.known.episodes[0], crm=record.key)
    given = replace(record, person=replace(record.person, owner_id="r2"))
    tale.known = replace(tale.known, episodes=(episode,), records=(*tale.known.records[:-1], given))
    tale.settle()
    assert "violation:owner" in tale.decision.flags
    assert ("revert_owner" in tale.decision.flags) is (by is not None)
    tale.later(200 * DAY)
    assert "violation:owner" not in tale.decision.flags


def test_of_two_merged_leads_the_hand_off_that_sales_kept_stands() -> None:
    tale = handed_off()
    kept = replace(tale.known.episodes[0], crm=RecordKey("sf", "Lead", "00Q1"))
    no = Rejection(tale.now + DAY, "r2", "duplicate", merged_at=tale.now + 2 * DAY)
    doubled = replace(
        kept, id="h2", requested_at=kept.requested_at + HOUR, crm=RecordKey("sf", "Lead", "00Q2"),
        answer=Answer.REJECTED, answered_at=no.at, rejection=no,
    )  # fmt: skip
    tale.now += 3 * DAY
    person = Person(RecordKey("sf", "Lead", "00Q2"))
    change = replace(_change(tale, "rejected"), at=no.at)
    record = LinkedRecord(person.key, SystemRole.CRM, person, answer="rejected", changes=(change,))
    tale.known = replace(tale.known, episodes=(kept, doubled), records=(*tale.known.records, record))
    tale.settle()
    assert (tale.decision.step, tale.why) == (Step.HANDED_OFF, ["refusal.with_sales"])
    assert tale.known.episodes[0].answer is Answer.OPEN


def test_a_duplicate_that_was_merged_is_settled() -> None:
    tale = said_no("duplicate")
    assert tale.why == ["refusal.duplicate"]
    last = tale.known.episodes[0]
    assert last.rejection
    merged = replace(last, rejection=replace(last.rejection, merged_at=tale.now))
    tale.known = replace(tale.known, episodes=(merged,))
    tale.now += HOUR
    tale.settle()
    assert tale.why == []


def test_a_price_asked_for_during_the_rest_asks_the_manager_not_sales() -> None:
    tale = resting(rules(handoff={"default_mode": "automatic"}))
    tale.heard(PRICE)
    assert tale.decision.handoff.deed is Deed.ASK_MANAGER
    assert len(tale.known.episodes) == 1
