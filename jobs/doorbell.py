"""A doorbell: whoever leaves something in the tables rings, whoever works them wakes. It carries the name of a job, never
a record; a ring that is lost costs one interval of the schedule."""

from __future__ import annotations

import threading

SYNC, DELIVER = "sync_round", "deliver_now"
"""What can be rung for: reading what a webhook hinted at, delivering what a command caused."""


class Doorbell:
    """Safe to ring from any thread. Rings for the same job become one."""

    def __init__(self) -> None:
        self._rung: dict[str, None] = {}
        self._changed = threading.Condition()

    def ring(self, job: str) -> None:
        """Ask that a job runs soon."""
        with self._changed:
            self._rung[job] = None
            self._changed.notify_all()

    def wait(self, seconds: float) -> list[str]:
        """The jobs rung for, in the order of their first ring, at once or when somebody rings; empty after `seconds`."""
        with self._changed:
            if not self._rung:
                self._changed.wait(seconds)
            rung = list(self._rung)
            self._rung.clear()
            return rung
