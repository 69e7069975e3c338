"""What a round did, in counts per connection and object and seconds per step: the shape of `baton sync --json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Protocol

from mappings.records import RecordKey


@dataclass(slots=True)
class Counts:
    """What happened to one object of one connection.

    `read` rows came over the wire, `changed` of them differed from the mirror, `echoes` of those only repeated our own
    writes; `planned` records got a wanted state, `written` were accepted, `refused` were turned down, `parked` wait for a
    person; `calls` API calls were spent.
    """

    read: int = 0
    changed: int = 0
    echoes: int = 0
    planned: int = 0
    written: int = 0
    refused: int = 0
    parked: int = 0
    calls: int = 0


@dataclass(slots=True)
class RoundResult:
    """The sum of one round. `objects` is keyed by (connection, object or stream). `stopped` connections are left alone for
    the rest of the round, `shaky` ones broke off once."""

    objects: dict[tuple[str, str], Counts] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    planned: set[RecordKey] = field(default_factory=set)
    handed_off: int = 0
    reassigned: int = 0
    trouble: list[str] = field(default_factory=list)
    dry_run: bool = False
    stopped: set[str] = field(default_factory=set)
    shaky: set[str] = field(default_factory=set)

    def of(self, connection: str, name: str) -> Counts:
        """The counts of one object, made on first use."""
        return self.objects.setdefault((connection, name), Counts())

    def plan(self, keys: Iterable[RecordKey]) -> None:
        """These records were found to differ from what they should say; each counts once a round."""
        for key in set(keys) - self.planned:
            self.planned.add(key)
            self.of(key.connection, key.object).planned += 1

    @property
    def leads_placed(self) -> int:
        """How many leads were decided."""
        return len(self.placed)

    @property
    def written(self) -> int:
        """Records written in all systems."""
        return sum(counts.written for counts in self.objects.values())

    def as_json(self) -> dict[str, object]:
        """The documented shape: a list of objects, seconds per step, totals."""
        rows = [
            {"connection": connection, "object": name, **asdict(counts)}
            for (connection, name), counts in sorted(self.objects.items())
        ]
        return {
            "objects": rows,
            "steps": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
            "leads_placed": self.leads_placed,
            "handed_off": self.handed_off,
            "reassigned": self.reassigned,
            "trouble": self.trouble,
            "dry_run": self.dry_run,
        }


class Progress(Protocol):
    """Told how far a step is; the command line draws it, a job records it."""

    def step(self, name: str, total: int | None = None) -> None:
        """A step begins; `total` units are ahead, None when nobody knows."""
        ...

    def advance(self, count: int) -> None:
        """`count` more units are done."""
        ...


class NoProgress:
    """Tells nobody."""

    def step(self, name: str, total: int | None = None) -> None:
        """Nobody listens."""

    def advance(self, count: int) -> None:
        """Nobody listens."""


class Stopwatch(Protocol):
    """Seconds since some fixed point."""

    def __call__(self) -> float:
        """Monotonic seconds."""
        ...


@contextmanager
def timed(result: RoundResult, name: str, stopwatch: Stopwatch) -> Iterator[None]:
    """Add the seconds of the block to the step's time."""
    begun = stopwatch()
    try:
        yield
    finally:
        result.seconds[name] = result.seconds.get(name, 0.0) + stopwatch() - begun
