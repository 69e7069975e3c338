"""The ideal line: a target spread over working days, and how far what came lies above and below it.

A flood in the first week is as bad for sales as one in the last, so both directions are kept. Exact until shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from connector.domain.periods import Period, PeriodKind, days_between, period_of
from connector.domain.targets import Targets
from connector.domain.value import half_up

IsWorkingDay = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The end of one day, in minor units from the beginning of the period. `actual` and `deviation` (above the line
    positive) are None for days to come; `ideal` and `deviation` are None where the period has no target."""

    day: date
    working: bool
    ideal: int | None
    actual: int | None
    deviation: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """A period against its ideal line. `target`: of the whole period. `over` and `under`: the days of the largest
    deviation in each direction, where there is one. `untargeted`: working days on which no target holds."""

    points: tuple[DayPoint, ...]
    target: int | None
    over: DayPoint | None
    under: DayPoint | None
    untargeted: int

    @property
    def reached(self) -> DayPoint | None:
        """The last day that has begun; None before the period does."""
        return next((point for point in reversed(self.points) if point.actual is not None), None)

    @property
    def working_days(self) -> int:
        """Working days of the whole period."""
        return sum(point.working for point in self.points)

    @property
    def working_days_gone(self) -> int:
        """Working days up to the last one shown, that one included."""
        return sum(point.working for point in self.points if point.actual is not None)


@dataclass(frozen=True, slots=True)
class _Day:
    """`asked`: exact minor units; None where no target holds."""

    day: date
    working: bool
    asked: Fraction | None


def course(
    period: Period,
    targets: Targets,
    is_working_day: IsWorkingDay,
    value_by_day: Mapping[date, int],
    *,
    today: date,
) -> Course:
    """The period day by day. `value_by_day`: net minor units of each day; days after `today` are to come."""
    days = list(_asked(period, targets, is_working_day))
    has_target = any(one.asked is not None for one in days)
    points, line, came = [], Fraction(0), 0
    for one in days:
        line, came = line + (one.asked or 0), came + value_by_day.get(one.day, 0)
        ideal, actual = half_up(line) if has_target else None, came if one.day <= today else None
        off = actual - ideal if actual is not None and ideal is not None else None
        points.append(DayPoint(one.day, one.working, ideal, actual, off))
    return Course(
        points=tuple(points),
        target=half_up(line) if has_target else None,
        over=max((p for p in points if _off(p) > 0), key=_off, default=None),
        under=min((p for p in points if _off(p) < 0), key=_off, default=None),
        untargeted=sum(one.asked is None and one.working for one in days),
    )


def _off(point: DayPoint) -> int:
    return point.deviation or 0


def _asked(period: Period, targets: Targets, is_working_day: IsWorkingDay) -> Iterator[_Day]:
    """What the target asks of each day: the month's amount over the month's working days, nothing of other days. A month
    without any working day is spread over all its days."""
    start = period.start
    while start < period.end:
        month = period_of(PeriodKind.MONTH, start)
        working = frozenset(filter(is_working_day, month.days)) or frozenset(month.days)
        for day in days_between(start, min(month.end, period.end)):
            monthly = targets.monthly(day)
            share = Fraction(monthly or 0, len(working)) if day in working else Fraction(0)
            yield _Day(day, day in working, None if monthly is None else share)
        start = month.end
