"""What both in-memory adapters share: the count of calls, faults on request, and how they see activities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from connector.errors import (
    AccessDeniedError,
    AnswerLostError,
    QuotaSpentError,
    RateLimitedError,
    RecordRefusedError,
    TryLaterError,
)
from connector.ports import Page, RemoteRow, Window
from connector.sandbox.faults import Fault
from connector.sandbox.world import World
from mappings.records import Activity

PAGE = 200
"""Rows of one page: small, so that resuming is exercised."""

Understand = Callable[[str, Mapping[str, Any], Window, datetime], Iterable[Activity]]
"""(stream, the vendor's raw row, window, learned_at) → activities. Given by whoever composes: the adapters translate."""


def nothing_understood(
    stream: str, raw: Mapping[str, Any], window: Window, learned_at: datetime
) -> Iterable[Activity]:
    """Reads no activity at all."""
    return ()


class Memory:
    """Counts calls and commits faults. Faults are found under method `MEMORY` and the path `/<operation>`."""

    vendor = ""

    def __init__(self, world: World, connection: str, understand: Understand = nothing_understood) -> None:
        self._world = world
        self._connection = connection
        self._understand = understand
        self._calls = 0

    @property
    def connection(self) -> str:
        """The connection's name."""
        return self._connection

    @property
    def calls(self) -> int:
        """How many calls a real adapter would have made, about."""
        return self._calls

    @property
    def own_user_id(self) -> str:
        """Empty unless the system has users that write."""
        return ""

    @property
    def budget(self) -> tuple[int, int] | None:
        """Nobody counts here."""
        return None

    def coverage(self) -> dict[str, tuple[str, str]]:
        """Nothing is held back here."""
        return {}

    def close(self) -> None:
        """There is nothing to close."""

    def now(self) -> datetime:
        """The sandbox's clock, to the second as a Date header would tell it."""
        return self._world.clock.now().replace(microsecond=0)

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        """One call: counted, and failed when a fault says so. A lost answer fails after the work is done."""
        self._calls += 1
        fault = self._world.faults.take(self.vendor, "MEMORY", f"/{operation}")
        if fault is not None and fault.effect != "lose_answer":
            raise self._error(fault)
        yield
        if fault is not None:
            raise AnswerLostError(self._connection, "the connection broke", "CONNECTION_LOST")

    def _error(self, fault: Fault) -> Exception:
        if fault.effect != "answer":
            return TryLaterError(self._connection, "no connection", "UNREACHABLE")
        if fault.status == 429:
            daily = isinstance(fault.body, dict) and fault.body.get("policyName") == "DAILY"
            if daily:
                return QuotaSpentError(self._connection, "the daily calls are spent", "DAILY", 429)
            wait = fault.headers.get("Retry-After")
            asked = timedelta(seconds=int(wait)) if wait else None
            return RateLimitedError(self._connection, "too many calls", "", 429, "", asked)
        if fault.status in (401, 403):
            return AccessDeniedError(self._connection, "refused", "", fault.status)
        if fault.status >= 500:
            return TryLaterError(self._connection, "not available", "", fault.status)
        return RecordRefusedError(self._connection, "refused", "", fault.status)

    def _paged(self, operation: str, rows: Sequence[RemoteRow], marks: Sequence[str]) -> Iterator[Page]:
        """Cut into pages; `marks` names the place behind each row."""
        for start in range(0, max(len(rows), 1), PAGE):
            end = min(start + PAGE, len(rows))
            with self._call(operation):
                page = rows[start:end]
            yield Page(page, marks[end - 1] if end < len(rows) else None)


def apart(ids: Iterable[str]) -> list[str]:
    """Ids once each, in order."""
    return list(dict.fromkeys(ids))
