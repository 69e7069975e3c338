"""Field and object definitions, and a one-line notation in which the standard schema is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

TEXT_TYPES = frozenset(
    {"string", "textarea", "phone", "email", "url", "picklist", "multipicklist", "combobox", "anyType"}
)
NUMBER_TYPES = frozenset({"double", "currency", "percent", "int"})
_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}
_LINE = re.compile(r"(\w+)\s+(\w+)(?:\((\d+)(?:,(\d+))?\))?\s*(.*)")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@dataclass(slots=True)
class FieldDef:
    """One field as describe shows it. `default` is what a create without a value stores."""

    name: str
    type: str
    label: str = ""
    length: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    default: Any = None
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    id_lookup: bool = False
    precision: int = 0
    scale: int = 0
    custom: bool = False
    help_text: str | None = None

    @property
    def required(self) -> bool:
        """Whether a create must give a value."""
        return not self.nillable and self.createable and not self.defaulted

    @property
    def filterable(self) -> bool:
        """Long text cannot be filtered or sorted by."""
        return not (self.type == "textarea" and self.length > 255)

    @property
    def lookup(self) -> bool:
        """Whether upsert may find a record by this field."""
        return self.external_id or self.id_lookup

    @property
    def permissionable(self) -> bool:
        """Whether field permissions apply: never to system and required fields."""
        if self.custom and self.type == "boolean":
            return True  # a check box is never empty, and yet it is not a required field
        return self.nillable and self.type != "id" and (self.createable or self.updateable or self.custom)

    @property
    def soap_type(self) -> str:
        """The XML schema type that describe states."""
        return _SOAP.get(self.type, "xsd:string")


@dataclass(slots=True)
class ObjectDef:
    """One object type: key prefix, fields by name, and which calls it takes."""

    name: str
    prefix: str
    fields: dict[str, FieldDef] = field(default_factory=dict)
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    mergeable: bool = False
    label: str = ""
    plural: str = ""
    _lower: dict[str, str] = field(default_factory=dict)

    def add(self, definition: FieldDef) -> None:
        """Add or replace a field."""
        self.fields[definition.name] = definition
        self._lower[definition.name.lower()] = definition.name

    def remove(self, name: str) -> None:
        """Take a field away."""
        del self.fields[name]
        del self._lower[name.lower()]

    def find(self, name: str) -> FieldDef | None:
        """The field of this name, in any case, as SOQL and REST take it."""
        exact = self.fields.get(name)
        if exact is not None:
            return exact
        known = self._lower.get(name.lower())
        return None if known is None else self.fields[known]

    def by_relationship(self, name: str) -> FieldDef | None:
        """The reference field that the relationship name stands for."""
        wanted = name.lower()
        for definition in self.fields.values():
            if definition.relationship and definition.relationship.lower() == wanted:
                return definition
        return None


def label_of(name: str) -> str:
    """A label for an API name: `NumberOfEmployees` becomes `Number Of Employees`, `OwnerId` `Owner ID`."""
    words = _WORDS.findall(name.removesuffix("__c").replace("_", " "))
    return " ".join("ID" if word == "Id" else word[:1].upper() + word[1:] for word in words)


def parse_field(line: str, picklists: dict[str, tuple[str, ...]]) -> FieldDef:
    """Read one line: `Name type(length[,scale]) flag flag ...`.

    Flags: `req`, `read` (neither on create nor on update), `create` (on create only), `update` (on update only),
    `default` or `default=VALUE`, `to=A,B`, `as=RELATIONSHIP`, `pick=NAME`, `restricted`, `ext`, `unique`,
    `idlookup`, `label=Words_Joined`.
    """
    matched = _LINE.fullmatch(line.strip())
    if matched is None:
        raise ValueError(f"not a field line: {line!r}")
    name, kind, size, scale, rest = matched.groups()
    made = FieldDef(name, kind, label_of(name))
    _size(made, int(size or 0), int(scale or 0))
    for flag in rest.split():
        _apply(made, flag, picklists)
    if made.type == "reference" and made.relationship is None and name.endswith("Id"):
        made.relationship = name.removesuffix("Id")
    return made


def _size(made: FieldDef, size: int, scale: int) -> None:
    if made.type in NUMBER_TYPES:
        made.precision, made.scale = size or 18, scale
    else:
        made.length = size
    if made.type in ("id", "reference"):
        made.length = 18
    if made.type == "boolean":
        made.nillable, made.defaulted, made.default = False, True, False


def _apply(made: FieldDef, flag: str, picklists: dict[str, tuple[str, ...]]) -> None:
    word, _, value = flag.partition("=")
    if word in ("to", "as", "pick", "label"):
        _apply_named(made, word, value, picklists)
    elif word == "default":
        made.defaulted = True
        made.default = value.replace("_", " ") if value else made.default
    elif word in ("read", "create", "update"):
        made.createable = word == "create"
        made.updateable = word == "update"
    elif word == "req":
        made.nillable = False
    else:
        setattr(made, {"ext": "external_id", "idlookup": "id_lookup"}.get(word, word), True)


def _apply_named(made: FieldDef, word: str, value: str, picklists: dict[str, tuple[str, ...]]) -> None:
    if word == "to":
        made.reference_to = tuple(value.split(","))
    elif word == "as":
        made.relationship = value
    elif word == "pick":
        made.picklist = picklists[value]
    else:
        made.label = value.replace("_", " ")
