"""Reps who are away or have left: their untouched leads go to others on the next working day, which is no rejection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connector.domain.reassign import movable
from connector.domain.reassignment import Absence, Cause, Reassign, held_since, moving
from connector.domain.working_time import WorkingTime

if TYPE_CHECKING:
    from connector.domain.facts import Episode
    from connector.domain.situation import Situation


def rerouted_from(absence: Absence, working: WorkingTime) -> tuple[datetime, datetime | None] | None:
    """From when, and until when, the rep's untouched leads go to others: from the opening of the next working day after
    the absence began. None: the rep is back by then."""
    day = working.next_working_day(absence.first)
    if absence.last is not None and absence.last < day:
        return None
    back = absence.last + timedelta(days=1) if absence.last else None
    return working.opening(day), datetime.combine(back, _MIDNIGHT, working.zone) if back else None


_MIDNIGHT = datetime.min.time()


def reroute(here: Situation, absences: Sequence[Absence]) -> tuple[Reassign | None, tuple[datetime, ...]]:
    """The wish that the lead goes to another rep because its own is not there, and when that can change by itself."""
    episode = movable(here)
    absence = next((one for one in absences if episode and one.owner_id == episode.owner_id), None)
    if episode is None or absence is None or moving(episode) is not None or touched(here, episode):
        return None, ()
    span = rerouted_from(absence, here.policies.working(episode.calendar))
    if span is None:
        return None, ()
    since, until = span
    turns = tuple(at for at in (since, until) if at and at > here.now)
    gone = since <= here.now and (until is None or here.now < until)
    return Reassign(Cause.REP_LEFT if absence.left else Cause.REP_AWAY) if gone else None, turns


def touched(here: Situation, episode: Episode) -> bool:
    """Whether its rep has done anything with the lead: an accepted one without any logged activity is as good as new."""
    since = held_since(episode) or episode.requested_at
    return any(
        activity.author_id == episode.owner_id and activity.occurred_at >= since and not activity.planned
        for activity in here.known.activities
    )
