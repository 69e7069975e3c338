"""The embedded Salesforce org behind the ports, without a socket. It sees what the integration user sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.errors import (
    DuplicateRecordError,
    RecordConvertedError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
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
from connector.sandbox.memory_base import PAGE, Memory, Understand, apart, nothing_understood
from connector.sandbox.memory_rows import literal, not_before, scalar_of, select, spec_of, state_of, time_of
from connector.sandbox.salesforce.errors import ManyMatchesError, OrgError
from connector.sandbox.salesforce.org import Org
from mappings.records import Activity, FieldChange, ObjectRole, Owner, RecordKey, Scalar

STREAMS = {"tasks": "Task", "events": "Event", "emails": "EmailMessage", "campaign_members": "CampaignMember"}
HISTORIES = {
    "Lead": ("LeadHistory", "LeadId"),
    "Contact": ("ContactHistory", "ContactId"),
    "Account": ("AccountHistory", "AccountId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
PERSON_IDS, CLOSED_AT = "OpportunityContactRole.ContactId", "OpportunityHistory.ClosedAt"
STATE = ("SystemModstamp", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId")
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
_DUPLICATE = frozenset({"DUPLICATES_DETECTED", "DUPLICATE_VALUE"})


class MemoryOrg(Memory):
    """Answers as `connector.ports` promises, straight from an `Org`."""

    vendor = "salesforce"

    def __init__(
        self,
        org: Org,
        connection: str,
        understand: Understand = nothing_understood,
        *,
        baton_id_field: str = "Baton_Id__c",
    ) -> None:
        super().__init__(org.world, connection, understand)
        self._org = org
        self._baton_id = baton_id_field

    @property
    def own_user_id(self) -> str:
        """The integration user."""
        return self._org.api_user_id

    @property
    def capabilities(self) -> Capabilities:
        """As the real org's."""
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
            activity_streams=tuple(STREAMS),
            owns_leads=True,
        )

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        """By stamp and id inside the window, deleted rows included."""
        for raws, after in self._raws(object, window, fields):
            yield Page([self._row(object, raw, fields) for raw in raws], after)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[RemoteRow]:
        """These records now; a merged one with its survivor."""
        with self._call("fetch"):
            rows = [self._row(object, raw, fields) for raw in self._stored(object, ids)]
            rows = [row for row in rows if row.state is not RecordState.DELETED]
            known = {row.id for row in rows}
            more = apart(row.merged_into for row in rows if row.state is RecordState.MERGED)
            rows += [
                self._row(object, raw, fields)
                for raw in self._stored(object, [i for i in more if i not in known])
            ]
        yield from rows

    def gone(self, object: str, window: Window) -> Iterator[Page]:
        """`changed` shows it all."""
        yield Page((), None)

    def count(self, object: str) -> int:
        """Live records."""
        with self._call("count"):
            return len(self._org.query(select(("Id",), object)))

    def field_changes(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[Sequence[FieldChange]]:
        """Tracked changes by time."""
        if object not in HISTORIES or HISTORIES[object][0] not in self._org.schema:
            return
        history, parent = HISTORIES[object]
        with self._call("field_changes"):
            columns = (parent, "Field", "OldValue", "NewValue", "CreatedDate", "CreatedById")
            rows = self._org.query(select(columns, history))
        changes = [
            FieldChange(
                RecordKey(self._connection, object, row[parent]),
                row["Field"],
                row["OldValue"],
                row["NewValue"],
                time_of(row["CreatedDate"]),
                row["CreatedById"] or "",
            )
            for row in rows
            if row["Field"] in fields
        ]
        inside = [c for c in changes if not_before(c.occurred_at, window) and c.occurred_at < window.until]
        yield sorted(inside, key=lambda change: change.occurred_at)

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """What the given understanding makes of a stream's rows."""
        object = STREAMS[stream]
        names = [f.name for f in self._org.schema[object].fields.values()]
        for raws, after in self._raws(object, window, names):
            found: list[Activity] = []
            for raw in raws:
                if not raw.get("IsDeleted"):
                    found += self._understand(stream, raw, window, learned_at)
            yield ActivityPage(found, after)

    def owners(self) -> Iterator[Owner]:
        """Users and queues."""
        with self._call("owners"):
            users = self._org.query(select(("Id", "Name", "Email", "IsActive"), "User"))
            queues = self._org.query(select(("Id", "Name"), "Group", "Type = 'Queue'"))
        for raw in users:
            key = RecordKey(self._connection, "User", raw["Id"])
            yield Owner(key, raw["Name"] or "", raw["Email"] or "", bool(raw["IsActive"]))
        for raw in queues:
            yield Owner(RecordKey(self._connection, "Group", raw["Id"]), raw["Name"] or "", "", True, True)

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[WriteResult]:
        """Row by row; assignment rules stay out of it."""
        if not writes:
            return []
        with self._call("write"):
            return [self._write(object, write) for write in writes]

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """By external id."""
        with self._call("find_lead"):
            found = self._org.find_by("Lead", self._org.lookup_field("Lead", self._baton_id), new.baton_id)
        if len(found) > 1:
            raise DuplicateRecordError(
                self._connection, "several leads carry this id", "MULTIPLE", 300, "", (), tuple(found)
            )
        return self._key(found[0]) if found else None

    def open_lead(self, new: NewLead) -> RecordKey:
        """Create or adopt; exactly one exists afterwards."""
        owner: dict[str, Scalar] = {"OwnerId": new.owner_id} if new.owner_id else {}
        values = {**new.fields, **owner}
        adopted = new.person_key if new.person_key and new.person_key.connection == self._connection else None
        with self._call("open_lead"):
            try:
                if adopted is not None and adopted.object == "Lead":
                    values[self._baton_id] = new.baton_id
                    self._org.update("Lead", adopted.id, values, auto_assign=False)
                    return adopted
                field = self._org.lookup_field("Lead", self._baton_id)
                fresh = not self._org.find_by("Lead", field, new.baton_id)
                id_, _ = self._org.upsert(
                    "Lead", self._baton_id, new.baton_id, values, auto_assign=fresh and not new.owner_id
                )
            except OrgError as refused:
                raise self._refusal(refused) from refused
            except ManyMatchesError as many:
                raise DuplicateRecordError(
                    self._connection, "several leads carry this id", "MULTIPLE", 300, "", (), tuple(many.ids)
                ) from many
        return self._key(id_)

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make a user or queue the owner."""
        error = self.write(key.object, [Write(key.id, {"OwnerId": owner_id})])[0].error
        if error is not None:
            raise error

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """A finished task, once per title."""
        with self._call("note"):
            tasks = self._org.query(select(("Id", "Subject"), "Task", f"WhoId = '{key.id}'"))
            if all(task["Subject"] != title[:255] for task in tasks):
                self._org.log_task({"WhoId": key.id, "Subject": title[:255], "Description": body[:32_000]})

    def schema(self, object: str) -> ObjectSchema:
        """The fields that the integration user sees."""
        with self._call("schema"):
            described = self._org.describe(object)
        return ObjectSchema(object, {raw["name"]: spec_of(raw) for raw in described["fields"]})

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Create what is missing, visible at once."""
        for spec in wanted:
            if self._org.schema[object].find(spec.name) is not None:
                yield ProvisionStep(object, spec.name, "present")
                continue
            metadata: dict[str, Any] = {
                "label": spec.label or spec.name,
                "type": "Text",
                "length": spec.length or 255,
            }
            metadata |= {"externalId": spec.unique, "unique": spec.unique}
            with self._call("provision"):
                self._org.add_field(f"{object}.{spec.name}", metadata, visible=True)
            yield ProvisionStep(object, spec.name, "created")

    def check(self) -> Iterator[ProvisionStep]:
        """Always well."""
        yield ProvisionStep("connection", "token", "granted")

    def _raws(
        self, object: str, window: Window, fields: Sequence[str]
    ) -> Iterator[tuple[list[dict[str, Any]], str | None]]:
        # Stamps are whole seconds, so the window's ends are too.
        terms = [f"SystemModstamp < {literal(window.until.replace(microsecond=0))}"]
        if window.since is not None:
            terms.append(f"SystemModstamp >= {literal(window.since.replace(microsecond=0))}")
        stamp, _, last = window.after.partition("|")
        if last:
            terms.append(f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last}'))")
        soql = select(
            self._columns(object, fields), object, " AND ".join(terms), "ORDER BY SystemModstamp, Id"
        )
        answer = self._org.run(soql, all_rows=True)
        total = len(answer.found)
        for start in range(0, max(total, 1), PAGE):
            with self._call("changed"):
                rows = answer.rows(start, start + PAGE)
            more = start + PAGE < total
            place = f"{literal(time_of(rows[-1]['SystemModstamp']))}|{rows[-1]['Id']}" if more else None
            yield rows, place

    def _columns(self, object: str, fields: Sequence[str]) -> list[str]:
        known, user = self._org.schema[object].fields, self._org.api_user_id
        return [
            name
            for name in apart(("Id", *STATE, *fields))
            if name in known and self._org.access.readable(user, object, name)
        ]

    def _stored(self, object: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(ids), 300):
            listed = ",".join(f"'{id_}'" for id_ in ids[start : start + 300])
            columns = [name for name, f in self._org.schema[object].fields.items() if f.type != "address"]
            found += self._org.query(
                select(self._columns(object, columns), object, f"Id IN ({listed})"), all_rows=True
            )
        return found

    def _row(self, object: str, raw: Mapping[str, Any], fields: Sequence[str]) -> RemoteRow:
        kinds = self._org.schema[object].fields
        user = self._org.api_user_id
        values = {
            name: scalar_of(raw[name], kinds[name].type)
            for name in fields
            if name in raw and name in kinds and self._org.access.readable(user, object, name)
        }
        if object == "Opportunity":
            values |= {name: self._told(raw, name) for name in (PERSON_IDS, CLOSED_AT) if name in fields}
        state, into = state_of(raw)
        return RemoteRow(raw["Id"], time_of(raw["SystemModstamp"]), values, state, into)

    def _told(self, raw: Mapping[str, Any], name: str) -> Scalar:
        where = f"OpportunityId = '{raw['Id']}'"
        if name == PERSON_IDS:
            roles = self._org.query(select(("ContactId", "IsPrimary"), "OpportunityContactRole", where))
            roles.sort(key=lambda role: not role["IsPrimary"])
            return ";".join(apart(role["ContactId"] for role in roles)) or None
        if raw.get("IsDeleted"):
            return None
        stored = self._org.get("Opportunity", raw["Id"])
        if not stored["IsClosed"]:
            return None
        rows = self._org.query(
            select(("StageName", "CreatedDate"), "OpportunityHistory", where, "ORDER BY CreatedDate, Id")
        )
        entered: Scalar = None
        for row in reversed(rows):
            if row["StageName"] != stored["StageName"]:
                break
            entered = time_of(row["CreatedDate"]).isoformat().replace("+00:00", "Z")
        return entered

    def _write(self, object: str, write: Write) -> WriteResult:
        try:
            self._org.update(object, write.id, dict(write.fields), auto_assign=False)
        except OrgError as refused:
            return WriteResult(write.id, write.ref, self._refusal(refused))
        return WriteResult(write.id, write.ref)

    def _refusal(self, refused: OrgError) -> RemoteError:
        fields = tuple(refused.fields or ())
        if refused.code in _GONE:
            return RecordGoneError(self._connection, "no such record", refused.code, refused.status)
        if refused.code == "CANNOT_UPDATE_CONVERTED_LEAD":
            return RecordConvertedError(
                self._connection, "the lead is converted", refused.code, refused.status
            )
        if refused.code in _DUPLICATE:
            result = refused.extra.get("duplicateResut") or {}
            ids = tuple(
                record["record"]["Id"]
                for match in result.get("matchResults", ())
                for record in match.get("matchRecords", ())
            )
            return DuplicateRecordError(
                self._connection,
                "a duplicate rule refuses the record",
                refused.code,
                refused.status,
                "",
                fields,
                ids,
            )
        if refused.code == "UNABLE_TO_LOCK_ROW":
            return TryLaterError(self._connection, "another transaction holds the record", refused.code)
        return RecordRefusedError(
            self._connection, "Salesforce refuses the values", refused.code, refused.status, "", fields
        )

    def _key(self, id_: str) -> RecordKey:
        return RecordKey(self._connection, "Lead", id_)


def _is_a_remote_system(system: MemoryOrg) -> RemoteSystem:
    """Never called: mypy checks here that no role is missing."""
    return system
