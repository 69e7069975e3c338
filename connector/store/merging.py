"""Two leads that are one become one, and one that is two becomes two. Facts and episodes move; what was decided is history
and stays under the id it was decided for, which the survivor's `merged_into` leads to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select, update

from connector.store import tables
from connector.store.activities import by_person
from connector.store.cycles import join_units
from connector.store.engine import Tx
from connector.store.handoffs import withdraw_handoff
from connector.store.rejections import note_merge
from connector.store.writes import insert_new, insert_once, is_record
from mappings.records import RecordKey

_MOVING = (
    tables.link,
    tables.identity,
    tables.activity_tie,
    tables.request,
    tables.override_grant,
    tables.review,
    tables.outbox,
)
"""Rows that name their lead in `lead_id` and may simply name another."""


def handed_off(tx: Tx, lead_ids: Iterable[str]) -> set[str]:
    """Which of these leads have, or had, a hand-off."""
    t = tables.handoff
    return set(tx.execute(select(t.c.lead_id).where(t.c.lead_id.in_(list(lead_ids))).distinct()).scalars())


def merge_leads(tx: Tx, survivor: str, *, loser: str, at: datetime) -> list[RecordKey]:
    """Everything of the loser goes to the survivor, whom both ids stand for from now on. Of two hand-offs in the same cycle
    one that is still under way is withdrawn; where sales has both, one counts and the other is merged into it. Gives sales'
    records of those, which somebody there should merge."""
    note_merge(tx, [survivor, loser], at=at)
    _drop_doubles(tx, survivor, loser)
    for table in _MOVING:
        tx.execute(update(table).where(table.c.lead_id == loser).values(lead_id=survivor))
    doubles = _move_episodes(tx, survivor, loser)
    _move_hand_sets(tx, survivor, loser, at)
    _close_history(tx, loser, at)
    _move_suggestions(tx, survivor, loser, at)
    _inherit(tx, survivor, loser)
    return doubles


def _drop_doubles(tx: Tx, survivor: str, loser: str) -> None:
    """Rows of which one lead has only one: the survivor's wins."""
    t = tables.opportunity_lead
    mine = select(t).where(t.c.lead_id == loser)
    rows = [{**row, "lead_id": survivor} for row in tx.execute(mine).mappings()]
    for row in rows:
        tx.execute(insert_new(tx, t), row)
    tx.execute(delete(t).where(t.c.lead_id == loser))


def _is_open(t: Any) -> Any:
    # As the index has it that keeps a lead to one hand-off per cycle.
    return and_(t.c.answer != "rejected", t.c.point != "failed", t.c.merged_into.is_(None))


def _withdraw_doubles(tx: Tx, survivor: str, loser: str) -> None:
    """One person is handed off once per cycle: of two open ones the one that sales does not have yet goes no further."""
    t = tables.handoff
    both = select(t.c.id, t.c.lead_id, t.c.cycle, t.c.crm_id, t.c.confirmed_at, t.c.answer)
    rows = tx.execute(both.where(t.c.lead_id.in_([survivor, loser]), _is_open(t))).all()
    for mine in (row for row in rows if row.lead_id == survivor):
        for other in (row for row in rows if row.lead_id == loser and row.cycle == mine.cycle):
            # False sorts first: what sales does not have, what has no record yet, what is the loser's.
            waiting = [row for row in (other, mine) if row.confirmed_at is None and row.answer == "open"]
            for row in sorted(waiting, key=lambda row: row.crm_id is not None)[:1]:
                withdraw_handoff(tx, row.id)


def _move_episodes(tx: Tx, survivor: str, loser: str) -> list[RecordKey]:
    _withdraw_doubles(tx, survivor, loser)
    doubles = _merge_doubles(tx, survivor, loser)
    t = tables.handoff
    tx.execute(update(t).where(t.c.lead_id == loser).values(lead_id=survivor))
    return doubles


def _merge_doubles(tx: Tx, survivor: str, loser: str) -> list[RecordKey]:
    """Where sales has both, the one that it took counts, else the one that it had first: the other is kept as part of it,
    with its own record, value and answer."""
    t = tables.handoff
    rows = tx.execute(select(t).where(t.c.lead_id.in_([survivor, loser]), _is_open(t))).all()
    by_cycle: dict[int, list[Any]] = {}
    for row in rows:
        by_cycle.setdefault(row.cycle, []).append(row)
    records = []
    for several in by_cycle.values():
        counts, *others = sorted(
            several, key=lambda one: (one.answer != "accepted", one.requested_at, one.id)
        )
        for other in others:
            tx.execute(update(t).where(t.c.id == other.id).values(merged_into=counts.id))
            if other.crm_id:
                records.append(RecordKey(other.crm_connection, other.crm_object, other.crm_id))
    return records


def _move_hand_sets(tx: Tx, survivor: str, loser: str, at: datetime) -> None:
    t = tables.hand_set
    held = select(t.c.what).where(t.c.lead_id == survivor, t.c.ended_at.is_(None))
    whats = list(tx.execute(held).scalars())
    same = update(t).where(t.c.lead_id == loser, t.c.ended_at.is_(None), t.c.what.in_(whats))
    tx.execute(same.values(ended_at=at))
    tx.execute(update(t).where(t.c.lead_id == loser).values(lead_id=survivor))


def _close_history(tx: Tx, loser: str, at: datetime) -> None:
    """The loser stands nowhere from now on; where it stood stays known."""
    t = tables.cell_entry
    tx.execute(update(t).where(t.c.lead_id == loser, t.c.left_at.is_(None)).values(left_at=at))
    d = tables.deadline
    tx.execute(update(d).where(d.c.lead_id == loser, d.c.ended_at.is_(None)).values(ended_at=at))
    tx.execute(delete(tables.lead_state).where(tables.lead_state.c.lead_id == loser))
    tx.execute(update(tables.dirty).where(tables.dirty.c.lead_id == loser).values(due_at=None))


def _move_suggestions(tx: Tx, survivor: str, loser: str, at: datetime) -> None:
    """What was suggested or refused of the loser holds for the survivor."""
    t = tables.suggestion
    mine = select(t).where(or_(t.c.lead_a == loser, t.c.lead_b == loser))
    for row in tx.execute(mine).mappings().all():
        other = row["lead_b"] if row["lead_a"] == loser else row["lead_a"]
        tx.execute(delete(t).where(t.c.id == row["id"]))
        if other == survivor:
            state = {"state": "merged", "answered_at": row["answered_at"] or at}
            tx.execute(t.insert(), {**row, **state})
            continue
        first, second = sorted((survivor, other))
        moved = {name: value for name, value in row.items() if name != "id"}
        insert_once(tx, t, values={**moved, "lead_a": first, "lead_b": second}, key=("lead_a", "lead_b"))


def _inherit(tx: Tx, survivor: str, loser: str) -> None:
    """The survivor is as old as the older one, at its own account or else the loser's."""
    t = tables.lead
    rows = {row.id: row for row in tx.execute(select(t).where(t.c.id.in_([survivor, loser])))}
    mine, other = rows[survivor], rows[loser]
    values = {
        "created_at": min(mine.created_at, other.created_at),
        "account_id": mine.account_id or other.account_id,
    }
    tx.execute(update(t).where(t.c.id == survivor).values(**values))
    unit = values["account_id"] or survivor
    join_units(tx, {alone.id: unit for alone in (mine, other) if alone.account_id is None})
    tx.execute(update(t).where(t.c.id == loser).values(merged_into=survivor))
    # An id that led to the loser leads on to the survivor in one step.
    tx.execute(update(t).where(t.c.merged_into == loser).values(merged_into=survivor))


def part_record(tx: Tx, key: RecordKey, *, lead_id: str) -> None:
    """From now on this record is another lead, with its keys; what happened before stays where it is."""
    for table in (tables.link, tables.identity, tables.outbox):
        tx.execute(update(table).where(is_record(table, [key])).values(lead_id=lead_id))


def split_record(tx: Tx, key: RecordKey, *, lead_id: str) -> None:
    """This record is another lead: its keys, activities, requests and the hand-offs that made it move there."""
    part_record(tx, key, lead_id=lead_id)
    t = tables.activity_tie
    whose = and_(t.c.connection == key.connection, t.c.who == by_person(key.id))
    tx.execute(update(t).where(whose).values(lead_id=lead_id))
    r = tables.request
    asked = and_(r.c.connection == key.connection, r.c.object == key.object, r.c.remote_id == key.id)
    tx.execute(update(r).where(asked).values(lead_id=lead_id))
    h = tables.handoff
    made = and_(h.c.crm_connection == key.connection, h.c.crm_object == key.object, h.c.crm_id == key.id)
    tx.execute(update(h).where(made).values(lead_id=lead_id, merged_into=None))


def refuse_pair(tx: Tx, pair: tuple[str, str], *, reason: str, at: datetime, by: str) -> None:
    """A person said that these are two: they are never merged by themselves again."""
    t = tables.suggestion
    first, second = sorted(pair)
    answer = {"state": "refused", "answered_at": at, "answered_by": by}
    values = {"lead_a": first, "lead_b": second, "reason": reason, "score": 0.0, "at": at, **answer}
    if not insert_once(tx, t, values=values, key=("lead_a", "lead_b")):
        tx.execute(update(t).where(t.c.lead_a == first, t.c.lead_b == second).values(**answer))
