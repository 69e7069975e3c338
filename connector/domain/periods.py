"""Stretches of the calendar that figures are given for: week, month, quarter, year, in the business time zone.

Days only; which of them are working days is somebody else's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)


class PeriodKind(StrEnum):
    """How long a period is. A week begins on Monday."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """The days `start <= day < end`."""

    kind: PeriodKind
    start: date
    end: date

    @property
    def days(self) -> Iterator[date]:
        """Every day, in order."""
        return days_between(self.start, self.end)

    def instants(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The first instant in that zone, and the first instant after."""
        return datetime.combine(self.start, time(), zone), datetime.combine(self.end, time(), zone)


def period_of(kind: PeriodKind, day: date) -> Period:
    """The period of that kind that the day lies in."""
    if kind is PeriodKind.WEEK:
        start = day - timedelta(days=day.weekday())
        return Period(kind, start, start + timedelta(days=7))
    length = _MONTHS[kind]
    first = (day.month - 1) // length * length + 1
    start = date(day.year, first, 1)
    return Period(kind, start, _months_on(start, length))


def days_between(start: date, end: date) -> Iterator[date]:
    """Every day from `start`, `end` left out."""
    return (start + timedelta(days=number) for number in range((end - start).days))


def _months_on(first: date, months: int) -> date:
    """The first of the month so many months later."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
