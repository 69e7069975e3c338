"""The `working_time` part of the policies: hours, country and own days of the firm, and of reps who work elsewhere."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from connector.domain.document import Id, Section, Zone
from connector.domain.working_time import WEEKDAYS, Span, WorkingTime, is_country

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HoursText = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


def _parsed(text: str) -> Span:
    start, end = text.split("-")
    return Span(time.fromisoformat(start), time() if end == "24:00" else time.fromisoformat(end))


def _in_order(texts: tuple[str, ...]) -> tuple[str, ...]:
    """`HH:MM` texts sort as times do."""
    clocks = [clock for text in texts for clock in text.split("-")]
    if any(early >= late for early, late in pairwise(clocks)):
        raise ValueError("hours are given in order, each ending after it begins, and do not overlap")
    return texts


def _known(country: str) -> str:
    if country and not is_country(country):
        raise ValueError(f'no holidays are known of {country!r}; give ISO codes such as CN or DE-BY, or ""')
    return country


DayHours = Annotated[tuple[HoursText, ...], AfterValidator(_in_order)]
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
_HOURS: DayHours = ("09:00-12:00", "13:30-18:00")


class Calendar(Section):
    """Working time of one place. `time_zone` empty: the firm's. Own `workdays` and `holidays` win over the country's."""

    time_zone: Zone | Literal[""] = ""
    hours: dict[Weekday, DayHours] = Field(default_factory=lambda: dict.fromkeys(_WEEK, _HOURS))
    country: Annotated[str, AfterValidator(_known)] = ""
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _can_be_worked(self) -> Self:
        if not any(self.hours.values()):
            raise ValueError("hours: give at least one weekday some")
        if both := sorted({*self.holidays} & {*self.workdays}):
            raise ValueError(f"{both[0]} is among the holidays and the workdays: take it out of one")
        return self


class WorkingTimePolicy(Calendar):
    """The firm's working time, and further calendars by name. What a calendar does not say is as for the firm."""

    calendars: dict[Id, Calendar] = Field(default_factory=dict)

    def of(self, name: str, *, default_zone: str) -> WorkingTime:
        """The working time of a calendar, or of the firm for none or an unknown one."""
        own = self.calendars.get(name)
        said: Calendar = self
        if own is not None:
            said = self.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
        return WorkingTime(
            zone=ZoneInfo(said.time_zone or default_zone),
            hours=tuple(tuple(map(_parsed, said.hours.get(day, ()))) for day in WEEKDAYS),  # type: ignore[call-overload]
            country=said.country,
            holidays=frozenset(said.holidays),
            workdays=frozenset(said.workdays),
        )
