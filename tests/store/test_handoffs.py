"""A hand-off begins once, is walked by one worker at a time, and keeps what it was begun with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from connector.domain.decision import EpisodeAnswer
from connector.domain.dispute import Contested, Found
from connector.domain.facts import (
    Actor,
    Answer,
    Dispute,
    Finding,
    HandSet,
    Override,
    Rejection,
    Request,
)
from connector.domain.reassignment import Reassignment, held_since, moving
from connector.store import handoffs, links, reassignments, rejected, rejections, requests
from connector.store.claims import Claim
from connector.store.engine import Store, Tx
from connector.store.handoffs import HandOff
from connector.store.reassignments import Move
from connector.store.requests import Undone
from mappings.records import Money, RecordKey

HOUR = timedelta(hours=1)
SDR = Actor("sdr", "7")


def begin(tx: Tx, id_: str, at: datetime, **more: Any) -> bool:
    return handoffs.begin_handoff(
        tx, HandOff(id_, more.pop("lead_id", "a"), more.pop("cycle", 1), at, SDR, **more)
    )


def claim(tx: Tx, token: str, at: datetime) -> list[HandOff]:
    return handoffs.claim_handoffs(tx, Claim(token, at, at + HOUR), limit=10)


@pytest.fixture
def tx_lead(store: Store, now: datetime) -> Store:
    with store.begin() as tx:
        links.new_lead(tx, "a", at=now)
        links.new_lead(tx, "b", at=now)
    return store


def test_a_hand_off_keeps_everything_it_was_begun_with(tx_lead: Store, now: datetime) -> None:
    request = Request("sf:Lead:1:2026", now, SDR, RecordKey("sf", "Lead", "1"))
    begun = HandOff(
        id="h1", lead_id="a", cycle=2, requested_at=now, requested_by=SDR, request_id=request.id, cause="click",
        crm=RecordKey("sf", "Lead", "1"), owner_id="5", route="owner", cell="small/research", stage_at="research",
        value=Money(120000, "CNY"), explained={"rate": "3/50"}, versions={"matrix": 3}, evidence_ids=("hub:n:1",),
    )  # fmt: skip
    with tx_lead.begin() as tx:
        requests.put_request(tx, request, lead_id="a")
        assert handoffs.begin_handoff(tx, begun)
        found = handoffs.handoff(tx, "h1")
    assert found == replace(begun, next_attempt_at=now)


def test_a_second_hand_off_in_the_cycle_is_not_begun(tx_lead: Store, now: datetime) -> None:
    with tx_lead.begin() as tx:
        assert begin(tx, "h1", now)
        assert begin(tx, "h2", now) is False
        assert begin(tx, "h1", now, cycle=5) is False, "an id is used once"
        assert begin(tx, "h3", now, cycle=2)
        assert begin(tx, "h4", now, lead_id="b")
        accepted = EpisodeAnswer("h1", Answer.ACCEPTED, now, SDR)
        handoffs.record_answer(tx, accepted, learned_at=now)
        assert begin(tx, "h5", now) is False, "accepted is still with sales"
        rejected = EpisodeAnswer("h1", Answer.REJECTED, now, SDR, Rejection(now, "5", "no_budget"))
        handoffs.record_answer(tx, rejected, learned_at=now)
        assert begin(tx, "h6", now)


def test_a_request_makes_one_hand_off_however_often_it_is_read(tx_lead: Store, now: datetime) -> None:
    request = Request("click", now, SDR)
    with tx_lead.begin() as tx:
        assert requests.put_request(tx, request, lead_id="a")
        assert requests.put_request(tx, request, lead_id="a") is False
        assert begin(tx, "h1", now, request_id="click")
        assert begin(tx, "h2", now, request_id="click", cycle=2) is False
        assert requests.requests_of(tx, ["a"]) == {"a": (request,)}
        assert requests.answer_request(tx, "click", at=now, outcome="handed_off")
        assert requests.answer_request(tx, "click", at=now, outcome="refused") is False
        assert requests.requests_of(tx, ["a"]) == {}
        assert requests.requests_of(tx, ["a"], answered=True) == {"a": (request,)}


def test_a_crash_after_any_step_is_gone_on_from_that_step(tx_lead: Store, now: datetime) -> None:
    record = RecordKey("sf", "Lead", "00Q")
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        (first,) = claim(tx, "one", now)
    with tx_lead.begin() as tx:
        assert handoffs.advance(tx, replace(first, crm=record), point="crm_record_known", at=now)
        assert claim(tx, "two", now) == []
    later = now + 2 * HOUR
    with tx_lead.begin() as tx:
        (second,) = claim(tx, "two", later)
        assert (second.point, second.crm) == ("crm_record_known", record)
        assert handoffs.advance(tx, first, point="done", at=later) is False, "the first worker lost its claim"
        for point in ("owner_assigned", "noted", "confirmed_back", "done"):
            assert handoffs.advance(tx, replace(second, owner_id="5"), point=point, at=later)
        done = handoffs.handoff(tx, "h1")
        assert done is not None
        assert (done.point, done.owner_id, done.confirmed_at, done.claim) == ("done", "5", later, "")
        assert claim(tx, "three", later + 9 * HOUR) == []


def test_trouble_gives_the_row_back_and_failure_frees_the_lead(tx_lead: Store, now: datetime) -> None:
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        (row,) = claim(tx, "one", now)
        assert handoffs.try_handoff_later(tx, row, at=now + HOUR, error="TryLaterError")
        assert handoffs.try_handoff_later(tx, row, at=now, error="again") is False
        assert claim(tx, "two", now) == []
        (row,) = claim(tx, "two", now + HOUR)
        assert (row.attempts, row.error) == (1, "TryLaterError")
        assert handoffs.fail_handoff(tx, row, error="RecordRefusedError")
        assert handoffs.episodes_of(tx, ["a"])["a"] == ()
        assert handoffs.replay_handoff(tx, "h1", at=now)
        assert [one.point for one in claim(tx, "three", now)] == ["claimed"]


def test_an_answer_is_recorded_once_and_a_reason_may_come_later(tx_lead: Store, now: datetime) -> None:
    owed = EpisodeAnswer("h1", Answer.REJECTED, now, SDR, Rejection(now, "5", ""))
    given = replace(owed, rejection=Rejection(now, "5", "bad_timing", "in spring", date(2026, 4, 1), True))
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        assert handoffs.record_answer(tx, owed, learned_at=now)
        assert handoffs.record_answer(tx, owed, learned_at=now) is False
        assert handoffs.record_answer(tx, given, learned_at=now + HOUR)
        (episode,) = handoffs.episodes_of(tx, ["a"])["a"]
        assert (episode.answer, episode.rejection) == (Answer.REJECTED, given.rejection)
        assert rejections.count_of_rep(tx, "5", since=now) == 1
        assert rejections.count_of_rep(tx, "5", since=now + HOUR) == 0
        assert rejections.count_of_rep(tx, "6", since=now) == 0
        (learned,) = rejected.learned_between(tx, now, end=now + HOUR)
        assert (learned.handoff.id, learned.learned_at, learned.by) == ("h1", now, "5")


def test_a_finding_against_the_rep_annuls_the_rejection_for_good(tx_lead: Store, now: datetime) -> None:
    answer = EpisodeAnswer("h1", Answer.REJECTED, now, SDR, Rejection(now, "5", "no_budget"))
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        handoffs.record_answer(tx, answer, learned_at=now)
        assert rejections.contest(tx, Contested("h1", now, "7", "he has one"))
        assert rejections.contest(tx, Contested("h1", now, "8", "")) is False
        assert rejections.find(tx, Found("h1", now, "1", Finding.REP, "they have the money"))
        assert rejections.find(tx, Found("h1", now, "1", Finding.LEAD, "")) is False
        handoffs.record_answer(tx, answer, learned_at=now)
        found = rejections.rejections_of(tx, ["h1"])["h1"]
        assert found.annulled
        assert found.dispute == Dispute(now, "7", "he has one", "rep", now, "1", "they have the money")


def test_an_override_is_spent_by_the_hand_off_it_allowed(tx_lead: Store, now: datetime) -> None:
    override = Override(now, Actor("manager", "1"), "asked for a quote")
    with tx_lead.begin() as tx:
        requests.grant_override(tx, "a", override=override)
        assert requests.overrides_of(tx, ["a"]) == {"a": (override,)}
        begin(tx, "h1", now)
        assert requests.use_overrides(tx, "a", handoff_id="h1", at=now) == 1
        assert requests.overrides_of(tx, ["a"])["a"][0].used
        assert requests.overrides_of(tx, ["a"])["a"][0].handoff_id == "h1"
        assert requests.use_overrides(tx, "a", handoff_id="h1", at=now) == 0


def test_a_hand_off_that_came_to_nothing_spends_no_override(tx_lead: Store, now: datetime) -> None:
    override = Override(now, Actor("manager", "1"), "asked for a quote")
    with tx_lead.begin() as tx:
        requests.grant_override(tx, "a", override=override)
        begin(tx, "h1", now)
        requests.use_overrides(tx, "a", handoff_id="h1", at=now)
        (claimed,) = claim(tx, "w1", now)
        handoffs.fail_handoff(tx, claimed, error="refused")
        assert requests.overrides_of(tx, ["a"]) == {"a": (override,)}
        begin(tx, "h2", now)
        assert requests.use_overrides(tx, "a", handoff_id="h2", at=now) == 1
        assert requests.overrides_of(tx, ["a"])["a"][0].handoff_id == "h2"


def test_what_a_person_set_stands_until_set_anew_or_ended(tx_lead: Store, now: datetime) -> None:
    first, second = HandSet("research", "call", SDR, now), HandSet("selection", "mail", SDR, now + HOUR)
    with tx_lead.begin() as tx:
        requests.set_by_hand(tx, "a", what="stage", hand_set=first)
        requests.set_by_hand(tx, "a", what="persona", hand_set=first)
        requests.set_by_hand(tx, "a", what="stage", hand_set=second)
        assert requests.hand_sets_of(tx, ["a"]) == {("a", "stage"): second, ("a", "persona"): first}
        assert requests.end_hand_set(tx, "a", what="stage", end=Undone(now, SDR))
        assert requests.end_hand_set(tx, "a", what="stage", end=Undone(now, SDR)) is False
        assert list(requests.hand_sets_of(tx, ["a"])) == [("a", "persona")]


def test_periods_and_open_ones_are_listed(tx_lead: Store, now: datetime) -> None:
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        begin(tx, "h2", now + HOUR, lead_id="b")
        assert [one.id for one in handoffs.handoffs_between(tx, now, end=now + HOUR)] == ["h1"]
        assert [one.id for one in handoffs.open_handoffs(tx, 10)] == ["h1", "h2"]


def test_a_move_is_one_at_a_time_and_names_the_new_owner_once_the_record_has_it(
    tx_lead: Store, now: datetime
) -> None:
    what = Reassignment("m1", now, "reclaimed", Actor("baton"), "7", "9", "first_contact")
    with tx_lead.begin() as tx:
        begin(tx, "h1", now)
        assert reassignments.begin_move(tx, Move("h1", what))
        assert not reassignments.begin_move(tx, Move("h1", replace(what, id="m2")))
        (move,) = reassignments.claim_moves(tx, Claim("c", now, now + HOUR), limit=5)
        assert moving(handoffs.episodes_of(tx, ["a"])["a"][0]) == what
        stranger = replace(move, claim="other")
        assert not reassignments.advance_move(tx, stranger, point="owner_assigned", at=now)
        assert reassignments.advance_move(tx, move, point="owner_assigned", at=now + HOUR)
        (episode,) = handoffs.episodes_of(tx, ["a"])["a"]
        assert (episode.owner_id, moving(episode), held_since(episode)) == ("9", None, now + HOUR)
        assert reassignments.given_since(tx, now) == {"9": 1}
