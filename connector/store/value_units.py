"""What each unit contributes to a value table, kept so that a day's changes cost a day's work: only units that something
happened to are read again, and a tally of all is one grouped query.

Which units those are: those of leads that were decided since (whatever concerns a lead makes it be decided), those such
leads belonged to before, and those marked stale because an opportunity or an account went from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from connector.domain.unit_history import Cell, Tally, UnitHistory, Won, in_order
from connector.store import tables
from connector.store.engine import Tx
from connector.store.history import UnitCycle, histories_of, unit_histories
from connector.store.writes import chunks, insert_new, run_many, upsert
from mappings.records import Money

Reader = Callable[[UnitCycle], Iterable[UnitHistory]]
"""What of a unit's cycle counts, in days of the business calendar."""


def mark_stale(tx: Tx, units: Iterable[str | None]) -> None:
    """Something of these units (ids of accounts or leads) changed, or went to another."""
    rows = [{"unit": unit} for unit in dict.fromkeys(units) if unit]
    run_many(tx, insert_new(tx, tables.value_stale), rows)


def merge_units(tx: Tx, survivor: str, *, loser: str) -> None:
    """All that the loser was belongs to the survivor."""
    mark_stale(tx, (survivor, loser))
    t = tables.value_lead
    tx.execute(update(t).where(t.c.unit == loser).values(unit=survivor))


def count_all(tx: Tx, read: Reader) -> int:
    """Count every unit anew. Gives how many rows there are."""
    for table in (tables.value_unit, tables.value_lead, tables.value_stale):
        tx.execute(delete(table))
    lead = tables.lead
    live = lead.alias("live")
    today = live.c.id == func.coalesce(lead.c.merged_into, lead.c.id)
    units = select(lead.c.id, func.coalesce(live.c.account_id, live.c.id)).join(live, today)
    tx.execute(tables.value_lead.insert().from_select(["lead_id", "unit"], units))
    return _put(tx, unit_histories(tx), read)


def count_changed(tx: Tx, read: Reader, *, since: datetime) -> int:
    """Count the units anew that something happened to at or after `since`. Gives how many units that were."""
    units = _changed(tx, since)
    for chunk in chunks(units):
        tx.execute(delete(tables.value_unit).where(tables.value_unit.c.unit.in_(chunk)))
    _put(tx, histories_of(tx, units), read)
    tx.execute(delete(tables.value_stale))
    return len(units)


def _changed(tx: Tx, since: datetime) -> Collection[str]:
    """The units of leads decided since, before and now, and those marked stale."""
    state, lead, known = tables.lead_state, tables.lead, tables.value_lead
    decided = select(state.c.lead_id).where(state.c.updated_at >= since)
    units = dict.fromkeys(tx.execute(select(tables.value_stale.c.unit).order_by("unit")).scalars())
    live = lead.alias("live")
    today = live.c.id == func.coalesce(lead.c.merged_into, lead.c.id)
    mine = (
        select(lead.c.id, func.coalesce(live.c.account_id, live.c.id), known.c.unit)
        .join(live, today)
        .outerjoin(known, known.c.lead_id == lead.c.id)
        .where(lead.c.id.in_(decided) | lead.c.merged_into.in_(decided))
    )
    moved = []
    for lead_id, now, before in tx.execute(mine):
        units.update(dict.fromkeys(filter(None, (now, before, lead_id))))
        if now != before:
            moved.append({"lead_id": lead_id, "unit": now})
    run_many(tx, upsert(tx, known, update=("unit",)), moved)
    return units


def _put(tx: Tx, cycles: Iterable[UnitCycle], read: Reader) -> int:
    count = 0
    for chunk in chunks((row for cycle in cycles for row in _rows(cycle, read)), 2000):
        run_many(tx, tables.value_unit.insert(), chunk)
        count += len(chunk)
    return count


def _rows(cycle: UnitCycle, read: Reader) -> Iterable[dict[str, Any]]:
    for one in read(cycle):
        yield {
            "unit": cycle.unit,
            "cycle": cycle.cycle,
            "persona": one.persona,
            "stage": one.stage,
            "entered_on": one.entered_on,
            "won_on": one.won_on,
            "lost_on": one.lost_on,
            "amounts": [[amount.minor, amount.currency] for amount in one.amounts],
        }


def read_tally(tx: Tx, as_of: date) -> Tally:
    """The tally of what is counted, as it looked at the end of `as_of`."""
    t = tables.value_unit
    here, won = t.c.entered_on <= as_of, t.c.won_on <= as_of
    unwon: dict[Cell, dict[date, int]] = {}
    lost: dict[Cell, dict[date, int]] = {}
    for counts, which in ((unwon, t.c.won_on.is_(None) | ~won), (lost, t.c.lost_on <= as_of)):
        query = select(t.c.persona, t.c.stage, t.c.entered_on, func.count()).where(here, which)
        if counts is lost:
            query = query.where(t.c.won_on.is_(None) | ~won)
        for persona, stage, day, number in tx.execute(query.group_by(*query.selected_columns[:3])):
            counts.setdefault((persona, stage), {})[day] = number
    rows = tx.execute(select(t).where(here, won))
    return Tally(as_of, unwon, in_order(_won(row) for row in rows), lost)


def _won(row: Any) -> Won:
    amounts = tuple(Money(minor, currency) for minor, currency in row.amounts)
    return Won(f"{row.unit}/{row.cycle}", (row.persona, row.stage), row.entered_on, row.won_on, amounts)
