"""Two leads that are one person become one, and one that is two is split again. Nothing of the history is lost: rows move,
both ids resolve. Whether it should be done is a person's or the matcher's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, and_, delete, or_, select, update

from connector.store import tables
from connector.store.activities import by_person
from connector.store.dirty import mark
from connector.store.engine import Tx
from connector.store.links import new_lead
from connector.store.writes import is_record
from mappings.records import RecordKey

_MOVED: tuple[Table, ...] = (
    tables.link,
    tables.identity,
    tables.activity_tie,
    tables.decision,
    tables.refusal,
    tables.request,
    tables.override_grant,
    tables.outbox,
)
"""Tables whose rows can all go to the survivor: nothing in them is unique per lead."""


def merge_leads(tx: Tx, survivor: str, *, loser: str, at: datetime) -> None:
    """Everything of `loser` becomes `survivor`'s; the loser's id resolves to it from now on, and the survivor is to be
    decided again. Hand-offs are never dropped: where both have one in the same cycle, the loser's get cycles of their own.
    """
    if survivor == loser:
        return
    for table in _MOVED:
        tx.execute(update(table).where(table.c.lead_id == loser).values(lead_id=survivor))
    _move_handoffs(tx, survivor, loser=loser)
    _move_history(tx, survivor, loser=loser, at=at)
    _move_rest(tx, survivor, loser=loser)
    t = tables.lead
    tx.execute(update(t).where(or_(t.c.id == loser, t.c.merged_into == loser)).values(merged_into=survivor))
    mark(tx, [survivor], reason="merged", at=at)


def _move_handoffs(tx: Tx, survivor: str, *, loser: str) -> None:
    t = tables.handoff
    theirs = set(
        tx.execute(select(t.c.cycle).where(t.c.lead_id == survivor, t.c.answer != "rejected")).scalars()
    )
    for row in tx.execute(select(t.c.id, t.c.cycle).where(t.c.lead_id == loser)).all():
        # Two people at sales had the same person: both episodes stay on record, in cycles that nothing else counts.
        cycle = -row.cycle if row.cycle in theirs else row.cycle
        while cycle in theirs:
            cycle -= 1
        tx.execute(update(t).where(t.c.id == row.id).values(lead_id=survivor, cycle=cycle))
        theirs.add(cycle)


def _move_history(tx: Tx, survivor: str, *, loser: str, at: datetime) -> None:
    """Cell entries and transitions follow where the survivor has not the same ones; the loser's open stay ends now."""
    entry = tables.cell_entry
    tx.execute(update(entry).where(entry.c.lead_id == loser, entry.c.left_at.is_(None)).values(left_at=at))
    same = {entry: ("cycle", "cell", "entered_at"), tables.transition: ("old", "new", "occurred_at")}
    for table, names in same.items():
        twin = table.alias()
        equal = and_(*(twin.c[name] == table.c[name] for name in names), twin.c.lead_id == survivor)
        mine = table.c.lead_id == loser
        tx.execute(
            update(table).where(mine, ~select(twin.c.id).where(equal).exists()).values(lead_id=survivor)
        )


def _move_rest(tx: Tx, survivor: str, *, loser: str) -> None:
    named = tables.opportunity_lead
    twin = named.alias()
    equal = and_(
        *(twin.c[n] == named.c[n] for n in ("connection", "object", "remote_id")), twin.c.lead_id == survivor
    )
    taken = select(twin.c.lead_id).where(equal).exists()
    tx.execute(update(named).where(named.c.lead_id == loser, ~taken).values(lead_id=survivor))
    tx.execute(delete(named).where(named.c.lead_id == loser))
    hand, other = tables.hand_set, tables.hand_set.alias()
    standing = and_(other.c.lead_id == survivor, other.c.what == hand.c.what, other.c.ended_at.is_(None))
    free = or_(hand.c.ended_at.is_not(None), ~select(other.c.id).where(standing).exists())
    tx.execute(update(hand).where(hand.c.lead_id == loser, free).values(lead_id=survivor))
    for table in (tables.lead_state, tables.dirty, tables.coverage):
        tx.execute(delete(table).where(table.c.lead_id == loser))
    s = tables.suggestion
    tx.execute(
        update(s)
        .where(s.c.state == "open", or_(s.c.lead_a == loser, s.c.lead_b == loser))
        .where(or_(s.c.lead_a == survivor, s.c.lead_b == survivor))
        .values(state="merged")
    )


def split_lead(tx: Tx, lead_id: str, *, keys: Sequence[RecordKey], new_id: str, at: datetime) -> None:
    """These records are somebody else: they become lead `new_id` at the same account, with their identities and activities.
    Hand-offs and decisions stay where they were taken. Both leads are to be decided again."""
    account_id = tx.execute(select(tables.lead.c.account_id).where(tables.lead.c.id == lead_id)).scalar()
    new_lead(tx, new_id, at=at, account_id=account_id)
    for table in (tables.link, tables.identity, tables.outbox):
        tx.execute(
            update(table).where(is_record(table, keys), table.c.lead_id == lead_id).values(lead_id=new_id)
        )
    t = tables.activity_tie
    whose = or_(*(and_(t.c.connection == key.connection, t.c.who == by_person(key.id)) for key in keys))
    tx.execute(update(t).where(t.c.lead_id == lead_id, whose).values(lead_id=new_id))
    mark(tx, [lead_id, new_id], reason="split", at=at)
