"""What became of each unit (account x buying cycle) that entered the matrix: the raw material of lead cash value.

Rows come in a stream, a few hundred units in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, select

from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import UtcDateTime, money_from
from connector.store.writes import chunks
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class CellVisit:
    """A unit's first entry to a cell in a cycle, by whichever contact came first."""

    persona: str
    stage: str
    cell: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class UnitCycle:
    """One buying cycle of one unit. `entries` by time. `won_at` the first win of the cycle, `amounts` what was won in it;
    `lost_at` only where all its opportunities are closed and none was won. Neither: not decided yet."""

    unit: str
    cycle: int
    entries: tuple[CellVisit, ...]
    won_at: datetime | None = None
    lost_at: datetime | None = None
    amounts: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class _Deal:
    created_at: datetime | None
    won_at: datetime | None
    lost_at: datetime | None
    amount: Money | None

    @property
    def placed_at(self) -> datetime | None:
        """The moment by which a deal belongs to a cycle."""
        return self.won_at or self.lost_at or self.created_at


UNITS = 300
"""Units whose history is read at once."""


def unit_histories(tx: Tx) -> Iterator[UnitCycle]:
    """Every unit and cycle that entered a cell, with what became of it, by unit and cycle. Unknown personas included."""
    yield from _histories(tx, _visits())


def histories_of(tx: Tx, units: Iterable[str]) -> Iterator[UnitCycle]:
    """The same for these units (accounts, and leads without one)."""
    for chunk in chunks(units, UNITS):
        yield from _histories(tx, _visits(chunk))


def _histories(tx: Tx, query: Select[Any]) -> Iterator[UnitCycle]:
    visits = groupby(tx.execute(query.execution_options(yield_per=2000)), key=lambda row: str(row.unit_id))
    units = ((unit, list(rows)) for unit, rows in visits)
    for chunk in chunks(units, UNITS):
        deals = _deals(tx, [unit for unit, _ in chunk])
        for unit, rows in chunk:
            yield from _cycles(unit, rows, deals.get(unit, ()))


def _visits(units: Sequence[str] | None = None) -> Select[Any]:
    """First entries by unit, cycle and cell, of all units or these. The unit is where the lead is today: colleagues found
    later are one account."""
    entry, lead = tables.cell_entry, tables.lead
    live = lead.alias("live")
    unit = func.coalesce(live.c.account_id, live.c.id).label("unit_id")
    first = func.min(entry.c.entered_at, type_=UtcDateTime).label("entered_at")
    today = live.c.id == func.coalesce(lead.c.merged_into, lead.c.id)
    columns = (unit, entry.c.cycle, entry.c.cell, entry.c.persona, entry.c.stage)
    query = (
        select(*columns, first)
        .join(lead, lead.c.id == entry.c.lead_id)
        .join(live, today)
        .where(entry.c.stage.not_in(("", "none")))
    )
    if units is not None:
        mine = select(live.c.id).where(
            live.c.account_id.in_(units) | (live.c.id.in_(units) & live.c.account_id.is_(None))
        )
        ids = select(lead.c.id).where(lead.c.id.in_(mine) | lead.c.merged_into.in_(mine))
        query = query.where(entry.c.lead_id.in_(ids), func.coalesce(live.c.account_id, live.c.id).in_(units))
    return query.group_by(*columns).order_by(unit, entry.c.cycle, first, entry.c.cell)


def _deals(tx: Tx, units: Sequence[str]) -> Mapping[str, Sequence[_Deal]]:
    """The opportunities of these units: an account's, or those that name a lead without account."""
    t, named, lead = tables.opportunity_link, tables.opportunity_lead, tables.lead
    columns = (t.c.created_at, t.c.won_at, t.c.lost_at, t.c.amount_minor, t.c.amount_currency)
    keys = (t.c.connection, t.c.object, t.c.remote_id)
    same = (named.c.connection == keys[0]) & (named.c.object == keys[1]) & (named.c.remote_id == keys[2])
    of_accounts = select(t.c.account_id.label("unit"), *keys, *columns).where(t.c.account_id.in_(units))
    of_leads = (
        select(named.c.lead_id.label("unit"), *keys, *columns)
        .join(named, same)
        .join(lead, lead.c.id == named.c.lead_id)
        .where(named.c.lead_id.in_(units), lead.c.account_id.is_(None))
    )
    found: dict[str, list[_Deal]] = {}
    for query in (of_accounts, of_leads):
        for row in tx.execute(query):
            amount = money_from(row.amount_minor, row.amount_currency)
            found.setdefault(row.unit, []).append(_Deal(row.created_at, row.won_at, row.lost_at, amount))
    return found


def _cycles(unit: str, rows: Sequence[Any], deals: Sequence[_Deal]) -> Iterator[UnitCycle]:
    cycles = [
        (cycle, tuple(CellVisit(row.persona, row.stage, row.cell, row.entered_at) for row in group))
        for cycle, group in groupby(rows, key=lambda row: int(row.cycle))
    ]
    for index, (cycle, entries) in enumerate(cycles):
        start = entries[0].entered_at
        end = cycles[index + 1][1][0].entered_at if index + 1 < len(cycles) else None
        mine = [deal for deal in deals if _within(deal, start, end)]
        yield _outcome(UnitCycle(unit, cycle, entries), mine)


def _within(deal: _Deal, start: datetime, end: datetime | None) -> bool:
    placed = deal.placed_at
    return placed is not None and start <= placed and (end is None or placed < end)


def _outcome(unit: UnitCycle, deals: Sequence[_Deal]) -> UnitCycle:
    wins = [deal.won_at for deal in deals if deal.won_at is not None]
    lost = [deal.lost_at for deal in deals if deal.lost_at is not None]
    all_lost = bool(deals) and len(lost) == len(deals)
    return UnitCycle(
        unit=unit.unit,
        cycle=unit.cycle,
        entries=unit.entries,
        won_at=min(wins, default=None),
        lost_at=max(lost) if all_lost else None,
        amounts=tuple(deal.amount for deal in deals if deal.won_at is not None and deal.amount is not None),
    )
