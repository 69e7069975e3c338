"""One HTTP answer in plain form, and the few readings of headers that every vendor shares. Nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (looked up by lower-case name), and the body as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status says that the call was carried out."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed body; None when there is none. Raises ValueError for anything that is not JSON."""
        return orjson.loads(self.body) if self.body else None


def http_time(text: str | None) -> datetime | None:
    """An HTTP date as aware UTC; None when absent or malformed."""
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or as a date (RFC 9110 §10.2.3); None when it asks nothing."""
    if not text:
        return None
    if text.strip().isdigit():
        return timedelta(seconds=int(text))
    at = http_time(text)
    return None if at is None else max(at - now, timedelta(0))
