"""What a first load may hold in memory, and how often it may trouble the database."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.ports import Page, RemoteRow, Window
from connector.sandbox.memory import MemoryPortal
from connector.store import cursors, mirror
from connector.sync.pull import AT_ONCE, PAGES_AT_ONCE, pull_object
from connector.sync.results import RoundResult
from tests.sync.reading.bench import START, Bench

ROWS = 100


class Fields(dict[str, Any]):
    """Fields that can be watched."""


class Endless(MemoryPortal):
    """A portal with so many pages that they must not be held together. `rows` in each."""

    pages, rows = 60, ROWS

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.alive: weakref.WeakSet[Any] = weakref.WeakSet()
        self.most = 0

    def changed(self, object: str, window: Window, fields: Any) -> Iterator[Page]:
        for page in range(self.pages):
            rows = [self._row(page * self.rows + number) for number in range(self.rows)]
            yield Page(rows, str(page) if page + 1 < self.pages else None)
            del rows
            self.most = max(self.most, len(self.alive))

    def _row(self, number: int) -> RemoteRow:
        fields = Fields(email=f"p{number}@acme.com")
        self.alive.add(_Watched(fields))
        return RemoteRow(str(number), START + timedelta(seconds=number), fields)


class _Watched:
    """Lives as long as the fields it watches."""

    def __init__(self, fields: Fields) -> None:
        fields.__dict__["watch"] = self


def test_pages_are_stored_as_they_come_and_never_held_together(bench: Bench) -> None:
    portal = Endless(bench.portal, "marketing")
    bench.swap(marketing=portal)
    pull_object(bench.engine, portal, "contacts", RoundResult())
    with bench.store.read() as tx:
        assert mirror.count(tx, "marketing", object="contacts") == portal.pages * ROWS
    assert portal.most <= 2 * ROWS


def test_small_pages_share_a_transaction(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = Endless(bench.portal, "marketing")
    bench.swap(marketing=portal)
    assert _saves(bench, portal, monkeypatch) == portal.pages * ROWS / AT_ONCE


def test_empty_pages_move_the_cursor_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = Endless(bench.portal, "marketing")
    portal.rows = 0
    bench.swap(marketing=portal)
    assert _saves(bench, portal, monkeypatch) == portal.pages / PAGES_AT_ONCE


def _saves(bench: Bench, portal: Endless, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a pull stores its place."""
    saved: list[object] = []
    save = cursors.save_cursor

    def noted(tx: Any, cursor: Any, *, at: Any) -> None:
        saved.append(cursor)
        save(tx, cursor, at=at)

    monkeypatch.setattr(cursors, "save_cursor", noted)
    pull_object(bench.engine, portal, "contacts", RoundResult())
    return len(saved)
