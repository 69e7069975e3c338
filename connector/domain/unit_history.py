"""History as the estimator sees it: units that entered a cell, how old they are, whether they were won, for how much.

A tally is all that an estimate needs of it: units not won counted by cell and day of entry, and each win. It ages by
itself (another day is another argument, not another reading), which is what makes a day's changes cost a day's work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from mappings.records import Money

Cell = tuple[str, str]
"""(persona, stage)."""
ByDay = Mapping[Cell, Mapping[date, int]]
"""Units per cell and day of entry."""


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """One unit (account x buying cycle; a lead without an account is its own) in one cell that it entered. Days are the
    business calendar's. `amounts`: what was won in the cycle, all orders."""

    unit_id: str
    persona: str
    stage: str
    entered_on: date
    won_on: date | None = None
    lost_on: date | None = None
    amounts: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Won:
    """A win, in one cell that its unit had entered."""

    unit_id: str
    cell: Cell
    entered_on: date
    won_on: date
    amounts: tuple[Money, ...] = ()

    @property
    def delay(self) -> int:
        """Days from the entry to the win."""
        return (self.won_on - self.entered_on).days


@dataclass(frozen=True, slots=True)
class Tally:
    """Each unit once per cell, by its first entry, as it looked at the end of `as_of`. `unwon` counts the units without
    a win by day of entry, lost ones included; `lost` those of them that were lost."""

    as_of: date
    unwon: ByDay = field(default_factory=dict)
    wins: tuple[Won, ...] = ()
    lost: ByDay = field(default_factory=dict)

    def since(self, start: date | None) -> Tally:
        """Without the units that entered before `start`: their wins may not have been recorded."""
        if start is None:
            return self
        return Tally(
            self.as_of,
            _from(self.unwon, start),
            tuple(won for won in self.wins if won.entered_on >= start),
            _from(self.lost, start),
        )

    def until(self, day: date) -> Tally:
        """As it looked at the end of an earlier day. Who had been lost by then is not told."""
        unwon: dict[Cell, Counter[date]] = {}
        for cell, days in self.unwon.items():
            for entered, count in days.items():
                if entered <= day:
                    unwon.setdefault(cell, Counter())[entered] += count
        for won in self.wins:
            if won.entered_on <= day < won.won_on:
                unwon.setdefault(won.cell, Counter())[won.entered_on] += 1
        return Tally(day, unwon, tuple(won for won in self.wins if won.won_on <= day))

    def cells(self) -> list[Cell]:
        """Every cell that a unit entered, in order."""
        return sorted({*self.unwon, *(won.cell for won in self.wins)})


def _from(counts: ByDay, start: date) -> ByDay:
    kept = {
        cell: {day: count for day, count in days.items() if day >= start} for cell, days in counts.items()
    }
    return {cell: days for cell, days in kept.items() if days}


def tally(history: Iterable[UnitHistory], as_of: date) -> Tally:
    """The tally of a history, in any order. What has not happened by the end of `as_of` does not count."""
    first: dict[tuple[str, Cell], UnitHistory] = {}
    for unit in history:
        key = (unit.unit_id, (unit.persona, unit.stage))
        if key not in first or unit.entered_on < first[key].entered_on:
            first[key] = unit
    return tally_of_first(first.values(), as_of)


def tally_of_first(entries: Iterable[UnitHistory], as_of: date) -> Tally:
    """The same of a history that has each unit once per cell already; only the wins are kept in memory."""
    unwon: dict[Cell, Counter[date]] = {}
    lost: dict[Cell, Counter[date]] = {}
    wins = []
    for unit in entries:
        cell = (unit.persona, unit.stage)
        if unit.entered_on > as_of:
            continue
        if unit.won_on and unit.won_on <= as_of:
            wins.append(Won(unit.unit_id, cell, unit.entered_on, unit.won_on, unit.amounts))
            continue
        unwon.setdefault(cell, Counter())[unit.entered_on] += 1
        if unit.lost_on and unit.lost_on <= as_of:
            lost.setdefault(cell, Counter())[unit.entered_on] += 1
    return Tally(as_of, unwon, in_order(wins), lost)


def in_order(wins: Iterable[Won]) -> tuple[Won, ...]:
    """Wins by unit, cell and day, so that equal histories make equal tallies."""
    return tuple(sorted(wins, key=lambda won: (won.unit_id, won.cell, won.entered_on)))
