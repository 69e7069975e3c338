"""The life cycle of a lead: which step follows which, and how what happened becomes transitions to be recorded.

Facts outrank order: a step that nobody recorded but that what followed requires is recorded as implied.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from connector.domain.decision import Transition
from connector.domain.events import Visit
from connector.domain.facts import Memory, Step

NEXT: Mapping[Step, tuple[Step, ...]] = {
    Step.NEW: (Step.MAL,),
    Step.MAL: (Step.MQL,),
    Step.MQL: (Step.HANDED_OFF, Step.MAL, Step.RECYCLED),
    Step.HANDED_OFF: (Step.SAL, Step.REJECTED),
    Step.SAL: (Step.SQL, Step.REJECTED),
    Step.SQL: (Step.OPPORTUNITY, Step.REJECTED),
    Step.OPPORTUNITY: (Step.WON, Step.LOST),
    Step.REJECTED: (Step.RECYCLED, Step.DISQUALIFIED),
    Step.RECYCLED: (Step.MQL, Step.MAL, Step.DISQUALIFIED),
    Step.DISQUALIFIED: (Step.RECYCLED, Step.MAL),
    Step.WON: (Step.MAL, Step.LOST, Step.OPPORTUNITY),
    Step.LOST: (Step.MAL, Step.WON, Step.OPPORTUNITY),
}
"""The picture of the life cycle. Won and lost lead to a new cycle, or to each other when a CRM corrects itself; recycled
and disqualified lead to MAL only when a new cycle opens."""

_MAY_BE_IMPLIED = frozenset({Step.MAL, Step.MQL, Step.HANDED_OFF, Step.SAL, Step.SQL, Step.OPPORTUNITY})
OUT_OF_ORDER = "out_of_order"


def path(old: Step, new: Step) -> tuple[Step, ...] | None:
    """The steps from `old` (left out) to `new`, by the shortest way that implies no answer and no close; None: no way."""
    ways: deque[tuple[Step, ...]] = deque([(old,)])
    seen = {old}
    while ways:
        way = ways.popleft()
        for step in NEXT[way[-1]]:
            if step is new:
                return (*way[1:], new)
            if step in _MAY_BE_IMPLIED and step not in seen:
                seen.add(step)
                ways.append((*way, step))
    return None


def transitions(memory: Memory, visits: Sequence[Visit]) -> tuple[Transition, ...]:
    """What is to be recorded: visits that came after the remembered step, the missing ones between them implied."""
    recorded: list[Transition] = []
    step = memory.step
    for visit in _unrecorded(memory, visits):
        if visit.step is not step:
            recorded += _towards(step, visit)
        step = visit.step
    return tuple(recorded)


def _unrecorded(memory: Memory, visits: Sequence[Visit]) -> Sequence[Visit]:
    since = memory.step_since
    later = [visit for visit in visits if since is None or visit.at > since]
    if later or since is None or not visits or visits[-1].step is memory.step:
        return later
    # Stamped before what is recorded already, by another clock: it came after it all the same.
    return [replace(visits[-1], at=since)]


def _towards(old: Step, visit: Visit) -> list[Transition]:
    way = path(old, visit.step)
    steps = (old, *(way or (visit.step,)))
    violation = visit.violation or ("" if way else OUT_OF_ORDER)
    found = []
    for before, after in pairwise(steps):
        last = after is visit.step
        found.append(
            Transition(
                before, after, visit.at, visit.actor, visit.cause,
                implied=not last, violation=violation if last else "",
            )
        )  # fmt: skip
    return found
