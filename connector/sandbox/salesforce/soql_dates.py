"""Date literals of SOQL as half-open ranges of time, in UTC: the sandbox's users all live there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

DayRange = tuple[date, date]


def _month(day: date, step: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def _quarter(day: date, step: int = 0) -> date:
    return _month(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3 * step)


def _days(day: date, first: int, after: int) -> DayRange:
    return day + timedelta(days=first), day + timedelta(days=after)


def _week(day: date, step: int) -> DayRange:
    start = day - timedelta(days=(day.weekday() + 1) % 7) + timedelta(weeks=step)
    return start, start + timedelta(weeks=1)


def _year(day: date, step: int) -> DayRange:
    return date(day.year + step, 1, 1), date(day.year + step + 1, 1, 1)


_FIXED: dict[str, Callable[[date], DayRange]] = {
    "TODAY": lambda d: _days(d, 0, 1),
    "YESTERDAY": lambda d: _days(d, -1, 0),
    "TOMORROW": lambda d: _days(d, 1, 2),
    "THIS_WEEK": lambda d: _week(d, 0),
    "LAST_WEEK": lambda d: _week(d, -1),
    "NEXT_WEEK": lambda d: _week(d, 1),
    "THIS_MONTH": lambda d: (_month(d), _month(d, 1)),
    "LAST_MONTH": lambda d: (_month(d, -1), _month(d)),
    "NEXT_MONTH": lambda d: (_month(d, 1), _month(d, 2)),
    "THIS_QUARTER": lambda d: (_quarter(d), _quarter(d, 1)),
    "LAST_QUARTER": lambda d: (_quarter(d, -1), _quarter(d)),
    "NEXT_QUARTER": lambda d: (_quarter(d, 1), _quarter(d, 2)),
    "THIS_YEAR": lambda d: _year(d, 0),
    "LAST_YEAR": lambda d: _year(d, -1),
    "NEXT_YEAR": lambda d: _year(d, 1),
    "LAST_90_DAYS": lambda d: _days(d, -90, 1),
    "NEXT_90_DAYS": lambda d: _days(d, 1, 91),
}
_COUNTED: dict[str, Callable[[date, int], DayRange]] = {
    "LAST_N_DAYS": lambda d, n: _days(d, -n, 1),
    "NEXT_N_DAYS": lambda d, n: _days(d, 1, n + 1),
    "N_DAYS_AGO": lambda d, n: _days(d, -n, 1 - n),
    "LAST_N_WEEKS": lambda d, n: (_week(d, -n)[0], _week(d, 0)[0]),
    "LAST_N_MONTHS": lambda d, n: (_month(d, -n), _month(d)),
    "NEXT_N_MONTHS": lambda d, n: (_month(d, 1), _month(d, n + 1)),
    "LAST_N_YEARS": lambda d, n: (_year(d, -n)[0], _year(d, 0)[0]),
}


def day_range(name: str, count: int | None, now: datetime) -> DayRange | None:
    """First day and the day after the last; None when there is no such literal."""
    today = now.astimezone(UTC).date()
    if count is None:
        fixed = _FIXED.get(name)
        return None if fixed is None else fixed(today)
    counted = _COUNTED.get(name)
    return None if counted is None else counted(today, count)


def midnight(day: date) -> datetime:
    """The start of a day."""
    return datetime.combine(day, time(), UTC)
