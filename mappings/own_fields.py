"""Baton's own fields: how they are to be made in a system, and their wanted values in its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mappings.choices import to_theirs
from mappings.document import Author, MappingDocument, OwnField
from mappings.records import Money, Scalar
from mappings.values import Dialect, FieldType, Value, fit, to_wire

LONGEST: Mapping[FieldType, int] = {FieldType.TEXT: 255, FieldType.LONG_TEXT: 32_000}
"""What a text of ours may have where its line says nothing: the shorter of both vendors' limits."""


@dataclass(frozen=True, slots=True)
class OwnSpec:
    """An own field as it is to be made; the same attributes as `connector.ports.FieldSpec`. `type` is a FieldType."""

    name: str
    label: str
    type: str
    length: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    writable: bool = True
    unique: bool = False
    calculated: bool = False
    help: str = ""


def _in(texts: Mapping[str, str], locale: str) -> str:
    return (
        texts.get(locale)
        or texts.get(locale.partition("_")[0])
        or texts.get("en")
        or next(iter(texts.values()), "")
    )


def length_of(own: OwnField) -> int | None:
    """How many characters the field takes; None for what is no text."""
    return own.length or LONGEST.get(own.type)


def own_specs(
    mapping: MappingDocument, system: str, object: str, *, locale: str = "en"
) -> tuple[OwnSpec, ...]:
    """Baton's fields for one object, labels, help and picklist values in one language (`en`, `zh_CN`)."""
    return tuple(
        OwnSpec(
            name=own.names[system],
            label=_in(own.label, locale),
            type=own.type.value,
            length=length_of(own),
            choices=_options(mapping, own, locale),
            unique=own.unique,
            help=_in(own.description, locale),
        )
        for name, own in mapping.own_fields.items()
        if object in mapping.own_on(name, system)
    )


def _options(mapping: MappingDocument, own: OwnField, locale: str) -> tuple[str, ...]:
    if not own.choices:
        return ()
    labels = mapping.choices[own.choices].labels
    return tuple((labels.get(locale) or labels.get("en") or {}).values())


def _all_options(mapping: MappingDocument, own: OwnField) -> tuple[str, ...]:
    return tuple(
        label for labels in mapping.choices[own.choices].labels.values() for label in labels.values()
    )


def _value(own: OwnField, wanted: object, dialect: Dialect, render: Callable[[Any], str]) -> Value:
    if own.type is FieldType.DATE and isinstance(wanted, datetime):
        return wanted.astimezone(dialect.zone).date()
    value = wanted if wanted is None or isinstance(wanted, _PLAIN) else render(wanted)
    return fit(value, length_of(own)) if isinstance(value, str) else value


_PLAIN = (str, int, bool, Decimal, date, Money)


def own_values(
    mapping: MappingDocument,
    system: str,
    object: str,
    wanted: Mapping[str, Any],
    *,
    render: Callable[[Any], str],
) -> dict[str, Scalar]:
    """Wanted values by our names, as remote values by theirs, for the fields that live on this object. `render` makes
    a text of what is neither plain nor money. Fields that people write are left out, whatever is wanted of them; money
    must already be in the record's currency."""
    dialect = mapping.systems[system].dialect
    values: dict[str, Scalar] = {}
    for name, value in wanted.items():
        own = mapping.own_fields.get(name)
        if own is None or own.written_by is Author.PEOPLE or object not in mapping.own_on(name, system):
            continue
        found = _value(own, value, dialect, render)
        if own.choices and isinstance(found, str):
            found = to_theirs(
                mapping.choices[own.choices], system, found, among=_all_options(mapping, own)
            ).value
        values[own.names[system]] = to_wire(found, dialect)
    return values


def record_currency(mapping: MappingDocument, system: str, fields: Mapping[str, Scalar]) -> str:
    """The currency in which money on this record is held: the one it states, else its system's."""
    connection = mapping.systems[system]
    stated = fields.get(connection.record_currency) if connection.record_currency else None
    return str(stated) if stated else connection.currency


def own_type(mapping: MappingDocument, system: str, remote: str) -> FieldType | None:
    """The type of an own field by its remote name, for `same`; None when it is none of ours."""
    return next((own.type for own in mapping.own_fields.values() if own.names.get(system) == remote), None)
