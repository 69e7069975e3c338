"""What walks on sales' records share: which record of a lead is open, and how soon a step is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.errors import RateLimitedError, RemoteError
from connector.ports import RecordState
from connector.store.links import Link
from connector.store.mirror import MirrorRow
from connector.sync.deliver import resume_at
from connector.sync.engine import Engine
from mappings.records import ObjectRole, RecordKey, SystemRole

SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)
"""How soon at least, and how late at most, a step is tried again: sales waits for it, and an outage ends some time."""

MAX_ATTEMPTS = 8
"""After so many a walk that waits is shown to people, and one that meets what nobody foresaw is left to them."""

UNFORESEEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What an answer of a shape that nobody foresaw ends in: that one walk waits, the others go on."""


class UnforeseenError(RemoteError):
    """A fault of Baton's own, or an answer of a shape that nobody foresaw."""


def due_after(now: datetime, trouble: Exception, attempts: int) -> datetime:
    """When a step that met passing trouble is due again."""
    due = resume_at(now, trouble, attempts)
    told = isinstance(trouble, RateLimitedError) and trouble.retry_after is not None
    return max(due, now + SOONEST) if told else min(due, now + LATEST)


def lead_objects(engine: Engine) -> tuple[str, ...]:
    """The CRM's objects that hold people, in the mapping's order: the lead first, then the contact."""
    return engine.mapping.objects(engine.side(engine.crm.connection), ObjectRole.LEAD)


def open_records(
    engine: Engine, linked: Sequence[Link], rows: Mapping[RecordKey, MirrorRow]
) -> list[RecordKey]:
    """Sales' open records of a lead, the one to work on first: an open lead before a contact, the oldest id first."""
    found = [
        link.key
        for link in linked
        if link.role is SystemRole.CRM
        and link.state == "active"
        and link.key in rows
        and rows[link.key].state is RecordState.ACTIVE
    ]
    return sorted(found, key=lambda key: (lead_objects(engine).index(key.object), len(key.id), key.id))
