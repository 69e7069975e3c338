"""What Salesforce's activity objects mean: Task, Event, EmailMessage, CampaignMember. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.salesforce.soql import moment_of
from connector.transport.prose import plain
from mappings.records import Activity, Direction, Kind, Precision, RecordKey, Scalar

Raw = Mapping[str, Any]

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Task": tuple(
        "CreatedDate Subject Description Status IsClosed ActivityDate CompletedDateTime TaskSubtype Type CallType "
        "CallDisposition CallDurationInSeconds WhoId WhatId OwnerId IsRecurrence".split()
    ),
    "Event": tuple(
        "CreatedDate Subject Description Location StartDateTime EndDateTime ActivityDateTime ActivityDate IsAllDayEvent "
        "IsChild WhoId WhatId OwnerId IsRecurrence".split()
    ),
    "EmailMessage": tuple(
        "CreatedDate Subject TextBody HtmlBody Incoming Status MessageDate FromAddress ToAddress ActivityId RelatedToId "
        "CreatedById".split()
    ),
    "CampaignMember": tuple(
        "CreatedDate CampaignId Status HasResponded FirstRespondedDate LeadId ContactId Type".split()
    ),
}
"""What is selected of each, as far as the user may see it."""

_PEOPLE = ("003", "00Q")
"""Key prefixes of contacts and leads."""
_DIRECTIONS = {"Inbound": Direction.IN, "Outbound": Direction.OUT}
_UNANSWERED = re.compile(
    r"no answer|voice ?mail|left message|busy|wrong number|未接|无人接听|占线|空号", re.IGNORECASE
)
_DRAFT = "5"  # EmailMessage.Status: 0 new, 1 read, 2 replied, 3 sent, 4 forwarded, 5 draft
_CAMPAIGN_KINDS = (
    (Kind.WEBINAR, re.compile(r"webinar|直播|线上", re.IGNORECASE)),
    (Kind.EVENT, re.compile(r"event|conference|trade ?show|seminar|会议|活动|展会", re.IGNORECASE)),
    (Kind.DOWNLOAD, re.compile(r"content|download|white ?paper|下载|白皮书", re.IGNORECASE)),
)


def activity_of(raw: Raw, key: RecordKey, learned_at: datetime, *, backfill: bool) -> Activity | None:
    """One activity; None for what only repeats another (a recurring series' head, an invitee's copy).

    Raises ValueError when it states no time.
    """
    if raw.get("IsRecurrence") or raw.get("IsChild"):
        return None
    recorded_at = moment_of(raw.get("SystemModstamp"))
    if recorded_at is None:
        raise ValueError("a Salesforce activity states no SystemModstamp")
    make = {"Task": _task, "Event": _event, "EmailMessage": _email, "CampaignMember": _member}[key.object]
    said = {"kind": Kind.TASK, "occurred_at": recorded_at, **make(raw, learned_at)}
    return Activity(
        key=key,
        recorded_at=recorded_at,
        learned_at=learned_at,
        backfill=backfill,
        **{"person_ids": _people(raw), "author_id": str(raw.get("OwnerId") or raw.get("CreatedById") or "")}
        | said,
    )


def _task(raw: Raw, now: datetime) -> dict[str, Any]:
    done = bool(raw.get("IsClosed"))
    subtype, call_type = raw.get("TaskSubtype"), raw.get("CallType")
    called = subtype == "Call" or raw.get("Type") == "Call" or bool(call_type)
    mailed = subtype in ("Email", "ListEmail")
    seconds = raw.get("CallDurationInSeconds") or 0
    answered = not _UNANSWERED.search(str(raw.get("CallDisposition") or ""))
    occurred_at, precision = _task_time(raw, done=done)
    return {
        "kind": Kind.CALL if called else Kind.MESSAGE if mailed else Kind.TASK,
        "occurred_at": occurred_at,
        "precision": precision,
        "direction": _DIRECTIONS.get(str(call_type)) or (Direction.OUT if mailed else None),
        "subject": str(raw.get("Subject") or ""),
        "text": plain(raw.get("Description")),
        "planned": not done,
        "two_way": done and called and bool(seconds) and answered,
        "properties": _present(
            {"seconds": seconds, "outcome": raw.get("CallDisposition"), "status": raw.get("Status")}
        ),
    }


def _task_time(raw: Raw, *, done: bool) -> tuple[datetime, Precision]:
    """ActivityDate is the day on which a task is due, midnight UTC and not to be shifted: the last thing to go by."""
    due, created = _day(raw.get("ActivityDate")), moment_of(raw.get("CreatedDate"))
    if done:
        completed = moment_of(raw.get("CompletedDateTime"))
        if completed is not None:
            return completed, Precision.SECOND
        if due is not None and (created is None or due.date() < created.date()):
            return due, Precision.DAY
    elif due is not None:
        return due, Precision.DAY
    if created is None:
        raise ValueError("a task states no time")
    return created, Precision.SECOND


def _event(raw: Raw, now: datetime) -> dict[str, Any]:
    whole_day = bool(raw.get("IsAllDayEvent"))
    start = _day(raw.get("ActivityDate")) if whole_day else None
    start = start or moment_of(raw.get("StartDateTime")) or moment_of(raw.get("ActivityDateTime"))
    if start is None:
        raise ValueError("an event states no time")
    held = (moment_of(raw.get("EndDateTime")) or start) <= now
    return {
        "kind": Kind.MEETING,
        "occurred_at": start,
        "precision": Precision.DAY if whole_day else Precision.SECOND,
        "subject": str(raw.get("Subject") or ""),
        "text": plain(raw.get("Description")),
        # Salesforce has no outcome of an event: one that lies behind us counts as held.
        "planned": not held,
        "two_way": held,
        "properties": _present({"location": raw.get("Location")}),
    }


def _email(raw: Raw, now: datetime) -> dict[str, Any]:
    inbound = bool(raw.get("Incoming"))
    occurred_at = moment_of(raw.get("MessageDate")) or moment_of(raw.get("CreatedDate"))
    if occurred_at is None:
        raise ValueError("an e-mail states no time")
    address = raw.get("FromAddress") if inbound else raw.get("ToAddress")
    return {
        "kind": Kind.EMAIL_REPLY if inbound else Kind.MESSAGE,
        "occurred_at": occurred_at,
        "direction": Direction.IN if inbound else Direction.OUT,
        "subject": str(raw.get("Subject") or ""),
        "text": plain(raw.get("TextBody") or raw.get("HtmlBody")),
        "email": str(address or "").split(";")[0].strip(),
        "planned": str(raw.get("Status")) == _DRAFT,
        "two_way": inbound,
        "properties": _present({"channel": "email"}),
    }


def _member(raw: Raw, now: datetime) -> dict[str, Any]:
    responded = bool(raw.get("HasResponded"))
    at = _day(raw.get("FirstRespondedDate")) if responded else None
    created = moment_of(raw.get("CreatedDate"))
    if at is None and created is None:
        raise ValueError("a campaign member states no time")
    campaign_type = str(raw.get("Type") or "")
    return {
        "kind": next((kind for kind, words in _CAMPAIGN_KINDS if words.search(campaign_type)), Kind.FORM),
        "occurred_at": at or created,
        # Lists are loaded in bulk: the day of the row says little about the person.
        "precision": Precision.DAY if at else Precision.UNKNOWN,
        "direction": Direction.IN if responded else Direction.OUT,
        "subject": str(raw.get("Status") or ""),
        "planned": not responded,
        "properties": _present({"campaign": raw.get("CampaignId"), "type": campaign_type}),
    }


def _people(raw: Raw) -> tuple[str, ...]:
    named = [raw.get(field) for field in ("WhoId", "ContactId", "LeadId", "RelatedToId")]
    named += list(raw.get("people") or ())
    return tuple(dict.fromkeys(str(id_) for id_ in named if id_ and str(id_).startswith(_PEOPLE)))


def _day(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    return datetime.fromisoformat(value[:10]).replace(tzinfo=UTC)


def _present(values: Mapping[str, object]) -> Mapping[str, Scalar]:
    return {
        name: value if isinstance(value, str | int) else str(value)
        for name, value in values.items()
        if value not in (None, "", 0)
    }
