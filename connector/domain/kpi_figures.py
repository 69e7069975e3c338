"""The value KPI of one period, reckoned from every cycle that was handed off: in all, by day, by row, and what was won."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from connector.domain.kpi import (
    Dimension,
    Entry,
    EntryKind,
    HandedOff,
    InvalidRules,
    Sums,
    Win,
    entries,
    key_of,
)
from connector.domain.money import Rates, convert
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class Terms:
    """What is reckoned: entries of `start <= at < end`, days of `zone`, amounts in `currency` at the rate of the day
    on which they came to be. `recent_since`: from when credits shape the recent mix;
    `now`: what lies after it has not happened."""

    start: datetime
    end: datetime
    now: datetime
    zone: tzinfo
    invalid: InvalidRules
    currency: str
    rates: Rates
    recent_since: datetime
    by: Dimension | None = None

    def holds(self, at: datetime) -> bool:
        """Whether that instant lies in the period and has come."""
        return self.start <= at < self.end and at <= self.now

    def minor(self, money: Money | None, at: datetime) -> int | None:
        """The amount in minor units of `currency`; None where there is none, or no rate for it."""
        if money is None or money.currency == self.currency:
            return money.minor if money else None
        there = convert(money, self.currency, self.rates, on=at.astimezone(self.zone).date())
        return there.minor if there else None


@dataclass(slots=True)
class Won:
    """Purchases and what they come to, in minor units; `unpriced` have no amount, or one that no rate converts."""

    wins: int = 0
    minor: int = 0
    unpriced: int = 0

    def add(self, minor: int | None) -> None:
        """One more purchase."""
        self.wins += 1
        self.minor += minor or 0
        self.unpriced += minor is None


@dataclass(slots=True)
class Row:
    """One row of a breakdown. `cells`: credits left by cell; `won` in the period, whenever it was handed off; `won_of`
    what was handed off in the period, until now."""

    sums: Sums = field(default_factory=Sums)
    cells: Counter[str] = field(default_factory=Counter)
    won: Won = field(default_factory=Won)
    won_of: Won = field(default_factory=Won)


@dataclass(frozen=True, slots=True)
class Correction:
    """A reversal or reinstatement with its amount in minor units."""

    entry: Entry
    minor: int


@dataclass(slots=True)
class Figures:
    """A period's KPI. `by_day`: net minor units; `counted_with`: hand-offs of the period whose cycle had its credit already;
    `unconverted`: credits by currency without a rate; `recent`: credits by cell lately."""

    whole: Row = field(default_factory=Row)
    rows: defaultdict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    by_day: Counter[date] = field(default_factory=Counter)
    corrections: list[Correction] = field(default_factory=list)
    counted_with: int = 0
    unconverted: Counter[str] = field(default_factory=Counter)
    recent: Counter[str] = field(default_factory=Counter)


def reckon(
    units: Iterable[Sequence[Sequence[HandedOff]]], wins: Mapping[str, Sequence[Win]], terms: Terms
) -> Figures:
    """The figures of a period. `units`: every unit as its cycles, each as its hand-offs; `wins` by unit."""
    figures = Figures()
    for cycles in units:
        credited = []
        for cycle in cycles:
            booked = entries(cycle, terms.invalid)
            credited.append((booked[0], cycle))
            _book(figures, booked, terms)
            _count_others(figures, cycle, booked[0].handoff, terms)
        for win in wins.get(cycles[0][0].unit, ()):
            _win(figures, win, credited, terms)
    return figures


def _book(figures: Figures, booked: Iterable[Entry], terms: Terms) -> None:
    for entry in booked:
        if terms.recent_since <= entry.at < terms.end and entry.at <= terms.now:
            figures.recent[entry.handoff.cell] += entry.kind.sign
        if terms.holds(entry.at):
            _book_one(figures, entry, terms)


def _book_one(figures: Figures, entry: Entry, terms: Terms) -> None:
    handoff = entry.handoff
    minor = terms.minor(handoff.value, handoff.at)
    for row in _rows(figures, handoff, terms):
        row.sums.add(entry.kind, minor)
        row.cells[handoff.cell] += entry.kind.sign
    figures.by_day[entry.at.astimezone(terms.zone).date()] += entry.kind.sign * (minor or 0)
    if entry.kind is not EntryKind.CREDIT:
        figures.corrections.append(Correction(entry, minor or 0))
    elif minor is None and handoff.value is not None:
        figures.unconverted[handoff.value.currency] += 1


def _rows(figures: Figures, handoff: HandedOff, terms: Terms) -> tuple[Row, ...]:
    return (figures.whole, figures.rows[key_of(handoff, terms.by)]) if terms.by else (figures.whole,)


def _count_others(figures: Figures, cycle: Iterable[HandedOff], credited: HandedOff, terms: Terms) -> None:
    figures.counted_with += sum(terms.holds(one.at) and one is not credited for one in cycle)


def _win(
    figures: Figures, win: Win, credited: Sequence[tuple[Entry, Sequence[HandedOff]]], terms: Terms
) -> None:
    """A purchase belongs to the cycle that was handed off last before it; one made before any is not sales' return on what
    marketing gave."""
    before = [(entry, cycle) for entry, cycle in credited if entry.at <= win.at]
    if not before or win.at > terms.now:
        return
    entry, cycle = max(before, key=lambda one: one[0].at)
    minor = terms.minor(win.amount, win.at)
    for row in _rows(figures, _answerable(entry.handoff, cycle, win, terms), terms):
        if terms.holds(win.at):
            row.won.add(minor)
        if terms.holds(entry.at):
            row.won_of.add(minor)


def _answerable(credited: HandedOff, cycle: Sequence[HandedOff], win: Win, terms: Terms) -> HandedOff:
    """Whose purchase it is: by rep, the one who had the latest hand-off of the cycle; else what earned the credit."""
    if terms.by is not Dimension.OWNER:
        return credited
    return max((one for one in cycle if one.at <= win.at), key=lambda one: (one.at, one.id))
