"""When people work: hours per weekday in a time zone, public holidays, and the weekend days that are worked instead.

Deadlines and daily targets are counted with it. Dates are days of its zone; instants are aware, results are in UTC. Public
holidays, and China's adjusted working days (调休), come from the `holidays` package, a year at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Wall-clock hours of one day, from `start` until `end`; an `end` of 00:00 is the end of the day."""

    start: time
    end: time


Hours = tuple[datetime, datetime]
"""From when (inclusive) until when (exclusive) people work."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """One calendar of working time. `hours` from Monday to Sunday; `country` by ISO 3166, perhaps with a region (`DE-BY`),
    empty for none. Own `holidays` and `workdays` win over the country's.

    A day that is worked although its weekday has no hours (an adjusted Saturday) has those of Monday, or of the first
    weekday that has some.
    """

    zone: ZoneInfo
    hours: tuple[tuple[Span, ...], ...]
    country: str = ""
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that day at all."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        off, on = days_of(self.country, day.year)
        return day in on or (bool(self.hours[day.weekday()]) and day not in off)

    def next_working_day(self, day: date) -> date:
        """The first working day strictly after that one."""
        return next(later for later in _days(day + _DAY) if self.is_working_day(later))

    def working_days(self, first: date, last: date) -> int:
        """How many working days lie between two days, both counted; 0 when `last` is before `first`."""
        return sum(map(self.is_working_day, _days(first, last)))

    def day(self, instant: datetime) -> date:
        """The day of its zone on which an instant falls."""
        return instant.astimezone(self.zone).date()

    def opening(self, day: date) -> datetime:
        """When work begins on that day, or on the next working day."""
        return next(self._spans(day))[0]

    def resumed(self, instant: datetime) -> datetime:
        """The instant itself within working time, else when work begins next."""
        instant = instant.astimezone(UTC)
        return next(max(start, instant) for start, end in self._spans(self.day(instant)) if instant < end)

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The first instant by which that much working time has passed since `start`: `between(start, it)` is `working`.
        Raises ValueError for a negative amount."""
        if working < timedelta():
            raise ValueError("working time is never negative")
        at, left = start.astimezone(UTC), working
        spans = self._spans(self.day(at))
        while left:
            opens, closes = next(spans)
            begun = max(opens, at)
            taken = min(left, max(closes - begun, timedelta()))
            at, left = (begun + taken, left - taken) if taken else (at, left)
        return at

    def add_days(self, start: datetime, days: int) -> datetime:
        """The same time on the clock, that many working days later: Friday 17:50 and one day is Monday 17:50. A start
        outside working time counts from when work begins next, and so does an hour that the last day does not have."""
        begun = self.resumed(start)
        day = self.day(begun)
        for _ in range(days):
            day = self.next_working_day(day)
        return self.resumed(self._instant(day, begun.astimezone(self.zone).time()))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time passes from `start` until `end`; nothing when `end` is not after `start`."""
        spans = takewhile(lambda span: span[0] < end, self._spans(self.day(start)))
        worked = (min(closes, end) - max(opens, start) for opens, closes in spans)
        return sum((some for some in worked if some > timedelta()), timedelta())

    @property
    def known_until(self) -> date | None:
        """The last day for which the country's adjusted working days are known; beyond it they count as they usually
        fall. None where the country has none."""
        return adjusted_until(self.country)

    def _spans(self, day: date) -> Iterator[Hours]:
        """The hours from that day on, without end."""
        worked = (later for later in _days(day) if self.is_working_day(later))
        return (span for later in worked for span in self._spans_on(later))

    def _spans_on(self, day: date) -> list[Hours]:
        """The hours of a working day as instants. Wall clocks jump: of an hour that does not exist nothing is left."""
        usual = self.hours[day.weekday()] or next(filter(None, self.hours))
        found: list[Hours] = []
        for span in usual:
            last = day + _DAY if span.end == time() else day
            start = max(self._instant(day, span.start), found[-1][1] if found else _FIRST)
            end = self._instant(last, span.end)
            found += [(start, end)] if start < end else []
        return found

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


_FIRST = datetime.min.replace(tzinfo=UTC)


def _days(first: date, last: date = date.max) -> Iterator[date]:
    """Every day from the first to the last."""
    return (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))


@lru_cache(maxsize=256)
def days_of(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The public holidays of a country in a year, and the weekend days that are worked instead of others."""
    if not country:
        return frozenset(), frozenset()
    # Days off in one January may be worked for in the December before: the next year is asked too.
    found = _asked(country, year, year + 1)
    return (
        frozenset(day for day in found if day.year == year),
        frozenset(day for day in found.weekend_workdays if day.year == year),
    )


@lru_cache(maxsize=64)
def adjusted_until(country: str) -> date | None:
    """The end of the last year whose adjusted working days the `holidays` package knows; None where there are none.
    China publishes those of a year late in the year before."""
    special: Mapping[int, object] = getattr(_asked(country), "special_public_holidays", {}) if country else {}
    years = [year for year in special if days_of(country, year)[1]]
    return date(max(years), 12, 31) if years else None


def is_country(code: str) -> bool:
    """Whether the public holidays of this country, or of this region of it, are known."""
    from holidays import list_supported_countries

    country, _, region = code.partition("-")
    known = list_supported_countries()
    return country in known and (not region or region in known[country])


def _asked(country: str, *years: int) -> HolidayBase:
    from holidays import (
        country_holidays,
    )  # a third of a second to import: only who counts working time waits for it

    name, _, region = country.partition("-")
    return country_holidays(name, subdiv=region or None, years=years)
