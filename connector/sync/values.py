"""Estimates what leads are worth from what became of those before them, and puts a table in force.

Estimates are drafts; a person, a rule of the value document, or the first start, when there is nothing yet, publishes
them. Publishing makes only leads in cells whose figures moved be decided again, and of those only who is not with sales.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain import backtest, publishing
from connector.domain.estimate import estimate
from connector.domain.facts import WITH_SALES
from connector.domain.unit_history import UnitHistory
from connector.domain.value import ValueTable
from connector.store import dirty, value_units, values
from connector.store.dirty import Pace
from connector.store.engine import Tx
from connector.store.history import UnitCycle
from connector.store.meta import recall, remember
from connector.sync.engine import Engine
from connector.sync.rulebook import read_table

COUNTED = "value_counted_at"
"""Until when the units of value tables are counted."""
MARGIN = timedelta(hours=1)
"""Counted twice rather than not at all: a decision may be committed some time after the instant that it names."""
BACKFILL = 2000
"""Leads decided and written a minute, at most, after a table was published."""
BACKFILL_SHARE = 20
"""The part of a system's daily allowance that writing them may take, at most: one in so many."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: the table now in force, the cells whose figures it took, the leads that will be written."""

    table: ValueTable
    cells: tuple[str, ...]
    leads: int


def draft(engine: Engine, *, anew: bool = False) -> ValueTable:
    """Estimate now and keep the result as the draft. Units that nothing happened to since the last time are not read
    again, unless all are to be counted `anew`."""
    now = engine.now()
    with engine.store.begin() as tx:
        config = engine.rules.documents(tx).value
        read = partial(entries, zone=engine.zone)
        counted = None if anew else recall(tx, COUNTED)
        if counted is None:
            value_units.count_all(tx, read)
        else:
            value_units.count_changed(tx, read, since=datetime.fromisoformat(counted) - MARGIN)
        remember(tx, COUNTED, value=now.isoformat())
        seen = value_units.read_tally(tx, now.astimezone(engine.zone).date())
        table = replace(estimate(seen, config), backtest=backtest.standing(seen, config))
        version = values.save_draft(tx, document(table), as_of=now)
    return read_table(document(table), version)


def publish(engine: Engine, version: int, *, by: str) -> Published | None:
    """Put a draft in force, cells that hardly moved left as they were published. None when there is no such draft, or a
    later table is in force."""
    now = engine.now()
    with engine.store.begin() as tx:
        stored = values.value_table(tx, version)
        if stored is None or stored.published_at:
            return None
        before, new = in_force(tx), read_table(stored.document, version)
        over = engine.rules.documents(tx).value.publish_over_percent
        table = publishing.to_publish(before, new, over)
        if not values.publish(tx, version, document=document(table), at=now, by=by):
            return None
        cells = publishing.changed(before, new, over)
        leads = dirty.mark_cells(
            tx, cells, reason="value_published", at=now, pace=_pace(engine), without=WITH_SALES
        )
    return Published(table, tuple(cells), leads)


def in_force(tx: Tx) -> ValueTable:
    """The published table; an empty one before the first."""
    stored = values.published(tx)
    return read_table(stored.document, stored.version) if stored else ValueTable()


def _pace(engine: Engine) -> Pace:
    """Slices that neither stand before hand-offs for long nor spend the calls they need."""
    leads = BACKFILL
    for system in engine.systems:
        limit = system.budget[1] if system.budget else None
        if limit is not None:
            leads = min(leads, limit * system.capabilities.write_batch // (BACKFILL_SHARE * 24 * 60))
    return Pace(max(leads, 1))


def publish_by_rule(engine: Engine) -> Published | None:
    """Publish the newest draft when the value document says that it is time. None when it is not."""
    with engine.store.read() as tx:
        rule = engine.rules.documents(tx).value.publish
        last, newest = values.published(tx), values.draft(tx)
    at = last.published_at if last else None
    today, day = (when.astimezone(engine.zone).date() if when else None for when in (engine.now(), at))
    if newest is None or today is None or not publishing.due(rule, day, today):
        return None
    return publish(engine, newest.version, by=f"rule {rule.value}")


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


def entries(unit: UnitCycle, zone: ZoneInfo) -> Iterator[UnitHistory]:
    """A cycle's entries as the estimator takes them, one per cell, days counted in the business time zone. What a unit
    did after it was won or lost says nothing of how it came to be."""
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
    stated["backtest"] = asdict(table.backtest) if table.backtest else None
    return stated
