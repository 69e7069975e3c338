"""The roles that a remote system can play, as small protocols, and what it can do, as data. Read this file first.

Words used here and everywhere behind it:

RECORD     a row in a remote system, named by a RecordKey (connection, object, id)
LINK       Baton's statement that a record is one of its leads (or accounts)
CURSOR     how far an object has been read: a closed window of the remote's own time, and inside it the last id
MIRROR     Baton's copy of what each system says, written by every read
CELL       persona/stage, where a lead stands in the buyer matrix
COOLDOWN   the time after a rejection in which a lead is not handed off again

Adapters implement these protocols for one connection each; a step takes only the roles it uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from mappings.records import (
    NOTHING,
    Activity,
    FieldChange,
    ObjectRole,
    Owner,
    RecordKey,
    Scalar,
)


class Clock(Protocol):
    """Where the present time comes from."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class RecordState(StrEnum):
    """What became of a remote record."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"
    MERGED = "merged"
    CONVERTED = "converted"


class RemoteRow(NamedTuple):
    """One record as read: only the fields asked for, values as the vendor states them (see `Scalar`). A tuple, because a
    first load makes one per record, and a frozen dataclass takes twice as long to make.

    `merged_into` is the survivor's id of a merged record, or of a converted lead the contact's id.
    """

    id: str
    modified_at: datetime
    fields: Mapping[str, Scalar]
    state: RecordState = RecordState.ACTIVE
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A closed stretch of the remote's time, `since <= modified < until`, and the position reached inside it.

    `since` None means everything there is. `after` is opaque to callers: the adapter's own place inside the window.
    """

    since: datetime | None
    until: datetime
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one answer. `after` continues inside the window; None means that the window is read."""

    rows: Sequence[RemoteRow]
    after: str | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Activities of one answer. `refused` are rows that could not be understood: (remote id, why)."""

    activities: Sequence[Activity]
    after: str | None
    refused: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connection can do, stated positively. The source of each number stands with the adapter."""

    system: str
    objects: Mapping[ObjectRole, tuple[str, ...]]
    write_batch: int
    read_batch: int
    clock_lag: timedelta
    overlap: timedelta
    long_overlap: timedelta
    upsert_by_baton_id: bool = False
    field_history: frozenset[str] = frozenset()
    activity_streams: tuple[str, ...] = ()
    owns_leads: bool = False
    daily_calls: int | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """Wanted values of one record. None clears. `ref` comes back with the result."""

    id: str
    fields: Mapping[str, Scalar]
    ref: str = ""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write. `error` None: accepted, and `accepted` holds the values as the system now states them
    where its answer tells them (else empty: the next read shows)."""

    id: str
    ref: str = ""
    error: Exception | None = None
    modified_at: datetime | None = None
    accepted: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a remote object, as its schema states it, or as Baton wants it made."""

    name: str
    label: str
    type: str
    length: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    writable: bool = True
    unique: bool = False
    calculated: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """The fields of one remote object that this connection can see."""

    object: str
    fields: Mapping[str, FieldSpec]


@dataclass(frozen=True, slots=True)
class ProvisionStep:
    """One thing that provisioning found or did: `created`, `present`, `granted`, `refused`, and why."""

    object: str
    name: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewLead:
    """What a hand-off creates in the CRM: mapped fields, Baton's id, and the owner."""

    baton_id: str
    handoff_id: str
    fields: Mapping[str, Scalar]
    owner_id: str = ""
    person_key: RecordKey | None = None


class System(Protocol):
    """What every connection offers."""

    @property
    def connection(self) -> str:
        """The name of this connection, the first part of its record keys."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What this connection can do."""
        ...

    @property
    def calls(self) -> int:
        """How many API calls this object has made so far."""
        ...

    @property
    def budget(self) -> tuple[int, int] | None:
        """(used, limit) of the account's daily calls, all its applications together, as last told; None: never told."""
        ...

    @property
    def own_user_id(self) -> str:
        """The owner id under which Baton itself writes there, as far as the system told it yet; else empty."""
        ...

    def now(self) -> datetime:
        """The remote's own clock, as its last answer told it (one cheap call when none was made yet)."""
        ...


class RecordSource(System, Protocol):
    """Reads people, accounts and opportunities."""

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        """Pages of records modified inside the window, deleted and merged ones included where the system shows them
        there. At least once, in an order that makes `after` safe to resume from."""
        ...

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[RemoteRow]:
        """These records now, read consistently (never from a search index). An id that is gone is not in the answer;
        one that was merged comes as the survivor's row plus a `merged` row for the old id."""
        ...

    def gone(self, object: str, window: Window) -> Iterator[Page]:
        """Records archived, deleted or merged, where `changed` does not show them."""
        ...

    def count(self, object: str) -> int:
        """How many live records there are, for the nightly comparison."""
        ...


class HistorySource(System, Protocol):
    """Reads changes that the system itself remembers."""

    def field_changes(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[Sequence[FieldChange]]:
        """Field history inside the window, oldest first."""
        ...


class ActivitySource(System, Protocol):
    """Reads what people did."""

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Activities of one stream (see `Capabilities.activity_streams`) written inside the window. A stream that the
        connection may not read gives no page at all; `coverage` then says why."""
        ...

    def coverage(self) -> Mapping[str, tuple[str, str]]:
        """Activity kind → (`full`, `partial` or `none`, reason), as far as reading has shown. Asks nothing."""
        ...


class OwnerSource(System, Protocol):
    """Reads who can own records."""

    def owners(self) -> Iterator[Owner]:
        """Every user and queue, inactive ones included."""
        ...


class FieldWriter(System, Protocol):
    """Writes fields of records that exist."""

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[WriteResult]:
        """Write a batch of at most `capabilities.write_batch`; one result per write, in order. Raises only what concerns
        the whole call (TryLaterError, AccessDeniedError, QuotaSpentError)."""
        ...


class HandOffDesk(System, Protocol):
    """Where sales' leads are made. Every call is harmless when repeated."""

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """The record that carries this Baton id, read consistently, never by a lagging search."""
        ...

    def open_lead(self, new: NewLead) -> RecordKey:
        """Create the record, or adopt the one that carries this Baton id; exactly one exists afterwards."""
        ...

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make `owner_id` the owner."""
        ...

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """Put the hand-off note on the record; a note with the same title is not written twice."""
        ...


class SchemaDesk(System, Protocol):
    """Knows and makes fields."""

    def schema(self, object: str) -> ObjectSchema:
        """The fields that this connection can see."""
        ...

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Create what is missing and make it visible; what is there already stays untouched."""
        ...

    def check(self) -> Iterator[ProvisionStep]:
        """Test address, credentials and permissions; every failed one with who can mend it."""
        ...


class RemoteSystem(
    RecordSource, HistorySource, ActivitySource, OwnerSource, FieldWriter, HandOffDesk, SchemaDesk, Protocol
):
    """A whole connection, as the composition root hands it to the round. Steps name the narrower role they use."""
