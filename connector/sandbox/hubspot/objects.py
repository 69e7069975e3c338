"""Records of every type under one lock: drafts are checked first, then committed, so that a batch can be all or nothing.

Knows schemas, unique values, stamps and what HubSpot calculates. Knows no HTTP, no search, no merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connector.sandbox.hubspot import rules, stages
from connector.sandbox.hubspot.associations import Link
from connector.sandbox.hubspot.catalog import OBJECT_TYPES, ObjectType, default_pipelines
from connector.sandbox.hubspot.drafts import PERSON, Draft, kind_of, make_record
from connector.sandbox.hubspot.errors import PortalError, conflict, invalid, invalid_properties, missing
from connector.sandbox.hubspot.linking import LinkStore
from connector.sandbox.hubspot.records import HUBSPOT, Moment, Record, Shelf, Source, Version
from connector.sandbox.hubspot.schema import Schema
from connector.sandbox.world import World


class ObjectStore(LinkStore):
    """The state of all CRM objects of a portal. Methods lock the world; drafts must be committed under that lock."""

    def __init__(self, world: World, *, portal_id: int) -> None:
        super().__init__(world, portal_id=portal_id)
        self.schemas = {kind.name: Schema(kind.name) for kind in OBJECT_TYPES}
        self.pipelines = default_pipelines()
        self.owners: dict[str, dict[str, Any]] = {}
        self.blocked_emails: set[str] = set()

    # reading

    def get(
        self, object_type: str, id_: str, *, id_property: str | None = None, archived: bool = False
    ) -> Record:
        """The record as readers see it now; PortalError 404. A merged-away contact id leads to the survivor."""
        with self.world.lock:
            kind = kind_of(object_type)
            found = self._find(kind, id_, id_property)
            view = found.seen(self.now_ms()) if found else None
            if view is None or view.archived is not archived:
                raise missing(kind.name, id_)
            return view

    def _find(self, kind: ObjectType, id_: str, id_property: str | None) -> Record | None:
        shelf = self.shelves[kind.name]
        if id_property and id_property != "hs_object_id":
            if id_property not in self.schemas[kind.name].unique:
                raise invalid(f"Unable to use non-unique property {id_property} as idProperty of {kind.name}")
            held = shelf.holder(id_property, id_.strip().lower() if id_property == "email" else id_)
            return shelf.records.get(held) if held is not None else None
        if not (id_.isascii() and id_.isdigit()):
            return None
        key = int(id_)
        if kind.name == "contacts" and self.world.switches.old_id_resolves:
            key = shelf.aliases.get(key, key)
        return shelf.records.get(key)

    def read_many(
        self, object_type: str, ids: Sequence[str], *, id_property: str | None = None, archived: bool = False
    ) -> tuple[list[Record], list[str]]:
        """The records found, each once, in the order asked for, and the ids that are not there."""
        found: dict[int, Record] = {}
        lost: list[str] = []
        with self.world.lock:
            kind, now = kind_of(object_type), self.now_ms()
            for id_ in dict.fromkeys(ids):
                record = self._find(kind, id_, id_property)
                view = record.seen(now) if record else None
                if view is None or view.archived is not archived:
                    lost.append(id_)
                else:
                    found[view.key] = view
        return list(found.values()), lost

    def page(
        self, object_type: str, after: str | None = None, *, limit: int = 100, archived: bool = False
    ) -> tuple[list[Record], str | None]:
        """Up to `limit` records by ascending id, and what to pass as `after` for the next page (None: no more)."""
        if after is not None and not after.isdigit():
            raise invalid(f"Invalid paging cursor: {after}")
        with self.world.lock:
            shelf = self.shelves[kind_of(object_type).name]
            rows, more = shelf.page(int(after or 0), limit, archived=archived, now_ms=self.now_ms())
            return rows, rows[-1].id if more else None

    def history(self, object_type: str, id_: str, name: str) -> list[Version]:
        """The versions of one property, newest first, as many as HubSpot keeps (45 for contacts, else 20)."""
        return self.get(object_type, id_).history(name)

    # writing

    def create(
        self,
        object_type: str,
        properties: Mapping[str, Any],
        *,
        associations: Iterable[Link] = (),
        source: Source = PERSON,
        late: timedelta | None = None,
    ) -> Record:
        """A new record. PortalError 400 for refused values, 409 when a unique value is taken."""
        with self.world.lock:
            draft = self.draft_create(object_type, properties, associations=associations)
            return self.commit(draft, self.moment(late), source)

    def update(
        self,
        object_type: str,
        id_: str,
        properties: Mapping[str, Any],
        *,
        source: Source = PERSON,
        late: timedelta | None = None,
    ) -> Record:
        """Change properties ("" clears); the modification stamp moves even when no value does."""
        with self.world.lock:
            draft = self.draft_update(object_type, id_, properties)
            return self.commit(draft, self.moment(late), source)

    def upsert(
        self,
        object_type: str,
        id_property: str,
        properties: Mapping[str, Any],
        *,
        source: Source = PERSON,
        late: timedelta | None = None,
    ) -> tuple[Record, bool]:
        """Create or change by the value of a unique property; True when the record is new."""
        with self.world.lock:
            key = str(properties.get(id_property, ""))
            draft = self.draft_upsert(object_type, key, properties, id_property=id_property)
            return self.commit(draft, self.moment(late), source), draft.new

    def archive(
        self, object_type: str, id_: str, *, source: Source = PERSON, late: timedelta | None = None
    ) -> None:
        """Delete (restorable). Nothing happens when it is already gone, as the API answers 204 all the same."""
        with self.world.lock:
            kind = kind_of(object_type)
            shelf = self.shelves[kind.name]
            record = self._find(kind, id_, None)
            if record is None or record.archived:
                return
            moment = self.moment(late)
            shelf.before_write(record, moment)
            shelf.archive(record, moment.iso)
            leads = self.associations.ids(kind.name, record.key, "leads")
            self.associations.drop(kind.name, record.key)
            self.webhooks.note(kind, "deletion", record.key, moment=moment, source=source)
            self.drop_orphans(leads)

    def restore_record(self, object_type: str, id_: str, *, source: Source = PERSON) -> Record:
        """Take a deleted record out of the recycling bin within 90 days; PortalError 404 otherwise."""
        with self.world.lock:
            kind = kind_of(object_type)
            shelf = self.shelves[kind.name]
            record = shelf.records.get(int(id_))
            moment = self.moment()
            if (
                record is None
                or not record.archived_at
                or not rules.restorable(record.archived_at, moment.iso)
            ):
                raise missing(kind.name, id_)
            self._check_unique(kind, record.properties, record)
            shelf.before_write(record, moment)
            shelf.revive(record)
            self._claim(shelf, record, record.properties)
            self._touch(shelf, record, moment)
            self.webhooks.note(kind, "restore", record.key, moment=moment, source=source)
            return record

    # drafts

    def draft_create(
        self, object_type: str, properties: Mapping[str, Any], *, associations: Iterable[Link] = ()
    ) -> Draft:
        """Check a creation without doing it."""
        kind = kind_of(object_type)
        changes = self.schemas[kind.name].clean(properties)
        changes = {name: value for name, value in changes.items() if value != ""}
        lacking = [name for name in kind.required if name not in changes]
        if kind.name == "meetings" and "hs_meeting_start_time" in changes:
            lacking = []
        if lacking:
            raise invalid(
                f"Error creating {kind.singular.upper()}. Some required properties were not set.",
                context={"properties": lacking},
            )
        if changes.get("email") in self.blocked_emails and kind.name == "contacts":
            raise invalid("The email address was deleted for privacy and cannot be used again")
        self._check(kind, changes, None)
        links = [self._target(kind, link) for link in associations]
        if kind.name == "leads" and not any(to == "contacts" for to, _, _ in links):
            raise invalid("A lead must be created with an association to an existing contact")
        return Draft(kind, None, changes, links)

    def _target(self, kind: ObjectType, link: Link) -> tuple[str, int, int | None]:
        to = kind_of(link.to_kind)
        record = self._find(to, link.to_id, None)
        if record is None or record.archived:
            raise missing(to.name, link.to_id)
        if link.type_id is not None:
            self.associations.label(kind.name, to.name, link.type_id)
        self.associations.default(kind.name, to.name)
        return to.name, record.key, link.type_id

    def draft_update(
        self, object_type: str, id_: str, properties: Mapping[str, Any], *, id_property: str | None = None
    ) -> Draft:
        """Check a change without doing it; PortalError 404 when the record is gone."""
        kind = kind_of(object_type)
        record = self._find(kind, id_, id_property)
        if record is None or record.archived:
            raise missing(kind.name, id_)
        return self._draft_change(kind, record, properties)

    def _draft_change(self, kind: ObjectType, record: Record, properties: Mapping[str, Any]) -> Draft:
        changes = self.schemas[kind.name].clean(properties)
        self._check(kind, changes, record)
        return Draft(kind, record, changes, key=record.id)

    def draft_upsert(
        self, object_type: str, id_: str, properties: Mapping[str, Any], *, id_property: str
    ) -> Draft:
        """Check an upsert without doing it."""
        kind = kind_of(object_type)
        record = self._find(kind, id_, id_property)
        partial = id_property == "email" and "email" not in properties
        if partial and not self.world.switches.upsert_by_email_partial:
            raise invalid("Partial upserts are not supported when email is the idProperty")
        if record is not None and not record.archived:
            return self._draft_change(kind, record, properties)
        return self.draft_create(object_type, {**properties, id_property: id_})

    def _check(self, kind: ObjectType, changes: dict[str, str], record: Record | None) -> None:
        stored = record.properties if record else {}
        if kind.name in ("contacts", "companies"):
            rules.hold_lifecycle(stored, changes, backward=self.world.switches.lifecycle_backward)
        owner = changes.get("hubspot_owner_id")
        if owner and owner not in self.owners:
            message = f"Owner with id {owner} does not exist"
            raise invalid_properties(
                [{"message": message, "error": "INVALID_OWNER_ID", "name": "hubspot_owner_id"}]
            )
        if kind.name in stages.STAGED:
            if record is None:
                stages.fill_first_stage(kind.name, self.pipelines[kind.name], changes)
            stages.enter_stage(kind.name, self.pipelines[kind.name], stored, changes)
        self._check_unique(kind, changes, record)

    def _check_unique(self, kind: ObjectType, changes: Mapping[str, str], record: Record | None) -> None:
        shelf = self.shelves[kind.name]
        for name in self.schemas[kind.name].unique:
            value = changes.get(name)
            holder = shelf.holder(name, value) if value else None
            if holder is not None and (record is None or holder != record.key):
                raise self.taken(kind, name, holder, creating=record is None)

    def taken(self, kind: ObjectType, name: str, holder: int, *, creating: bool) -> PortalError:
        """The refusal of a unique value that another record holds; its id stands in the text only."""
        if name == kind.unique_key and creating:
            return conflict(f"{kind.singular.capitalize()} already exists. Existing ID: {holder}")
        text = f"Cannot set {name} of {kind.type_id}. {holder} already has that value."
        if self.world.switches.hubspot_unique_conflict == "validation":
            return invalid_properties([{"message": text, "error": "CONFLICTING_UNIQUE_VALUE", "name": name}])
        return conflict(f"{text} Existing ID: {holder}")

    # commit

    def commit(
        self, draft: Draft, moment: Moment, source: Source = PERSON, *, internal: bool = False
    ) -> Record:
        """Carry out a draft: stamps, history, calculated values, unique values, associations, webhooks."""
        shelf = self.shelves[draft.kind.name]
        changes, stored = draft.changes, draft.record.properties if draft.record else {}
        derived = rules.calculated(draft.kind.name, stored, changes, moment.iso)
        derived |= self._stage_facts(draft.kind, stored, changes, stamp=moment.iso)
        if draft.record is None:
            record = self._new(shelf, changes | derived, moment, source)
            self.webhooks.note(draft.kind, "creation", record.key, moment=moment, source=source)
            changed = changes
        else:
            record = draft.record
            shelf.before_write(record, moment)
            changed = self._apply(shelf, record, changes, moment=moment, source=source)
            self._apply(shelf, record, derived, moment=moment, source=HUBSPOT)
            self._touch(shelf, record, moment)
        for name, value in changed.items():
            self.webhooks.changed(draft.kind, record.key, (name, value), moment=moment, source=source)
        if draft.new:
            self.link_company(draft.kind, record, moment=moment)
        for to_kind, to, type_id in draft.links:
            self.link((draft.kind.name, record.key), (to_kind, to), type_id, moment=moment, source=source)
        return record

    def _stage_facts(
        self, kind: ObjectType, stored: Mapping[str, str], changes: dict[str, str], *, stamp: str
    ) -> dict[str, str]:
        if kind.name not in stages.STAGED:
            return {}
        stage = stages.enter_stage(kind.name, self.pipelines[kind.name], stored, changes)
        if stage is None:
            return {}
        return stages.stage_facts(kind.name, stage, stored=stored, changes=changes, stamp=stamp)

    def _new(self, shelf: Shelf, values: dict[str, str], moment: Moment, source: Source) -> Record:
        key = shelf.new_key()
        origin = {"hs_object_source": source.kind, "hs_object_source_id": source.id}
        if source.label:
            origin["hs_object_source_label"] = source.label
        record = make_record(shelf.kind, key, values | origin, moment=moment, source=source)
        self._claim(shelf, record, record.properties)
        shelf.add(record, moment)
        return record

    def _apply(
        self, shelf: Shelf, record: Record, changes: Mapping[str, str], *, moment: Moment, source: Source
    ) -> dict[str, str]:
        changed: dict[str, str] = {}
        unique, cap = self.schemas[shelf.kind.name].unique, shelf.kind.history_cap
        for name, value in changes.items():
            old = record.properties.get(name)
            if record.set(name, value, stamp=moment.iso, source=source, cap=cap):
                changed[name] = value
                if name in unique:
                    shelf.unclaim(name, old or "", record.key)
        self._claim(shelf, record, changed)
        return changed

    def _claim(self, shelf: Shelf, record: Record, values: Mapping[str, str]) -> None:
        for name in self.schemas[shelf.kind.name].unique:
            if value := values.get(name):
                shelf.claim(name, value, record.key)

    def _touch(self, shelf: Shelf, record: Record, moment: Moment) -> None:
        record.updated_at, record.updated_ms = moment.iso, moment.ms
        record.properties[shelf.kind.modified] = moment.iso
        shelf.changed(record)

    def calculate(
        self, object_type: str, id_: str, values: Mapping[str, Any], *, late: timedelta | None = None
    ) -> Record:
        """Let HubSpot itself set properties, read-only ones included (tracking, counters); bumps the stamp."""
        with self.world.lock:
            kind = kind_of(object_type)
            record = self._find(kind, id_, None)
            if record is None:
                raise missing(kind.name, id_)
            changes = self.schemas[kind.name].clean(values, internal=True)
            return self.commit(Draft(kind, record, changes), self.moment(late), HUBSPOT)
