"""Fills a new sandbox with stories, in the order of time: the clock walks from the first deed to the present, so that every
stamp, history and creation date lies where it would. Deterministic by the world's seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.journeys import OLDEST_DAYS, Journey, journeys
from connector.sandbox.messy import Mess
from connector.sandbox.people import hire
from connector.sandbox.salesforce.org import Org
from connector.sandbox.stories import Marketing, Sales

LONGEST_STORY = timedelta(days=OLDEST_DAYS + 2)
"""The clock starts so long ago, before the first of the stories."""
SETTING_UP = timedelta(minutes=1)

Moment = tuple[datetime, int, Callable[[], None]]


def beginning(now: datetime, count: int) -> datetime:
    """Where the clock must start so that setting up and `count` stories fit in before `now`."""
    return now - LONGEST_STORY if count else now - SETTING_UP


def tell(portal: Portal, org: Org, *, count: int, now: datetime) -> None:
    """Hire the staff, then tell `count` stories that end at `now`. The clock must stand before the first of them."""
    crew = hire(portal, org)
    marketing, sales = Marketing(portal, crew), Sales(org, crew)
    marketing.open_forms()
    clock, mess = portal.world.clock, Mess(marketing, sales)
    told: list[Moment] = []
    for journey in journeys(count, seed=portal.world.seed, now=now):
        odd = mess.touch(journey)
        told += _moments(odd, marketing, sales)
        told += mess.moments(odd)
    for at, _, happen in sorted(told, key=lambda one: one[:2]):
        ahead = at - clock.now()
        if ahead > timedelta(0):
            clock.advance(ahead)
        happen()


def _moments(journey: Journey, marketing: Marketing, sales: Sales) -> Iterator[Moment]:
    number = journey.number * 100
    yield journey.created_at, number, partial(marketing.arrive, journey)
    # The first deed is the form with which the person arrived.
    for nth, deed in enumerate(journey.deeds[1:], start=1):
        yield deed.at, number + nth, partial(marketing.live_through, journey, deed)
    for nth, (at, happen) in enumerate(_sold(journey, marketing, sales), start=50):
        yield at, number + nth, happen


def _sold(
    journey: Journey, marketing: Marketing, sales: Sales
) -> Iterator[tuple[datetime, Callable[[], None]]]:
    outcome = journey.outcome
    handed, ended = outcome.handed_at, outcome.ended_at
    if handed is None:
        return
    yield handed, partial(marketing.advance, journey, "salesqualifiedlead")
    yield handed, partial(sales.receive, journey)
    if outcome.kind == "rejected" and ended is not None:
        yield ended, partial(sales.reject, journey)
        return
    if outcome.kind != "open" or journey.number % 2:
        yield handed + timedelta(hours=7), partial(sales.accept, journey)
    if outcome.kind in ("won", "lost") and ended is not None:
        span = ended - handed
        yield handed + span * 0.3, partial(sales.convert, journey)
        yield handed + span * 0.3, partial(marketing.advance, journey, "opportunity")
        yield handed + span * 0.7, partial(sales.propose, journey)
        yield ended, partial(sales.close, journey)
        if outcome.kind == "won":
            yield ended + timedelta(minutes=1), partial(marketing.advance, journey, "customer")
