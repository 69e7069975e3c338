"""Who gets a lead that passes to sales: the account's owner first, then a pool, then the manager. Never who rejected it.

The same candidates and day give the same rep: counts of the day are input, chance is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

from connector.domain.decision import HandOffVerdict
from connector.domain.policies import PoliciesConfig
from connector.domain.working_time import WorkingTime

QUEUE = "queue:"


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody who can own leads. `today`: hand-offs received so far this working day; `capacity` None: the policies'
    default. `back_at`: away until then; a rep who is away has capacity 0. `last_given_at`: when the last lead came.
    Who is not `in_turn` gets leads as their owner only."""

    owner_id: str
    active: bool = True
    capacity: int | None = None
    today: int = 0
    weight: int = 1
    groups: tuple[str, ...] = ()
    away: bool = False
    back_at: datetime | None = None
    last_given_at: datetime | None = None
    in_turn: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """Where the lead goes: an owner, or a queue, or (nobody eligible) the manager. `cause` says by which rule."""

    owner_id: str = ""
    queue: str = ""
    manager: bool = False
    cause: str = ""


def route(
    policies: PoliciesConfig, candidates: Sequence[Rep], verdict: HandOffVerdict, now: datetime
) -> Route:
    """The rep who gets the lead. A preferred owner gets it beyond capacity: one owner per conversation."""
    here = {
        rep.owner_id: rep for rep in candidates if rep.owner_id not in verdict.not_to and _present(rep, now)
    }
    for preferred in verdict.prefer:
        if preferred.owner_id in here:
            return Route(preferred.owner_id, cause=preferred.cause)
    if verdict.pool.startswith(QUEUE):
        return Route(queue=verdict.pool.removeprefix(QUEUE), cause="queue")
    able = [
        rep
        for rep in here.values()
        if rep.in_turn and _has_room(rep, policies) and _in_pool(rep, verdict.pool)
    ]
    if not able:
        return Route(policies.routing.manager_id, manager=True, cause="nobody_eligible")
    return Route(min(able, key=_turn).owner_id, cause="round_robin")


def working_day_began(working: WorkingTime, now: datetime) -> datetime:
    """Since when leads count for the present working day: what comes on days off counts for the one after them."""
    day = working.day(now) - _DAY
    while not working.is_working_day(day):
        day -= _DAY
    return datetime.combine(day + _DAY, time(), working.zone).astimezone(UTC)


_DAY = timedelta(days=1)


def _present(rep: Rep, now: datetime) -> bool:
    gone = rep.away or (rep.back_at is not None and rep.back_at > now)
    return rep.active and not gone


def _has_room(rep: Rep, policies: PoliciesConfig) -> bool:
    capacity = policies.routing.capacity if rep.capacity is None else rep.capacity
    return rep.weight > 0 and rep.today < capacity


def _in_pool(rep: Rep, pool: str) -> bool:
    return not pool or pool in rep.groups


def _turn(rep: Rep) -> tuple[Fraction, bool, datetime, str]:
    """Whose turn it is: the smallest share of the day already carried, counting the next one; then who waits longest, so
    that a team with one lead a day takes turns too; then by id."""
    share = Fraction(rep.today + 1, rep.weight)
    return share, rep.last_given_at is not None, rep.last_given_at or _NEVER, rep.owner_id


_NEVER = datetime.min.replace(tzinfo=UTC)
