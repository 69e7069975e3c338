"""Deadlines in working time: which run for the rep and for marketing, which are met or missed, when a lead is reclaimed.

What is logged counts: a call, meeting or message of sales' side since the rep has the lead; no logged activity is no
contact. Every instant at which something here turns by itself is part of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.decision import Deadline
from connector.domain.events import Visit
from connector.domain.facts import Episode, Step
from connector.domain.outreach import Outreach, outreach_of, raises
from connector.domain.reassign import movable, transferred
from connector.domain.reassignment import Cause, Reassign, held_since, moving
from connector.domain.situation import Situation
from connector.domain.sla_config import DEFAULT, HAND_RAISER, Terms
from connector.domain.working_time import WorkingTime


class Name(StrEnum):
    """The deadlines: four of sales, one of marketing."""

    FIRST_CONTACT = "first_contact"
    ATTEMPTS = "attempts"
    ANSWER = "answer"
    SAL_TO_SQL = "sal_to_sql"
    SDR_ANSWER = "sdr_answer"


@dataclass(frozen=True, slots=True)
class Watch:
    """What time does to the lead: its deadlines, the wish to reclaim it, and when either is another by itself."""

    deadlines: tuple[Deadline, ...] = ()
    reassign: Reassign | None = None
    turns_at: datetime | None = None


Clock = tuple[Name, datetime, datetime, datetime | None]
"""A deadline's name, since when it runs, until when, and when it was met."""

_FURTHER = frozenset({Step.SQL, Step.OPPORTUNITY, Step.WON, Step.LOST})
_DEALT = frozenset({Step.OPPORTUNITY, Step.WON, Step.LOST})


def watch(here: Situation, visits: Sequence[Visit]) -> Watch:
    """The deadlines at the situation's moment. `visits` are the lead's steps as decided, marketing's included."""
    episode = here.episode
    since = held_since(episode) if episode else None
    if not here.standing.held:
        found = [*_marketing(here, visits)]
    elif episode is not None and since is not None:
        found = [*_sales(here, episode, since=since)]
    else:
        found = []
    turns = [one.due_at for one in found if one.met_at is None]
    due = [*_reclaims(here, found)]
    turns += [at for at, _ in due]
    now = [name for at, name in due if at <= here.now]
    wish = transferred(here) or (Reassign(Cause.RECLAIMED, now[0]) if now else None)
    return Watch(tuple(found), wish, min((at for at in turns if at > here.now), default=None))


def _sales(here: Situation, episode: Episode, *, since: datetime) -> Iterator[Deadline]:
    """The rep's deadlines. One that was not yet due when a deal was made of the lead has no verdict any more."""
    time = here.policies.working(episode.calendar)
    dealt = _first(here.standing.visits, _DEALT)
    for clock in _clocks(here, episode, since=since, time=time):
        if clock[-1] is not None or dealt is None or clock[2] <= dealt:
            yield _stated(here, clock, owner_id=episode.owner_id)


def _stated(here: Situation, clock: Clock, *, owner_id: str = "") -> Deadline:
    name, since, due, met = clock
    return Deadline(name, owner_id, since, due, met, breached=met > due if met else here.now >= due)


def _clocks(here: Situation, episode: Episode, *, since: datetime, time: WorkingTime) -> Iterator[Clock]:
    sla, visits = here.policies.sla, here.standing.visits
    terms, contacts = _terms(here), outreach_of(here, episode, since=since)
    further = _first(visits, _FURTHER)
    minutes = _first_contact(here, episode)
    if minutes is not None:
        due = time.add(since, timedelta(minutes=minutes))
        yield Name.FIRST_CONTACT, since, due, contacts.first
    due = time.add_days(since, terms.attempts_days or sla.attempts_days)
    yield Name.ATTEMPTS, since, due, _reached(contacts, terms.attempts or sla.attempts, further)
    answered = episode.answered_at or _first(visits, frozenset({Step.SAL, *_FURTHER}))
    if answered is None or answered >= since:
        yield Name.ANSWER, since, time.add_days(since, terms.answer_days or sla.answer_days), answered
    accepted = _first(visits, frozenset({Step.SAL}))
    if accepted is not None and (further is None or further > since):
        begun = max(accepted, since)
        yield (
            Name.SAL_TO_SQL,
            begun,
            time.add_days(begun, terms.sal_to_sql_days or sla.sal_to_sql_days),
            further,
        )


def _reached(contacts: Outreach, attempts: int, further: datetime | None) -> datetime | None:
    """Enough attempts, a conversation, or a lead that went further: whichever came first."""
    enough = contacts.times[attempts - 1] if len(contacts.times) >= attempts else None
    return min((at for at in (enough, contacts.conversation, further) if at), default=None)


def _first(visits: Sequence[Visit], steps: frozenset[Step]) -> datetime | None:
    return next((visit.at for visit in visits if visit.step in steps), None)


def _places(here: Situation) -> list[str]:
    """The names under which policies may speak of the lead's cell: the cell, its row, its groups."""
    persona, _, stage = here.cell.partition("/")
    names = here.rules.matrix.names(persona)
    return [*(f"{name}/{stage}" for name in names), *names]


def _terms(here: Situation) -> Terms:
    places = here.policies.sla.places
    return next((places[name] for name in _places(here) if name in places), Terms())


def _first_contact(here: Situation, episode: Episode) -> int | None:
    minutes = here.policies.sla.first_contact_minutes
    names = [
        *([HAND_RAISER] if raises(here, among=frozenset(episode.evidence_ids)) else []),
        *_places(here),
        DEFAULT,
    ]
    return next((minutes[name] for name in names if name in minutes), None)


def _reclaims(here: Situation, found: Sequence[Deadline]) -> Iterator[tuple[datetime, str]]:
    """When which missed deadline takes the lead from its rep: only while it waits or is accepted, one move at a time."""
    episode, policy = movable(here), here.policies.sla.reclaim
    if episode is None or moving(episode) is not None or _first(here.standing.visits, _FURTHER):
        return
    enabled = {Name.FIRST_CONTACT: policy.first_contact, Name.ANSWER: policy.answer}
    for one in found:
        if one.met_at is None and enabled.get(Name(one.name)):
            yield here.policies.working(episode.calendar).add_days(one.due_at, policy.after_days), one.name


def _marketing(here: Situation, visits: Sequence[Visit]) -> Iterator[Deadline]:
    """An SDR answers whoever raises a hand, at once; another lead that qualifies, within a day. What was before Baton began
    is not held against anybody."""
    sla, time = here.policies.sla, here.policies.working()
    floor = here.policies.records_since
    answers = [*outreach_of(here, None, since=None).times, *(r.at for r in here.known.requests)]
    answers += [episode.requested_at for episode in here.standing.episodes]
    raised = [one.occurred_at for one in raises(here) if floor is None or one.occurred_at >= floor]
    pairs = [(at, min((a for a in answers if a >= at), default=None)) for at in raised]
    if pairs:
        begun, met = next((pair for pair in pairs if pair[1] is None), pairs[-1])
        due = time.add(begun, timedelta(minutes=sla.sdr_hand_raiser_minutes))
        yield _stated(here, (Name.SDR_ANSWER, begun, due, met))
        return
    memory = here.known.memory
    if visits and visits[-1].step is Step.MQL:
        begun = memory.step_since if memory.step is Step.MQL and memory.step_since else visits[-1].at
        if floor is None or begun >= floor:
            met = min((at for at in answers if at >= begun), default=None)
            yield _stated(here, (Name.SDR_ANSWER, begun, time.add_days(begun, sla.sdr_other_days), met))
