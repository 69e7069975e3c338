"""HubSpot's translation of activities as one function, for whoever reads a portal otherwise than through this adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from connector.hubspot import traces
from connector.hubspot.engagements import ENGAGEMENTS, activity_of
from connector.hubspot.reader import Raw
from connector.ports import Window
from mappings.records import Activity, RecordKey


def understanding(connection: str) -> Callable[[str, Raw, Window, datetime], Iterable[Activity]]:
    """(stream, raw row, window, learned_at) → activities. A form's or an event's row carries it under `form` or `event`."""

    def understand(stream: str, raw: Raw, window: Window, learned_at: datetime) -> Iterable[Activity]:
        backfill = window.since is None
        if stream in ENGAGEMENTS:
            key = RecordKey(connection, stream, str(raw["id"]))
            return [activity_of(raw, key, learned_at, backfill=backfill)]
        if stream == "forms":
            return [traces.submission(raw, raw["form"], connection, learned_at, backfill=backfill)]
        if stream == "email_events":
            return [traces.email_event(raw, connection, learned_at, backfill=backfill)]
        if stream == "marketing_events":
            found = traces.participation(raw, raw["event"], connection, learned_at, backfill=backfill)
            return [] if found is None else [found]
        return traces.page_views(raw, connection, window, learned_at)

    return understand
