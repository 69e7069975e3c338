"""Buying cycles of units: an account, or a lead that has none. What opens and closes one is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from connector.domain.buying_cycle import BuyingCycle
from connector.domain.purchases import joined
from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, run_many, upsert


def cycles_of(tx: Tx, units: Iterable[str]) -> dict[str, tuple[BuyingCycle, ...]]:
    """The cycles of these units, by number; a unit without any is absent."""
    t = tables.buying_cycle
    found: dict[str, list[BuyingCycle]] = {}
    for chunk in chunks(dict.fromkeys(units)):
        for row in tx.execute(select(t).where(t.c.unit.in_(chunk)).order_by(t.c.unit, t.c.number)):
            found.setdefault(row.unit, []).append(_cycle(row))
    return {unit: tuple(rows) for unit, rows in found.items()}


def _cycle(row: Any) -> BuyingCycle:
    return BuyingCycle(row.number, row.opened_at, row.closed_at, row.closed_by, row.deal)


def save_cycles(tx: Tx, unit: str, *, rows: Sequence[BuyingCycle]) -> bool:
    """Store cycles of a unit; one that is known keeps the earlier opening. True when the unit's other leads may stand
    otherwise for it: a further cycle opened, or one closed or opened again."""
    known = {row.number: row for row in cycles_of(tx, [unit]).get(unit, ())} if rows else {}
    changed = False
    for row in rows:
        before = known.get(row.number)
        if before is None:
            changed |= row.number > 1 or row.closed_at is not None
        else:
            changed |= (row.closed_at, row.closed_by) != (before.closed_at, before.closed_by)
    kept = [_values(unit, row, known.get(row.number)) for row in rows]
    run_many(tx, upsert(tx, tables.buying_cycle, update=_CHANGING), kept)
    return changed


_CHANGING = ("opened_at", "closed_at", "closed_by", "deal")


def _values(unit: str, row: BuyingCycle, before: BuyingCycle | None) -> dict[str, Any]:
    return {
        "unit": unit,
        "number": row.number,
        "opened_at": min(row.opened_at, before.opened_at) if before else row.opened_at,
        "closed_at": row.closed_at,
        "closed_by": row.closed_by,
        "deal": row.deal,
    }


def join_units(tx: Tx, into: Mapping[str, str]) -> None:
    """Units that turned out to be part of others, loser → survivor: their cycles are one story from now on."""
    found = cycles_of(tx, {*into, *into.values()})
    t = tables.buying_cycle
    for loser, survivor in into.items():
        if loser == survivor or loser not in found:
            continue
        found[survivor] = joined(found.get(survivor, ()), found.pop(loser))
        tx.execute(delete(t).where(t.c.unit.in_([loser, survivor])))
        run_many(tx, t.insert(), [_values(survivor, row, None) for row in found[survivor]])
