"""Working time: holidays and adjusted days, hours across nights and clock changes, and the laws that counting obeys."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connector.domain.working_time import WorkingTime
from connector.domain.working_time_config import WorkingTimePolicy

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
POLICY = WorkingTimePolicy.model_validate(
    {
        "country": "CN",
        "calendars": {
            "berlin": {"time_zone": "Europe/Berlin", "country": "DE"},
            "nights": {
                "time_zone": "Europe/Berlin",
                "country": "",
                "hours": {"sun": ["00:00-02:50", "03:10-05:00"], "sat": ["20:00-24:00"]},
            },
        },
    }
)
CHINA = POLICY.of("", default_zone="Asia/Shanghai")
GERMANY = POLICY.of("berlin", default_zone="Asia/Shanghai")
NIGHTS = POLICY.of("nights", default_zone="Asia/Shanghai")


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),  # a Saturday, worked for the Spring Festival
        ("2026-02-15", False),
        ("2026-02-16", False),
        ("2026-02-23", False),  # a Monday off, worked for on the 28th
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-09-20", True),  # a Sunday, worked for National Day
        ("2026-09-25", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),  # a Saturday
    ],
)
def test_china_works_on_adjusted_weekends_and_rests_on_the_days_they_stand_for(day: str, works: bool) -> None:
    assert CHINA.is_working_day(date.fromisoformat(day)) is works


def test_the_last_working_minutes_before_national_day_go_on_after_it() -> None:
    assert CHINA.add(china("2026-09-30 17:50"), timedelta(minutes=30)) == china("2026-10-08 09:20")


def test_an_adjusted_saturday_has_mondays_hours() -> None:
    assert CHINA.add(china("2026-10-09 17:00"), timedelta(hours=4)) == china("2026-10-10 12:00")
    assert CHINA.add_days(china("2026-10-09 17:00"), 1) == china("2026-10-10 17:00")


def test_days_are_counted_with_both_ends() -> None:
    assert CHINA.working_days(date(2026, 2, 1), date(2026, 2, 28)) == 16
    assert CHINA.working_days(date(2026, 10, 1), date(2026, 10, 7)) == 0
    assert CHINA.working_days(date(2026, 10, 8), date(2026, 10, 8)) == 1
    assert CHINA.working_days(date(2026, 10, 9), date(2026, 10, 8)) == 0
    assert CHINA.next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)


def test_a_day_later_is_the_same_time_on_the_clock() -> None:
    assert GERMANY.add_days(berlin("2026-03-27 17:50"), 1) == berlin("2026-03-30 17:50")  # summer time began
    assert GERMANY.add_days(berlin("2026-03-28 11:00"), 1) == berlin("2026-03-31 09:00")
    assert GERMANY.add_days(berlin("2026-03-27 12:30"), 0) == berlin("2026-03-27 13:30")


def test_an_hour_that_the_last_day_lacks_is_when_work_begins_next() -> None:
    friday = POLICY.model_copy(update={"hours": {"thu": ("09:00-18:00",), "fri": ("09:00-15:00",)}})
    short = friday.of("", default_zone="Europe/Berlin")
    assert short.add_days(berlin("2026-11-26 14:00"), 1) == berlin("2026-11-27 14:00")
    assert short.add_days(berlin("2026-11-26 17:00"), 1) == berlin("2026-12-03 09:00")


def test_clocks_that_jump_neither_make_nor_lose_working_time() -> None:
    night = berlin("2026-03-28 20:00")  # 02:00 becomes 03:00
    assert NIGHTS.between(night, berlin("2026-03-29 05:00")) == timedelta(hours=8)
    autumn = berlin("2026-10-24 20:00")  # 03:00 becomes 02:00
    assert NIGHTS.between(autumn, berlin("2026-10-25 05:00")) == timedelta(
        hours=4, minutes=(2 * 60 + 50) + (60 + 50)
    )


def test_own_days_win_over_the_countrys() -> None:
    own = POLICY.model_copy(update={"holidays": (date(2026, 2, 14),), "workdays": (date(2026, 10, 1),)})
    firm = own.of("", default_zone="Asia/Shanghai")
    assert not firm.is_working_day(date(2026, 2, 14))
    assert firm.opening(date(2026, 10, 1)) == china("2026-10-01 09:00")


def test_a_calendar_takes_from_the_firm_what_it_does_not_say() -> None:
    assert GERMANY.hours == CHINA.hours
    assert GERMANY.zone == BERLIN
    assert POLICY.of("nowhere", default_zone="Asia/Shanghai") == CHINA


def test_it_is_known_how_far_adjusted_days_are_known() -> None:
    assert CHINA.known_until is not None
    assert CHINA.known_until >= date(2026, 12, 31)
    assert GERMANY.known_until is None
    assert NIGHTS.known_until is None


def test_a_region_of_a_country_has_its_own_holidays() -> None:
    bavaria = POLICY.model_copy(update={"country": "DE-BY"}).of("", default_zone="Europe/Berlin")
    assert not bavaria.is_working_day(date(2026, 6, 4))  # Corpus Christi
    assert GERMANY.is_working_day(date(2026, 6, 4))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"country": "ZZ"}, "no holidays are known of 'ZZ'"),
        ({"country": "DE-ZZ"}, "no holidays are known"),
        ({"hours": {"mon": ["09:00-9:30"]}}, "match pattern"),
        ({"hours": {"mon": ["12:00-09:00"]}}, "in order"),
        ({"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "do not overlap"),
        ({"hours": {"mon": []}}, "at least one weekday"),
        ({"time_zone": "Mars/Base"}, "no time zone"),
        ({"holidays": ["2026-12-24"], "workdays": ["2026-12-24"]}, "take it out of one"),
        ({"calendars": {"b": {"calendars": {}}}}, "Extra inputs"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(document: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        WorkingTimePolicy.model_validate(document)


def test_negative_working_time_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        CHINA.add(china("2026-10-08 09:00"), timedelta(minutes=-1))


SPAN = (datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-11-30"))
calendars = st.sampled_from([CHINA, GERMANY, NIGHTS])
instants = st.datetimes(SPAN[0], SPAN[1], timezones=st.just(UTC))
amounts = st.integers(0, 60 * 60 * 60).map(lambda seconds: timedelta(seconds=seconds))


@given(calendars, instants, amounts)
@settings(max_examples=150, deadline=None)
def test_as_much_working_time_passes_as_was_added(
    time: WorkingTime, start: datetime, some: timedelta
) -> None:
    end = time.add(start, some)
    assert time.between(start, end) == some
    assert not some or time.between(start, end - timedelta(microseconds=1)) < some


@given(calendars, instants, instants)
@settings(max_examples=150, deadline=None)
def test_adding_what_passed_comes_to_the_same_working_moment(
    time: WorkingTime, one: datetime, other: datetime
) -> None:
    start, end = sorted((one, other))
    passed = time.between(start, end)
    back = time.add(start, passed)
    assert back <= end
    assert time.between(back, end) == timedelta()


@given(calendars, instants, instants, st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_who_begins_later_is_never_due_earlier(
    time: WorkingTime, one: datetime, other: datetime, days: int
) -> None:
    start, later = sorted((one, other))
    some = timedelta(hours=days)
    assert time.add(start, some) <= time.add(later, some)
    assert time.add_days(start, days) <= time.add_days(later, days)
    assert time.add_days(start, days) <= time.add_days(start, days + 1)


@given(calendars, instants, instants, instants)
@settings(max_examples=100, deadline=None)
def test_working_time_of_two_parts_is_that_of_the_whole(
    time: WorkingTime, one: datetime, two: datetime, three: datetime
) -> None:
    start, between, end = sorted((one, two, three))
    assert time.between(start, between) + time.between(between, end) == time.between(start, end)


@given(calendars, st.dates(date(2026, 1, 1), date(2026, 11, 30)))
@settings(max_examples=150, deadline=None)
def test_the_next_working_day_is_the_first_one_after(time: WorkingTime, day: date) -> None:
    following = time.next_working_day(day)
    assert following > day
    assert time.working_days(day + timedelta(days=1), following) == 1
    assert time.is_working_day(following)
