"""What was really said around a hand-off, by whom and when. Quotes; judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.records import Activity, Direction

QUOTE = 300
"""Characters of what somebody said that are quoted: enough to judge it, short enough to read on a phone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline. `author_id` is who of our side spoke or wrote; empty: the customer did it alone."""

    at: datetime
    kind: str
    author_id: str
    inbound: bool
    two_way: bool
    said: str
    activity: str


def timeline(
    activities: Sequence[Activity], evidence_ids: Sequence[str], *, start: datetime, end: datetime
) -> tuple[Line, ...]:
    """The evidence that a hand-off rested on, and everything that was said or tried from `start` (its request) to `end`
    (the answer), by time. Page views in between say nothing and are left out."""
    rested_on = frozenset(evidence_ids)
    told = [
        one
        for one in activities
        if not one.planned
        and (str(one.key) in rested_on or (start <= one.occurred_at <= end and _speaks(one)))
    ]
    return tuple(_line(one) for one in sorted(told, key=lambda one: (one.occurred_at, one.key)))


def quoted(text: str) -> str:
    """The beginning of what was said, on one line."""
    said = " ".join(text.split())
    return said[:QUOTE] + ("…" if len(said) > QUOTE else "")


def _speaks(one: Activity) -> bool:
    return bool(one.author_id or one.two_way or one.text.strip() or one.subject.strip())


def _line(one: Activity) -> Line:
    return Line(
        at=one.occurred_at,
        kind=one.kind.value,
        author_id="" if one.direction is Direction.IN and not one.two_way else one.author_id,
        inbound=one.direction is Direction.IN,
        two_way=one.two_way,
        said=quoted(one.text or one.subject or one.url),
        activity=str(one.key),
    )
