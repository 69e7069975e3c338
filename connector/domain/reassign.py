"""Taking a lead that sales has from one rep and giving it to another, within the same hand-off.

It is no rejection: nothing rests, nothing is counted against the lead, answer and record stay. Whoever wants a lead moved
says so as a `Reassign`; to whom it goes, routing decides; the walk on the CRM's record is `connector/sync/reassign.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.domain.decision import HandOffVerdict
from connector.domain.facts import Episode, Step
from connector.domain.reassignment import Cause
from connector.domain.situation import Situation

_DEALT = frozenset({Step.OPPORTUNITY, Step.WON, Step.LOST})


def movable(here: Situation) -> Episode | None:
    """The hand-off that may go to another rep: sales has it, no deal came of it, its record is there. None: none may."""
    episode = here.episode
    if episode is None or not here.standing.held or episode.confirmed_at is None or episode.crm_gone_at:
        return None
    dealt = any(visit.step in _DEALT for visit in here.standing.visits)
    return None if dealt else episode


def offers(verdict: HandOffVerdict, episode: Episode) -> Iterator[HandOffVerdict]:
    """Whom routing may choose from, in this order: nobody who had the lead and lost it to a breach; if there is nobody
    else, anybody but the rep who has it now. Who rejected the lead stays out in both."""
    lost = (one.from_owner for one in episode.reassignments if one.cause == Cause.RECLAIMED)
    now = episode.owner_id
    for out in ((*lost, now), (now,)):
        barred = tuple(dict.fromkeys(owner for owner in (*verdict.not_to, *out) if owner))
        prefer = tuple(one for one in verdict.prefer if one.owner_id not in barred)
        yield replace(verdict, not_to=barred, prefer=prefer)
