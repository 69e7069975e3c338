"""Turns our facts into remote field values: single fields kept in step, and all that a new record is given."""

from __future__ import annotations

import dataclasses

from mappings.choices import to_theirs
from mappings.document import FactLine, MappingDocument
from mappings.people import split_name
from mappings.problems import Problem, Severity
from mappings.records import Account, Person, Scalar
from mappings.values import FieldType, Value, fit, from_plain, to_wire

Written = tuple[dict[str, Scalar], tuple[Problem, ...]]


def written(mapping: MappingDocument, system: str, object: str, word: str, *, value: Value) -> Written:
    """The remote values that state `value` (ours, or the storable form of `stated`). Empty, with a problem, where the
    mapping cannot write it; a text that is too long is cut, with a problem."""
    line = mapping.object(system, object).line(word)
    if line is None or line.how.write is None or not line.writable:
        return {}, (Problem("not_writable", Severity.ERROR, system, object, word),)
    typed = from_plain(value, line.how.type)
    problems: list[Problem] = []
    if line.choices and isinstance(typed, str):
        chosen = to_theirs(mapping.choices[line.choices], system, typed)
        if chosen.problem:
            params = {"map": line.choices, "value": typed}
            problems.append(Problem(chosen.problem, chosen.severity, system, object, line.sources[0], params))
        if typed and not chosen.value:
            return {}, tuple(problems)
        typed = chosen.value
    parts = line.how.write(typed, len(line.sources))
    dialect = mapping.systems[system].dialect
    fields = {}
    for name, part in zip(line.sources, parts, strict=True):
        kept = fit(part, line.length) if isinstance(part, str) else part
        if kept != part:
            problems.append(
                Problem("text_cut", Severity.WARNING, system, object, name, {"length": line.length or 0})
            )
        fields[name] = to_wire(kept, dialect)
    return fields, tuple(problems)


def _named(person: Person) -> Person:
    """The person with a last name, which CRMs require: split from the full name when there is none."""
    if person.last_name:
        return person
    first, last = split_name(person.name or person.first_name)
    return dataclasses.replace(person, first_name=first, last_name=last)


def _fact(person: Person, account: Account | None, word: str, line: FactLine) -> Value:
    if word.startswith("account."):
        return getattr(account, word.removeprefix("account."), None)
    if word == "company" and not person.company and account is not None:
        return account.name
    if word in person.properties or not hasattr(person, word):
        return person.properties.get(word)
    found: Value = getattr(person, word)
    return "" if found is None and line.how.type is FieldType.TEXT else found


def creation_values(
    mapping: MappingDocument, person: Person, account: Account | None, *, system: str, object: str
) -> Written:
    """All that a new record of this object is given, blanks left out, by the document's `creation`. Money must already
    be in the record's currency."""
    creation = mapping.creation.get(system, {}).get(object)
    if creation is None:
        return {}, (Problem("creation_missing", Severity.ERROR, system, object),)
    whole = _named(person)
    facts = mapping.object(system, object)
    fields: dict[str, Scalar] = dict(creation.constants)
    problems: list[Problem] = []
    for word in creation.fields:
        line = facts.line(word)
        value = None if line is None else _fact(whole, account, word, line)
        if value is None or value == "":
            value = creation.otherwise.get(word)
        if value is None:
            continue
        made, found = written(mapping, system, object, word, value=value)
        fields.update({name: part for name, part in made.items() if part not in (None, "")})
        problems += found
    return fields, tuple(problems)
