"""What a firm's history in a file says a lead is worth: the same estimator as on Baton's own history, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from connector.domain.backtest import backtest
from connector.domain.estimate import Method, estimate
from connector.domain.facts import Message
from connector.domain.matrix import UNKNOWN
from connector.domain.unit_history import Cell, Tally, tally_of_first
from connector.domain.value import CellFigures, ValueConfig, ValueTable, half_up, worth
from connector.files.history import Fault, FileHistory
from connector.reports.matrix import backtest_document
from mappings.currencies import minor_digits, money_document
from mappings.records import Money

Say = Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class FileEstimate:
    """The estimate with what it rests on."""

    history: FileHistory
    seen: Tally
    table: ValueTable
    config: ValueConfig
    method: Method

    @property
    def usable(self) -> bool:
        """Whether a single unit could be counted."""
        return any(figures.leads for figures in self.table.cells.values())


def estimate_file(history: FileHistory, config: ValueConfig, as_of: date, method: Method) -> FileEstimate:
    """The estimate of a file's history as it looked at the end of that day."""
    seen = tally_of_first(history.units(), as_of)
    if method is Method.RAW:
        config = config.model_copy(update={"assumed_rates": {}, "assumed_prices": {}})
    return FileEstimate(history, seen, estimate(seen, config, method), config, method)


def document(found: FileEstimate, say: Say) -> dict[str, Any]:
    """The documented shape of `baton value estimate --json`."""
    table, config = found.table, found.config
    cells = [_cell(found, figures) for figures in table.cells.values()]
    return {
        "as_of": found.seen.as_of.isoformat(),
        "horizon_days": config.default_horizon_days,
        "horizon_days_by_persona": dict(config.horizon_days),
        "recording_start": config.recorded_from.isoformat() if config.recorded_from else None,
        "method": found.method.value,
        "currency": table.currency,
        "kappa": table.kappa,
        "cells": cells,
        "totals": _totals(found),
        "warnings": [*_warnings(found, say)],
    }


def _cell(found: FileEstimate, figures: CellFigures) -> dict[str, Any]:
    persona, stage = split(figures.cell)
    price = found.table.prices.get(persona)
    exact = _exact_price(found.table, persona)
    digits = 10 ** minor_digits(found.table.currency)
    return {
        "persona": persona,
        "stage": stage,
        "leads": figures.leads,
        "matured": figures.matured,
        "wins": figures.wins,
        "rate": figures.rate,
        "low": figures.low,
        "high": figures.high,
        "price": money_document(price),
        "value": money_document(worth(figures.rate, price)) if price else None,
        "value_exact": str(Fraction(figures.rate) * exact / digits) if exact is not None else None,
        "flags": flags(figures, priced=price is not None),
    }


def backtest_file(
    history: FileHistory, config: ValueConfig, as_of: date, cohort: tuple[date, date]
) -> dict[str, Any] | None:
    """The documented shape of `baton value backtest --json`; None without a win before the cohort, or without one."""
    seen = tally_of_first(history.units(), as_of)
    found = backtest_document(backtest(seen, config, *cohort))
    if found is None:
        return None
    recorded = config.recorded_from
    return {
        "as_of": as_of.isoformat(),
        "horizon_days": config.default_horizon_days,
        "recording_start": recorded.isoformat() if recorded else None,
        **found,
        "rows_left_out": sum(fault.row is not None for fault in history.faults),
    }


def split(cell: str) -> Cell:
    """Persona and stage of a cell's name."""
    persona, _, stage = cell.partition("/")
    return persona, stage


def _exact_price(table: ValueTable, persona: str) -> Fraction | None:
    """The row's mean before rounding, in minor units; an assumed price is exact as it stands."""
    price = table.prices.get(persona)
    if price is None:
        return None
    total, number = table.price_sums.get(persona, (price.minor, 1))
    mean = Fraction(total, number)
    return mean if half_up(mean) == price.minor else Fraction(price.minor)


def flags(figures: CellFigures, *, priced: bool) -> list[str]:
    """What to know before trusting a figure."""
    said: Mapping[str, bool] = {
        "few": figures.few,
        "thin": figures.thin,
        "assumed": figures.assumed,
        "no_price": not priced,
    }
    return [name for name, holds in said.items() if holds]


def _totals(found: FileEstimate) -> dict[str, Any]:
    """Sums over cells; `value` is leads x exact value, rounded once, so that with raw rates and each unit in one cell it
    is the money won, to the cent."""
    table = found.table
    value = Fraction(0)
    for figures in table.cells.values():
        exact = _exact_price(table, split(figures.cell)[0])
        value += figures.leads * Fraction(figures.rate) * (exact or 0)
    return {
        "rows": found.history.rows,
        "rows_left_out": sum(fault.row is not None for fault in found.history.faults),
        "leads": sum(figures.leads for figures in table.cells.values()),
        "matured": str(sum(Decimal(figures.matured) for figures in table.cells.values())),
        "wins": sum(figures.wins for figures in table.cells.values()),
        "won": money_document(Money(sum(total for total, _ in table.price_sums.values()), table.currency)),
        "value": money_document(Money(half_up(value), table.currency)),
    }


def _warnings(found: FileEstimate, say: Say) -> Iterator[dict[str, Any]]:
    for message in (*found.table.notes, *_of_file(found)):
        yield _warning(Fault(None, message), say)
    for fault in found.history.faults:
        yield _warning(fault, say)


def _warning(fault: Fault, say: Say) -> dict[str, Any]:
    return {"code": fault.why.id, "row": fault.row, "text": said(fault, say)}


def said(fault: Fault, say: Say) -> str:
    """A fault as a sentence, its row first."""
    return say(Message("row.at", {"number": fault.row, "why": fault.why})) if fault.row else say(fault.why)


def _of_file(found: FileEstimate) -> Iterator[Message]:
    """What of the file did not count, although nothing is wrong with it."""
    later = sum(entry.entered > found.seen.as_of for entry in found.history.entries)
    if later:
        yield Message("value.later_rows", {"count": later, "day": found.seen.as_of.isoformat()})
    start = found.config.recorded_from
    earlier = sum(start is not None and entry.entered < start for entry in found.history.entries)
    if earlier and start:
        yield Message("value.earlier_rows", {"count": earlier, "day": start.isoformat()})
    unknown = sum(entry.cell[0] == UNKNOWN for entry in found.history.entries)
    if unknown:
        yield Message("value.unknown_rows", {"count": unknown})
