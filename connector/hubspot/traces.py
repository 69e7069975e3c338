"""What HubSpot tells of people outside its activity objects: property history, form submissions, marketing e-mail events,
event participation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connector.hubspot.reader import Raw, to_ms
from connector.hubspot.translate import moment, versions, within
from connector.ports import Window
from mappings.records import Activity, Direction, Kind, RecordKey, Scalar

PAGE_HISTORY = ("hs_analytics_last_url", "hs_analytics_last_timestamp", "hs_analytics_last_visit_timestamp")
"""The history that stands in for page views below Enterprise: about 45 versions, pages inside one visit may be missing."""
CONVERSION_HISTORY = ("recent_conversion_event_name", "recent_conversion_date")
EMAIL_KINDS: Mapping[str, Kind] = {
    "OPEN": Kind.EMAIL_OPEN,
    "CLICK": Kind.EMAIL_CLICK,
    "REPLY": Kind.EMAIL_REPLY,
}
"""The event types that are asked for, one at a time: the API takes no list."""

_FORM_KINDS = (
    (Kind.DEMO_REQUEST, re.compile(r"\bdemo|\btrial\b|演示|试用|体验申请", re.IGNORECASE)),
    (Kind.SUBSCRIPTION, re.compile(r"\bsubscri|\bnewsletter|订阅", re.IGNORECASE)),
    (Kind.DOWNLOAD, re.compile(r"\bdownload|white ?paper|\be-?book\b|下载|白皮书|电子书", re.IGNORECASE)),
)
_WEBINAR = re.compile(r"webinar|online|直播|线上|在线", re.IGNORECASE)
_IDENTITY = frozenset(
    "email firstname lastname name phone mobilephone company jobtitle website country state city zip address"
    " annualrevenue numemployees numberofemployees industry hs_language salutation".split()
)
"""Form fields that say who somebody is, not what they want."""

_LETTER = re.compile(r"[^\W\d_]")


def form_kind(name: str) -> Kind:
    """What a form is for, by its name: an admin names it, so this is a reading, not a fact."""
    return next((kind for kind, words in _FORM_KINDS if words.search(name)), Kind.FORM)


def page_views(raw: Raw, connection: str, window: Window, learned_at: datetime) -> Iterator[Activity]:
    """Page views and visits written into a contact's history inside the window."""
    yield from visits(raw, connection, window, learned_at)
    contact = str(raw["id"])
    seen_at = {
        v.get("timestamp"): moment(v.get("value")) for v in versions(raw, "hs_analytics_last_timestamp")
    }
    for version in versions(raw, "hs_analytics_last_url"):
        written, url = moment(version.get("timestamp")), version.get("value")
        if written is None or not url or not within(written, window):
            continue
        # Analytics properties are updated in batches: the time written together with the address is the better one.
        occurred = seen_at.get(version.get("timestamp")) or written
        key = RecordKey(connection, "page_views", f"{contact}-{to_ms(occurred)}")
        yield _of_contact(key, Kind.PAGE_VIEW, (occurred, written, learned_at), window=window, url=str(url))


def visits(raw: Raw, connection: str, window: Window, learned_at: datetime) -> Iterator[Activity]:
    """Visits written into a contact's history inside the window. The events API has pages and no visits."""
    contact = str(raw["id"])
    for version in versions(raw, "hs_analytics_last_visit_timestamp"):
        written, began = moment(version.get("timestamp")), moment(version.get("value"))
        if written is not None and began is not None and within(written, window):
            key = RecordKey(connection, "visits", f"{contact}-{to_ms(began)}")
            yield _of_contact(key, Kind.VISIT, (began, written, learned_at), window=window)


def web_event(raw: Raw, connection: str, learned_at: datetime, *, backfill: bool) -> Activity:
    """One page view as the events API of Enterprise portals tells it. Raises ValueError without a time."""
    at = moment(raw.get("occurredAt"))
    if at is None:
        raise ValueError("a web event states no time")
    properties = raw.get("properties") or {}
    contact = str(raw.get("objectId") or "")
    return Activity(
        RecordKey(connection, "page_views", str(raw["id"])),
        Kind.PAGE_VIEW,
        at,
        at,
        learned_at,
        direction=Direction.IN,
        subject=str(properties.get("hs_title") or ""),
        url=str(properties.get("hs_url") or ""),
        person_ids=(contact,) if contact else (),
        backfill=backfill,
    )


def conversions(raw: Raw, connection: str, window: Window, learned_at: datetime) -> Iterator[Activity]:
    """Form submissions as a contact's history hints at them: page and form name, no text."""
    contact = str(raw["id"])
    at = {v.get("timestamp"): moment(v.get("value")) for v in versions(raw, "recent_conversion_date")}
    for version in versions(raw, "recent_conversion_event_name"):
        written, name = moment(version.get("timestamp")), str(version.get("value") or "")
        if written is None or not name or not within(written, window):
            continue
        occurred = at.get(version.get("timestamp")) or written
        key = RecordKey(connection, "conversions", f"{contact}-{to_ms(occurred)}")
        times = (occurred, written, learned_at)
        yield _of_contact(key, form_kind(name), times, window=window, subject=name)


def submission(raw: Raw, form: Raw, connection: str, learned_at: datetime, *, backfill: bool) -> Activity:
    """One form submission. It names no contact: the e-mail in it ties it to one. Raises ValueError without a time."""
    at = moment(raw.get("submittedAt"))
    if at is None:
        raise ValueError("a form submission states no time")
    values = {str(one.get("name")): str(one.get("value") or "") for one in raw.get("values") or ()}
    name = str(form.get("name") or "")
    words = [text for field, text in values.items() if field not in _IDENTITY and _LETTER.search(text)]
    id_ = raw.get("conversionId") or f"{form.get('id')}-{to_ms(at)}-{len(words)}"
    return Activity(
        RecordKey(connection, "forms", str(id_)),
        form_kind(name),
        at,
        at,
        learned_at,
        direction=Direction.IN,
        subject=name,
        text="\n".join(words),
        url=str(raw.get("pageUrl") or ""),
        email=values.get("email", "").strip(),
        backfill=backfill,
        properties={"form": str(form.get("id") or "")},
    )


def email_event(raw: Raw, connection: str, learned_at: datetime, *, backfill: bool) -> Activity:
    """One marketing e-mail event. Raises ValueError for a type or a time that cannot be understood."""
    kind, at = EMAIL_KINDS.get(str(raw.get("type"))), moment(raw.get("created"))
    if kind is None or at is None:
        raise ValueError("an e-mail event of unknown type or without a time")
    return Activity(
        RecordKey(connection, "email_events", str(raw.get("id") or f"{to_ms(at)}")),
        kind,
        at,
        at,
        learned_at,
        direction=Direction.IN,
        subject=str(raw.get("subject") or ""),
        url=str(raw.get("url") or ""),
        email=str(raw.get("recipient") or "").strip(),
        two_way=kind is Kind.EMAIL_REPLY,
        backfill=backfill,
        properties=_present({"campaign": raw.get("emailCampaignId"), "app": raw.get("appName")}),
    )


def participation(
    raw: Raw, event: Raw, connection: str, learned_at: datetime, *, backfill: bool
) -> Activity | None:
    """Registration for, or attendance at, a marketing event; None for a cancellation or an absence.

    Raises ValueError when it states no time.
    """
    stated = raw.get("properties") or raw
    state, at = str(stated.get("attendanceState") or ""), moment(stated.get("occurredAt"))
    if state not in ("REGISTERED", "ATTENDED"):
        return None
    if at is None:
        raise ValueError("a participation states no time")
    contact = ((raw.get("associations") or {}).get("contact") or {}) or raw
    person = str(contact.get("contactId") or "")
    named = f"{event.get('eventType') or ''} {event.get('eventName') or ''}"
    id_ = f"{event.get('objectId') or event.get('id')}-{person or contact.get('email')}-{state.lower()}"
    return Activity(
        RecordKey(connection, "marketing_events", id_),
        Kind.WEBINAR if _WEBINAR.search(named) else Kind.EVENT,
        at,
        at,
        learned_at,
        direction=Direction.IN,
        subject=str(event.get("eventName") or ""),
        email=str(contact.get("email") or ""),
        person_ids=(person,) if person else (),
        planned=state == "REGISTERED",
        backfill=backfill,
        properties=_present(
            {
                "state": state,
                "seconds": stated.get("attendanceDurationSeconds"),
                "percentage": str(stated.get("attendancePercentage") or ""),
            }
        ),
    )


def _of_contact(
    key: RecordKey, kind: Kind, times: tuple[datetime, datetime, datetime], *, window: Window, **said: Any
) -> Activity:
    occurred, written, learned = times
    contact = key.id.partition("-")[0]
    backfill = window.since is None
    return Activity(
        key, kind, occurred, written, learned, Direction.IN, person_ids=(contact,), backfill=backfill, **said
    )


def _present(values: Mapping[str, object]) -> Mapping[str, Scalar]:
    return {
        name: value if isinstance(value, str | int) else str(value)
        for name, value in values.items()
        if value not in (None, "")
    }
