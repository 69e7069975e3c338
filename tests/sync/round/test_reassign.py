"""A lead that sales has goes to another rep: the owner moves once, one note tells it, and nothing counts as a rejection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector import errors
from connector.domain.decide import decide
from connector.domain.facts import Actor, Answer
from connector.domain.reassignment import Cause, Reassign
from connector.store import handoffs, owners, parked, reassignments
from connector.store.known import known_of
from connector.store.reassignments import Move
from connector.sync import reassign
from connector.sync.readers import readers_for
from mappings.records import RecordKey
from tests.sync.bench import Desk

WISH = Reassign(Cause.REP_AWAY)


def begin(desk: Desk, contact: RecordKey, wish: Reassign = WISH) -> bool | None:
    lead_id, engine = desk.lead_of(contact), desk.engine
    with desk.store.begin() as tx:
        rules, now = engine.rules(tx), engine.now()
        known = known_of(tx, [lead_id], readers_for(engine, tx), now=now)[0]
        decision = decide(known, rules, now)
        return reassign.begin(engine, tx, known, decision=decision, wish=wish, rules=rules)


def moves(desk: Desk, contact: RecordKey) -> list[Move]:
    (episode,) = desk.episodes(contact)
    with desk.store.read() as tx:
        return reassignments.moves_of(tx, [episode.id]).get(episode.id, [])


@pytest.fixture
def contact(desk: Desk) -> RecordKey:
    made = desk.hot()
    desk.settle()
    return made


def test_the_same_record_gets_another_owner_and_one_note(desk: Desk, contact: RecordKey) -> None:
    before = desk.only_lead()
    assert begin(desk, contact) is True
    result = desk.round()
    lead = desk.only_lead()
    assert (lead["Id"], lead["Status"]) == (before["Id"], before["Status"])
    assert lead["OwnerId"] != before["OwnerId"]
    (episode,) = desk.episodes(contact)
    assert episode.owner_id == lead["OwnerId"]
    assert len([n for n in desk.notes(lead["Id"]) if "new owner" in n["Subject"]]) == 1
    assert result.reassigned == 1
    assert desk.settle().reassigned == 0


def test_it_is_shown_as_its_own_row_and_counts_as_no_rejection(desk: Desk, contact: RecordKey) -> None:
    before = desk.only_lead()["OwnerId"]
    begin(desk, contact)
    desk.settle()
    shown = desk.view(contact)
    (row,) = shown["hand_offs"][0]["reassignments"]
    assert (row["cause"], row["from_id"], row["to_id"]) == ("rep_away", before, desk.only_lead()["OwnerId"])
    assert row["point"] == "done"
    assert shown["rejections"] == []
    assert shown["cooldown_until"] is None
    assert desk.step(contact) == "handed_off"


def test_while_one_is_under_way_no_other_begins(desk: Desk, contact: RecordKey) -> None:
    assert begin(desk, contact) is True
    assert begin(desk, contact) is None
    assert len(moves(desk, contact)) == 1


def test_a_reclaimed_lead_does_not_go_back_unless_there_is_nobody_else(
    desk: Desk, contact: RecordKey
) -> None:
    mine = desk.only_lead()["OwnerId"]
    with desk.store.begin() as tx:
        others = [one.owner_id for one in owners.reps(tx, "crm") if one.name.startswith("Rep")]
        team = {mine, *others[:2]}
        for owner_id in team:
            owners.save_rep(tx, owners.Rep("crm", owner_id, groups=("team",)))
    had = [mine]
    for _ in team:
        begin(desk, contact, Reassign(Cause.RECLAIMED, "first_contact"))
        desk.round()
        had.append(desk.only_lead()["OwnerId"])
    assert set(had[: len(team)]) == team
    assert had[-1] != had[-2]


def test_where_nobody_else_is_it_is_parked_and_stays(desk: Desk, contact: RecordKey) -> None:
    mine = desk.only_lead()["OwnerId"]
    with desk.store.begin() as tx:
        for one in owners.reps(tx, "crm"):
            owners.save_rep(tx, owners.Rep("crm", one.owner_id, is_sdr=one.owner_id != mine))
    assert begin(desk, contact) is False
    desk.round()
    assert desk.only_lead()["OwnerId"] == mine
    with desk.store.read() as tx:
        assert [one.reason for one in parked.waiting_parked(tx, "reassignment")] == ["nobody_eligible"]


def test_what_sales_rejected_or_accepted_meanwhile_counts(desk: Desk, contact: RecordKey) -> None:
    lead = desk.only_lead()
    begin(desk, contact)
    desk.rep_rejects(lead["Id"], "bad_timing")  # nothing was read of it yet
    desk.settle()
    assert [move.point for move in moves(desk, contact)] == ["withdrawn"]
    assert desk.only_lead()["OwnerId"] == lead["OwnerId"]
    (episode,) = desk.episodes(contact)
    assert (episode.answer, episode.owner_id) == (Answer.REJECTED, lead["OwnerId"])
    assert begin(desk, contact) is None


def test_a_rep_to_whom_somebody_gave_the_record_by_hand_keeps_it(desk: Desk, contact: RecordKey) -> None:
    lead = desk.only_lead()
    begin(desk, contact)
    (move,) = moves(desk, contact)
    with desk.store.read() as tx:
        others = [
            one.owner_id
            for one in owners.reps(tx, "crm")
            if not one.is_queue and one.owner_id not in (move.what.from_owner, move.what.to_owner)
        ]
    desk.org.update("Lead", lead["Id"], {"OwnerId": others[0]}, auto_assign=False)
    desk.round()
    assert desk.only_lead()["OwnerId"] == others[0]
    assert [move.point for move in moves(desk, contact)] == ["withdrawn"]


@pytest.mark.parametrize("method", ["assign", "note", "fetch"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_call_that_fails_once_moves_the_owner_once_and_leaves_one_note(
    desk: Desk, contact: RecordKey, method: str, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.only_lead()["OwnerId"]
    begin(desk, contact)
    _fail_once(monkeypatch, desk, method, after=lost)
    desk.round()
    desk.settle()
    lead = desk.only_lead()
    assert lead["OwnerId"] != before
    assert [move.point for move in moves(desk, contact)] == ["done"]
    assert len([n for n in desk.notes(lead["Id"]) if "new owner" in n["Subject"]]) == 1


def _fail_once(monkeypatch: pytest.MonkeyPatch, desk: Desk, method: str, *, after: bool) -> None:
    real: Callable[..., Any] = getattr(desk.engine.crm, method)
    left = [1]

    def failing(*args: Any, **more: Any) -> Any:
        if after:
            answer = real(*args, **more)
        if left:
            left.pop()
            raise errors.AnswerLostError("crm", "lost", "LOST")
        return answer if after else real(*args, **more)

    monkeypatch.setattr(desk.engine.crm, method, failing)


@pytest.mark.parametrize("point", ["claimed", "owner_assigned"])
def test_a_crash_after_the_call_moves_the_owner_once(
    desk: Desk, contact: RecordKey, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(desk, contact)
    real = reassignments.advance_move

    def crash(*args: Any, **more: Any) -> bool:
        if args[1].point == point:
            raise KeyboardInterrupt
        return real(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(reassign.reassignments, "advance_move", crash)
        with pytest.raises(KeyboardInterrupt):
            desk.round()
    desk.wait(minutes=11)  # the claim runs out
    desk.settle()
    (move,) = moves(desk, contact)
    assert move.point == "done"
    assert desk.only_lead()["OwnerId"] == move.what.to_owner
    assert len([n for n in desk.notes(desk.only_lead()["Id"]) if "new owner" in n["Subject"]]) == 1


def test_a_refused_owner_leaves_the_lead_with_who_has_it_for_a_day(
    desk: Desk, contact: RecordKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.only_lead()["OwnerId"]
    begin(desk, contact)

    def refuse(key: RecordKey, owner_id: str) -> None:
        raise errors.RecordRefusedError("crm", "no", "INACTIVE_OWNER")

    with monkeypatch.context() as patch:
        patch.setattr(desk.engine.crm, "assign", refuse)
        desk.round()
    assert begin(desk, contact) is False
    assert desk.only_lead()["OwnerId"] == before
    (episode,) = desk.episodes(contact)
    assert episode.owner_id == before
    with desk.store.read() as tx:
        assert [one.reason for one in parked.waiting_parked(tx, "reassignment")] == ["record_refused"]
    desk.wait(days=1, minutes=5)
    assert begin(desk, contact) is True
    desk.round()
    assert desk.only_lead()["OwnerId"] != before
    with desk.store.read() as tx:
        assert parked.waiting_parked(tx, "reassignment") == []


def test_a_refused_note_is_left_out(desk: Desk, contact: RecordKey, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(desk, contact)

    def refuse(*args: Any) -> None:
        raise errors.RecordRefusedError("crm", "no", "NO_TASKS")

    monkeypatch.setattr(desk.engine.crm, "note", refuse)
    desk.round()
    (move,) = moves(desk, contact)
    assert move.point == "done"
    assert desk.episodes(contact)[0].owner_id == move.what.to_owner == desk.only_lead()["OwnerId"]


def test_a_rejection_after_it_is_the_new_owners(desk: Desk, contact: RecordKey) -> None:
    begin(desk, contact)
    desk.settle()
    lead = desk.only_lead()
    desk.reject(contact, "bad_timing", by="")
    (episode,) = desk.episodes(contact)
    with desk.store.read() as tx:
        said = handoffs.episodes_of(tx, [desk.lead_of(contact)])[desk.lead_of(contact)][0].rejection
    assert said is not None
    assert said.rep_id == lead["OwnerId"] == episode.owner_id


def test_leads_got_from_other_reps_count_against_capacity(desk: Desk, contact: RecordKey) -> None:
    begin(desk, contact)
    (move,) = moves(desk, contact)
    with desk.store.read() as tx:
        assert reassignments.given_since(tx, desk.engine.now()) == {move.what.to_owner: 1}
    assert move.what.by == Actor("baton")
