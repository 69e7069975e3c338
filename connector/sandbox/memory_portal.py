"""The embedded HubSpot portal behind the ports, without a socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.errors import (
    DuplicateRecordError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
)
from connector.ports import (
    ActivityPage,
    Capabilities,
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
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.schema import PropertyDefinition
from connector.sandbox.hubspot.search import Filter, Query
from connector.sandbox.hubspot.values import parse_moment, to_ms
from connector.sandbox.hubspot.wire import Projection, inline_associations
from connector.sandbox.memory_base import PAGE, Memory, Understand, nothing_understood
from mappings.records import Activity, FieldChange, ObjectRole, Owner, RecordKey, Scalar

LOGGED = ("emails", "calls", "meetings", "notes", "communications", "tasks")
MARKETING = ("page_views", "forms", "email_events", "marketing_events")
ASSOCIATED = "associations."
WEB_HISTORY = ("hs_analytics_last_url", "hs_analytics_last_timestamp", "hs_analytics_last_visit_timestamp")


class MemoryPortal(Memory):
    """Answers as `connector.ports` promises, straight from a `Portal`."""

    vendor = "hubspot"

    def __init__(self, portal: Portal, connection: str, understand: Understand = nothing_understood) -> None:
        super().__init__(portal.world, connection, understand)
        self._portal = portal
        self._app = Source.app(9_393_361, "Baton")

    @property
    def capabilities(self) -> Capabilities:
        """As the real portal's."""
        return Capabilities(
            system="hubspot",
            objects={
                ObjectRole.LEAD: ("contacts",),
                ObjectRole.ACCOUNT: ("companies",),
                ObjectRole.OPPORTUNITY: ("deals",),
                ObjectRole.OWNER: ("owners",),
                ObjectRole.ACTIVITY: (*LOGGED, *MARKETING),
            },
            write_batch=100,
            read_batch=100,
            clock_lag=timedelta(seconds=10),
            overlap=timedelta(minutes=2),
            long_overlap=timedelta(hours=2),
            field_history=frozenset({"contacts", "companies", "deals", "leads"}),
            activity_streams=(*LOGGED, *MARKETING),
        )

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        """By ascending id inside the window, from the search index; a first load from the record store."""
        for views, after in self._views(object, window):
            yield Page([row for view in views for row in self._with_merged(object, view, fields)], after)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[RemoteRow]:
        """From the record store."""
        for start in range(0, len(ids), 100):
            with self._call("fetch"):
                part = ids[start : start + 100]
                found, _ = self._portal.read_many(object, part)
            wanted = set(part)
            for view in found:
                yield from (
                    row
                    for row in self._with_merged(object, view, fields)
                    if row.id in wanted or row.id == view.id
                )

    def gone(self, object: str, window: Window) -> Iterator[Page]:
        """Archived inside the window."""
        after: str | None = window.after or None
        while True:
            with self._call("gone"):
                views, after = self._portal.page(object, after, limit=PAGE, archived=True)
            rows = [RemoteRow(v.id, _archived_at(v), {}, RecordState.ARCHIVED) for v in views]
            yield Page([row for row in rows if _inside(row.modified_at, window)], after)
            if after is None:
                return

    def count(self, object: str) -> int:
        """Live records as the search index counts them."""
        with self._call("count"):
            return self._portal.search(object, Query(), limit=1)[1]

    def field_changes(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[Sequence[FieldChange]]:
        """Versions written inside the window."""
        open_end = Window(window.since, self._world.clock.now() + timedelta(days=1), window.after)
        for views, _ in self._views(object, open_end):
            changes = [
                c
                for view in views
                for c in self._changes(object, view, fields)
                if _inside(c.occurred_at, window)
            ]
            yield sorted(changes, key=lambda change: change.occurred_at)

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """What the given understanding makes of a stream's rows."""
        for raws, after in self._raws(stream, window):
            found: list[Activity] = []
            for raw in raws:
                found += self._understand(stream, raw, window, learned_at)
            yield ActivityPage(found, after)

    def owners(self) -> Iterator[Owner]:
        """Everybody who can own records."""
        with self._call("owners"):
            rows = list(self._portal.owners.values())
        for raw in rows:
            name = f"{raw['firstName']} {raw['lastName']}".strip() or raw["email"]
            key = RecordKey(self._connection, "owners", raw["id"])
            yield Owner(key, name, raw["email"], not raw["archived"])

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[WriteResult]:
        """Row by row."""
        if not writes:
            return []
        with self._call("write"):
            return [self._write(object, write) for write in writes]

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """Not offered."""
        raise self._no_desk()

    def open_lead(self, new: NewLead) -> RecordKey:
        """Not offered."""
        raise self._no_desk()

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make `owner_id` the owner."""
        error = self.write(key.object, [Write(key.id, {"hubspot_owner_id": owner_id})])[0].error
        if error is not None:
            raise error

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """Not offered."""
        raise self._no_desk()

    def schema(self, object: str) -> ObjectSchema:
        """The properties of an object."""
        with self._call("schema"):
            schema = self._portal.schemas[kind_of(object).name]
            return ObjectSchema(object, {one.name: _spec(one) for one in schema.properties.values()})

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Create what is missing."""
        present = self.schema(object).fields
        for spec in wanted:
            if spec.name in present:
                yield ProvisionStep(object, spec.name, "present")
                continue
            with self._call("provision"):
                definition = PropertyDefinition(
                    spec.name,
                    spec.label or spec.name,
                    "string",
                    "text",
                    "contactinformation",
                    unique=spec.unique,
                )
                self._portal.create_property(object, definition)
            yield ProvisionStep(object, spec.name, "created")

    def check(self) -> Iterator[ProvisionStep]:
        """Always well."""
        yield ProvisionStep("connection", "token", "granted")

    def _no_desk(self) -> RecordRefusedError:
        return RecordRefusedError(
            self._connection, "this connection opens no sales leads", "HANDOFF_NOT_OFFERED"
        )

    def _views(self, object: str, window: Window) -> Iterator[tuple[list[Record], str | None]]:
        mode, _, place = window.after.partition(":")
        if mode == "list" or (not mode and window.since is None):
            after: str | None = place or None
            while True:
                with self._call("changed"):
                    views, after = self._portal.page(object, after, limit=PAGE)
                yield views, f"list:{after}" if after else None
                if after is None:
                    return
        yield from self._searched(object, window, place or "0")

    def _searched(self, object: str, window: Window, above: str) -> Iterator[tuple[list[Record], str | None]]:
        stamp = kind_of(object).modified
        while True:
            filters = [Filter("hs_object_id", "GT", above), Filter(stamp, "LT", str(to_ms(window.until)))]
            if window.since is not None:
                filters.append(Filter(stamp, "GTE", str(to_ms(window.since))))
            with self._call("changed"):
                query = Query((tuple(filters),), "", ("hs_object_id", False))
                views, total = self._portal.search(object, query, limit=PAGE)
            more = total > len(views)
            yield views, f"id:{views[-1].id}" if more else None
            if not more:
                return
            above = views[-1].id

    def _with_merged(self, object: str, view: Record, fields: Sequence[str]) -> Iterator[RemoteRow]:
        at = parse_moment(view.updated_at)
        yield RemoteRow(view.id, at, self._fields(object, view, fields))
        for old in filter(None, view.properties.get("hs_merged_object_ids", "").split(";")):
            yield RemoteRow(old, at, {}, RecordState.MERGED, view.id)

    def _fields(self, object: str, view: Record, fields: Sequence[str]) -> Mapping[str, Scalar]:
        schema = self._portal.schemas[kind_of(object).name]
        found: dict[str, Scalar] = {}
        for name in fields:
            if name.startswith(ASSOCIATED):
                ids = self._portal.associated(object, view.id, name.removeprefix(ASSOCIATED))
                found[name] = ";".join(ids) or None
            elif schema.known(name):
                found[name] = view.properties.get(name) or None
        return found

    def _changes(self, object: str, view: Record, fields: Sequence[str]) -> Iterator[FieldChange]:
        key = RecordKey(self._connection, object, view.id)
        for name in fields:
            old: Scalar = None
            for version in reversed(view.history(name)):
                new = version.value or None
                if new != old:
                    yield FieldChange(key, name, old, new, parse_moment(version.timestamp))
                old = new

    def _raws(self, stream: str, window: Window) -> Iterator[tuple[list[Mapping[str, Any]], str | None]]:
        if stream in LOGGED:
            for views, after in self._views(stream, window):
                yield [self._raw(stream, view) for view in views], after
            return
        with self._call(stream):
            rows = list(self._marketing(stream, window))
        yield rows, None

    def _raw(self, object: str, view: Record, history: Sequence[str] = ()) -> Mapping[str, Any]:
        kind = kind_of(object)
        names = list(view.properties)
        raw = Projection(self._portal, kind, properties=names, history=history).row(view)
        if object in LOGGED:
            raw["associations"] = inline_associations(self._portal, kind, view, ["contacts"])
        return raw

    def _marketing(self, stream: str, window: Window) -> Iterable[Mapping[str, Any]]:
        bounds = (to_ms(window.since) if window.since else 0, to_ms(window.until))
        if stream == "forms":
            return self._submissions(bounds)
        if stream == "email_events":
            return self._email_events(bounds)
        if stream == "marketing_events":
            return self._participations(bounds)
        return self._visitors(window)

    def _submissions(self, bounds: tuple[int, int]) -> Iterator[Mapping[str, Any]]:
        for form in self._portal.marketing.forms.values():
            for raw in form.submissions:
                if bounds[0] <= raw["submittedAt"] < bounds[1]:
                    yield {**raw, "form": {"id": form.id, "name": form.name}}

    def _email_events(self, bounds: tuple[int, int]) -> Iterator[Mapping[str, Any]]:
        for kind in ("OPEN", "CLICK", "REPLY"):
            yield from self._portal.marketing.emails(kind, window=bounds, recipient=None, unfiltered=False)

    def _participations(self, bounds: tuple[int, int]) -> Iterator[Mapping[str, Any]]:
        for event in self._portal.marketing.marketing_events.values():
            named = {"objectId": event.id, "eventName": event.name, "eventType": event.event_type}
            for raw in event.participations:
                if bounds[0] <= raw["properties"]["occurredAt"] < bounds[1]:
                    yield {**raw, "event": named}

    def _visitors(self, window: Window) -> Iterator[Mapping[str, Any]]:
        open_end = Window(window.since, window.until + timedelta(days=3650))
        for views, _ in self._views("contacts", open_end):
            for view in views:
                if WEB_HISTORY[0] in view.properties:
                    yield self._raw("contacts", view, WEB_HISTORY)

    def _write(self, object: str, write: Write) -> WriteResult:
        values = {name: _text(value) for name, value in write.fields.items()}
        try:
            record = self._portal.update(object, write.id, values, source=self._app)
        except PortalError as refused:
            return WriteResult(write.id, write.ref, self._refusal(refused))
        accepted = {name: record.properties.get(name) or None for name in write.fields}
        return WriteResult(write.id, write.ref, None, parse_moment(record.updated_at), accepted)

    def _refusal(self, refused: PortalError) -> RemoteError:
        if refused.status == 404:
            return RecordGoneError(self._connection, "no such record", refused.category, 404)
        if refused.status == 409:
            return DuplicateRecordError(
                self._connection, "a record with this value exists", refused.category, 409
            )
        return RecordRefusedError(
            self._connection, "HubSpot refuses the values", refused.category, refused.status
        )


def _is_a_remote_system(system: MemoryPortal) -> RemoteSystem:
    """Never called: mypy checks here that no role is missing."""
    return system


def _text(value: Scalar) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _archived_at(view: Record) -> datetime:
    return parse_moment(view.archived_at or view.updated_at)


def _inside(at: datetime, window: Window) -> bool:
    return (window.since is None or at >= window.since) and at < window.until


def _spec(one: PropertyDefinition) -> FieldSpec:
    choices = tuple(str(option["value"]) for option in one.options)
    return FieldSpec(
        one.name,
        one.label,
        one.type,
        choices=choices,
        writable=not one.read_only,
        unique=one.unique,
        help=one.description,
    )
