"""The matrix column: how far the evidence carries a lead, since when, and until when that holds by itself.

Judges spans of evidence; what a signal is and what cancels it is settled before. Knows no hand-off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from types import MappingProxyType

from connector.domain.decision import Evidence, StageVerdict
from connector.domain.evidence import Occurrence, Trace, cycle_opening, occurrences, traces
from connector.domain.facts import HandSet, Known
from connector.domain.matrix import NO_STAGE, Matrix
from connector.domain.signals import Signals
from connector.domain.signals_config import NeedConfig, Strength

_USUAL_NEED = (1, 2)
_NONE = (0, 0)
_POINTS = {Strength.STRONG: 2, Strength.SUPPORTING: 1}

Needs = Sequence[tuple[str, int, int]]
"""Column by column in order: how many different strong signals suffice, how many of either strength together."""


Placed = tuple[StageVerdict, tuple[Evidence, ...], datetime | None]
"""The column, the evidence inside its windows, and when either changes without new input (None: never)."""


def place_stage(matrix: Matrix, signals: Signals, known: Known, *, persona_id: str, now: datetime) -> Placed:
    """The lead's column in that row.

    The stage is the furthest column whose evidence suffices at `now`; `since` is when it last began to suffice. A stage
    set by hand in this cycle wins, the computed one stays beside it. Nothing planned and nothing after `now` counts.
    """
    return stage_over_time(matrix, signals, known)(persona_id, now)


def stage_over_time(matrix: Matrix, signals: Signals, known: Known) -> Callable[[str, datetime], Placed]:
    """The same for any row and instant, with the activities read once: for a replay, or a second look."""
    found = occurrences(signals, known)
    hand_set = _hand_set(matrix, known)

    def at(persona_id: str, now: datetime) -> Placed:
        held = traces(
            matrix, signals, persona_id, [occurrence for occurrence in found if occurrence.at <= now]
        )
        stated = [evidence for trace in held if (evidence := trace.stated(now))]
        flags, ends = _alerts(matrix, signals, held, persona_id=persona_id, now=now)
        computed, since = _furthest(matrix, _needs(matrix, signals, persona_id), held, now)
        verdict = StageVerdict(
            id=hand_set.value if hand_set else computed,
            computed=computed,
            since=hand_set.at if hand_set else since,
            points=MappingProxyType(_points(matrix, held, now)),
            hand_set=hand_set,
            flags=flags,
        )
        changes = [*(evidence.expires_at for evidence in stated), *ends, *_ahead(found, now)]
        return verdict, tuple(sorted(stated, key=lambda e: (e.at, e.signal))), min(changes, default=None)

    return at


def _ahead(found: Sequence[Occurrence], now: datetime) -> list[datetime]:
    """The next finding that a clock ahead of ours dated into the future: it counts once its time has come."""
    return [occurrence.at for occurrence in found if occurrence.at > now][:1]


def _hand_set(matrix: Matrix, known: Known) -> HandSet | None:
    chosen, opened = known.stage_set, cycle_opening(known)
    if chosen is None or chosen.value not in (*matrix.stages, *matrix.sales_stages, NO_STAGE):
        return None
    return chosen if opened is None or chosen.at >= opened else None


def _points(matrix: Matrix, held: Iterable[Trace], now: datetime) -> dict[str, int]:
    points = dict.fromkeys(matrix.stages, 0)
    for trace in held:
        if trace.signal.stage and trace.live(now):
            points[trace.signal.stage] += _POINTS.get(trace.strength, 0)
    return points


def _needs(matrix: Matrix, signals: Signals, persona: str) -> Needs:
    """What each column asks for in this row; a need of the row itself beats one of its group."""
    names = matrix.names(persona)
    chosen: dict[str, NeedConfig] = {}
    for name in reversed(names):
        chosen |= {need.stage: need for need in signals.needs if need.row == name}
    return [
        (stage, need.strong, need.supporting) if (need := chosen.get(stage)) else (stage, *_USUAL_NEED)
        for stage in matrix.stages
    ]


def _sufficing(needs: Needs, live: Collection[Trace]) -> frozenset[str]:
    """The columns whose evidence suffices. Where a row asks more of a column than is usual, evidence that would do
    elsewhere carries the column before: who asks the price knows what they want to buy."""
    counts: dict[str | None, list[int]] = {}
    for trace in live:
        count = counts.setdefault(trace.signal.stage, [0, 0])
        count[0] += trace.strength is Strength.STRONG
        count[1] += 1
    enough: set[str] = set()
    carried = False
    for stage, strong_needed, together_needed in reversed(needs):
        strong, together = counts.get(stage, _NONE)
        if carried or strong >= strong_needed or together >= together_needed:
            enough.add(stage)
        usual_strong, usual_together = _USUAL_NEED
        carried = stage not in enough and (strong >= usual_strong or together >= usual_together)
    return frozenset(enough)


def _furthest(
    matrix: Matrix, needs: Needs, held: Sequence[Trace], now: datetime
) -> tuple[str, datetime | None]:
    positive = [trace for trace in held if trace.strength is not Strength.NEGATIVE]
    enough = _sufficing(needs, [trace for trace in positive if trace.live(now)])
    stage = next((stage for stage in reversed(matrix.stages) if stage in enough), NO_STAGE)
    return stage, None if stage == NO_STAGE else _since(stage, needs, positive, now)


def _since(stage: str, needs: Needs, positive: Sequence[Trace], now: datetime) -> datetime:
    """Walk back over the instants at which any evidence began or ended, as long as the column's sufficed."""
    turns = {instant for trace in positive for span in trace.spans for instant in span if instant <= now}
    since = now
    for instant in sorted(turns, reverse=True):
        if stage not in _sufficing(needs, [trace for trace in positive if trace.live(instant)]):
            break
        since = instant
    return since


def _alerts(
    matrix: Matrix, signals: Signals, held: Sequence[Trace], *, persona_id: str, now: datetime
) -> tuple[tuple[str, ...], list[datetime]]:
    """The alerts that hold, and when the first of them ends by time alone."""
    names = frozenset(matrix.names(persona_id))
    newest = {trace.signal.id: trace.newest.at for trace in held if trace.live(now)}
    flags: list[str] = []
    ends: list[datetime] = []
    for alert in signals.alerts:
        if names.isdisjoint(alert.rows) or not alert.signals <= newest.keys():
            continue
        end = min(newest[name] for name in alert.signals) + alert.within
        if end > now:
            flags.append(alert.id)
            ends.append(end)
    return tuple(flags), ends
