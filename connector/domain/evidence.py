"""From readings to evidence: when each finding counts, what cancels it and when it ages out.

Turns occurrences of signals into spans of time for one row of the matrix; whether they suffice is judged in stage.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.decision import Evidence
from connector.domain.facts import Known
from connector.domain.matrix import NO_STAGE, Matrix
from connector.domain.signals import Signal, Signals, match_activity
from connector.domain.signals_config import Strength
from connector.domain.speech import reported_by

Span = tuple[datetime, datetime]
"""From (inclusive) when evidence counts until (exclusive) when it does not any more."""


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One signal found in one activity."""

    at: datetime
    activity_id: str
    signal: str
    reported_by: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """All occurrences of one signal for one row: its strength there, the newest of them, and the merged spans."""

    signal: Signal
    strength: Strength
    newest: Occurrence
    window: timedelta
    spans: tuple[Span, ...]

    def live(self, at: datetime) -> bool:
        """Whether it counts at that instant."""
        nth = bisect_right(self.spans, at, key=lambda span: span[0])
        return nth > 0 and at < self.spans[nth - 1][1]

    def stated(self, now: datetime) -> Evidence | None:
        """The newest occurrence as evidence; `counts` is false where a negative signal cancelled it. None: aged out."""
        expires = self.newest.at + self.window
        if expires <= now:
            return None
        return Evidence(
            signal=self.signal.id,
            stage=self.signal.stage or NO_STAGE,
            strength=str(self.strength),
            activity_id=self.newest.activity_id,
            at=self.newest.at,
            expires_at=expires,
            reported_by=self.newest.reported_by,
            counts=self.strength is Strength.NEGATIVE or self.live(now),
        )


def occurrences(signals: Signals, known: Known) -> list[Occurrence]:
    """Every signal in every activity of the present buying cycle, oldest first, whatever the order they came in."""
    opened = cycle_opening(known)
    found = {
        Occurrence(activity.occurred_at, str(activity.key), signal, reported_by(activity))
        for activity in known.activities
        if opened is None or activity.occurred_at >= opened
        for signal in match_activity(signals, activity)
    }
    return sorted(found)


def cycle_opening(known: Known) -> datetime | None:
    """Before this nothing counts: the opening of a second or later cycle. None in the first."""
    return known.memory.cycle_opened_at if known.memory.cycle > 1 else None


def traces(matrix: Matrix, signals: Signals, persona: str, past: Sequence[Occurrence]) -> list[Trace]:
    """The past of each signal as this row sees it. `past` is in order of time; ten of one signal make one trace."""
    names = matrix.names(persona)
    by_signal: dict[str, list[Occurrence]] = {}
    for occurrence in past:
        by_signal.setdefault(occurrence.signal, []).append(occurrence)
    strength = {name: signals.by_id[name].strength_in(names) for name in by_signal}
    cuts = _cuts(signals, by_signal, strength)
    return [
        _trace(
            signals.by_id[name],
            strength[name],
            found,
            window=_window(matrix, persona, signals.by_id[name]),
            cuts=cuts,
        )
        for name, found in sorted(by_signal.items())
    ]


def _window(matrix: Matrix, persona: str, signal: Signal) -> timedelta:
    stages = matrix.stages if signal.stage is None else (signal.stage,)
    return max(matrix.window(persona, stage) for stage in stages)


Cuts = Mapping[str | None, Sequence[datetime]]
"""When negative signals spoke, by the stage they cancel; None holds those that cancel every stage."""


def _cuts(
    signals: Signals, found: Mapping[str, Iterable[Occurrence]], strength: Mapping[str, Strength]
) -> Cuts:
    cuts: dict[str | None, list[datetime]] = {}
    for name, times in found.items():
        if strength[name] is Strength.NEGATIVE:
            cuts.setdefault(signals.by_id[name].stage, []).extend(o.at for o in times)
    return {stage: sorted(times) for stage, times in cuts.items()}


def _trace(
    signal: Signal, strength: Strength, found: Sequence[Occurrence], *, window: timedelta, cuts: Cuts
) -> Trace:
    cancelling = (
        sorted([*cuts.get(signal.stage, ()), *cuts.get(None, ())]) if strength is Strength.SUPPORTING else []
    )
    spans: list[Span] = []
    for occurrence in found:
        start, end = occurrence.at, occurrence.at + window
        nth = bisect_right(cancelling, start)
        if nth < len(cancelling):
            end = min(end, cancelling[nth])
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return Trace(signal, strength, found[-1], window, tuple(spans))
