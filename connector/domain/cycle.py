"""Buying cycles: which one a lead is in, what belongs to it, and when the next one opens.

One purchase by one account: opened by first evidence, closed by won, lost or long silence. Knows no stage and no CRM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from connector.domain.facts import Known, Step
from connector.domain.policies import CyclePolicy
from mappings.records import Activity, Direction, Opportunity, SystemRole

CLOSED = frozenset({Step.WON, Step.LOST})


@dataclass(frozen=True, slots=True)
class Cycle:
    """The cycle that the decision is about. `after` is what closed the one before: only later facts count in this one.
    `changes_at` is when the next one may open by itself."""

    number: int
    opened_at: datetime | None
    after: datetime | None = None
    is_new: bool = False
    changes_at: datetime | None = None


def current_cycle(known: Known, policy: CyclePolicy, now: datetime) -> Cycle:
    """The cycle in force: the remembered one, or the next when fresh evidence came after its end."""
    memory = known.memory
    happened = [a for a in known.activities if speaks(a) and a.occurred_at <= now]
    if memory.step in CLOSED:
        return _after_close(known, policy, now=now, happened=happened)
    boundary = _after_silence(happened, timedelta(days=policy.silence_days))
    since = memory.cycle_opened_at
    if boundary and since and boundary > since and memory.step in _IN_MARKETING:
        return Cycle(memory.cycle + 1, boundary, after=boundary - _INSTANT, is_new=True)
    opened = since or boundary or min((a.occurred_at for a in happened), default=None)
    return replace(same_cycle(known), opened_at=opened)


_IN_MARKETING = frozenset({Step.NEW, Step.MAL, Step.MQL, Step.RECYCLED, Step.DISQUALIFIED})
_INSTANT = timedelta(microseconds=1)


def same_cycle(known: Known) -> Cycle:
    """The remembered cycle."""
    opened = known.memory.cycle_opened_at
    return Cycle(
        known.memory.cycle, opened, after=opened - _INSTANT if opened and known.memory.cycle > 1 else None
    )


def opened(cycle: Cycle, opening: datetime) -> Cycle:
    """The new cycle once its first evidence is known, as it will be remembered."""
    return replace(cycle, opened_at=opening, after=opening - _INSTANT)


def _after_close(known: Known, policy: CyclePolicy, *, now: datetime, happened: list[Activity]) -> Cycle:
    memory = known.memory
    closed = memory.step_since or known.created_at
    same = same_cycle(known)
    fresh = min((a.occurred_at for a in happened if a.occurred_at > closed), default=None)
    if fresh is None:
        return same
    wait = policy.after_won_days if memory.step is Step.WON else policy.after_lost_days
    opens = closed + timedelta(days=wait)
    if now < opens:
        return replace(same, changes_at=opens)
    return Cycle(memory.cycle + 1, fresh, after=closed, is_new=True)


def _after_silence(happened: list[Activity], silence: timedelta) -> datetime | None:
    """The first activity after the last long silence."""
    times = sorted(a.occurred_at for a in happened)
    return next((late for early, late in reversed([*pairwise(times)]) if late - early > silence), None)


def speaks(activity: Activity) -> bool:
    """Whether an activity shows the customer's interest or a conversation: what we sent or plan does not."""
    return not activity.planned and (activity.direction is not Direction.OUT or activity.two_way)


def within(known: Known, cycle: Cycle) -> Known:
    """What is known, reduced to this cycle: earlier activities and a stage set by hand earlier do not count in it."""
    if cycle.after is None:
        return known
    start = cycle.after
    stage_set = known.stage_set if known.stage_set and known.stage_set.at > start else None
    return replace(
        known,
        activities=tuple(a for a in known.activities if a.occurred_at > start),
        opportunities=tuple(o for o in known.opportunities if not _over_before(o, start)),
        stage_set=stage_set,
    )


def _over_before(opportunity: Opportunity, start: datetime) -> bool:
    closed = opportunity.closed_at or opportunity.modified_at or opportunity.created_at
    return opportunity.is_closed and (closed is None or closed <= start)


def own_opportunities(known: Known, cycle: Cycle) -> tuple[Opportunity, ...]:
    """The opportunities that speak of this lead: those that name one of its records, and those that name nobody but
    came after its hand-off, or after it entered marketing's pool while no colleague was with sales."""
    ids = {record.key.id for record in known.records} | {
        record.person.converted_to for record in known.records
    }
    ids |= {known.person.key.id, known.person.converted_to}
    since = _claims_since(known, cycle)
    return tuple(
        opportunity
        for opportunity in known.opportunities
        if (
            not ids.isdisjoint(opportunity.person_ids)
            if opportunity.person_ids
            else since is not None and opportunity.created_at is not None and opportunity.created_at > since
        )
    )


def _claims_since(known: Known, cycle: Cycle) -> datetime | None:
    own = [e.requested_at for e in known.episodes if e.cycle == cycle.number]
    if own:
        return min(own)
    if any(episode.confirmed_at for episode in known.account.other_episodes):
        return None
    return max(filter(None, (pool_since(known), cycle.after)))


def pool_since(known: Known) -> datetime:
    """Since when the lead stands in marketing's pool: its first record there, else when it was first known."""
    times = [r.created_at or r.person.created_at for r in known.records if r.role is SystemRole.MARKETING]
    return min((t for t in times if t), default=known.person.created_at or known.created_at)
