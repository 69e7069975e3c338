"""What marketing leaves behind: forms and submissions, e-mail events, web events, marketing events and who came.

Plain lists in the order of time; the portal ties them to contacts. No HTTP here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from connector.sandbox.hubspot.errors import PortalError, invalid, missing

EMAIL_EVENT_TYPES = frozenset(
    {"SENT", "PROCESSED", "DELIVERED", "DROPPED", "DEFERRED", "BOUNCE", "OPEN", "CLICK", "PRINT", "FORWARD"}
    | {"REPLY", "STATUSCHANGE", "SPAMREPORT", "UNSUBSCRIBED", "OPT_IN_CHANGE", "SUPPRESSED", "UNBOUNCE"}
    | {"CLICK_ON_IDENTIFIED_LINK"}
)
ATTENDANCE = frozenset({"REGISTERED", "ATTENDED", "CANCELLED", "NO_SHOW"})
MAX_SUBMISSIONS = 50
MAX_EMAIL_EVENTS = 1_000
MAX_WEB_EVENTS = 1_000
"""Not stated by HubSpot; 1,000 was seen in a connector's code (HubSpot evidence facts §1)."""


@dataclass(slots=True)
class Form:
    """A form and what was sent in with it, oldest first."""

    id: str
    name: str
    form_type: str = "hubspot"
    created_at: str = ""
    archived: bool = False
    submissions: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class MarketingEvent:
    """A webinar, trade fair or the like, and the states its participants went through."""

    id: str
    name: str
    start: str
    end: str
    event_type: str = "WEBINAR"
    organizer: str = "Baton sandbox"
    url: str | None = None
    created_at: str = ""
    participations: list[dict[str, Any]] = field(default_factory=list)


class Timeline:
    """Events in the order of a millisecond stamp, cheap to cut by time."""

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.events: list[dict[str, Any]] = []

    def add(self, ms: int, event: dict[str, Any]) -> None:
        """Put an event in its place; equal stamps keep the order of arrival."""
        position = bisect_left(self.stamps, ms + 1)
        self.stamps.insert(position, ms)
        self.events.insert(position, event)

    def between(self, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
        """Events with start <= stamp < end, oldest first."""
        return self.events[bisect_left(self.stamps, start_ms) : bisect_left(self.stamps, end_ms)]


class Marketing:
    """Everything of marketing that is no CRM record."""

    def __init__(self) -> None:
        self.forms: dict[str, Form] = {}
        self.marketing_events: dict[str, MarketingEvent] = {}
        self.email_events = Timeline()
        self.web_events = Timeline()
        self._serial = 0

    def serial(self) -> int:
        """A number never given out before, for ids."""
        self._serial += 1
        return self._serial

    def uuid(self) -> str:
        """A deterministic id in the shape of a UUID."""
        return f"{self.serial():08x}-0000-4000-8000-{0xBA70:012x}"

    def form(self, form_id: str) -> Form:
        """The form; PortalError 404."""
        found = self.forms.get(form_id)
        if found is None:
            raise missing("form", form_id)
        return found

    def event(self, event_id: str) -> MarketingEvent:
        """The marketing event; PortalError 404."""
        found = self.marketing_events.get(event_id)
        if found is None:
            raise missing("marketing event", event_id)
        return found

    def submissions(
        self, form_id: str, *, limit: int, after: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Submissions newest first. The cursor counts from the oldest, so that new arrivals shift nothing."""
        if limit > MAX_SUBMISSIONS:
            raise invalid(f"limit must be at most {MAX_SUBMISSIONS}")
        rows = self.form(form_id).submissions
        end = len(rows) if after is None else _index(after)
        start = max(end - limit, 0)
        return rows[start:end][::-1], str(start) if start > 0 else None

    def emails(
        self, event_type: str | None, *, window: tuple[int, int], recipient: str | None, unfiltered: bool
    ) -> list[dict[str, Any]]:
        """E-mail events in [start, end), newest first, of one type; `unfiltered` keeps bots and internal opens."""
        if event_type is not None and event_type not in EMAIL_EVENT_TYPES:
            raise invalid(f"Invalid eventType {event_type}; expected one of {sorted(EMAIL_EVENT_TYPES)}")
        return [
            event
            for event in reversed(self.email_events.between(*window))
            if event_type in (None, event["type"])
            and recipient in (None, event["recipient"])
            and (unfiltered or not event["filteredEvent"])
        ]

    def participations(self, event_id: str, state: str | None) -> list[dict[str, Any]]:
        """Who took part, by time; `state` narrows to one attendance state."""
        if state is not None and state not in ATTENDANCE:
            raise invalid(f"Invalid state {state}")
        rows = self.event(event_id).participations
        return [row for row in rows if state in (None, row["properties"]["attendanceState"])]

    def snapshot(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "forms": [asdict(form) for form in self.forms.values()],
            "marketing_events": [asdict(event) for event in self.marketing_events.values()],
            "email_events": [self.email_events.stamps, self.email_events.events],
            "web_events": [self.web_events.stamps, self.web_events.events],
            "serial": self._serial,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Become what `snapshot` returned."""
        self.forms = {row["id"]: Form(**row) for row in saved["forms"]}
        self.marketing_events = {row["id"]: MarketingEvent(**row) for row in saved["marketing_events"]}
        for name in ("email_events", "web_events"):
            timeline = Timeline()
            timeline.stamps, timeline.events = saved[name]
            setattr(self, name, timeline)
        self._serial = saved["serial"]


def _index(after: str) -> int:
    if not after.isdigit():
        raise PortalError(400, "VALIDATION_ERROR", f"Invalid paging cursor: {after}")
    return int(after)
