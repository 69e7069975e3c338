"""What in a mapping document contradicts itself, before any system is asked. Sentences for the admin who edits YAML."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from mappings.document import FactLine, MappingDocument, ObjectFacts, Rule, Toward
from mappings.records import Account, ObjectRole, Opportunity, Owner, Person, SystemRole
from mappings.values import FieldType

RECORDS: Mapping[ObjectRole, type] = {
    ObjectRole.LEAD: Person,
    ObjectRole.ACCOUNT: Account,
    ObjectRole.OPPORTUNITY: Opportunity,
    ObjectRole.OWNER: Owner,
}
_GIVEN = frozenset({"key", "properties", "modified_at"})
_TEXTS = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.CHOICE})
_TYPES: Mapping[str, frozenset[FieldType]] = {
    "str": _TEXTS,
    "bool": frozenset({FieldType.BOOL}),
    "int": frozenset({FieldType.NUMBER}),
    "date": frozenset({FieldType.DATE}),
    "datetime": frozenset({FieldType.DATETIME}),
    "Money": frozenset({FieldType.MONEY}),
    "tuple[str, ...]": frozenset({FieldType.IDS}),
}


def words_of(role: ObjectRole) -> Mapping[str, str]:
    """The facts of a record that a document may map, with their Python types."""
    fields = dataclasses.fields(RECORDS[role])
    return {
        field.name: str(field.type).removesuffix(" | None") for field in fields if field.name not in _GIVEN
    }


def faults(document: MappingDocument) -> Iterator[str]:
    """Every contradiction, each with its place in the document."""
    first = tuple(_system_faults(document))
    if first:  # the rest would be asked of sides that are not there
        yield from first
        return
    for system, objects in document.facts.items():
        for name, facts in objects.items():
            yield from _fact_faults(document, f"facts.{system}.{name}", facts)
    yield from _sync_faults(document)
    yield from _creation_faults(document)
    yield from _own_faults(document)


def _system_faults(document: MappingDocument) -> Iterator[str]:
    roles = sorted(connection.role for connection in document.systems.values())
    if roles != sorted(SystemRole):
        yield "systems: a pair is one marketing system and one CRM"
    for place, names in (("facts", document.facts), ("creation", document.creation)):
        yield from (f"{place}.{name}: no such system" for name in names if name not in document.systems)


def _fact_faults(document: MappingDocument, place: str, facts: ObjectFacts) -> Iterator[str]:
    if facts.role not in RECORDS:
        yield f"{place}: an object cannot be mapped as {facts.role}"
        return
    yield from _line_faults(f"{place}.fields", facts.fields, words_of(facts.role))
    yield from _line_faults(f"{place}.account", facts.account, words_of(ObjectRole.ACCOUNT))
    if facts.account and facts.role is not ObjectRole.LEAD:
        yield f"{place}.account: only an object of role lead states its company's facts"
    for word, line in facts.lines():
        if line.choices and line.choices not in document.choices:
            yield f"{place}.{word}: there is no value map {line.choices!r}"
    yield from (
        f"{place}.properties.{word}: is a fact of ours" for word in facts.properties if word in facts.fields
    )


def _line_faults(place: str, lines: Mapping[str, FactLine], words: Mapping[str, str]) -> Iterator[str]:
    for word, line in lines.items():
        if word not in words:
            yield f"{place}.{word}: no such fact; put it under properties, or use one of {', '.join(words)}"
        elif line.how.type not in _TYPES[words[word]]:
            yield f"{place}.{word}: {line.transform} gives {line.how.type}, the fact is a {words[word]}"


def _sync_faults(document: MappingDocument) -> Iterator[str]:
    if set(document.systems) != set(document.facts):
        return
    for line in document.sync:
        if line.rule is Rule.DO_NOT_SYNC:
            continue
        for role in SystemRole:
            writes = line.direction in (
                Toward.BOTH,
                Toward.TO_CRM if role is SystemRole.CRM else Toward.TO_MARKETING,
            )
            yield from _side_faults(document, line.field, document.system_of(role), writes=writes)


def _side_faults(document: MappingDocument, word: str, system: str, *, writes: bool) -> Iterator[str]:
    objects = document.objects(system, ObjectRole.LEAD)
    lines = [line for name in objects if (line := document.object(system, name).line(word)) is not None]
    if not lines:
        yield f"sync.{word}: no lead object of {system} states it"
    if writes and any(not line.writable for line in lines):
        yield f"sync.{word}: cannot be written to {system}, its transform loses something"


def _creation_faults(document: MappingDocument) -> Iterator[str]:
    for system, objects in document.creation.items():
        for name, creation in objects.items():
            facts = document.facts.get(system, {}).get(name)
            place = f"creation.{system}.{name}"
            if facts is None:
                yield f"{place}: the object is not under facts"
                continue
            for word in creation.fields:
                line = facts.line(word)
                if line is None or not line.writable:
                    yield f"{place}.{word}: has no line under facts that can be written"
            yield from (
                f"{place}.otherwise.{w}: not in fields"
                for w in creation.otherwise
                if w not in creation.fields
            )


def _own_faults(document: MappingDocument) -> Iterator[str]:
    for name, own in document.own_fields.items():
        for system in document.systems:
            if document.own_on(name, system) and not own.names.get(system):
                yield f"own_fields.{name}: has no name for {system}"
        if own.choices and own.choices not in document.choices:
            yield f"own_fields.{name}: there is no value map {own.choices!r}"
        if own.type is FieldType.CHOICE and not own.choices:
            yield f"own_fields.{name}: a choice names its value map"
