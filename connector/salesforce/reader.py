"""Reads rows of an org: by window in the order of stamp and id, by id, or as a bulk job. A query that runs too long makes
the window smaller; it never counts as an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from connector.errors import RecordRefusedError, RemoteError, TryLaterError
from connector.ports import Window
from connector.salesforce.bulk import BulkPlace, BulkQuery
from connector.salesforce.catalog import Catalog
from connector.salesforce.client import SalesforceClient
from connector.salesforce.soql import ids_in, literal, moment_of, place, select, whole_second, window_query
from connector.salesforce.translate import STATE_FIELDS

T = TypeVar("T")
Raw = Mapping[str, Any]
RawPages = Iterator[tuple[Sequence[Raw], str | None]]
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Where a window without a beginning is taken to begin when it has to be divided: no org is older."""
SMALLEST = timedelta(seconds=1)
STAMP = "SystemModstamp"
"""Moves with every change, by person or process, and cannot be set: LastModifiedDate does neither (Salesforce facts §2)."""


class Reader:
    """Raw reads of one org."""

    def __init__(self, client: SalesforceClient, catalog: Catalog) -> None:
        self._client = client
        self._catalog = catalog
        self._bulk = BulkQuery(client)

    def pages(
        self, object: str, window: Window, fields: Sequence[str], *, where: str = "", stamp: str = STAMP
    ) -> RawPages:
        """Rows stamped in the window, deleted ones included; each page with the place behind it."""

        def read() -> RawPages:
            columns = self.columns(object, fields)
            bulk, part = self._bulk_place(object, window, columns, allowed=not where and stamp == STAMP)
            if bulk is None:
                soql = partial(window_query, columns, object, stamp=stamp, where=where)
                yield from self._window(soql, part, stamp=stamp)
                return
            for rows, onward in self._bulk.rows(bulk):
                yield rows, None if onward is None else str(onward)

        yield from self._described_anew(object, read)

    def _bulk_place(
        self, object: str, window: Window, columns: Sequence[str], *, allowed: bool
    ) -> tuple[BulkPlace | None, Window]:
        """Where a bulk job is to be read from, if one is; and the window without the place of a job that is gone."""
        place = BulkPlace.parse(window.after)
        if place is not None:
            if self._bulk.resumable(place):
                return place, window
            window = replace(window, after="")
        if not allowed or window.since is not None or window.after or not self._is_large(object):
            return None, window
        until = f"{STAMP} < {literal(whole_second(window.until))}"
        return self._bulk.start(select(columns, object, until)), window

    def _described_anew(self, object: str, read: Callable[[], Iterator[T]]) -> Iterator[T]:
        """Read; when a field or its permission went away since describe, read once more what is left of them."""
        try:
            yield from read()
        except RecordRefusedError as error:
            if error.code != "INVALID_FIELD":
                raise
            self._catalog.forget(object)
            yield from read()

    def columns(self, object: str, fields: Sequence[str]) -> list[str]:
        """What to select: id, what tells the record's state, and those fields that can be seen."""
        return self._catalog.visible(object, ("Id", *STATE_FIELDS, *fields))

    def by_ids(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, key: str = "Id", where: str = ""
    ) -> Iterator[Raw]:
        """Rows whose `key` is one of these ids, deleted ones included."""
        more = f" AND {where}" if where else ""

        def read() -> Iterator[Raw]:
            columns = self.columns(object, fields)
            for listed in ids_in(ids):
                yield from self.query(select(columns, object, f"{key} IN {listed}{more}"))

        yield from self._described_anew(object, read)

    def query(self, soql: str) -> Iterator[Raw]:
        """Every row of a query, deleted ones included."""
        for rows in self._query_pages(soql):
            yield from rows

    def count(self, object: str) -> int:
        """Live rows."""
        answer = self._client.get("query", {"q": select(("COUNT()",), object)})
        return int(answer["totalSize"])

    def _is_large(self, object: str) -> bool:
        try:
            return self.count(object) >= self._client.settings.bulk_from
        except TryLaterError as error:
            if error.code == "QUERY_TIMEOUT":
                return True
            raise

    def _window(self, soql: Callable[[Window], str], window: Window, *, stamp: str) -> RawPages:
        """Read a window; halve it as often as Salesforce needs to finish in its two minutes."""
        todo = [window]
        while todo:
            part = todo.pop()
            at = part.after
            try:
                for rows in self._query_pages(soql(part), once=_divisible(part)):
                    at = _behind(rows, stamp) or at
                    if rows:
                        yield rows, at
            except RemoteError as error:
                if error.code == "INVALID_QUERY_LOCATOR":
                    todo.append(replace(part, after=at))
                elif error.code == "QUERY_TIMEOUT" and _divisible(part):
                    todo += _halves(replace(part, after=at))
                else:
                    raise
        yield (), None

    def _query_pages(self, soql: str, *, once: bool = False) -> Iterator[Sequence[Raw]]:
        answer = self._first(soql, once=once)
        yield answer["records"]
        while not answer["done"]:
            answer = self._client.get(str(answer["nextRecordsUrl"]), give_up=("INVALID_QUERY_LOCATOR",))
            yield answer["records"]

    def _first(self, soql: str, *, once: bool) -> Any:
        """The first page. A query that can be divided is not repeated whole after running too long."""
        if not once:
            return self._client.get("queryAll", {"q": soql})
        return self._client.get("queryAll", {"q": soql}, give_up=("QUERY_TIMEOUT",))


def _divisible(window: Window) -> bool:
    return window.until - (window.since or BEGINNING) > SMALLEST


def _halves(window: Window) -> list[Window]:
    """The later half first: the caller takes parts from the end. A place inside the window moves its beginning."""
    reached = moment_of(window.after.partition("|")[0])
    since = reached or window.since or BEGINNING
    middle = since + (window.until - since) / 2
    middle = middle.replace(microsecond=0) if window.until - since > 4 * SMALLEST else middle
    early = Window(window.since if reached is None else since, middle, window.after)
    return [Window(middle, window.until), early]


def _behind(rows: Sequence[Raw], stamp: str) -> str:
    if not rows:
        return ""
    at = moment_of(rows[-1].get(stamp))
    return place(at, str(rows[-1]["Id"])) if at is not None else ""
