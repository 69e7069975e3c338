"""Baton's own vocabulary: a person, an account, an activity, an opportunity, an owner, in whatever system.

Vendor shapes stop at each adapter's `translate.py`; everything behind it speaks these words. Nothing here knows a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

Scalar = str | int | bool | None
"""A field value as a remote system states it, after JSON: numbers with a fraction stay text."""

NOTHING: Mapping[str, Scalar] = MappingProxyType({})


class ObjectRole(StrEnum):
    """What a remote object is to Baton, whatever its vendor calls it."""

    LEAD = "lead"
    ACCOUNT = "account"
    OPPORTUNITY = "opportunity"
    OWNER = "owner"
    ACTIVITY = "activity"


class SystemRole(StrEnum):
    """The part a connection plays. One portal may play both: then it is two connections."""

    MARKETING = "marketing"
    CRM = "crm"


class Kind(StrEnum):
    """Activity kinds, the closed list that signals and reports speak of."""

    PAGE_VIEW = "page_view"
    VISIT = "visit"
    FORM = "form"
    SUBSCRIPTION = "subscription"
    DOWNLOAD = "download"
    EMAIL_OPEN = "email_open"
    EMAIL_CLICK = "email_click"
    EMAIL_REPLY = "email_reply"
    CHAT = "chat"
    MESSAGE = "message"
    CALL = "call"
    MEETING = "meeting"
    EVENT = "event"
    WEBINAR = "webinar"
    DEMO_REQUEST = "demo_request"
    NOTE = "note"
    TASK = "task"


class Direction(StrEnum):
    """Who spoke: `in` the customer, `out` our side."""

    IN = "in"
    OUT = "out"


class Precision(StrEnum):
    """How exactly the source knows when an activity happened."""

    SECOND = "second"
    DAY = "day"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """A remote record: connection name, vendor object name, vendor id. Written `connection:object:id`."""

    connection: str
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.object}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> RecordKey:
        """Read `connection:object:id`. Raises ValueError when a part is missing."""
        parts = text.split(":", 2)
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{text!r} is not connection:object:id")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in integer minor units (cents; JPY has none) with its ISO 4217 code."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person record as one system states it, in our words. `properties` holds further mapped facts by our names."""

    key: RecordKey
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    email: str = ""
    mobile: str = ""
    phone: str = ""
    wecom_id: str = ""
    source: str = ""
    campaign: str = ""
    consent: bool | None = None
    owner_id: str = ""
    account_id: str = ""
    status: str = ""
    baton_id: str = ""
    converted_to: str = ""
    requested_at: datetime | None = None
    rejection_reason: str = ""
    rejection_note: str = ""
    rejection_until: date | None = None
    return_to_me: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None
    properties: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Account:
    """One company record as one system states it. Revenue is yearly."""

    key: RecordKey
    name: str = ""
    domain: str = ""
    registered_id: str = ""
    revenue: Money | None = None
    employees: int | None = None
    industry: str = ""
    business_model: str = ""
    country: str = ""
    kind: str = ""
    owner_id: str = ""
    modified_at: datetime | None = None
    properties: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One deal. `closed_at` is when history shows that it was won or lost, never the editable close date."""

    key: RecordKey
    name: str = ""
    account_id: str = ""
    person_ids: tuple[str, ...] = ()
    amount: Money | None = None
    stage: str = ""
    is_closed: bool = False
    is_won: bool = False
    probability: int | None = None
    owner_id: str = ""
    created_at: datetime | None = None
    closed_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A user or queue that can own records."""

    key: RecordKey
    name: str = ""
    email: str = ""
    active: bool = True
    is_queue: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened, with its three times.

    `occurred_at`: there. `recorded_at`: when the source wrote it. `learned_at`: when Baton committed it.
    `planned` marks what lies ahead (an open task, a future meeting): never evidence. `author_id` is the owner who
    wrote a note or held a call. `person_ids` are vendor ids in the same connection; `email` ties what has none.
    """

    key: RecordKey
    kind: Kind
    occurred_at: datetime
    recorded_at: datetime
    learned_at: datetime
    direction: Direction | None = None
    precision: Precision = Precision.SECOND
    subject: str = ""
    text: str = ""
    url: str = ""
    person_ids: tuple[str, ...] = ()
    email: str = ""
    author_id: str = ""
    planned: bool = False
    two_way: bool = False
    backfill: bool = False
    properties: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one field as the source's own history states it."""

    key: RecordKey
    field: str
    old: Scalar
    new: Scalar
    occurred_at: datetime
    actor_id: str = ""
