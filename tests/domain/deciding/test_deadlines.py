"""Deadlines in working time: every default across a holiday, what meets them, and when a lead is reclaimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.decide import decide
from connector.domain.decision import Deadline
from connector.domain.facts import Actor, LinkedRecord, Step
from connector.domain.reassignment import Cause, Reassign, Reassignment
from mappings.records import Direction, Kind, Person, Precision, RecordKey, SystemRole
from tests.domain.deciding.tale import DEMO, HOUR, PRICE, Tale, policies, rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVE = "2026-09-30 17:50"  # ten working minutes before the seven days of National Day
SATURDAY = "2026-10-10 11:50"  # an adjusted one: worked for the 7th
NOBODY = {"kinds": [], "signals": []}
SLA = policies().sla.model_dump(mode="json")


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def handed(persona: str, at: str, *, hand_raiser: bool = False, **sla: Any) -> Tale:
    asked = SLA["hand_raiser"] if hand_raiser else NOBODY
    tale = Tale(persona, by=rules(sla={**SLA, "hand_raiser": asked, **sla}))
    tale.now = china(at)
    tale.heard(PRICE)
    if not tale.known.episodes:
        tale.click()
    assert tale.decision.step is Step.HANDED_OFF
    return tale


def of(tale: Tale, name: str) -> Deadline:
    return next(one for one in decide(tale.known, tale.rules, tale.now).deadlines if one.name == name)


def calls(tale: Tale, *, two_way: bool = False, **fields: Any) -> None:
    """The rep logs a call."""
    said = {"kind": Kind.CALL, "direction": Direction.OUT, "author_id": "r1", "two_way": two_way, **fields}
    tale.heard("", **said)


@pytest.mark.parametrize(
    ("persona", "hand_raiser", "at", "due"),
    [
        ("mid-market", True, EVE, "2026-10-08 09:20"),
        ("enterprise", False, EVE, "2026-10-08 14:20"),
        ("mid-market", False, EVE, "2026-10-08 14:20"),
        ("small", False, EVE, "2026-10-09 09:20"),
        ("mid-market", True, SATURDAY, "2026-10-10 13:50"),
        ("enterprise", False, SATURDAY, "2026-10-10 17:20"),
        ("mid-market", False, SATURDAY, "2026-10-10 17:20"),
        ("small", False, SATURDAY, "2026-10-12 13:50"),
        ("mid-market", True, "2026-02-14 17:50", "2026-02-24 09:20"),  # an adjusted Saturday before 春节
    ],
)
def test_first_contact_in_working_time_across_a_holiday(
    persona: str, hand_raiser: bool, at: str, due: str
) -> None:
    assert of(handed(persona, at, hand_raiser=hand_raiser), "first_contact").due_at == china(due)


@pytest.mark.parametrize(
    ("name", "at", "due"),
    [
        ("answer", EVE, "2026-10-08 17:50"),
        ("answer", SATURDAY, "2026-10-12 11:50"),
        ("attempts", EVE, "2026-10-20 17:50"),
        ("attempts", SATURDAY, "2026-10-23 11:50"),
    ],
)
def test_answer_and_attempts_in_working_days_across_a_holiday(name: str, at: str, due: str) -> None:
    assert of(handed("mid-market", at), name).due_at == china(due)


def test_from_accepted_to_qualified_in_working_days_across_a_holiday() -> None:
    tale = handed("mid-market", EVE)
    tale.crm("accepted")
    assert of(tale, "sal_to_sql").due_at == china("2026-11-03 17:50")
    assert of(tale, "answer").met_at == tale.now
    tale.now += HOUR
    tale.crm("qualified")
    assert of(tale, "sal_to_sql").met_at == tale.now


@pytest.mark.parametrize(("hand_raiser", "due"), [(True, "2026-10-08 09:05"), (False, "2026-10-08 17:50")])
def test_marketings_own_deadline_across_a_holiday(hand_raiser: bool, due: str) -> None:
    asked = SLA["hand_raiser"] if hand_raiser else NOBODY
    tale = Tale(by=rules(sla={**SLA, "hand_raiser": asked}))
    tale.now = china(EVE)
    tale.heard(DEMO)
    assert tale.decision.step is Step.MQL
    assert of(tale, "sdr_answer").due_at == china(due)
    assert of(tale, "sdr_answer").owner_id == ""
    tale.now += timedelta(minutes=5)
    tale.spoke()
    assert of(tale, "sdr_answer").met_at == tale.now
    tale.heard("Any news on my question?")
    assert of(tale, "sdr_answer").met_at is not None


def test_asking_again_does_not_give_marketing_more_time() -> None:
    tale = Tale()
    tale.now = china("2026-10-12 10:00")
    tale.heard(DEMO)
    first = of(tale, "sdr_answer")
    tale.now += HOUR
    tale.heard(DEMO)
    again = of(tale, "sdr_answer")
    assert (again.since, again.due_at, again.breached) == (first.since, first.due_at, True)
    assert "breach:sdr_answer" in tale.decision.flags


def test_terms_by_cell_row_and_hand_raiser() -> None:
    minutes = {"mid-market/solution-selection": 60, "mid-market": 120, "hand-raiser": 15}
    at = "2026-10-12 09:00"
    plain = handed("mid-market", at, first_contact_minutes=minutes)
    assert of(plain, "first_contact").due_at == china("2026-10-12 10:00")
    raised = handed("mid-market", at, first_contact_minutes=minutes, hand_raiser=True)
    assert of(raised, "first_contact").due_at == china("2026-10-12 09:15")
    other = handed("mid-market", at, places={"mid-market": {"answer_days": 2}})
    assert of(other, "answer").due_at == china("2026-10-14 09:00")
    none = handed("small", at, first_contact_minutes={"mid-market": 60})
    assert "first_contact" not in {one.name for one in none.decision.deadlines}


def test_what_is_logged_counts_and_nothing_else() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    tale.now += HOUR
    tale.spoke()  # the SDR's call is not the rep's
    tale.heard("", kind=Kind.TASK, author_id="r1")
    tale.heard("", kind=Kind.MEETING, author_id="r1", planned=True)
    tale.crm("accepted")
    assert of(tale, "first_contact").met_at is None
    tale.now += HOUR
    calls(tale)
    assert of(tale, "first_contact").met_at == tale.now
    assert not of(tale, "first_contact").breached


def test_a_day_without_a_time_counts_as_written_down() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    tale.now += HOUR
    calls(tale, at=china("2026-10-12 00:00"), precision=Precision.DAY)
    assert of(tale, "first_contact").met_at == tale.now


def test_six_attempts_or_one_conversation() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    for _ in range(5):
        tale.now += HOUR
        calls(tale)
    assert of(tale, "attempts").met_at is None
    tale.now += HOUR
    calls(tale)
    assert of(tale, "attempts").met_at == tale.now
    talked = handed("mid-market", "2026-10-12 09:00")
    talked.now += HOUR
    calls(talked, two_way=True)
    assert of(talked, "attempts").met_at == talked.now


def test_late_is_breached_even_when_it_was_met_at_last() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    due = of(tale, "first_contact").due_at
    tale.now = due - timedelta(microseconds=1)
    assert not of(tale, "first_contact").breached
    tale.later(timedelta(microseconds=1))
    assert of(tale, "first_contact").missed
    assert "breach:first_contact" in tale.decision.flags
    tale.now += HOUR
    calls(tale)
    assert of(tale, "first_contact").breached
    assert "breach:first_contact" not in tale.decision.flags


def test_a_rejected_lead_owes_nothing_and_a_deal_stops_what_was_not_due() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    tale.crm("rejected", rejection_reason="no_budget")
    assert [one.name for one in tale.decision.deadlines if one.owner_id] == []
    deal = handed("mid-market", "2026-10-12 09:00")
    deal.now += HOUR
    deal.opportunity()
    deal.later(timedelta(days=30))
    assert not [one for one in deal.decision.deadlines if one.missed]


def test_after_a_missed_first_contact_and_a_working_day_the_lead_is_reclaimed() -> None:
    tale = handed("mid-market", EVE)
    due = of(tale, "first_contact").due_at
    assert due == china("2026-10-08 14:20")
    tale.now = china("2026-10-09 14:20") - timedelta(microseconds=1)
    assert decide(tale.known, tale.rules, tale.now).reassign is None
    tale.now = china("2026-10-09 14:20")
    assert decide(tale.known, tale.rules, tale.now).reassign == Reassign(Cause.RECLAIMED, "first_contact")
    assert tale.decision.rejections == 0


@pytest.mark.parametrize("how", ["called", "qualified", "deal", "off", "moving"])
def test_a_lead_is_not_reclaimed(how: str) -> None:
    off = {"first_contact": False, "answer": False, "after_days": 1}
    tale = handed("mid-market", "2026-10-12 09:00", **({"reclaim": off} if how == "off" else {}))
    tale.now += HOUR
    match how:
        case "called":
            calls(tale)
            tale.crm("accepted")
        case "qualified":
            tale.crm("qualified")
        case "deal":
            tale.opportunity()
        case "moving":
            moved(tale, assigned=False)
    tale.now += timedelta(days=9)
    assert decide(tale.known, tale.rules, tale.now).reassign is None


def moved(tale: Tale, *, assigned: bool = True) -> None:
    """The lead goes to r2."""
    what = Reassignment(
        "m1",
        tale.now,
        "reclaimed",
        Actor("baton"),
        "r1",
        "r2",
        "first_contact",
        tale.now if assigned else None,
    )
    (episode,) = tale.known.episodes
    owner = "r2" if assigned else "r1"
    changed = replace(episode, reassignments=(what,), owner_id=owner)
    tale.known = replace(tale.known, episodes=(changed,))


def test_for_the_new_rep_time_begins_anew_and_an_answer_that_was_given_stands() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    tale.crm("accepted")
    tale.now = china("2026-10-14 10:00")
    moved(tale)
    names = {one.name: one for one in decide(tale.known, tale.rules, tale.now).deadlines}
    assert names["first_contact"].due_at == china("2026-10-14 15:30")
    assert {one.owner_id for one in names.values()} == {"r2"}
    assert "answer" not in names
    assert names["sal_to_sql"].since == tale.now


def test_the_reps_own_calendar_counts() -> None:
    berlin = {"country": "CN", "calendars": {"berlin": {"time_zone": "Europe/Berlin", "country": "DE"}}}
    tale = handed("mid-market", EVE)
    tale.rules = rules(working_time=berlin, sla={**SLA, "hand_raiser": NOBODY})
    (episode,) = tale.known.episodes
    tale.known = replace(tale.known, episodes=(replace(episode, calendar="berlin"),))
    # 17:50 in Shanghai is 11:50 in Berlin, where nobody celebrates: ten minutes, then 13:30 to 17:20.
    assert of(tale, "first_contact").due_at == datetime.fromisoformat("2026-09-30T17:20+02:00")


def test_a_record_given_to_somebody_by_hand_is_recorded_once_it_was_read() -> None:
    tale = handed("mid-market", "2026-10-12 09:00")
    key = RecordKey("sf", "Lead", "00Q1")
    (episode,) = tale.known.episodes
    for read, found in ((tale.now, None), (tale.now + HOUR, "r7")):
        record = LinkedRecord(key, SystemRole.CRM, Person(key, owner_id="r7"), by_baton=True, read_at=read)
        tale.known = replace(
            tale.known, records=(tale.known.records[0], record), episodes=(replace(episode, crm=key),)
        )
        wish = decide(tale.known, tale.rules, tale.now + 2 * HOUR).reassign
        assert (wish.to_owner if wish else None) == found


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["small", "mid-market", "enterprise"]),
    st.lists(
        st.tuples(st.sampled_from(["call", "talk", "accepted", "qualified"]), st.integers(0, 90)), max_size=4
    ),
    st.floats(0, 1),
)
def test_between_two_inputs_deadlines_stand_until_reconsider_at(
    persona: str, events: list[tuple[str, int]], share: float
) -> None:
    tale = handed(persona, EVE)
    for what, hours in events:
        tale.now += timedelta(hours=hours)
        if what in ("call", "talk"):
            calls(tale, two_way=what == "talk")
        else:
            tale.crm(what)
    decision = decide(tale.known, tale.rules, tale.now)
    turn = decision.reconsider_at
    end = turn - timedelta(microseconds=1) if turn else tale.now + timedelta(days=400)
    between = tale.now + (end - tale.now) * share
    for moment in (between, end):
        later = decide(tale.known, tale.rules, moment)
        assert (later.deadlines, later.reassign, later.flags) == (
            decision.deadlines, decision.reassign, decision.flags,
        )  # fmt: skip
