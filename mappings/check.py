"""Holds a mapping against the live schema of both systems: what would fail or be lost, before it does.

A schema is plain data. What permissions hide is not in it, so a hidden field and a missing one are told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from mappings.document import FactLine, MappingDocument, OwnField, Rule, Toward, is_delivered
from mappings.own_fields import length_of
from mappings.problems import Problem, Severity
from mappings.records import ObjectRole, Scalar, SystemRole
from mappings.values import FieldType

STATUS, ANSWER = "status", "answer"
"""The fact that states a record's status, and the value map that says what it answers to a hand-off."""


class FieldShape(Protocol):
    """What a schema says of one field; `connector.ports.FieldSpec` is one. `choices` empty: not a picklist, or open."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def length(self) -> int | None: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def required(self) -> bool: ...
    @property
    def writable(self) -> bool: ...
    @property
    def unique(self) -> bool: ...
    @property
    def calculated(self) -> bool: ...


Schemas = Mapping[str, Mapping[str, Mapping[str, FieldShape]]]
"""By system of the document, object and field. A system that is left out is not checked."""

_TEXT = frozenset(
    {
        "text",
        "long_text",
        "string",
        "textarea",
        "email",
        "phone",
        "phone_number",
        "url",
        "combobox",
        "html",
    }
    | {"picklist", "multipicklist", "enumeration", "choice", "id", "reference", "encryptedstring", "anytype"}
)
_NUMBER = frozenset({"number", "int", "integer", "long", "double", "percent", "currency", "money"})
_BOOL = frozenset({"bool", "boolean"})
_READ_FROM: Mapping[FieldType, frozenset[str]] = {
    FieldType.NUMBER: _NUMBER | _TEXT,
    FieldType.MONEY: _NUMBER | _TEXT,
    FieldType.DATE: frozenset({"date", "datetime"}) | _TEXT,
    FieldType.DATETIME: frozenset({"datetime"}) | _TEXT,
    FieldType.BOOL: _BOOL | _TEXT,
}
_WRITE_TO: Mapping[FieldType, frozenset[str]] = {
    **_READ_FROM,
    FieldType.DATE: frozenset({"date"}) | _TEXT,
}


class _Checker:
    """One pass over one system. Collects problems in the document's order."""

    def __init__(
        self, mapping: MappingDocument, system: str, schema: Mapping[str, Mapping[str, FieldShape]]
    ) -> None:
        self._mapping, self._system, self._schema = mapping, system, schema

    def problems(self) -> Iterator[Problem]:
        for name, facts in self._mapping.facts.get(self._system, {}).items():
            fields = self._schema.get(name)
            if fields is None:
                yield self._problem("object_missing", name, "")
                continue
            for word, line in facts.lines():
                yield from self._line(name, word, line, fields)
            yield from self._own(name, fields)
        yield from self._creation()

    def _problem(
        self, id_: str, object_: str, field: str, severity: Severity = Severity.ERROR, **params: str | int
    ) -> Problem:
        return Problem(id_, severity, self._system, object_, field, params)

    def _line(
        self, name: str, word: str, line: FactLine, fields: Mapping[str, FieldShape]
    ) -> Iterator[Problem]:
        for source in line.sources:
            if is_delivered(source):
                continue
            shape = fields.get(source)
            if shape is None:
                severity = Severity.NOTICE if line.optional else Severity.ERROR
                yield self._problem("field_missing", name, source, severity, word=word)
                continue
            writes = self._writes(name, word)
            # Only the first of several fields has the transform's type: a second one is its currency or name part.
            if source == line.sources[0]:
                yield from self._type(name, line.how.type, shape, writes=writes)
            yield from self._choices(name, self._map_of(word, line), shape, writes=writes or word == STATUS)
            if writes:
                yield from self._write(name, line, shape)

    def _writes(self, object_: str, word: str) -> bool:
        created = self._mapping.creation.get(self._system, {}).get(object_)
        return self._kept_in_step(object_, word) or (created is not None and word in created.fields)

    def _kept_in_step(self, object_: str, word: str) -> bool:
        mapping = self._mapping
        if mapping.object(self._system, object_).role is not ObjectRole.LEAD:
            return False
        to_crm = mapping.systems[self._system].role is SystemRole.CRM
        towards = (Toward.BOTH, Toward.TO_CRM if to_crm else Toward.TO_MARKETING)
        return any(
            line.field == word and line.rule is not Rule.DO_NOT_SYNC and line.direction in towards
            for line in mapping.sync
        )

    def _type(self, name: str, type_: FieldType, shape: FieldShape, *, writes: bool) -> Iterator[Problem]:
        allowed = (_WRITE_TO if writes else _READ_FROM).get(
            type_, _TEXT | _NUMBER | _BOOL if not writes else _TEXT
        )
        if shape.type.casefold() not in allowed:
            yield self._problem("type_mismatch", name, shape.name, ours=type_.value, theirs=shape.type)

    def _write(self, name: str, line: FactLine, shape: FieldShape) -> Iterator[Problem]:
        if shape.calculated or not shape.writable:
            yield self._problem("read_only", name, shape.name)
        if shape.length is not None and (line.length or shape.length) > shape.length:
            yield self._problem("length_short", name, shape.name, Severity.WARNING, length=shape.length)

    def _map_of(self, word: str, line: FactLine) -> str:
        """The value map behind a line. A CRM's status is read as sales' answer, whether or not its line says so."""
        answers = (
            self._mapping.systems[self._system].role is SystemRole.CRM and ANSWER in self._mapping.choices
        )
        return line.choices or (ANSWER if word == STATUS and answers else "")

    def _choices(self, name: str, map_: str, shape: FieldShape, *, writes: bool) -> Iterator[Problem]:
        if not map_ or not shape.choices:
            return
        choices = self._mapping.choices[map_]
        theirs = choices.values.get(self._system, {})
        known = {value.casefold() for value in theirs}
        known |= {label.casefold() for labels in choices.labels.values() for label in labels.values()}
        for value in shape.choices:
            if value.casefold() not in known:
                yield self._problem(
                    "value_unmapped", name, shape.name, Severity.WARNING, value=value, map=map_
                )
        offered = {*theirs, *choices.written.get(self._system, {}).values()}
        if writes and not offered.intersection(shape.choices):
            yield self._problem("values_foreign", name, shape.name, map=map_)

    def _own(self, object_: str, fields: Mapping[str, FieldShape]) -> Iterator[Problem]:
        for name, own in self._mapping.own_fields.items():
            if object_ not in self._mapping.own_on(name, self._system):
                continue
            shape = fields.get(own.names[self._system])
            if shape is None:
                yield self._problem(
                    "own_field_missing", object_, own.names[self._system], Severity.WARNING, word=name
                )
            else:
                yield from self._own_shape(object_, own, shape)

    def _own_shape(self, object_: str, own: OwnField, shape: FieldShape) -> Iterator[Problem]:
        if shape.type.casefold() not in _WRITE_TO.get(own.type, _TEXT):
            yield self._problem("type_mismatch", object_, shape.name, ours=own.type.value, theirs=shape.type)
        if own.unique and not shape.unique:
            yield self._problem("own_field_not_unique", object_, shape.name)
        if not shape.writable:
            yield self._problem("read_only", object_, shape.name)
        length = length_of(own)
        if (
            own.length is not None
            and length is not None
            and shape.length is not None
            and shape.length < length
        ):
            yield self._problem("length_short", object_, shape.name, Severity.WARNING, length=shape.length)

    def _creation(self) -> Iterator[Problem]:
        for name, creation in self._mapping.creation.get(self._system, {}).items():
            fields = self._schema.get(name, {})
            facts = self._mapping.object(self._system, name)
            lines = {word: line for word in creation.fields if (line := facts.line(word)) is not None}
            given = {source: word for word, line in lines.items() for source in line.sources}
            for shape in fields.values():
                if shape.required and shape.writable and shape.name not in {**given, **creation.constants}:
                    yield self._problem("required_unmapped", name, shape.name)
                elif shape.required and shape.name in given and given[shape.name] not in creation.otherwise:
                    yield self._problem("required_may_be_blank", name, shape.name, Severity.WARNING)
            yield from self._constants(name, creation.constants, fields)

    def _constants(
        self, name: str, constants: Mapping[str, Scalar], fields: Mapping[str, FieldShape]
    ) -> Iterator[Problem]:
        for field, value in constants.items():
            shape = fields.get(field)
            if fields and shape is None:
                yield self._problem("field_missing", name, field, word=field)
            elif shape is not None and shape.choices and value not in shape.choices:
                yield self._problem("value_not_offered", name, field, value=str(value))


def check_mapping(mapping: MappingDocument, schemas: Schemas) -> list[Problem]:
    """Every problem of the mapping with these schemas. One of severity `error` forbids activating it."""
    return [
        problem
        for system in mapping.systems
        if system in schemas
        for problem in _Checker(mapping, system, schemas[system]).problems()
    ]
