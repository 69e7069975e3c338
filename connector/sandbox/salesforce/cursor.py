"""Query locators: 18 characters with prefix 0r8, an offset after a dash, good for two days (Salesforce facts §2)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.ids import base62, checksum
from connector.sandbox.salesforce.query import Answer

LIFE = timedelta(days=2)
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Cursor:
    """A query's answer kept for the pages still to come."""

    answer: Answer
    size: int
    opened: datetime


class Cursors:
    """The open cursors of one org. The oldest are forgotten first when there are very many."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        self._clock = clock
        self._pod = base62(seed % 3844, 2)
        self._numbers = count(1)
        self._open: OrderedDict[str, Cursor] = OrderedDict()

    def open(self, answer: Answer, size: int) -> str:
        """Keep an answer; returns its locator without an offset."""
        id15 = f"0r8{self._pod}0{base62(next(self._numbers), 9)}"
        locator = id15 + checksum(id15)
        self._open[locator] = Cursor(answer, size, self._clock.now())
        if len(self._open) > _MOST_KEPT:
            self._open.popitem(last=False)
        return locator

    def at(self, text: str) -> tuple[str, Cursor, int]:
        """Locator, cursor and offset that a nextRecordsUrl names; INVALID_QUERY_LOCATOR when unknown or expired."""
        locator, _, offset = text.partition("-")
        cursor = self._open.get(locator)
        if cursor is None or not offset.isdigit() or self._clock.now() - cursor.opened > LIFE:
            raise OrgError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return locator, cursor, int(offset)
