"""Salesforce's rows in Baton's words: records, owners, field history. Pure. REST and Bulk state one value in two forms; here
they become one, so that a record's content hash does not depend on how it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.ports import RecordState, RemoteRow
from connector.salesforce.soql import moment_of
from connector.salesforce.table import Table
from mappings.people import join_name
from mappings.records import FieldChange, Owner, RecordKey, Scalar

Raw = Mapping[str, Any]

STATE_FIELDS = ("SystemModstamp", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId")
"""Read with every record where the object has them."""
PERSON_IDS = "OpportunityContactRole.ContactId"
"""Pseudo-field of an opportunity: its contacts, the primary one first, joined by ';'."""
CLOSED_AT = "OpportunityHistory.ClosedAt"
"""Pseudo-field of a closed opportunity: when its history shows that it entered its present stage."""
_NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})
_TYPED = _NUMBERS | {"boolean", "datetime"}
_STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:\+00:?00|Z)$")


def scalar(value: object, kind: str) -> Scalar:
    """One value in one form, whichever API stated it. Whole numbers are int, others text; times end in Z."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if kind == "boolean":
        return str(value).lower() == "true"
    if kind in _NUMBERS or isinstance(value, int | float):
        return _number(str(value))
    text = str(value)
    if kind == "datetime" and (found := _STAMP.match(text)):
        return found.group(1) + "Z"
    return text


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields asked for, sorted out once for many rows: most are plain text, and need no look at their type."""

    texts: tuple[str, ...]
    typed: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, fields: Sequence[str], types: Mapping[str, str]) -> Asked:
        """By the vendor's type of each field."""
        kinds = [(name, types.get(name, "")) for name in fields]
        typed = tuple((name, kind) for name, kind in kinds if kind in _TYPED)
        return cls(tuple(name for name, kind in kinds if kind not in _TYPED), typed)

    def row_of(self, raw: Raw) -> RemoteRow:
        """One record with those of the fields that were read: a field that is not in the row is not in the answer."""
        stamp = _stamped(raw.get("SystemModstamp"))
        values: dict[str, Scalar] = {
            name: (value or None) if type(value := raw[name]) is str else scalar(value, "")
            for name in self.texts
            if name in raw
        }
        for name, kind in self.typed:
            if name in raw:
                values[name] = scalar(raw[name], kind)
        state, into = _state(raw)
        return RemoteRow(str(raw["Id"]), stamp, values, state, into)

    def rows_of(self, table: Table) -> list[RemoteRow]:
        """The same for a page of bulk results, by place: most of what a first load costs here is looking fields up."""
        at = {name: place for place, name in enumerate(table.names)}
        texts = [name for name in self.texts if name in at]
        places = [at[name] for name in texts]
        typed = [(name, kind, at[name]) for name, kind in self.typed if name in at]
        told = [at[name] for name in ("IsDeleted", "IsConverted") if name in at]
        id_at, stamp_at = at["Id"], at["SystemModstamp"]
        rows = []
        for row in table.rows:
            values: dict[str, Scalar] = dict(
                zip(texts, [row[place] or None for place in places], strict=True)
            )
            for name, kind, place in typed:
                values[name] = _from_text(row[place], kind)
            state, into = RecordState.ACTIVE, ""
            if "true" in [row[place] for place in told]:
                state, into = _state(dict(zip(table.names, row, strict=True)))
            rows.append(RemoteRow(row[id_at], _stamped(row[stamp_at]), values, state, into))
        return rows


def _stamped(value: object) -> datetime:
    stamp = moment_of(value)
    if stamp is None:
        raise ValueError("a Salesforce row states no SystemModstamp")
    return stamp


def _from_text(text: str, kind: str) -> Scalar:
    """`scalar` of a value that is text, as CSV has it."""
    if not text:
        return None
    if kind == "boolean":
        return text == "true"
    return scalar(text, kind) if kind == "datetime" else _number(text)


def row_of(raw: Raw, fields: Sequence[str], types: Mapping[str, str]) -> RemoteRow:
    """One record, where it stands alone."""
    return Asked.of(fields, types).row_of(raw)


def owner_of(raw: Raw, connection: str) -> Owner:
    """A user, or a queue (a group without an address of its own)."""
    queue = "IsActive" not in raw
    key = RecordKey(connection, "Group" if queue else "User", str(raw["Id"]))
    active = True if queue else bool(raw["IsActive"])
    # `Name` follows the org's locale, so that a Chinese name may come with its surname last.
    name = join_name(str(raw.get("FirstName") or ""), str(raw.get("LastName") or "")) or str(
        raw.get("Name") or ""
    )
    return Owner(key, name, str(raw.get("Email") or ""), active, queue)


def change_of(raw: Raw, key: RecordKey) -> FieldChange:
    """One row of an object's field history."""
    at = moment_of(raw.get("CreatedDate")) or datetime.min.replace(tzinfo=UTC)
    old, new = scalar(raw.get("OldValue"), ""), scalar(raw.get("NewValue"), "")
    return FieldChange(key, str(raw["Field"]), old, new, at, str(raw.get("CreatedById") or ""))


def closed_at(history: Sequence[Raw], stage: str) -> datetime | None:
    """When an opportunity entered the stage it is in, from its history rows: amount changes write rows too, so the oldest
    of the newest rows that all name this stage counts."""
    found: datetime | None = None
    rows = sorted(history, key=lambda row: (str(row.get("CreatedDate")), str(row.get("Id"))), reverse=True)
    for row in rows:
        if row.get("StageName") != stage:
            break
        found = moment_of(row.get("CreatedDate"))
    return found


def _state(raw: Raw) -> tuple[RecordState, str]:
    if _true(raw.get("IsDeleted")):
        winner = str(raw.get("MasterRecordId") or "")
        return (RecordState.MERGED, winner) if winner else (RecordState.DELETED, "")
    if _true(raw.get("IsConverted")):
        return RecordState.CONVERTED, str(raw.get("ConvertedContactId") or "")
    return RecordState.ACTIVE, ""


def _true(value: object) -> bool:
    return value is True or value == "true"


def _number(text: str) -> Scalar:
    if text.isdecimal():
        return int(text)
    whole, _, fraction = text.partition(".")
    if whole.lstrip("-").isdigit() and not fraction.strip("0"):
        return int(whole)
    return text.rstrip("0") if fraction and "e" not in text.lower() else text
