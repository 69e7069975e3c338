"""The ideal line: a month's target over its working days, in years with 春节 and 调休, and deviations both ways."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.ideal_line import Course, course
from connector.domain.periods import Period, PeriodKind, period_of
from connector.domain.targets import Step, Targets
from connector.domain.working_time import WorkingTime
from connector.domain.working_time_config import WorkingTimePolicy

CHINA = WorkingTimePolicy(country="CN").of("", default_zone="Asia/Shanghai")
MONTHLY = 1_000_000_000
TEN_MILLION = Targets("CNY", (Step(date(2020, 1, 1), None, MONTHLY),))


def month(year: int, number: int) -> Period:
    return period_of(PeriodKind.MONTH, date(year, number, 1))


def run(
    period: Period, value: dict[date, int], targets: Targets = TEN_MILLION, today: date = date.max
) -> Course:
    return course(period, targets, CHINA.is_working_day, value, today=today)


def test_spring_festival_2026_and_its_worked_saturdays() -> None:
    found = run(month(2026, 2), {})
    rising = [
        p.day for p, before in zip(found.points[1:], found.points, strict=False) if p.ideal != before.ideal
    ]
    assert date(2026, 2, 14) in rising, "a Saturday that is worked for the holiday"
    assert date(2026, 2, 28) in rising
    assert not {date(2026, 2, number) for number in range(15, 24)} & set(rising)
    assert found.working_days == 16
    assert found.target == MONTHLY == found.points[-1].ideal
    assert found.points[0].ideal == 0, "a Sunday asks nothing"


@pytest.mark.parametrize(("year", "days"), [(2027, 28), (2028, 29), (2026, 28)])
def test_a_leap_month_asks_the_same_in_all(year: int, days: int) -> None:
    found = run(month(year, 2), {})
    assert (len(found.points), found.target) == (days, MONTHLY)


def test_a_target_that_changes_within_the_month_counts_by_working_days() -> None:
    targets = Targets("CNY", (Step(date(2026, 1, 1), None, 2_100), Step(date(2026, 6, 15), None, 4_200)))
    found = run(month(2026, 6), {}, targets)
    worked = [p.day for p in found.points if p.working]
    before = sum(day < date(2026, 6, 15) for day in worked)
    assert (len(worked), before) == (21, 10)
    assert found.target == 10 * 100 + 11 * 200
    assert found.points[13].ideal == 1_000
    assert found.untargeted == 0


def test_days_without_a_target_ask_nothing_and_are_counted() -> None:
    found = run(month(2026, 6), {}, Targets("CNY", (Step(date(2026, 6, 22), None, 2_100),)))
    assert found.untargeted == found.working_days - sum(p.working and p.day.day >= 22 for p in found.points)
    assert found.points[20].ideal == 0
    assert found.target == 100 * sum(p.working and p.day.day >= 22 for p in found.points)


def test_without_any_target_what_came_is_shown_all_the_same() -> None:
    found = run(month(2026, 6), {date(2026, 6, 3): 7}, Targets("CNY"))
    assert (found.target, found.over, found.under) == (None, None, None)
    assert found.points[-1].actual == 7
    assert found.points[-1].ideal is None


def test_a_quarter_is_its_three_months_and_a_week_its_part_of_two() -> None:
    assert run(period_of(PeriodKind.QUARTER, date(2026, 2, 11)), {}).target == 3 * MONTHLY
    assert run(period_of(PeriodKind.YEAR, date(2026, 2, 11)), {}).target == 12 * MONTHLY
    week = period_of(PeriodKind.WEEK, date(2026, 4, 1))
    assert (week.start, week.end) == (date(2026, 3, 30), date(2026, 4, 6))
    march, april = run(month(2026, 3), {}).working_days, run(month(2026, 4), {}).working_days
    worked = [p.day.month for p in run(week, {}).points if p.working]
    expected = MONTHLY * worked.count(3) / march + MONTHLY * worked.count(4) / april
    assert run(week, {}).target == pytest.approx(expected, abs=1)


def test_a_month_without_a_working_day_is_spread_over_all_its_days() -> None:
    never = WorkingTime(ZoneInfo("UTC"), ((),) * 7)
    found = course(month(2026, 6), TEN_MILLION, never.is_working_day, {}, today=date.max)
    assert (found.target, found.working_days) == (MONTHLY, 30)


def daily(period: Period, share: dict[int, int]) -> dict[date, int]:
    """Value on the working days of the period, `share` by the number of the working day, nothing else on the others."""
    worked = [day for day in period.days if CHINA.is_working_day(day)]
    return {worked[number]: minor for number, minor in share.items()}


@given(st.dates(date(2020, 1, 1), date(2027, 12, 31)), st.sampled_from(PeriodKind), st.integers(1, 10**12))
def test_what_comes_evenly_per_working_day_never_deviates(day: date, kind: PeriodKind, monthly: int) -> None:
    targets = Targets("CNY", (Step(date(2019, 1, 1), None, monthly),))
    period = period_of(kind, day)
    ideal = [0, *(point.ideal or 0 for point in run(period, {}, targets).points)]
    even = {one: after - before for one, before, after in zip(period.days, ideal, ideal[1:], strict=False)}
    found = run(period, even, targets)
    assert all(point.deviation == 0 for point in found.points)
    assert (found.over, found.under) == (None, None)
    assert found.points[-1].actual == found.target


def test_a_flood_in_the_first_week_and_one_in_the_last_both_show() -> None:
    june = month(2026, 6)
    first = run(june, daily(june, {2: MONTHLY}))
    assert first.over is not None
    assert first.over.day == date(2026, 6, 3)
    assert first.over.deviation == MONTHLY - round(MONTHLY * 3 / 21)
    assert first.points[-1].deviation == 0
    last = run(june, daily(june, {20: MONTHLY}))
    assert last.under is not None
    assert last.under.day == date(2026, 6, 29)
    assert last.under.deviation == -round(MONTHLY * 20 / 21)
    assert last.over is None
    both = run(june, daily(june, {0: MONTHLY // 2, 20: MONTHLY}))
    assert both.over is not None
    assert both.under is not None
    assert both.points[-1].deviation == MONTHLY // 2


def test_days_to_come_have_no_actual_and_no_deviation() -> None:
    found = run(month(2026, 6), {date(2026, 6, 1): 5}, today=date(2026, 6, 10))
    assert found.reached is not None
    assert found.reached.day == date(2026, 6, 10)
    assert found.points[10].actual is None
    assert found.points[10].ideal is not None
    assert (found.working_days_gone, found.working_days) == (8, 21)
    ahead = run(month(2026, 6), {}, today=date(2026, 5, 31))
    assert (ahead.reached, ahead.over, ahead.under, ahead.target) == (None, None, None, MONTHLY)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(PeriodKind))
def test_periods_of_a_kind_follow_each_other_without_gap(day: date, kind: PeriodKind) -> None:
    period = period_of(kind, day)
    assert period.start <= day < period.end
    assert period_of(kind, period.end).start == period.end
    assert period_of(kind, period.start - timedelta(days=1)).end == period.start


def test_a_period_begins_and_ends_at_midnight_where_the_business_is() -> None:
    start, end = month(2026, 2).instants(ZoneInfo("Asia/Shanghai"))
    assert (start.isoformat(), end.isoformat()) == ("2026-02-01T00:00:00+08:00", "2026-03-01T00:00:00+08:00")
