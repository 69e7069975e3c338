"""A lead's way through the matrix so far, told again from its activities: what a first load knows of the past.

Places the lead at each instant at which evidence came or aged out, under today's rules. Knows nothing of hand-offs: from
one to its close the recorded cell is fixed, and such leads have recorded entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.facts import Known
from connector.domain.matrix import NO_STAGE, Matrix
from connector.domain.signals import Signals
from connector.domain.stage import stage_over_time

MAX_TURNS = 200
"""How many instants are looked at for one lead: a mailbox that opens every newsletter for years tells no more."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in one column: from `entered_at`, until `left_at` (None: the lead stands there still)."""

    stage: str
    entered_at: datetime
    left_at: datetime | None
    evidence_ids: tuple[str, ...]


def stays(
    matrix: Matrix, signals: Signals, known: Known, *, persona_id: str, until: datetime
) -> tuple[Stay, ...]:
    """The columns the lead stood in up to `until`, oldest first; times without any column are left out."""
    if not known.activities:
        return ()
    place = stage_over_time(matrix, signals, known)
    found: list[Stay] = []
    at: datetime | None = known.activities[0].occurred_at
    for _ in range(MAX_TURNS):
        if at is None or at > until:
            break
        verdict, evidence, turn = place(persona_id, at)
        stage = verdict.computed
        if not found or found[-1].stage != stage:
            ids = tuple(e.activity_id for e in evidence if e.stage == stage)
            found = [*found[:-1], *(_ended(last, at) for last in found[-1:]), Stay(stage, at, None, ids)]
        at = turn
    return tuple(stay for stay in found if stay.stage != NO_STAGE)


def _ended(stay: Stay, at: datetime) -> Stay:
    return Stay(stay.stage, stay.entered_at, at, stay.evidence_ids)
