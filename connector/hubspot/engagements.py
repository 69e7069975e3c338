"""What HubSpot's activity objects mean: e-mail, call, meeting, note, message, task. One table of the properties to read
and one small function per object. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.hubspot.reader import Raw, associated_ids
from connector.hubspot.translate import modified_at, moment
from connector.transport.prose import plain
from mappings.records import Activity, Direction, Kind, RecordKey, Scalar

Properties = Mapping[str, Any]

_UNANSWERED = frozenset(
    {
        # HubSpot's default call outcomes (vendor's calls guide): voicemail left, no answer, busy, wrong number.
        "b2cf5968-551e-4856-9783-52b3da59a7d0",
        "73a0d17f-1163-4015-bdd5-ec830791da20",
        "9d9162e7-6cf3-4944-bf63-4dff82258764",
        "17b47fee-58de-441e-a44c-c6300d46f273",
    }
)
_NOT_HELD = frozenset({"RESCHEDULED", "NO_SHOW", "CANCELED", "CANCELLED", "SCHEDULED"})
_CALL_OVER = frozenset({"", "COMPLETED", "NO_ANSWER", "BUSY", "FAILED", "MISSED"})


@dataclass(frozen=True, slots=True)
class Said:
    """What differs between the activity objects."""

    kind: Kind
    occurred_at: datetime | None
    subject: str = ""
    text: str = ""
    url: str = ""
    email: str = ""
    direction: Direction | None = None
    planned: bool = False
    two_way: bool = False
    properties: Mapping[str, Scalar] | None = None


Reading = Callable[[Properties, datetime], Said]
"""Properties and the time of reading → what was said."""


def _email(p: Properties, now: datetime) -> Said:
    inbound = p.get("hs_email_direction") == "INCOMING_EMAIL"
    sent = p.get("hs_email_status") not in ("SCHEDULED", "SENDING", "FAILED")
    return Said(
        Kind.EMAIL_REPLY if inbound else Kind.MESSAGE,
        moment(p.get("hs_timestamp")),
        subject=p.get("hs_email_subject") or "",
        text=plain(p.get("hs_email_text") or p.get("hs_email_html") or p.get("hs_body_preview")),
        email=(p.get("hs_email_from_email") if inbound else p.get("hs_email_to_email")) or "",
        direction=Direction.IN if inbound else Direction.OUT,
        planned=not inbound and not sent,
        two_way=inbound,
        properties={"channel": "email"},
    )


def _call(p: Properties, now: datetime) -> Said:
    status = p.get("hs_call_status") or ""
    seconds = _whole(p.get("hs_call_duration")) // 1000
    if p.get("hs_call_disposition") in _UNANSWERED:
        # A call that is logged by hand is COMPLETED whatever became of it; its outcome says whether anybody was reached.
        status = "NO_ANSWER"
    talked = status in ("", "COMPLETED") and seconds > 0
    at = moment(p.get("hs_timestamp"))
    return Said(
        Kind.CALL,
        at,
        subject=p.get("hs_call_title") or "",
        text=plain(p.get("hs_call_body")),
        direction=_DIRECTIONS.get(p.get("hs_call_direction") or ""),
        planned=status not in _CALL_OVER or (at is not None and at > now),
        two_way=talked,
        properties={"seconds": seconds, "outcome": status or None},
    )


def _meeting(p: Properties, now: datetime) -> Said:
    start = moment(p.get("hs_meeting_start_time") or p.get("hs_timestamp"))
    end = moment(p.get("hs_meeting_end_time")) or (start + timedelta(minutes=30) if start else None)
    outcome = p.get("hs_meeting_outcome") or ""
    # Outcomes are often never filled in: a meeting whose end has passed without one counts as held.
    held = outcome not in _NOT_HELD and end is not None and end <= now
    return Said(
        Kind.MEETING,
        start,
        subject=p.get("hs_meeting_title") or "",
        text="\n".join(
            filter(None, map(plain, (p.get("hs_meeting_body"), p.get("hs_internal_meeting_notes"))))
        ),
        url=p.get("hs_meeting_external_url") or "",
        planned=not held,
        two_way=held,
        properties={"outcome": outcome or None},
    )


def _note(p: Properties, now: datetime) -> Said:
    return Said(Kind.NOTE, moment(p.get("hs_timestamp")), text=plain(p.get("hs_note_body")))


def _task(p: Properties, now: datetime) -> Said:
    done = p.get("hs_task_status") == "COMPLETED"
    finished = moment(p.get("hs_task_completion_date")) or moment(p.get("hs_lastmodifieddate"))
    return Said(
        Kind.TASK,
        # A task's own time is when it is due. Only its completion happened; the last change bounds it from above.
        finished if done else moment(p.get("hs_timestamp")),
        subject=p.get("hs_task_subject") or "",
        text=plain(p.get("hs_task_body")),
        planned=not done,
        properties={"type": p.get("hs_task_type") or None},
    )


def _message(p: Properties, now: datetime) -> Said:
    # HubSpot documents no direction for logged messages, so none of them counts as the customer's own words.
    return Said(
        Kind.MESSAGE,
        moment(p.get("hs_timestamp")),
        text=plain(p.get("hs_communication_body")),
        properties={"channel": (p.get("hs_communication_channel_type") or "").lower() or None},
    )


_DIRECTIONS = {"INBOUND": Direction.IN, "OUTBOUND": Direction.OUT}
_COMMON = "hs_timestamp hubspot_owner_id hs_createdate hs_lastmodifieddate"

ENGAGEMENTS: Mapping[str, tuple[str, Reading]] = {
    "emails": (
        (
            "hs_email_direction hs_email_status hs_email_subject hs_email_text hs_email_html hs_body_preview "
            "hs_email_from_email hs_email_to_email"
        ),
        _email,
    ),
    "calls": (
        "hs_call_title hs_call_body hs_call_direction hs_call_status hs_call_duration hs_call_disposition",
        _call,
    ),
    "meetings": (
        (
            "hs_meeting_title hs_meeting_body hs_internal_meeting_notes hs_meeting_start_time hs_meeting_end_time "
            "hs_meeting_outcome hs_meeting_external_url"
        ),
        _meeting,
    ),
    "notes": ("hs_note_body", _note),
    "communications": ("hs_communication_channel_type hs_communication_body", _message),
    "tasks": ("hs_task_subject hs_task_body hs_task_status hs_task_type hs_task_completion_date", _task),
}
"""Object → the properties to read and how they are understood."""


def properties_of(object: str) -> tuple[str, ...]:
    """The properties that an activity object is read with."""
    return (*_COMMON.split(), *ENGAGEMENTS[object][0].split())


def activity_of(raw: Raw, key: RecordKey, learned_at: datetime, *, backfill: bool) -> Activity:
    """One activity, tied to its contacts. Raises ValueError when it states no time."""
    properties = raw.get("properties") or {}
    said = ENGAGEMENTS[key.object][1](properties, learned_at)
    recorded_at = modified_at(raw)
    return Activity(
        key,
        said.kind,
        said.occurred_at or moment(properties.get("hs_createdate")) or recorded_at,
        recorded_at,
        learned_at,
        direction=said.direction,
        subject=said.subject,
        text=said.text,
        url=said.url,
        email=said.email.split(";")[0].strip(),
        person_ids=associated_ids(raw, "contacts"),
        author_id=properties.get("hubspot_owner_id") or "",
        planned=said.planned,
        two_way=said.two_way,
        backfill=backfill,
        properties={name: value for name, value in (said.properties or {}).items() if value is not None},
    )


def _whole(text: object) -> int:
    try:
        return int(float(str(text)))
    except (ValueError, OverflowError):
        return 0
