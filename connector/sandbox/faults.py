"""Faults that a test or an admin asks the sandbox to commit: which calls they hit, and what then happens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

Effect = Literal["answer", "lose_answer", "drop", "garbage", "expire_session", "partial"]
"""What happens to a matched call.

`answer`          the given status, body and headers instead of the real answer; nothing is done
`lose_answer`     the call is carried out and committed, then the connection breaks before the answer
`drop`            the connection breaks before anything is done
`garbage`         200 with an HTML page instead of JSON; nothing is done
`expire_session`  the access token is expired first, then the call is answered as usual (401)
`partial`         of a batch, only the rows whose index is in `rows` fail, with `status` and `body`
"""


@dataclass(slots=True)
class Fault:
    """One instruction. `after` matching calls pass untouched, the next `times` are hit, then it is spent."""

    system: str
    effect: Effect
    method: str = "*"
    path: str = ".*"
    after: int = 0
    times: int = 1
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    rows: tuple[int, ...] = ()

    def matches(self, system: str, method: str, path: str) -> bool:
        """Whether this call is one that the instruction speaks of (path as an unanchored regular expression)."""
        return (
            self.system in ("*", system)
            and self.method in ("*", method)
            and re.search(self.path, path) is not None
        )


class FaultPlan:
    """The instructions still open, in the order given. Thread-safe: calls are served concurrently."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Queue an instruction."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget every open instruction."""
        with self._lock:
            self._faults.clear()

    def pending(self) -> list[Fault]:
        """The instructions still open."""
        with self._lock:
            return list(self._faults)

    def take(self, system: str, method: str, path: str) -> Fault | None:
        """The fault that hits this call, counted down; None when it is to be answered truthfully."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(system, method, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None
