"""The rows of one object type: newest version for writers, visible version for readers, and the orders queries walk."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

Row = dict[str, Any]
"""A record: only its non-null fields, in wire form (times as text, so that text order is time order)."""


def fold(value: Any) -> Any:
    """How values compare for equality: text without regard to case."""
    return value.lower() if isinstance(value, str) else value


class ValueIndex:
    """Which of some rows hold a value in a field. Made for a field when it is first asked about, kept up from then."""

    def __init__(self, rows: dict[str, Row]) -> None:
        self._rows = rows
        self._by_field: dict[str, dict[Any, set[str]]] = {}

    def find(self, field: str, value: Any) -> set[str]:
        """Ids of the rows with this value, text compared without regard to case."""
        index = self._by_field.get(field)
        if index is None:
            index = self._by_field[field] = {}
            for row in self._rows.values():
                if (held := row.get(field)) is not None:
                    index.setdefault(fold(held), set()).add(row["Id"])
        return index.get(fold(value), set())

    def replace(self, old: Row | None, new: Row | None) -> None:
        """Follow one row from a version to the next."""
        for field, index in self._by_field.items():
            before = None if old is None else old.get(field)
            after = None if new is None else new.get(field)
            if before == after:
                continue
            if before is not None and old is not None:
                index[fold(before)].discard(old["Id"])
            if after is not None and new is not None:
                index.setdefault(fold(after), set()).add(new["Id"])

    def clear(self) -> None:
        """Forget every index."""
        self._by_field.clear()


class Table:
    """Rows by id. A row is replaced, never changed in place, so that a reader may keep what it has got.

    `put` with a `visible_at` keeps the new version from readers until `reveal` is called with that time or
    later: what a long transaction that commits late looks like from outside.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, Row] = {}
        self.seen: dict[str, Row] = {}
        self.ids: list[str] = []
        self.stamps: list[str] = []
        self._late: list[tuple[str, int, str, Row]] = []
        self._order = 0
        self._newest = ValueIndex(self.rows)
        self._visible = ValueIndex(self.seen)

    def put(self, row: Row, visible_at: str | None = None) -> None:
        """Store a version; readers see it now, or from `visible_at` (wire form of a time)."""
        self._newest.replace(self.rows.get(row["Id"]), row)
        self.rows[row["Id"]] = row
        if visible_at is None:
            if self._late:
                self._late = sorted(late for late in self._late if late[2] != row["Id"])
            self._show(row)
        else:
            self._order += 1
            heappush(self._late, (visible_at, self._order, row["Id"], row))

    def undo(self, record_id: str, before: Row | None) -> None:
        """Take a write back: the row is as it was `before`, or gone if it was not there."""
        late = [entry for entry in self._late if entry[2] != record_id]
        if len(late) < len(self._late):
            self._late = sorted(late)
        self._newest.replace(self.rows.get(record_id), before)
        if before is not None:
            self.rows[record_id] = before
            if record_id in self.seen:
                self._show(before)
            return
        self.rows.pop(record_id, None)
        old = self.seen.pop(record_id, None)
        if old is not None:
            self._visible.replace(old, None)
            self._drop_stamp(old)
            del self.ids[bisect_left(self.ids, record_id)]

    def reveal(self, now: str) -> None:
        """Let readers see the versions whose time has come."""
        while self._late and self._late[0][0] <= now:
            _, _, record_id, row = heappop(self._late)
            if record_id in self.rows:
                self._show(row)

    def load(self, rows: list[Row]) -> None:
        """Add many new rows at once."""
        for row in rows:
            self.rows[row["Id"]] = self.seen[row["Id"]] = row
        self.ids = sorted(self.seen)
        self.stamps = sorted(stamp_key(row) for row in self.seen.values())
        self._newest.clear()
        self._visible.clear()

    def holders(self, field: str, value: Any) -> set[str]:
        """Ids of the rows whose newest version has this value: what a unique field must be checked against."""
        return self._newest.find(field, value)

    def by_value(self, field: str, value: Any) -> set[str]:
        """Ids of the rows whose visible version has this value."""
        return self._visible.find(field, value)

    def walk_stamps(self, low: str, high: str) -> Iterator[Row]:
        """Visible rows with low <= SystemModstamp key < high, in order of (SystemModstamp, Id)."""
        start, stop = bisect_left(self.stamps, low), bisect_left(self.stamps, high)
        seen = self.seen
        for key in self.stamps[start:stop]:
            yield seen[key[-18:]]

    def walk_ids(self, low: str, high: str) -> Iterator[Row]:
        """Visible rows with low <= Id < high, in order of Id."""
        start, stop = bisect_left(self.ids, low), bisect_left(self.ids, high)
        seen = self.seen
        for record_id in self.ids[start:stop]:
            yield seen[record_id]

    def pending(self) -> list[tuple[str, Row]]:
        """Versions that readers do not see yet, with the time from which they will."""
        return [(at, row) for at, _, _, row in sorted(self._late, key=lambda late: late[:2])]

    def _show(self, row: Row) -> None:
        record_id = row["Id"]
        old = self.seen.get(record_id)
        if old is None:
            insort(self.ids, record_id)
        else:
            self._drop_stamp(old)
        self.seen[record_id] = row
        insort(self.stamps, stamp_key(row))
        self._visible.replace(old, row)

    def _drop_stamp(self, old: Row) -> None:
        del self.stamps[bisect_left(self.stamps, stamp_key(old))]


def stamp_key(row: Row) -> str:
    """Sorts rows by (SystemModstamp, Id); types without the stamp sort by their creation."""
    stamp: str = row.get("SystemModstamp") or row.get("CreatedDate", "")
    return stamp + str(row["Id"])
