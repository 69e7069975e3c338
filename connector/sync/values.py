"""Estimates what leads are worth from what became of those before them, and puts a table in force.

Estimates are drafts; people (or the first start, when there is nothing yet) publish them. Publishing makes only the leads
in cells whose figures moved be decided again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.estimate import estimate
from connector.domain.unit_history import UnitHistory, tally
from connector.domain.value import ValueTable
from connector.store import dirty, values
from connector.store.engine import Tx
from connector.store.history import UnitCycle, unit_histories
from connector.sync.engine import Engine
from connector.sync.rulebook import read_table


def draft(engine: Engine) -> ValueTable:
    """Estimate now and keep the result as the draft."""
    now = engine.now()
    with engine.store.begin() as tx:
        config = engine.rules.documents(tx).value
        today = now.astimezone(engine.zone).date()
        table = estimate(tally(histories(tx, engine.zone), today), config)
        version = values.save_draft(tx, document(table), as_of=now)
    return read_table(document(table), version)


def publish(engine: Engine, version: int, *, by: str) -> bool:
    """Put a draft in force. False when there is no such draft. Leads whose cell's figures moved are decided again."""
    now = engine.now()
    with engine.store.begin() as tx:
        before = values.published(tx)
        if not values.publish(tx, version, at=now, by=by):
            return False
        after = values.value_table(tx, version)
        moved = _moved(before.document if before else {}, after.document if after else {})
        dirty.mark_cells(tx, moved, reason="value_published", at=now)
    return True


def ensure_published(engine: Engine) -> None:
    """On the first round there is no table: the first estimate, assumed figures where nothing is measured, is put in
    force, so that records show a value from the first day."""
    if not has_table(engine):
        publish(engine, draft(engine).version, by="baton")
        with engine.store.begin() as tx:
            dirty.mark_all(tx, reason="value_published", at=engine.now())


def has_table(engine: Engine) -> bool:
    """Whether a table is in force."""
    with engine.store.read() as tx:
        return values.published(tx) is not None


def histories(tx: Tx, zone: ZoneInfo) -> Iterator[UnitHistory]:
    """Every unit's entries as the estimator takes them, days counted in the business time zone."""
    for unit in unit_histories(tx):
        yield from _entries(unit, zone)


def _entries(unit: UnitCycle, zone: ZoneInfo) -> Iterator[UnitHistory]:
    """One row per cell; what a unit did after it was won or lost says nothing of how it came to be."""
    closed = unit.won_at or unit.lost_at
    for entry in unit.entries:
        if closed is None or entry.entered_at <= closed:
            yield UnitHistory(
                unit_id=f"{unit.unit}/{unit.cycle}",
                persona=entry.persona,
                stage=entry.stage,
                entered_on=entry.entered_at.astimezone(zone).date(),
                won_on=unit.won_at.astimezone(zone).date() if unit.won_at else None,
                lost_on=unit.lost_at.astimezone(zone).date() if unit.lost_at else None,
                amounts=unit.amounts,
            )


def document(table: ValueTable) -> dict[str, Any]:
    """The table as it is stored."""
    stated = {name: getattr(table, name) for name in ("currency", "as_of", "kappa")}
    stated["cells"] = {cell: asdict(figures) for cell, figures in table.cells.items()}
    stated["prices"] = {persona: asdict(price) for persona, price in table.prices.items()}
    stated["price_sums"] = {persona: list(sums) for persona, sums in table.price_sums.items()}
    stated["notes"] = [asdict(note) for note in table.notes]
    return stated


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    cells = {*before.get("cells", {}), *after.get("cells", {})}
    return sorted(cell for cell in cells if _figures(before, cell) != _figures(after, cell))


def _figures(document: Mapping[str, Any], cell: str) -> tuple[Any, Any]:
    return document.get("cells", {}).get(cell), document.get("prices", {}).get(cell.partition("/")[0])
