"""Who is away or has left keeps no untouched lead: it goes to another rep on the next working day, without a rejection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.domain.absence import rerouted_from
from connector.domain.facts import Answer
from connector.domain.reassignment import Absence, Cause, Reassign
from mappings.records import Kind
from tests.domain.deciding.tale import DAY, HOUR, START, Tale, handed_off, rules

CN = {"hours": {"mon": ["09:00-18:00"], "tue": ["09:00-18:00"], "wed": ["09:00-18:00"], "thu": ["09:00-18:00"],
                "fri": ["09:00-18:00"]}, "country": "CN"}  # fmt: skip
CALM = {"first_contact_minutes": {"default": 40_000}, "attempts_days": 300, "answer_days": 300,
        "reclaim": {"first_contact": False, "answer": False}}  # fmt: skip
"""No deadline runs out meanwhile: what absence does is seen alone."""
WORKING = rules(working_time=CN).policies.working()


def shanghai(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@pytest.mark.parametrize(
    ("first", "last", "opening"),
    [
        (date(2026, 3, 2), None, shanghai(3, 3)),  # from a Monday on
        (date(2026, 3, 6), None, shanghai(3, 9)),  # from a Friday on: the Monday after
        (date(2026, 3, 6), date(2026, 3, 8), None),  # back on Monday
        (date(2026, 3, 2), date(2026, 3, 2), None),  # one day
        (date(2026, 9, 30), None, shanghai(10, 8)),  # the week of the national holiday
        (date(2026, 2, 13), None, shanghai(2, 14)),  # a Saturday that is worked for the Spring Festival
    ],
)
def test_leads_are_rerouted_from_the_next_working_day_on_unless_the_rep_is_back(
    first: date, last: date | None, opening: datetime | None
) -> None:
    found = rerouted_from(Absence("r1", first, last), WORKING)
    assert (found[0] if found else None) == opening


def away(tale: Tale, **more: object) -> Tale:
    absence = Absence("r1", (START + DAY).date(), **more)  # type: ignore[arg-type]
    tale.known = replace(tale.known, absences=(absence,))
    tale.settle()
    return tale


def test_an_open_lead_waits_for_the_next_working_day_and_is_no_rejection() -> None:
    tale = handed_off(by=rules(working_time=CN, sla=CALM))
    tale.now = START + DAY
    away(tale)
    opening = shanghai(3, 4)
    assert tale.decision.reassign is None
    assert tale.decision.reconsider_at == opening
    tale.later(opening - tale.now)
    assert tale.decision.reassign == Reassign(Cause.REP_AWAY)
    assert tale.decision.rejections == 0
    assert tale.known.episodes[0].answer is Answer.OPEN


def test_a_rep_who_left_is_named_as_that_and_an_accepted_lead_without_any_activity_goes_too() -> None:
    tale = handed_off(by=rules(working_time=CN, sla=CALM))
    tale.now += HOUR
    tale.crm("accepted")
    tale.now = START + 3 * DAY
    away(tale, left=True)
    assert tale.decision.reassign == Reassign(Cause.REP_LEFT)


def test_a_lead_that_the_rep_worked_on_stays_and_so_does_one_with_a_deal_or_a_no() -> None:
    worked = handed_off(by=rules(working_time=CN, sla=CALM))
    worked.now += HOUR
    worked.heard("Introduced ourselves.", kind=Kind.CALL, direction=None, author_id="r1")
    dealt = handed_off(by=rules(working_time=CN, sla=CALM))
    dealt.now += HOUR
    dealt.opportunity()
    refused = handed_off(by=rules(working_time=CN, sla=CALM))
    refused.now += HOUR
    refused.crm("rejected", rejection_reason="need_unclear")
    for tale in (worked, dealt, refused):
        tale.now = START + 3 * DAY
        away(tale)
        assert tale.decision.reassign is None


def test_who_comes_back_keeps_what_nobody_could_take() -> None:
    tale = handed_off(by=rules(working_time=CN, sla=CALM))
    tale.now = START + 3 * DAY
    away(tale, last=(START + 5 * DAY).date())
    assert tale.decision.reassign is not None
    back = tale.decision.reconsider_at
    assert back == shanghai(3, 8, 0)
    tale.later(back - tale.now + timedelta(seconds=1))
    assert tale.decision.reassign is None


def test_who_is_away_is_not_said_to_have_missed_a_deadline() -> None:
    tale = handed_off(by=rules(working_time=CN))
    tale.now = START + 5 * DAY
    away(tale)
    assert tale.decision.reassign == Reassign(Cause.REP_AWAY)
