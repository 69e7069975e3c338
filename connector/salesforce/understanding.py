"""Salesforce's translation of activities as one function, for whoever reads an org otherwise than through this adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from connector.ports import Window
from connector.salesforce.activities import Raw, activity_of
from connector.salesforce.streams import STREAMS
from mappings.records import Activity, RecordKey


def understanding(connection: str) -> Callable[[str, Raw, Window, datetime], Iterable[Activity]]:
    """(stream, raw row, window, learned_at) → activities."""

    def understand(stream: str, raw: Raw, window: Window, learned_at: datetime) -> Iterable[Activity]:
        key = RecordKey(connection, STREAMS[stream], str(raw["Id"]))
        found = activity_of(raw, key, learned_at, backfill=window.since is None)
        return [] if found is None else [found]

    return understand
