"""From drafts to the table in force: which cells a publication changes, and when a rule publishes by itself.

A figure that has hardly moved stays as it was published, down to the table that its text cites: it costs no write, and
nobody has to explain a value that differs by a fen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from connector.domain.decision import CashValue
from connector.domain.value import CellFigures, Rule, ValueTable, value_of


class Why(StrEnum):
    """Why a cell takes the draft's figures; `kept`: it does not."""

    NEW = "new"
    GONE = "gone"
    CURRENCY = "currency"
    ASSUMPTION = "assumption"
    MEASURED = "measured"
    MOVED = "moved"
    LEFT_INTERVAL = "left_interval"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class CellMove:
    """A cell under the table in force and under a draft. `percent` is the change of its value, None where one is absent
    or nought."""

    cell: str
    why: Why
    before: CashValue | None
    after: CashValue | None
    percent: Fraction | None = None


def moves(published: ValueTable, draft: ValueTable, over_percent: int) -> tuple[CellMove, ...]:
    """Every cell of either table, in order of name."""
    cells = sorted({*published.cells, *draft.cells})
    return tuple(_move(cell, published, draft, over_percent) for cell in cells)


def _move(cell: str, published: ValueTable, draft: ValueTable, over_percent: int) -> CellMove:
    before, after = value_of(published, cell), value_of(draft, cell)
    change = None
    if before and after and before.amount.minor and before.amount.currency == after.amount.currency:
        change = Fraction(after.amount.minor - before.amount.minor, before.amount.minor) * 100
    old, new = published.cells.get(cell), draft.cells.get(cell)
    why = _compared(old, new) if old is None or new is None or old.assumed or new.assumed else Why.KEPT
    if why is Why.KEPT:
        why = _moved(before, after, change, over_percent)
    return CellMove(cell, why, before, after, change)


def _compared(old: CellFigures | None, new: CellFigures | None) -> Why:
    """A cell that comes or goes, or whose figure is an assumption: what an admin states anew is taken as stated."""
    if old is None:
        return Why.NEW
    if new is None:
        return Why.GONE
    if old.assumed != new.assumed:
        return Why.ASSUMPTION if new.assumed else Why.MEASURED
    return Why.KEPT if Fraction(old.rate) == Fraction(new.rate) else Why.ASSUMPTION


def _moved(
    before: CashValue | None, after: CashValue | None, change: Fraction | None, over_percent: int
) -> Why:
    if before is None or after is None:
        return Why.KEPT if before is after else Why.NEW if before is None else Why.GONE
    if before.amount.currency != after.amount.currency:
        return Why.CURRENCY
    if abs(change) > over_percent if change is not None else after.amount.minor:
        return Why.MOVED
    inside = before.assumed or Fraction(before.low) <= Fraction(after.rate) <= Fraction(before.high)
    return Why.KEPT if inside else Why.LEFT_INTERVAL


def to_publish(published: ValueTable, draft: ValueTable, over_percent: int) -> ValueTable:
    """The table that publishing the draft puts in force, under the draft's version: cells that moved as the draft has
    them, the others as they were published, each with its price and the table that it cites."""
    cells: dict[str, CellFigures] = {}
    for move in moves(published, draft, over_percent):
        if move.why is not Why.GONE:
            source = published if move.why is Why.KEPT else draft
            cells[move.cell] = _fixed(source, move.cell)
    return replace(draft, cells=cells)


def _fixed(table: ValueTable, cell: str) -> CellFigures:
    figures = table.cells[cell]
    price = figures.price or table.prices.get(cell.partition("/")[0])
    return replace(figures, price=price, table=figures.table or table.version)


def changed(published: ValueTable, draft: ValueTable, over_percent: int) -> list[str]:
    """The cells whose leads are to be decided again when the draft is published."""
    return [move.cell for move in moves(published, draft, over_percent) if move.why is not Why.KEPT]


def due(rule: Rule, last: date | None, today: date) -> bool:
    """Whether the rule publishes today: in a month or quarter in which nothing was published yet."""
    if rule is Rule.ON_DEMAND:
        return False
    return last is None or _period(rule, last) < _period(rule, today)


def _period(rule: Rule, day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3 if rule is Rule.QUARTERLY else day.month
