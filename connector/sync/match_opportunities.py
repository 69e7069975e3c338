"""Deals: whose they are and what became of them. When one was won or lost is taken from history, never from the close date
that anybody may edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from connector.ports import RecordState
from connector.store import accounts, dirty, facts, links
from connector.store.engine import Tx
from connector.store.mirror import MirrorRow
from connector.sync.engine import Engine
from connector.sync.readable import read_rows
from connector.sync.reading import objects_of
from mappings.fields import read_opportunity
from mappings.records import FieldChange, ObjectRole, Opportunity, RecordKey, Scalar

_OUTCOME = ("stage", "is_closed", "is_won")
"""Facts whose last change is the moment of closing."""


def match_rows(engine: Engine, tx: Tx, connection: str, rows: Sequence[MirrorRow], *, now: datetime) -> int:
    """Match one batch of a deal object. Gives how many rows were parked because they cannot be read."""
    side = engine.side(connection)
    living = [row for row in rows if row.state is RecordState.ACTIVE]
    read, broken = read_rows(
        tx,
        living,
        lambda row: read_opportunity(engine.mapping, side, row.key, row.fields, modified_at=row.modified_at),
        now=now,
    )
    gone = [row.key for row in rows if row.state is not RecordState.ACTIVE]
    touched = accounts.drop_opportunities(tx, gone)
    closed = _closings(engine, tx, read)
    places = _accounts(engine, tx, connection, [deal for _, deal in read])
    people = _people(engine, tx, connection, [deal for _, deal in read])
    for row, deal in read:
        account = places.get(deal.account_id)
        mine = [people[id_] for id_ in deal.person_ids if id_ in people]
        dated = replace(deal, closed_at=closed.get(row.key))
        accounts.save_opportunity(tx, dated, account_id=account, lead_ids=mine, learned_at=now)
        touched.update(mine)
    dirty.mark(tx, sorted(touched), reason="opportunity", at=now)
    dirty.mark_accounts(tx, sorted(set(places.values())), reason="opportunity", at=now)
    return broken


def _accounts(engine: Engine, tx: Tx, connection: str, deals: Sequence[Opportunity]) -> dict[str, str]:
    """Accounts by the company id that deals name."""
    object_ = next(iter(objects_of(engine, connection, ObjectRole.ACCOUNT)), "")
    keys = [RecordKey(connection, object_, deal.account_id) for deal in deals if deal.account_id and object_]
    return {key.id: account for key, account in accounts.accounts_of(tx, keys).items()}


def _people(engine: Engine, tx: Tx, connection: str, deals: Sequence[Opportunity]) -> dict[str, str]:
    """Leads by the person ids that deals name, in whatever object of people they live."""
    ids = dict.fromkeys(id_ for deal in deals for id_ in deal.person_ids)
    objects = objects_of(engine, connection, ObjectRole.LEAD)
    found = links.links(tx, [RecordKey(connection, name, id_) for name in objects for id_ in ids])
    return {key.id: link.lead_id for key, link in found.items()}


def _closings(
    engine: Engine, tx: Tx, read: Sequence[tuple[MirrorRow, Opportunity]]
) -> dict[RecordKey, datetime]:
    """When each closed deal closed: as history has it, else (once) when the record was last modified as we first saw it
    closed. A deal whose time is known and has no history keeps it."""
    closed = [(row, deal) for row, deal in read if deal.is_closed]
    keys = [row.key for row, _ in closed]
    told = facts.changes_of(tx, keys, fields=_outcome_fields(engine, keys))
    known = accounts.closings(tx, keys)
    found: dict[RecordKey, datetime] = {}
    for row, _ in closed:
        at = _last_move(told.get(row.key, ()), row)
        if at is not None:
            found[row.key] = at
        elif row.key not in known:
            found[row.key] = row.modified_at
    return found


def _outcome_fields(engine: Engine, keys: Sequence[RecordKey]) -> tuple[str, ...]:
    if not keys:
        return ()
    facts_ = engine.mapping.object(engine.side(keys[0].connection), keys[0].object)
    lines = [line for word in _OUTCOME if (line := facts_.line(word)) is not None]
    return tuple(dict.fromkeys(source for line in lines for source in line.sources))


def _last_move(changes: Sequence[FieldChange], row: MirrorRow) -> datetime | None:
    """The latest change that brought a field to what it says now."""
    moves = [one.occurred_at for one in changes if _said(one.new) == _said(row.fields.get(one.field))]
    return max(moves, default=None)


def _said(value: Scalar) -> str:
    return "" if value is None else str(value).strip().casefold()
