"""The value KPI of a period against its target, with sales' mirror beside it. Questions asked of the store; figures out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from connector.domain.exact_worth import Worth, leads_worth
from connector.domain.facts import Message
from connector.domain.ideal_line import Course, course
from connector.domain.kpi import Dimension, HandedOff, InvalidRules, Win
from connector.domain.kpi_figures import Figures, Terms, reckon
from connector.domain.mix import Mix, mix
from connector.domain.money import convert, exchange
from connector.domain.periods import DAY, Period
from connector.domain.policies import PoliciesConfig
from connector.domain.targets import TargetsConfig
from connector.domain.value import ValueConfig, ValueTable, value_of
from connector.domain.working_time import WorkingTime
from connector.store.engine import Tx
from connector.store.handed_off import handed_off_cycles, wins_since


@dataclass(frozen=True, slots=True)
class Basis:
    """The documents and the table that a report rests on."""

    policies: PoliciesConfig
    value: ValueConfig
    targets: TargetsConfig
    table: ValueTable

    @property
    def currency(self) -> str:
        """Of every amount in the report."""
        return self.targets.currency or self.value.reporting_currency

    @property
    def zone(self) -> ZoneInfo:
        """Where the business counts its days."""
        return ZoneInfo(self.policies.time_zone)

    @property
    def invalid(self) -> InvalidRules:
        """What shows that a lead was none."""
        return InvalidRules(frozenset(self.targets.invalid.reasons), frozenset(self.targets.invalid.findings))


@dataclass(frozen=True, slots=True)
class KpiReport:
    """A period's KPI. `mix`: leads that make the period's target; `remaining`: those that make what is still missing, while
    the period runs; `restated`: the credits left at the table in force, None before there is one."""

    period: Period
    zone: str
    as_of: datetime
    currency: str
    by: Dimension | None
    figures: Figures
    course: Course
    restated: Worth | None
    table_version: int
    mix: Mix | None
    remaining: Mix | None
    notes: tuple[Message, ...]


def kpi_report(
    tx: Tx, basis: Basis, period: Period, *, by: Dimension | None = None, now: datetime
) -> KpiReport:
    """The figures of a period as they are known at `now`."""
    terms = _terms(basis, period, by, now=now)
    figures = _reckoned(tx, basis, terms)
    calendar = basis.policies.working()
    today = now.astimezone(basis.zone).date()
    targets = basis.targets.compiled(basis.value.reporting_currency)
    line = course(period, targets, calendar.is_working_day, figures.by_day, today=today)
    restated = _restated(figures, basis, today)
    values = values_now(basis, today)
    missing = line.target - figures.whole.sums.net if line.target and today < period.end else 0
    return KpiReport(
        period=period,
        zone=basis.policies.time_zone,
        as_of=now,
        currency=basis.currency,
        by=by,
        figures=figures,
        course=line,
        restated=restated,
        table_version=basis.table.version,
        mix=mix(line.target, values, figures.recent) if line.target else None,
        remaining=mix(missing, values, figures.recent) if missing > 0 else None,
        notes=(*_notes(figures, line, restated), *_calendar_note(calendar, period.end)),
    )


def _terms(basis: Basis, period: Period, by: Dimension | None, *, now: datetime) -> Terms:
    start, end = period.instants(basis.zone)
    return Terms(
        start=start,
        end=end,
        now=now,
        zone=basis.zone,
        invalid=basis.invalid,
        currency=basis.currency,
        rates=basis.value.rates(),
        recent_since=min(now, end) - timedelta(days=basis.targets.mix_days),
        by=by,
    )


def recent_credits(tx: Tx, basis: Basis, now: datetime) -> Counter[str]:
    """Credits by cell of the days that shape the recent mix."""
    since = now - timedelta(days=basis.targets.mix_days)
    terms = Terms(now, now, now, basis.zone, basis.invalid, basis.currency, basis.value.rates(), since)
    return _reckoned(tx, basis, terms).recent


def values_now(basis: Basis, today: date) -> dict[str, int]:
    """What a lead of each cell is worth under the table in force, in minor units of the report's currency."""
    rates, found = basis.value.rates(), {}
    for cell in basis.table.cells:
        value = value_of(basis.table, cell)
        there = convert(value.amount, basis.currency, rates, on=today) if value else None
        if there:
            found[cell] = there.minor
    return found


def _reckoned(tx: Tx, basis: Basis, terms: Terms) -> Figures:
    """The figures of the units with which something happened in the period, or in the days of the recent mix."""
    cycles = handed_off_cycles(tx, min(terms.start, terms.recent_since), terms.end)
    return reckon(_units(cycles, basis.policies), _wins(tx, terms.start), terms)


def _units(
    handed_off: Iterable[tuple[HandedOff, ...]], policies: PoliciesConfig
) -> Iterator[list[tuple[HandedOff, ...]]]:
    """Units with their cycles; reasons by their id, however the CRM spells them."""
    spelt: dict[str, str] = {}
    for _, cycles in groupby(handed_off, key=lambda cycle: cycle[0].unit):
        yield [tuple(_with_reason(one, policies, spelt) for one in cycle) for cycle in cycles]


def _with_reason(one: HandedOff, policies: PoliciesConfig, spelt: dict[str, str]) -> HandedOff:
    no = one.refused
    if no is None:
        return one
    if no.reason not in spelt:
        reason = policies.reason(no.reason)
        spelt[no.reason] = reason.id if reason else no.reason
    return (
        one if spelt[no.reason] == no.reason else replace(one, refused=replace(no, reason=spelt[no.reason]))
    )


def _wins(tx: Tx, since: datetime) -> dict[str, list[Win]]:
    return {unit: list(wins) for unit, wins in groupby(wins_since(tx, since), key=lambda win: win.unit)}


def _restated(figures: Figures, basis: Basis, today: date) -> Worth | None:
    """None before there is a table, or where no rate leads from its currency."""
    rate = exchange(basis.value.rates(), basis.table.currency, basis.currency, on=today)
    if not basis.table.version or rate is None:
        return None
    rows: Mapping[str, Mapping[str, int]] = {key: row.cells for key, row in sorted(figures.rows.items())}
    return leads_worth(rows or {"": figures.whole.cells}, basis.table, rate=rate)


def _notes(figures: Figures, line: Course, restated: Worth | None) -> Iterator[Message]:
    """What a reader must know to trust the figures."""
    if line.target is None:
        yield Message("kpi.note.no_target")
    if restated is None:
        yield Message("kpi.note.no_table")
    counts = {
        "untargeted": line.untargeted if line.target is not None else 0,
        "unvalued": figures.whole.sums.unvalued - figures.unconverted.total(),
        "unpriced": figures.whole.won.unpriced,
        "valueless": restated.valueless if restated else 0,
    }
    yield from (Message(f"kpi.note.{name}", {"count": count}) for name, count in counts.items() if count)
    for currency, count in sorted(figures.unconverted.items()):
        yield Message("kpi.note.unconverted", {"count": count, "currency": currency})


def _calendar_note(calendar: WorkingTime, end: date) -> Iterator[Message]:
    """The adjusted working days of a year become known late in the year before."""
    known = calendar.known_until
    if known and known < end - DAY:
        yield Message("kpi.note.calendar", {"day": known.isoformat()})
