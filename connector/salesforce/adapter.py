"""A Salesforce org in the roles of `connector.ports`. Each role has its own module; here they become one connection."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.errors import RecordGoneError, RecordRefusedError
from connector.ports import (
    ActivityPage,
    Capabilities,
    Clock,
    FieldSpec,
    NewLead,
    ObjectSchema,
    Page,
    ProvisionStep,
    RemoteRow,
    RemoteSystem,
    Window,
    Write,
    WriteResult,
)
from connector.salesforce.catalog import Catalog
from connector.salesforce.client import SalesforceClient, quoted
from connector.salesforce.field_desk import FieldDesk
from connector.salesforce.hand_off_desk import HandOffDesk
from connector.salesforce.opportunities import Opportunities, needed
from connector.salesforce.reader import Reader
from connector.salesforce.settings import SalesforceSettings
from connector.salesforce.streams import STREAMS, Streams
from connector.salesforce.table import Table
from connector.salesforce.translate import Asked, change_of, owner_of
from connector.salesforce.writer import Writer
from connector.transport.repeat import Sleep
from mappings.records import FieldChange, ObjectRole, Owner, RecordKey, SystemRole

HISTORIES: Mapping[str, tuple[str, str]] = {
    "Lead": ("LeadHistory", "LeadId"),
    "Contact": ("ContactHistory", "ContactId"),
    "Account": ("AccountHistory", "AccountId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
"""Object → its history object and the field that names the record there."""


class SalesforceSystem:
    """One org. Methods answer as `connector.ports` promises."""

    def __init__(self, settings: SalesforceSettings, client: SalesforceClient, role: SystemRole) -> None:
        self._settings = settings
        self._client = client
        self._role = role
        self._catalog = Catalog(client)
        self._reader = Reader(client, self._catalog)
        self._writer = Writer(client)
        self._desk = HandOffDesk(client)
        self._fields = FieldDesk(client, self._catalog)
        self._opportunities = Opportunities(self._reader)
        self._streams = Streams(
            settings.connection, self._reader, self._catalog, unavailable=settings.unavailable
        )

    @property
    def connection(self) -> str:
        """The connection's name."""
        return self._settings.connection

    @property
    def capabilities(self) -> Capabilities:
        """What an org can do. Batch sizes: Salesforce facts §2. The overlap is wide because a long transaction shows its
        rows only when it ends, with the stamps of when they were written; it may last ten minutes."""
        return Capabilities(
            system="salesforce",
            objects={
                ObjectRole.LEAD: ("Lead", "Contact"),
                ObjectRole.ACCOUNT: ("Account",),
                ObjectRole.OPPORTUNITY: ("Opportunity",),
                ObjectRole.OWNER: ("User", "Group"),
                ObjectRole.ACTIVITY: tuple(STREAMS.values()),
            },
            write_batch=200,
            read_batch=300,
            clock_lag=timedelta(seconds=2),
            overlap=timedelta(minutes=15),
            long_overlap=timedelta(hours=2),
            upsert_by_baton_id=True,
            field_history=frozenset(HISTORIES),
            activity_streams=tuple(name for name in STREAMS if name not in self._settings.unavailable),
            owns_leads=True,
            daily_calls=self._client.meter.limit,
        )

    @property
    def calls(self) -> int:
        """API calls made so far, tokens and repetitions included."""
        return self._client.meter.calls

    @property
    def own_user_id(self) -> str:
        """The integration user, as the token's answer names it."""
        return self._client.user_id

    @property
    def budget(self) -> tuple[int, int] | None:
        """(used, limit) of the org's daily calls as last told."""
        return self._client.meter.budget

    def coverage(self) -> dict[str, tuple[str, str]]:
        """Activity kind → (full, partial or none; the reason), as far as this connection has found out."""
        return self._streams.coverage()

    def close(self) -> None:
        """Give the connections back. The object can still be used."""
        self._client.close()

    def now(self) -> datetime:
        """The org's clock, to the second."""
        known = self._client.meter.remote_now()
        if known is None:
            self._client.get("limits")
            known = self._client.meter.remote_now()
        return known if known is not None else self._client.clock.now()

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        """Records stamped in the window by stamp and id, deleted, merged and converted ones among them."""
        for rows, after in self._reader.pages(object, window, needed(fields)):
            yield Page(self._rows(object, rows, fields), after)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[RemoteRow]:
        """These records now. A deleted one is left out; a merged one comes as its survivor and a `merged` row."""
        raws = [raw for raw in self._reader.by_ids(object, ids, needed(fields)) if _shown(raw)]
        survivors = {str(raw["MasterRecordId"]) for raw in raws if raw.get("MasterRecordId")}
        missing = sorted(survivors - {str(raw["Id"]) for raw in raws})
        raws += [raw for raw in self._reader.by_ids(object, missing, needed(fields)) if _shown(raw)]
        yield from self._rows(object, raws, fields)

    def gone(self, object: str, window: Window) -> Iterator[Page]:
        """Nothing more: `changed` reads with queryAll and shows what was deleted or merged."""
        yield Page((), None)

    def count(self, object: str) -> int:
        """Live records."""
        return self._reader.count(object)

    def field_changes(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[Sequence[FieldChange]]:
        """Tracked changes by time. Only fields with history tracking are kept, for 18 to 24 months; an object without
        history, or one that the user may not see, gives nothing."""
        if object not in HISTORIES:
            return
        history, parent = HISTORIES[object]
        names = ", ".join(quoted(name) for name in dict.fromkeys(fields))
        columns = (parent, "Field", "OldValue", "NewValue", "CreatedDate", "CreatedById")
        try:
            self._catalog.fields(history)
        except (RecordGoneError, RecordRefusedError):
            return
        for rows, _ in self._reader.pages(
            history, window, columns, where=f"Field IN ({names})", stamp="CreatedDate"
        ):
            yield [change_of(raw, RecordKey(self.connection, object, str(raw[parent]))) for raw in rows]

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Activities of one stream; an empty end where the org does not show it (see `coverage`)."""
        return self._streams.read(stream, window, learned_at)

    def owners(self) -> Iterator[Owner]:
        """Every user, inactive ones included, and every queue."""
        for raw in self._reader.query("SELECT Id, Name, FirstName, LastName, Email, IsActive FROM User"):
            yield owner_of(raw, self.connection)
        for raw in self._reader.query("SELECT Id, Name, Email FROM Group WHERE Type = 'Queue'"):
            yield owner_of(raw, self.connection)

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[WriteResult]:
        """One batch of updates by record id. Assignment rules stay out of it."""
        return self._writer.write(object, writes)

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """The lead with this Baton id."""
        return self._desk.find_lead(new)

    def open_lead(self, new: NewLead) -> RecordKey:
        """Create or adopt."""
        return self._desk.open_lead(new)

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make a user or queue the owner."""
        self._desk.assign(key, owner_id)

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """The hand-off note, as a finished task."""
        self._desk.note(key, title, body)

    def schema(self, object: str) -> ObjectSchema:
        """The fields that the user may see, asked anew."""
        self._catalog.forget(object)
        return self._catalog.schema(object)

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Create Baton's fields and the permission set that shows them."""
        return self._fields.provision(object, wanted)

    def check(self) -> Iterator[ProvisionStep]:
        """Address, token, permissions per object, the external id, and allowance."""
        return self._fields.check()

    def _rows(self, object: str, raws: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> list[RemoteRow]:
        types = {name: self._catalog.type_of(object, name) for name in fields}
        asked = Asked.of(fields, types)
        if isinstance(raws, Table) and object != "Opportunity":
            return asked.rows_of(raws)
        if object == "Opportunity":
            extra = self._opportunities.told(raws, fields)
            raws = [{**raw, **extra.get(str(raw["Id"]), {})} for raw in raws]
        return [asked.row_of(raw) for raw in raws]


def _shown(raw: Mapping[str, Any]) -> bool:
    """Whether `fetch` answers with this row: all but what is deleted for good."""
    return not raw.get("IsDeleted") or bool(raw.get("MasterRecordId"))


def connect(
    settings: SalesforceSettings,
    *,
    clock: Clock,
    sleep: Sleep,
    role: SystemRole,
    rng: random.Random | None = None,
) -> SalesforceSystem:
    """A connection to one org. Nothing is sent until it is used."""
    client = SalesforceClient(settings, clock=clock, sleep=sleep, rng=rng or random.Random())  # noqa: S311 - jitter
    return SalesforceSystem(settings, client, role)


def _is_a_remote_system(system: SalesforceSystem) -> RemoteSystem:
    """Never called: mypy checks here that no role is missing."""
    return system
