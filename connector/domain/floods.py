"""Many rejections at once: found afterwards where nobody could be asked first. Pure: times in, floods out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SaidNo:
    """One rejection: who set it, when, of which hand-off."""

    by: str
    at: datetime
    handoff_id: str


@dataclass(frozen=True, slots=True)
class Flood:
    """One user said no to more than so many leads within an hour, over and over from `start` to `end`."""

    by: str
    start: datetime
    end: datetime
    handoff_ids: tuple[str, ...]


def floods(said: Iterable[SaidNo], limit: int) -> tuple[Flood, ...]:
    """Every flood of more than `limit` rejections by one user within an hour, by time. Hours that overlap are one flood; a
    rejection that nobody can be named for belongs to none."""
    by_user: dict[str, list[SaidNo]] = {}
    for one in sorted(said, key=lambda no: (no.at, no.handoff_id)):
        if one.by:
            by_user.setdefault(one.by, []).append(one)
    found = [flood for mine in by_user.values() for flood in _of_user(mine, limit)]
    return tuple(sorted(found, key=lambda flood: (flood.start, flood.by)))


def _of_user(mine: list[SaidNo], limit: int) -> Iterable[Flood]:
    runs: list[tuple[int, int]] = []
    first = 0
    for last, one in enumerate(mine):
        while mine[first].at < one.at - HOUR:
            first += 1
        if last - first + 1 <= limit:
            continue
        if runs and first <= runs[-1][1]:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    for start, end in runs:
        within = mine[start : end + 1]
        yield Flood(within[0].by, within[0].at, within[-1].at, tuple(no.handoff_id for no in within))
