"""A HubSpot portal in the roles of `connector.ports`. Each role has its own module; here they become one connection."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connector.errors import RecordRefusedError
from connector.hubspot.client import HubSpotClient
from connector.hubspot.field_desk import FieldDesk
from connector.hubspot.reader import ASSOCIATED, MERGED_IDS, Raw, Reader, Want, chunks
from connector.hubspot.settings import HubSpotSettings
from connector.hubspot.streams import STREAMS, Streams
from connector.hubspot.translate import Asked, changes_of, modified_at, owner_of
from connector.hubspot.writer import Writer
from connector.ports import (
    ActivityPage,
    Capabilities,
    Clock,
    FieldSpec,
    NewLead,
    ObjectSchema,
    Page,
    ProvisionStep,
    RecordState,
    RemoteRow,
    RemoteSystem,
    Window,
    Write,
    WriteResult,
)
from connector.transport.repeat import Sleep
from mappings.records import FieldChange, ObjectRole, Owner, RecordKey, SystemRole

MERGING = frozenset({"contacts", "companies", "deals"})
"""Objects that portals merge; the survivor lists the ids it took over."""
LOOKED_UP = 10
"""How many ids missing from one batch are looked up singly, to tell merged from gone; `changed` shows merges as well."""


class HubSpotSystem:
    """One portal. Methods answer as `connector.ports` promises."""

    def __init__(self, settings: HubSpotSettings, client: HubSpotClient, role: SystemRole) -> None:
        self._settings = settings
        self._client = client
        self._reader = Reader(client)
        self._writer = Writer(client)
        self._desk = FieldDesk(client)
        self._streams = Streams(client, self._reader, unavailable=settings.unavailable)
        self._role = role

    @property
    def connection(self) -> str:
        """The connection's name."""
        return self._settings.connection

    @property
    def capabilities(self) -> Capabilities:
        """What a portal can do. Batch sizes: HubSpot facts §3, §4. The overlap covers the search index, which lags "a few
        moments" and in practice up to a minute; the long one what reached it later than that."""
        people = ("contacts",) if self._role is SystemRole.MARKETING else ("leads", "contacts")
        return Capabilities(
            system="hubspot",
            objects={
                ObjectRole.LEAD: people,
                ObjectRole.ACCOUNT: ("companies",),
                ObjectRole.OPPORTUNITY: ("deals",),
                ObjectRole.OWNER: ("owners",),
                ObjectRole.ACTIVITY: STREAMS,
            },
            write_batch=100,
            read_batch=100,
            clock_lag=timedelta(seconds=10),
            overlap=timedelta(minutes=2),
            long_overlap=timedelta(hours=2),
            field_history=frozenset({"contacts", "companies", "deals", "leads"}),
            activity_streams=tuple(name for name in STREAMS if name not in self._settings.unavailable),
            daily_calls=self._client.meter.limit,
        )

    @property
    def calls(self) -> int:
        """API calls made so far, repetitions included."""
        return self._client.meter.calls

    @property
    def own_user_id(self) -> str:
        """Empty: a private app is no owner."""
        return ""

    @property
    def budget(self) -> tuple[int, int] | None:
        """(used, limit) of the account's daily calls as last told; None for tokens that are not told."""
        return self._client.meter.budget

    def coverage(self) -> dict[str, tuple[str, str]]:
        """Activity kind → (full, partial or none; the reason), as far as this connection has found out."""
        return self._streams.coverage()

    def close(self) -> None:
        """Give the connections back. The object can still be used."""
        self._client.close()

    def now(self) -> datetime:
        """The portal's clock, to the second."""
        known = self._client.meter.remote_now()
        if known is None:
            self._client.get(self._client.paths.owners, [("limit", "1")])
            known = self._client.meter.remote_now()
        return known if known is not None else self._client.clock.now()

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        """Records modified in the window, by ascending id, and a `merged` row for every id that one of them took over."""
        asked = Asked.of(fields)
        for page in self._reader.pages(self._want(object, fields), window):
            rows = list(map(asked.row_of, page.rows))
            for raw in page.rows:
                if (raw.get("properties") or {}).get(MERGED_IDS):
                    rows += _taken_over(raw)
            yield Page(rows, page.after)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[RemoteRow]:
        """These records from the record store."""
        want, asked = self._want(object, fields), Asked.of(fields)
        for part in chunks(ids, self.capabilities.read_batch):
            missing = set(part)
            for raw in self._reader.read(want, part):
                rows = [asked.row_of(raw), *(row for row in _taken_over(raw) if row.id in missing)]
                missing -= {row.id for row in rows}
                yield from rows
            yield from self._survivors(want, sorted(missing), asked)

    def gone(self, object: str, window: Window) -> Iterator[Page]:
        """Records archived inside the window. All archived ones are paged through: HubSpot filters them by no time."""
        for page in self._reader.archived(object, window.after):
            rows = [_BARE.row_of(raw) for raw in page.rows]
            since = window.since
            inside = [
                r for r in rows if (since is None or r.modified_at >= since) and r.modified_at < window.until
            ]
            yield Page(inside, page.after)

    def count(self, object: str) -> int:
        """Live records, as the search index counts them."""
        return self._reader.total(object)

    def field_changes(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[Sequence[FieldChange]]:
        """Versions of these properties written inside the window, page by page, each page oldest first.

        HubSpot keeps about 45 versions of a contact's property and 20 of another object's. A record that changed again
        after the window still holds versions from inside it, so records are looked for without an upper bound.
        """
        open_end = Window(window.since, self.now() + timedelta(days=1), window.after)
        for page in self._reader.pages(Want(object, (), history=tuple(fields)), open_end):
            changes = [
                change
                for raw in page.rows
                for change in changes_of(raw, RecordKey(self.connection, object, str(raw["id"])), window)
            ]
            yield sorted(changes, key=lambda change: change.occurred_at)

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Activities of one stream; an empty end when edition or token do not give it (see `coverage`)."""
        return self._streams.read(stream, window, learned_at)

    def owners(self) -> Iterator[Owner]:
        """Every owner, deactivated ones included."""
        for archived in ("false", "true"):
            after: str | None = ""
            while after is not None:
                query = [("limit", "100"), ("archived", archived)] + ([("after", after)] if after else [])
                answer = self._client.get(self._client.paths.owners, query)
                yield from (owner_of(raw, self.connection) for raw in answer.get("results", ()))
                after = ((answer.get("paging") or {}).get("next") or {}).get("after")

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[WriteResult]:
        """One batch of updates by record id."""
        return self._writer.write(object, writes)

    def schema(self, object: str) -> ObjectSchema:
        """The properties of an object."""
        return self._desk.schema(object)

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Create Baton's properties in a group of their own."""
        return self._desk.provision(object, wanted)

    def check(self) -> Iterator[ProvisionStep]:
        """Address, token, permissions per object and stream, and allowance."""
        return self._desk.check(self._role)

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """Not offered: see `open_lead`."""
        raise self._no_desk()

    def open_lead(self, new: NewLead) -> RecordKey:
        """Not offered: in the pairs that Baton serves today sales works in Salesforce."""
        raise self._no_desk()

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make `owner_id` the owner of the record. Raises RecordRefusedError for an owner that the portal does not know."""
        result = self.write(key.object, [Write(key.id, {"hubspot_owner_id": owner_id})])[0]
        if result.error is not None:
            raise result.error

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """Not offered: see `open_lead`."""
        raise self._no_desk()

    def _no_desk(self) -> RecordRefusedError:
        return RecordRefusedError(
            self.connection, "this connection opens no sales leads", "HANDOFF_NOT_OFFERED"
        )

    def _want(self, object: str, fields: Sequence[str]) -> Want:
        associated = tuple(name.removeprefix(ASSOCIATED) for name in fields if name.startswith(ASSOCIATED))
        properties = [name for name in fields if not name.startswith(ASSOCIATED)]
        if object in MERGING and MERGED_IDS not in properties:
            properties.append(MERGED_IDS)
        return Want(object, tuple(dict.fromkeys(properties)), associated)

    def _survivors(self, want: Want, missing: Sequence[str], asked: Asked) -> Iterator[RemoteRow]:
        """Look singly for ids that a batch did not answer: a merged-away contact may still lead to its survivor."""
        if want.object not in MERGING:
            return
        for id_ in missing[:LOOKED_UP]:
            raw = self._reader.one(want, id_)
            if raw is not None and str(raw["id"]) != id_:
                yield asked.row_of(raw)
                yield RemoteRow(id_, modified_at(raw), {}, RecordState.MERGED, str(raw["id"]))


_BARE = Asked()


def _taken_over(raw: Raw) -> list[RemoteRow]:
    """A `merged` row for every id that this record took over."""
    merged = (raw.get("properties") or {}).get(MERGED_IDS)
    if not merged:
        return []
    id_, at = str(raw["id"]), modified_at(raw)
    olds = dict.fromkeys(part.strip() for part in merged.split(";"))
    return [RemoteRow(old, at, {}, RecordState.MERGED, id_) for old in olds if old and old != id_]


def connect(
    settings: HubSpotSettings,
    *,
    clock: Clock,
    sleep: Sleep,
    role: SystemRole,
    rng: random.Random | None = None,
) -> HubSpotSystem:
    """A connection to one portal. Nothing is sent until it is used."""
    client = HubSpotClient(settings, clock=clock, sleep=sleep, rng=rng or random.Random())  # noqa: S311 - jitter
    return HubSpotSystem(settings, client, role)


def _is_a_remote_system(system: HubSpotSystem) -> RemoteSystem:
    """Never called: mypy checks here that no role is missing."""
    return system
