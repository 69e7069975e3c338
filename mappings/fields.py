"""Reads remote rows into our records by the lines of a mapping: what can be read is kept, what cannot is reported.

Knows no vendor and no object by name; a mapping tells both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from mappings.choices import to_ours
from mappings.document import FactLine, MappingDocument, is_delivered
from mappings.people import join_name
from mappings.problems import Problem, Severity, UnreadableError
from mappings.records import Account, ObjectRole, Opportunity, Owner, Person, RecordKey, Scalar
from mappings.transforms import Flagged
from mappings.values import UNREADABLE, FieldType, Unreadable, Value, plain

Row = Mapping[str, Scalar]
Problems = tuple[Problem, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Where values are read from, and where their problems are collected."""

    mapping: MappingDocument
    system: str
    object: str
    problems: list[Problem]

    def report(self, id_: str, severity: Severity, line: FactLine, params: Mapping[str, str | int]) -> None:
        self.problems.append(Problem(id_, severity, self.system, self.object, line.sources[0], params))

    def read(self, line: FactLine, row: Row) -> Value:
        """The value of a line, None when it cannot be read; a problem is collected then."""
        if line.constant:
            return line.constant
        raw = tuple(row.get(source) for source in line.sources)
        dialect = self.mapping.systems[self.system].dialect
        try:
            found = line.how.read(raw, dialect)
        except UnreadableError as refused:
            self.report(refused.id, Severity.ERROR, line, refused.params)
            return None
        if isinstance(found, Flagged):
            self.report(found.id, Severity.WARNING, line, {})
            found = found.value
        return self._chosen(line, found)

    def _chosen(self, line: FactLine, value: Value) -> Value:
        if not line.choices or not isinstance(value, str):
            return value
        chosen = to_ours(self.mapping.choices[line.choices], self.system, value)
        if chosen.problem:
            self.report(chosen.problem, chosen.severity, line, {"map": line.choices, "value": value})
        return chosen.value

    def values(self, lines: Iterable[tuple[str, FactLine]], row: Row) -> dict[str, Any]:
        """Values by our word, blanks left to the record's defaults. A line of which the row has no field is hidden or
        optional: it is left out too."""
        found = {}
        for word, line in lines:
            if line.sources and not any(source in row for source in line.sources):
                continue
            value = self.read(line, row)
            if value is not None:
                found[word] = value
        return found


def _place(mapping: MappingDocument, system: str, key: RecordKey) -> _Place:
    return _Place(mapping, system, key.object, [])


def _properties(place: _Place, fields: Row) -> dict[str, Scalar]:
    lines = place.mapping.object(place.system, place.object).properties.items()
    return {word: plain(value) for word, value in place.values(lines, fields).items()}


def read_person(
    mapping: MappingDocument, system: str, key: RecordKey, fields: Row, *, modified_at: datetime | None = None
) -> tuple[Person, Problems]:
    """The person a row of a lead object states. Where it has no full name, that is joined from its parts."""
    place = _place(mapping, system, key)
    found = place.values(mapping.object(system, key.object).fields.items(), fields)
    if not found.get("name"):
        found["name"] = join_name(found.get("first_name", ""), found.get("last_name", ""))
    person = Person(key=key, modified_at=modified_at, properties=_properties(place, fields), **found)
    return person, tuple(place.problems)


def read_account(
    mapping: MappingDocument, system: str, key: RecordKey, fields: Row, *, modified_at: datetime | None = None
) -> tuple[Account, Problems]:
    """The company a row states: of an account object its own facts, of a lead object those it has of its company."""
    place = _place(mapping, system, key)
    facts = mapping.object(system, key.object)
    own = facts.role is ObjectRole.ACCOUNT
    found = place.values((facts.fields if own else facts.account).items(), fields)
    properties = _properties(place, fields) if own else {}
    account = Account(key=key, modified_at=modified_at, properties=properties, **found)
    return account, tuple(place.problems)


def read_opportunity(
    mapping: MappingDocument, system: str, key: RecordKey, fields: Row, *, modified_at: datetime | None = None
) -> tuple[Opportunity, Problems]:
    """The deal a row states. Where the system does not say whether a stage is won or lost, the value map
    `stage_outcome` (won, lost, open) does."""
    place = _place(mapping, system, key)
    found = place.values(mapping.object(system, key.object).fields.items(), fields)
    outcome = mapping.choices.get("stage_outcome")
    if outcome is not None and not {"is_closed", "is_won"} <= found.keys():
        result = to_ours(outcome, system, str(found.get("stage", ""))).value
        found = {"is_closed": result in ("won", "lost"), "is_won": result == "won", **found}
    if not found.get("is_closed"):
        found.pop("closed_at", None)  # when the present stage began says this only of a closed one
    return Opportunity(key=key, modified_at=modified_at, **found), tuple(place.problems)


def read_owner(mapping: MappingDocument, system: str, key: RecordKey, fields: Row) -> tuple[Owner, Problems]:
    """The user or queue a row states, for systems whose adapter does not translate owners itself."""
    place = _place(mapping, system, key)
    found = place.values(mapping.object(system, key.object).fields.items(), fields)
    return Owner(key=key, **found), tuple(place.problems)


def stated(
    mapping: MappingDocument, system: str, object: str, word: str, *, fields: Row
) -> Scalar | Unreadable:
    """What a row says of one fact, in the storable form that `judge` compares. UNREADABLE when the object has no such
    line, the row lacks one of its fields, or the value makes no sense: then nobody may write it."""
    line = mapping.object(system, object).line(word)
    if line is None or not all(source in fields for source in line.sources):
        return UNREADABLE
    place = _Place(mapping, system, object, [])
    value = place.read(line, fields)
    refused = any(problem.severity is Severity.ERROR for problem in place.problems)
    return UNREADABLE if refused else plain(value)


def remote_fields(
    mapping: MappingDocument, system: str, object: str, *, visible: Collection[str] | None = None
) -> tuple[str, ...]:
    """Exactly what a pull must ask for: the fields of every line, Baton's own, and the record's currency where Baton writes
    money, each once, in the document's order. With `visible` (the names a schema shows) those are left out that the
    system lacks or hides."""
    lines = (line for _, line in mapping.object(system, object).lines())
    named = [source for line in lines for source in line.sources]
    own = [own for name, own in mapping.own_fields.items() if object in mapping.own_on(name, system)]
    named += [one.names[system] for one in own]
    currency = mapping.systems[system].record_currency
    if currency and any(one.type is FieldType.MONEY for one in own):
        named.append(currency)
    unique = dict.fromkeys(named)
    if visible is None:
        return tuple(unique)
    return tuple(name for name in unique if name in visible or is_delivered(name))


def newly_read(old: MappingDocument, new: MappingDocument) -> dict[tuple[str, str], tuple[str, ...]]:
    """By system and object, the fields that only the new mapping reads: existing records state them after a reading of
    their own, which is to be offered when a mapping is activated."""
    found = {}
    for system, objects in new.facts.items():
        for name in objects:
            known = remote_fields(old, system, name) if name in old.facts.get(system, {}) else ()
            fresh = tuple(field for field in remote_fields(new, system, name) if field not in known)
            if fresh:
                found[system, name] = fresh
    return found
