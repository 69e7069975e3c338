"""The Salesforce org as plain Python: everything a user, an admin or the API can do to it, without any HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from connector.sandbox.salesforce import lifecycle, persist, setup, tooling, writes
from connector.sandbox.salesforce.access import GRANTING, Access
from connector.sandbox.salesforce.caller import NOT_LATE, Caller
from connector.sandbox.salesforce.cursor import Cursors
from connector.sandbox.salesforce.describe import describe_object
from connector.sandbox.salesforce.errors import (
    ManyMatchesError,
    bad_external_id,
    deleted,
    not_found,
)
from connector.sandbox.salesforce.fields import FieldDef, ObjectDef
from connector.sandbox.salesforce.ids import IdFactory, to_18
from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sandbox.salesforce.loading import load_rows
from connector.sandbox.salesforce.outbound import Outbound
from connector.sandbox.salesforce.query import Answer, Query, condition, run
from connector.sandbox.salesforce.rules import AssignmentRule, Rules, ValidationRule
from connector.sandbox.salesforce.schema import build_schema, object_of_id
from connector.sandbox.salesforce.soql_scope import getter
from connector.sandbox.salesforce.table import Row, Table
from connector.sandbox.salesforce.values import convert, wire_time
from connector.sandbox.world import World


class Org:
    """One org. Methods take and give values in wire form (times as text); refusals are `OrgError`.

    `as_user` names the acting user (default: the integration user). `auto_assign` is what the
    `Sforce-Auto-Assign` header says, true by default as over REST; people working in the CRM's own pages pass
    False. `late` keeps the write from readers for that long (sandbox time).
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids = IdFactory(world.seed)
        self.schema: dict[str, ObjectDef] = build_schema(multi_currency=world.switches.multi_currency)
        self.tables: dict[str, Table] = {name: Table(name) for name in self.schema}
        self.access = Access(self.tables)
        self.rules = Rules()
        self.tracked: dict[str, set[str]] = {"Lead": {"Status", "OwnerId"}}
        self.conversion_map: dict[str, tuple[str, str]] = {}
        self.edit_converted: set[str] = set()
        self.responded_statuses: set[str] = {"Responded"}
        self.custom_field_ids: dict[str, str] = {}
        self.outbound = Outbound(self)
        self.cursors = Cursors(world.clock, world.seed)
        self._journal: list[tuple[str, str, Row | None]] | None = None
        self.org_id = ""
        self.api_user_id = ""
        setup.populate(self)

    # ---- records ---------------------------------------------------------------------------------------------

    def create(
        self,
        object_name: str,
        values: Mapping[str, Any],
        *,
        as_user: str | None = None,
        auto_assign: bool = True,
        late: timedelta = NOT_LATE,
    ) -> str:
        """Make a record; returns its id."""
        return self.create_as(self.caller(as_user, auto_assign=auto_assign, late=late), object_name, values)

    def update(
        self,
        object_name: str,
        record_id: str,
        values: Mapping[str, Any],
        *,
        as_user: str | None = None,
        auto_assign: bool = True,
        late: timedelta = NOT_LATE,
    ) -> None:
        """Change a record's fields; None clears one."""
        self.update_as(
            self.caller(as_user, auto_assign=auto_assign, late=late), object_name, record_id, values
        )

    def upsert(
        self,
        object_name: str,
        field: str,
        value: Any,
        values: Mapping[str, Any],
        *,
        as_user: str | None = None,
        auto_assign: bool = True,
    ) -> tuple[str, bool]:
        """Update the one record whose external id has this value, or create it; returns (id, created)."""
        return self.upsert_as(
            self.caller(as_user, auto_assign=auto_assign), object_name, (field, value), values
        )

    def delete(self, object_name: str, record_id: str, *, as_user: str | None = None) -> None:
        """Put a record into the recycle bin."""
        with self.transaction():
            lifecycle.delete(self, object_name, self.full_id(record_id), self.caller(as_user))

    def undelete(self, object_name: str, record_id: str, *, as_user: str | None = None) -> None:
        """Take a record out of the recycle bin."""
        with self.transaction():
            lifecycle.undelete(self, object_name, self.full_id(record_id), self.caller(as_user))

    def merge(
        self,
        object_name: str,
        master_id: str,
        loser_ids: Sequence[str],
        values: Mapping[str, Any] | None = None,
        *,
        as_user: str | None = None,
    ) -> None:
        """Merge one or two losers into the master, setting `values` on it."""
        with self.transaction():
            losers = [self.full_id(loser) for loser in loser_ids]
            caller = self.caller(as_user)
            lifecycle.merge(
                self, object_name, self.full_id(master_id), losers, values=dict(values or {}), caller=caller
            )

    def convert(
        self, lead_id: str, choice: Conversion | None = None, *, as_user: str | None = None
    ) -> dict[str, str | None]:
        """Convert a lead; returns `accountId`, `contactId`, `opportunityId`."""
        with self.transaction():
            caller = self.caller(as_user)
            return lifecycle.convert(self, self.full_id(lead_id), choice or Conversion(), caller)

    def get(self, object_name: str, record_id: str) -> Row:
        """A live record as readers see it now, every field of the object present."""
        row = self.visible(object_name, record_id)
        fields = self.schema[object_name].fields.values()
        return {field.name: getter(field)(row) for field in fields}

    def query(self, soql: str, *, all_rows: bool = False, as_user: str | None = None) -> list[Row]:
        """Every record that the query finds, as the REST API would show it."""
        answer = self.run(soql, all_rows=all_rows, as_user=as_user)
        return answer.rows(0, len(answer.found))

    def run(self, soql: str, *, all_rows: bool = False, as_user: str | None = None) -> Answer:
        """Evaluate a query; the answer gives its rows by slices. Field permissions hold for `as_user`, if given."""
        with self.world.lock:
            self.reveal()
            return run(self, Query(soql, all_rows, as_user))

    def pages(self, soql: str, size: int = 2000, *, all_rows: bool = False) -> Iterator[list[Row]]:
        """The records that the query finds, in pages."""
        answer = self.run(soql, all_rows=all_rows)
        for start in range(0, len(answer.found), size):
            yield answer.rows(start, start + size)

    def describe(
        self, object_name: str, *, as_user: str | None = None, version: str = "67.0"
    ) -> dict[str, Any]:
        """The object's describe answer for a user (default: the integration user)."""
        self.definition(object_name)
        return describe_object(self, object_name, as_user or self.api_user_id, version)

    def load(
        self, object_name: str, rows: Iterable[Mapping[str, Any]], stamp: str | None = None
    ) -> list[str]:
        """Put many finished rows in at once, without rules, history or messages; returns their ids in order.

        Values are taken as they are (wire form). `Id`, created and modified stamps may be given; the rest is
        stamped `stamp` (wire form) or now.
        """
        with self.world.lock:
            return load_rows(self, object_name, rows, stamp or self.stamp())

    def log_task(self, values: Mapping[str, Any], *, as_user: str | None = None) -> str:
        """Log a finished call, mail or task (Status `Completed` unless said otherwise); returns its id."""
        return self.create("Task", {"Status": "Completed", **values}, as_user=as_user, auto_assign=False)

    def log_event(self, values: Mapping[str, Any], *, as_user: str | None = None) -> str:
        """Put a meeting into the calendar, one hour from `StartDateTime` unless said otherwise; returns its id."""
        length = {} if "EndDateTime" in values else {"DurationInMinutes": 60}
        return self.create("Event", {**length, **values}, as_user=as_user, auto_assign=False)

    # ---- what an admin sets up -------------------------------------------------------------------------------

    def add_user(self, first: str, last: str, email: str, *, active: bool = True) -> str:
        """A user; returns the id."""
        with self.world.lock:
            return setup.add_user(self, (first, last), email, active=active)

    def add_queue(self, name: str, objects: Iterable[str] = ("Lead",)) -> str:
        """A queue that may own records of these objects; returns the group's id."""
        with self.world.lock:
            return setup.add_queue(self, name, objects)

    def add_field(self, full_name: str, metadata: Mapping[str, Any], *, visible: bool = False) -> str:
        """A custom field `Object.Field__c` from Metadata API terms; `visible` opens it to everybody at once."""
        field_id = tooling.add_custom_field(self, full_name, metadata)
        if visible:
            object_name, _, field_name = full_name.partition(".")
            self.access.managed.discard((object_name, field_name))
        return field_id

    def forbid(
        self, object_name: str, when: str | Callable[[Row], bool], message: str, *, field: str | None = None
    ) -> ValidationRule:
        """A validation rule: refuse records for which the SOQL condition (or the predicate) holds."""
        broken = condition(self, object_name, when) if isinstance(when, str) else when
        text = when if isinstance(when, str) else None
        rule = ValidationRule(object_name, message, broken, field_name=field, when=text)
        self.rules.validation.append(rule)
        return rule

    def assign_by_turns(self, targets: Sequence[str], object_name: str = "Lead") -> None:
        """Turn the object's assignment rule on: these users and queues in turn. None of them turns it off."""
        self.rules.assignment[object_name] = AssignmentRule(list(targets))

    def snapshot(self) -> dict[str, Any]:
        """The whole state as JSON; rules given as Python predicates are left out."""
        with self.world.lock:
            return persist.snapshot(self)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `snapshot` gave, in place of everything that is there."""
        with self.world.lock:
            persist.restore(self, saved)

    # ---- the same under a caller: for the HTTP face -----------------------------------------------------------

    def caller(
        self, as_user: str | None = None, *, auto_assign: bool = True, late: timedelta = NOT_LATE
    ) -> Caller:
        """A caller who is not bound by field permissions: a person or a test."""
        return Caller(as_user or self.api_user_id, auto_assign=auto_assign, late=late)

    def create_as(self, caller: Caller, object_name: str, values: Mapping[str, Any]) -> str:
        """Create under a caller."""
        with self.transaction():
            return writes.create(self, object_name, values, caller)

    def update_as(self, caller: Caller, object_name: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Update under a caller."""
        with self.transaction():
            record_id = self.full_id(record_id)
            writes.update(self, object_name, record_id, values, caller=caller)
            if object_name == "Lead" and self.world.switches.converted_status_converts:
                self._convert_by_status(record_id, values, caller)

    def upsert_as(
        self, caller: Caller, object_name: str, key: tuple[str, Any], values: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """Upsert by `key` = (field, value) under a caller; raises ManyMatchesError when several records have it."""
        with self.transaction():
            field, held = self.lookup_field(object_name, key[0]), key[1]
            found = self.find_by(object_name, field, held)
            if len(found) > 1:
                raise ManyMatchesError(found)
            if found:
                writes.update(self, object_name, found[0], values, caller=caller)
                return found[0], False
            with_key = values if field.name == "Id" else {**values, field.name: held}
            return writes.create(self, object_name, with_key, caller), True

    def lookup_field(self, object_name: str, name: str) -> FieldDef:
        """The external id field of this name; NOT_FOUND when it is none."""
        field = self.definition(object_name).find(name)
        if field is None or not (field.lookup or field.name == "Id"):
            raise bad_external_id(name)
        return field

    def find_by(self, object_name: str, field: FieldDef, value: Any) -> list[str]:
        """Ids of the live records that hold the value, by their newest version."""
        table = self.tables[object_name]
        if field.name == "Id":
            return [self.full_id(str(value))] if value else []
        held = convert(field, value, self.world.switches)
        if held is None:
            return []
        return sorted(i for i in table.holders(field.name, held) if not table.rows[i].get("IsDeleted"))

    def visible(self, object_name: str, record_id: str) -> Row:
        """The version of a live record that readers see now; raises NOT_FOUND or ENTITY_IS_DELETED."""
        self.definition(object_name)
        with self.world.lock:
            self.reveal()
            row = self.tables[object_name].seen.get(self.full_id(record_id))
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise deleted()
        return row

    # ---- what writes stand on --------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the world's lock; on an error take back everything written inside. Nests."""
        with self.world.lock:
            outer = self._journal
            inner: list[tuple[str, str, Row | None]] = []
            self._journal = inner
            sent = self.outbound.mark()
            kept = False
            try:
                yield
                kept = True
            finally:
                self._journal = outer
                if not kept:
                    self._take_back(inner, sent)
                elif outer is not None:
                    outer.extend(inner)

    def _take_back(self, written: list[tuple[str, str, Row | None]], sent: int) -> None:
        for name, record_id, before in reversed(written):
            self.tables[name].undo(record_id, before)
        self.access.forget()
        self.outbound.undo(sent)

    def put(self, object_name: str, row: Row, caller: Caller) -> None:
        """Store a version of a row, visible at once or as late as the caller or the switch says."""
        late = caller.late or timedelta(seconds=self.world.switches.commit_delay_seconds)
        table = self.tables[object_name]
        if self._journal is not None:
            self._journal.append((object_name, row["Id"], table.rows.get(row["Id"])))
        table.put(row, wire_time(self.world.clock.now() + late) if late else None)
        if object_name in GRANTING:
            self.access.forget()

    def append(self, object_name: str, row: Row) -> None:
        """Store a row that the org itself writes."""
        row["Id"] = self.ids.next(self.schema[object_name].prefix)
        if self._journal is not None:
            self._journal.append((object_name, row["Id"], None))
        self.tables[object_name].put(row)

    def remove(self, object_name: str, record_id: str) -> None:
        """Take a row away for good: setup objects have no recycle bin."""
        table = self.tables[object_name]
        table.undo(record_id, None)
        self.access.forget()

    def reveal(self) -> None:
        """Let readers see the late commits whose time has come."""
        now = wire_time(self.world.clock.now())
        for table in self.tables.values():
            table.reveal(now)

    def stamp(self) -> str:
        """The time of one write in wire form; whole seconds unless the switch says milliseconds."""
        at = self.world.clock.stamp()
        if not self.world.switches.salesforce_stamps_milliseconds:
            at = at.replace(microsecond=0)
        return wire_time(at)

    def definition(self, object_name: str) -> ObjectDef:
        """The object type of this name; NOT_FOUND when the org has none."""
        found = self.schema.get(object_name)
        if found is None:
            raise not_found()
        return found

    def live(self, object_name: str, record_id: str) -> Row:
        """The newest version of a record that is not deleted."""
        row = self.tables[object_name].rows.get(record_id)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise deleted()
        return row

    def find(self, record_id: str) -> Row | None:
        """The visible row of this id, whatever its type."""
        for name in object_of_id(self.schema, record_id):
            row = self.tables[name].seen.get(record_id)
            if row is not None:
                return row
        return None

    def full_id(self, record_id: str) -> str:
        """The 18-character form of an id; a malformed one is NOT_FOUND in the vendor's words."""
        full = to_18(record_id)
        if full is None:
            raise bad_external_id(record_id)
        return full

    def _convert_by_status(self, lead_id: str, values: Mapping[str, Any], caller: Caller) -> None:
        status = values.get("Status")
        rows = self.tables["LeadStatus"].rows.values()
        if any(row["MasterLabel"] == status and row.get("IsConverted") for row in rows):
            lifecycle.convert(self, lead_id, Conversion(status=status), caller)
