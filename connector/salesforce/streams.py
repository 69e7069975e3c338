"""Reads activity streams of an org, page by page, and remembers which the org does not show: what is not shown must never
look like people who did nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.errors import AccessDeniedError, RecordGoneError, RecordRefusedError
from connector.ports import ActivityPage, Window
from connector.salesforce.activities import FIELDS, activity_of
from connector.salesforce.catalog import Catalog
from connector.salesforce.reader import Reader
from connector.salesforce.soql import ids_in, select
from connector.salesforce.translate import scalar
from mappings.records import Activity, RecordKey

STREAMS: Mapping[str, str] = {
    "tasks": "Task",
    "events": "Event",
    "emails": "EmailMessage",
    "campaign_members": "CampaignMember",
}
"""Stream → object."""

_KINDS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "tasks": (("call", "partial", "logged_only"), ("task", "full", "")),
    "events": (("meeting", "partial", "no_outcome"),),
    "emails": (("email_reply", "full", ""), ("message", "partial", "logged_only")),
    "campaign_members": (("event", "partial", "day_only"), ("webinar", "partial", "day_only")),
}
_ELSEWHERE = ("page_view", "visit", "email_open", "email_click", "chat")
"""Kinds that Sales Cloud does not keep."""
_NEEDED = {
    "Task": "IsClosed",
    "Event": "StartDateTime",
    "EmailMessage": "Incoming",
    "CampaignMember": "HasResponded",
}
"""A field without which a row cannot be understood; a user who may not see it does not see the stream."""

Raw = Mapping[str, Any]


class Streams:
    """The activity streams of one org. `coverage` grows as streams are read."""

    def __init__(
        self, connection: str, reader: Reader, catalog: Catalog, *, unavailable: Sequence[str] = ()
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._catalog = catalog
        self._refused: dict[str, str] = dict.fromkeys(unavailable, "not_in_edition")
        self._read: set[str] = set()

    def read(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Pages of one stream. One that the org does not show ends at once, and the reason is remembered."""
        if stream not in STREAMS:
            raise ValueError(f"Salesforce has no activity stream {stream!r}")
        reason = self._hidden(stream)
        if reason:
            self._refused[stream] = reason
            return
        self._refused.pop(stream, None)
        yield from self._pages(STREAMS[stream], window, learned_at)
        self._read.add(stream)

    def coverage(self) -> dict[str, tuple[str, str]]:
        """Kind → (full | partial | none, reason)."""
        found = dict.fromkeys(_ELSEWHERE, ("none", "not_in_system"))
        for stream, kinds in _KINDS.items():
            for kind, degree, reason in kinds:
                if stream in self._refused:
                    found[kind] = ("none", self._refused[stream])
                else:
                    found[kind] = (degree, reason if stream in self._read else "not_read_yet")
        return found

    def _hidden(self, stream: str) -> str:
        if self._refused.get(stream) == "not_in_edition":
            return "not_in_edition"
        object = STREAMS[stream]
        try:
            seen = _NEEDED[object] in self._catalog.fields(object)
        except (RecordGoneError, RecordRefusedError):
            return "object_hidden"
        except AccessDeniedError as error:
            if error.status != 403:
                raise
            return error.code or "object_hidden"
        return "" if seen else "field_hidden"

    def _pages(self, object: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """`queryAll` throughout: activities older than a year are archived and `query` no longer shows them."""
        types = {name: self._catalog.type_of(object, name) for name in FIELDS[object]}
        backfill = window.since is None
        for rows, after in self._reader.pages(object, window, FIELDS[object]):
            activities: list[Activity] = []
            refused: list[tuple[str, str]] = []
            for raw in self._completed(object, rows):
                try:
                    key = RecordKey(self._connection, object, str(raw["Id"]))
                    found = activity_of(_typed(raw, types), key, learned_at, backfill=backfill)
                except (ValueError, KeyError, TypeError) as exc:
                    refused.append((str(raw.get("Id") or "?"), type(exc).__name__))
                    continue
                activities += [found] if found is not None else []
            yield ActivityPage(activities, after, refused)

    def _completed(self, object: str, rows: Sequence[Raw]) -> Sequence[Raw]:
        """Without deleted rows and without what another object tells better; e-mails with the people they went between."""
        rows = [row for row in rows if str(row.get("IsDeleted")).lower() != "true"]
        if object == "Task":
            mailed = [str(row["Id"]) for row in rows if row.get("TaskSubtype") == "Email"]
            doubled = self._told_by_email(mailed) if mailed else frozenset()
            return [row for row in rows if str(row["Id"]) not in doubled]
        if object == "EmailMessage" and rows:
            people = self._people_of([str(row["Id"]) for row in rows])
            return [{**row, "people": people.get(str(row["Id"]), ())} for row in rows]
        return rows

    def _told_by_email(self, tasks: Sequence[str]) -> frozenset[str]:
        """Tasks that only stand for an e-mail message: the message has direction and text, so the task is left out."""
        if self._hidden("emails"):
            return frozenset()
        found: set[str] = set()
        for listed in ids_in(tasks):
            soql = select(("Id", "ActivityId"), "EmailMessage", f"ActivityId IN {listed}")
            found |= {str(row["ActivityId"]) for row in self._reader.query(soql)}
        return frozenset(found)

    def _people_of(self, emails: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        try:
            rows = list(
                self._reader.by_ids(
                    "EmailMessageRelation", emails, ("EmailMessageId", "RelationId"), key="EmailMessageId"
                )
            )
        except (RecordGoneError, RecordRefusedError):
            return found
        for row in rows:
            if row.get("RelationId"):
                id_ = str(row["EmailMessageId"])
                found[id_] = (*found.get(id_, ()), str(row["RelationId"]))
        return found


def _typed(raw: Raw, types: Mapping[str, str]) -> Raw:
    """Bulk states every value as text; this gives booleans and numbers back."""
    return {**raw, **{name: scalar(raw[name], kind) for name, kind in types.items() if name in raw}}
