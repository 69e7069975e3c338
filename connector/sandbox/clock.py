"""The sandbox's own time. Both embedded systems read it, so that a test or an admin moves a quarter on in one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

TICK = timedelta(milliseconds=1)
"""How far one write moves the clock: stamps are told apart, as they nearly always are in a live system."""


class SandboxClock:
    """Aware UTC time that moves when told to, and, with `elapsed`, also as real time passes.

    `elapsed` returns the seconds since some fixed point (`time.monotonic`); without it the clock stands
    still between calls, which is what deterministic tests want. `moves` counts writes and advances: as long as it
    is the same, nothing was written.
    """

    def __init__(self, start: datetime, elapsed: Callable[[], float] | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("the sandbox clock needs an aware start time")
        self._base = start.astimezone(UTC)
        self._elapsed = elapsed
        self._zero = elapsed() if elapsed else 0.0
        self._lock = Lock()
        self.moves = 0

    def now(self) -> datetime:
        """The current sandbox time, aware UTC."""
        if self._elapsed is None:
            return self._base
        return self._base + timedelta(seconds=self._elapsed() - self._zero)

    def stamp(self) -> datetime:
        """The time of one write, in whole milliseconds; never the same twice."""
        with self._lock:
            self._base += TICK
            self.moves += 1
            now = self.now()
            return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new time. Time never runs backwards: a negative step is an error."""
        if by < timedelta(0):
            raise ValueError("the sandbox clock only moves forward")
        with self._lock:
            self._base += by
            self.moves += 1
            return self.now()

    def run(self, elapsed: Callable[[], float]) -> None:
        """Pass with real time from now on, as `elapsed` tells it."""
        with self._lock:
            self._base = self.now()
            self._zero = elapsed()
            self._elapsed = elapsed
