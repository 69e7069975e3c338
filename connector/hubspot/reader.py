"""Reads raw HubSpot objects page by page: by list, by search window, by id, with associations or history. It knows where
each call loses rows (search lag, the 10,000 cap, the address length) and nothing of what the rows mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import orjson

from connector.errors import RecordGoneError, RecordRefusedError
from connector.hubspot.client import HubSpotClient
from connector.ports import Window

Raw = Mapping[str, Any]
"""One record as HubSpot's JSON states it."""

LIST_PAGE = 100  # HubSpot facts §4: the most a list or a batch gives
HISTORY_PAGE = 50  # ... and with property history
SEARCH_PAGE = 200
SEARCH_BODY = 2_900  # characters; HubSpot refuses 3,000
LONG_ADDRESS = 7_000  # characters; beyond about 8,000 HubSpot answers 414
ASSOCIATION_BATCH = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MERGED_IDS = "hs_merged_object_ids"
ASSOCIATED = "associations."
"""Prefix of the pseudo-fields that hold associated ids, joined by ";": `associations.contacts`."""


@dataclass(frozen=True, slots=True)
class Want:
    """What to read of each record. `associated`: object types whose ids come along; `held`: a property that must be set."""

    object: str
    properties: tuple[str, ...]
    associated: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    held: str = ""


@dataclass(frozen=True, slots=True)
class RawPage:
    """One answer; `after` continues, None ends."""

    rows: Sequence[Raw]
    after: str | None


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds, cut off, not rounded."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def modified_property(object: str) -> str:
    """The property that moves with every change (HubSpot facts §4: contacts differ from all others)."""
    return "lastmodifieddate" if object == "contacts" else "hs_lastmodifieddate"


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Ids without repeats, `size` at a time, in order."""
    rest = iter(dict.fromkeys(ids))
    while part := tuple(islice(rest, size)):
        yield part


class Reader:
    """Raw reads of one portal."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def pages(self, want: Want, window: Window) -> Iterator[RawPage]:
        """The records modified inside the window; all there are when it has no beginning. `after` resumes either way."""
        mode, _, place = window.after.partition(":")
        if mode == "list" or (not mode and window.since is None):
            return self._listed(want, place)
        return self._searched(want, window, place)

    def archived(self, object: str, after: str) -> Iterator[RawPage]:
        """Deleted records: HubSpot shows them in no search and filters them by no time, so all are paged through."""
        return self._list(Want(object, (modified_property(object),)), after, archived=True)

    def read(self, want: Want, ids: Sequence[str]) -> Iterator[Raw]:
        """These records now, from the record store and not from the search index. Missing ones are left out."""
        body: dict[str, Any] = {
            "properties": list(want.properties),
            "propertiesWithHistory": list(want.history),
        }
        path = self._path(want.object) + "/batch/read"
        for part in chunks(ids, HISTORY_PAGE if want.history else LIST_PAGE):
            answer = self._client.post(path, {**body, "inputs": [{"id": id_} for id_ in part]})
            yield from self._associate(want, answer.get("results", ()))

    def one(self, want: Want, id_: str) -> Raw | None:
        """One record by id; for a merged-away contact its survivor. None when it is gone."""
        query = [("properties", name) for name in want.properties]
        try:
            found: Raw = self._client.get(f"{self._path(want.object)}/{id_}", query)
        except (RecordGoneError, RecordRefusedError):
            return None
        return found

    def total(self, object: str) -> int:
        """How many live records the search index counts."""
        answer = self._client.search(self._path(object) + "/search", self._question(Want(object, ()), [], 1))
        return int(answer.get("total") or 0)

    def associated(self, object: str, to: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Ids of the `to` records of each record; those without any are left out."""
        path = self._client.paths.associations.format(type=object, to=to)
        found: dict[str, tuple[str, ...]] = {}
        for part in chunks(ids, ASSOCIATION_BATCH):
            asked: list[dict[str, str]] = [{"id": id_} for id_ in part]
            while asked:
                results = self._client.post(path, {"inputs": asked}).get("results", ())
                asked = []
                for row in results:
                    id_ = str(row["from"]["id"])
                    found[id_] = found.get(id_, ()) + tuple(
                        str(one["toObjectId"]) for one in row.get("to", ())
                    )
                    after = _next(row)
                    asked += [{"id": id_, "after": after}] if after else []
        return {id_: tuple(dict.fromkeys(others)) for id_, others in found.items()}

    def _listed(self, want: Want, after: str) -> Iterator[RawPage]:
        for page in self._list(want, after, archived=False):
            onward = None if page.after is None else f"list:{page.after}"
            held = [row for row in page.rows if _holds(row, want.held)] if want.held else page.rows
            yield RawPage(held, onward)

    def _list(self, want: Want, after: str, *, archived: bool) -> Iterator[RawPage]:
        size = HISTORY_PAGE if want.history else LIST_PAGE
        query = [("limit", str(size)), ("archived", "true" if archived else "false")]
        named = [("properties", name) for name in want.properties]
        named += [("propertiesWithHistory", name) for name in want.history]
        named += [("associations", name) for name in want.associated]
        wide = len(urlencode(named)) > LONG_ADDRESS
        place: str | None = after
        while place is not None:
            question = query + ([] if wide else named) + ([("after", place)] if place else [])
            answer = self._client.get(self._path(want.object), question)
            rows = answer.get("results", ())
            if wide:
                rows = list(self.read(want, [str(row["id"]) for row in rows]))
            elif want.associated and any(_cut_short(row) for row in rows):
                rows = self._associate(want, rows)
            place = _next(answer)
            yield RawPage(rows, place)

    def _searched(self, want: Want, window: Window, after: str) -> Iterator[RawPage]:
        """Page by record id inside the window, never by offset: more than 10,000 rows and any number of equal stamps are
        read, and a row that moves meanwhile leaves the window and turns up in the next one."""
        place: str | None = after or "0"
        narrow = len(orjson.dumps(want.properties)) < SEARCH_BODY - 600 and not want.history
        asked = want if narrow else Want(want.object, (), held=want.held)
        while place is not None:
            filters = _bounds(want, window, place)
            question = self._question(asked, filters, SEARCH_PAGE)
            answer = self._client.search(self._path(want.object) + "/search", question)
            rows = answer.get("results", ())
            ids = [str(row["id"]) for row in rows]
            more = bool(rows) and _next(answer) is not None
            place = ids[-1] if more else None
            full = self._associate(want, rows) if narrow else list(self.read(want, ids))
            yield RawPage(full, None if place is None else f"id:{place}")

    @staticmethod
    def _question(want: Want, filters: list[dict[str, str]], limit: int) -> dict[str, Any]:
        # HubSpot's schema demands every one of these, though its own examples leave some out.
        return {
            "filterGroups": [{"filters": filters}] if filters else [],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(want.properties),
            "limit": limit,
            "after": "0",
        }

    def _associate(self, want: Want, rows: Sequence[Raw]) -> Sequence[Raw]:
        """Add what search and batch reads cannot give, in the form in which a list gives it."""
        if not want.associated or not rows:
            return rows
        ids = [str(row["id"]) for row in rows]
        links = {name: self.associated(want.object, name, ids) for name in want.associated}
        return [{**row, "associations": _inline(links, str(row["id"]))} for row in rows]

    def _path(self, object: str) -> str:
        return self._client.paths.objects.format(type=object)


def associated_ids(row: Raw, to: str) -> tuple[str, ...]:
    """The ids of the associated `to` records that came with a row, each once, in order."""
    listed = ((row.get("associations") or {}).get(to) or {}).get("results") or ()
    return tuple(dict.fromkeys(str(one["id"]) for one in listed))


def _cut_short(row: Raw) -> bool:
    """Whether a list gave only the first of a record's associations."""
    return any(_next(found) for found in (row.get("associations") or {}).values())


def _inline(links: Mapping[str, Mapping[str, tuple[str, ...]]], id_: str) -> dict[str, Any]:
    return {
        name: {"results": [{"id": other} for other in found.get(id_, ())]} for name, found in links.items()
    }


def _bounds(want: Want, window: Window, above: str) -> list[dict[str, str]]:
    stamp = modified_property(want.object)
    filters = [{"propertyName": "hs_object_id", "operator": "GT", "value": above}]
    if window.since is not None:
        filters.append({"propertyName": stamp, "operator": "GTE", "value": str(to_ms(window.since))})
    filters.append({"propertyName": stamp, "operator": "LT", "value": str(to_ms(window.until))})
    if want.held:
        filters.append({"propertyName": want.held, "operator": "HAS_PROPERTY"})
    return filters


def _holds(row: Raw, name: str) -> bool:
    return bool((row.get("properties") or {}).get(name)) or name in (row.get("propertiesWithHistory") or {})


def _next(answer: Raw) -> str | None:
    after = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return str(after) if after else None
