"""Property definitions and groups of one object type, and the check of values against them. No records, no HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from connector.sandbox.hubspot.errors import PortalError, conflict, invalid, invalid_properties, missing
from connector.sandbox.hubspot.standard import GROUPS, LINES
from connector.sandbox.hubspot.values import (
    BadValueError,
    Normaliser,
    as_text,
    enumeration,
    normalise_email,
    normalise_text,
    of_type,
)

TYPES = frozenset({"bool", "date", "datetime", "enumeration", "number", "phone_number", "string"})
FIELD_TYPES = frozenset(
    {"booleancheckbox", "calculation_equation", "checkbox", "date", "file", "html", "number", "phonenumber"}
    | {"radio", "select", "text", "textarea"}
)
UNIQUE_LIMIT = 10
"""Unique properties an object may have besides the built-in ones (HubSpot facts §4, unverified)."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(slots=True)
class PropertyDefinition:
    """One property as an admin sees it. `read_only` values come from HubSpot and are refused in a write.

    `external` options mirror something else (stages of a pipeline), which checks the values itself.
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    native: bool = True
    archived: bool = False
    external: bool = False
    stamp: str = "2020-01-01T00:00:00.000Z"

    def normaliser(self) -> Normaliser:
        """What turns a written text into the stored one."""
        if self.name == "email":
            return normalise_email
        if self.type != "enumeration":
            return of_type(self.type)
        if not self.options or self.external:
            return normalise_text
        values = [str(option["value"]) for option in self.options]
        return enumeration(values, multiple=self.field_type == "checkbox")


def _option(value: str, order: int) -> dict[str, Any]:
    label = value.replace("_", " ").capitalize()
    return {"label": label, "value": value, "displayOrder": order, "hidden": False, "description": ""}


def _from_line(line: str, group: str) -> PropertyDefinition:
    head, _, choices = line.partition(" =")
    name, kind, *flags = head.split()
    type_, _, field_type = kind.partition(":")
    return PropertyDefinition(
        name=name,
        label=name.removeprefix("hs_").replace("_", " ").capitalize(),
        type=type_,
        field_type=field_type,
        group=group,
        options=[_option(value, i) for i, value in enumerate(choices.split(","))] if choices else [],
        unique="unique" in flags,
        read_only="ro" in flags,
    )


class Schema:
    """The properties and groups of one object type, by name."""

    def __init__(self, object_name: str) -> None:
        self.object_name = object_name
        group = GROUPS.get(object_name, "engagement")
        self.groups: dict[str, dict[str, Any]] = {
            group: {"name": group, "label": group.capitalize(), "displayOrder": 0, "archived": False}
        }
        lines = [line for line in LINES[object_name].splitlines() if line.strip()]
        self.properties = {found.name: found for found in (_from_line(line, group) for line in lines)}
        self._normalisers: dict[str, Normaliser] = {}
        self.unique: tuple[str, ...] = ()
        self._index()

    def _index(self) -> None:
        live = [found for found in self.properties.values() if not found.archived]
        self._normalisers = {found.name: found.normaliser() for found in live}
        self.unique = tuple(found.name for found in live if found.unique)
        self.read_only = frozenset(found.name for found in live if found.read_only)

    def known(self, name: str) -> bool:
        """Whether a value can be asked for under this name."""
        return name in self._normalisers

    def get(self, name: str) -> PropertyDefinition:
        """The live definition; PortalError 404 when there is none."""
        found = self.properties.get(name)
        if found is None or found.archived:
            raise missing("property", name)
        return found

    def clean(self, values: Mapping[str, Any], *, internal: bool = False) -> dict[str, str]:
        """The texts to store; PortalError 400 listing every refused property. `internal` may write read-only ones."""
        cleaned: dict[str, str] = {}
        problems: list[dict[str, str]] = []
        normalisers, read_only = self._normalisers, self.read_only
        for name, value in values.items():
            normalise = normalisers.get(name)
            if normalise is None:
                problems.append(_unknown(name))
            elif name in read_only and not internal:
                problems.append(_read_only(name))
            else:
                text = value if isinstance(value, str) else as_text(value)
                try:
                    cleaned[name] = normalise(text) if text.strip() else ""
                except BadValueError as refused:
                    problems.append({"message": str(refused), "error": refused.code, "name": name})
        if problems:
            raise invalid_properties(problems)
        return cleaned

    def create(self, definition: PropertyDefinition) -> PropertyDefinition:
        """Add a custom property; PortalError 400 when it is malformed, 409 when the name is taken."""
        if not _NAME.fullmatch(definition.name):
            raise invalid(
                f"Property name {definition.name!r} must be lower case letters, digits, underscores"
            )
        if definition.type not in TYPES or definition.field_type not in FIELD_TYPES:
            raise invalid(f"Invalid type {definition.type!r} or fieldType {definition.field_type!r}")
        if definition.group not in self.groups:
            raise invalid(f"Property group {definition.group!r} does not exist")
        if definition.name in self.properties:
            raise conflict(f"A property named '{definition.name}' already exists.")
        self._check_unique(definition)
        self.properties[definition.name] = definition
        self._index()
        return definition

    def _check_unique(self, definition: PropertyDefinition) -> None:
        if not definition.unique:
            return
        if definition.type not in ("string", "number"):
            raise invalid("Only single-line text and number properties can have unique values")
        if sum(1 for found in self.properties.values() if found.unique and not found.native) >= UNIQUE_LIMIT:
            raise PortalError(400, "VALIDATION_ERROR", f"At most {UNIQUE_LIMIT} unique properties per object")

    def change(self, name: str, changes: Mapping[str, Any], *, stamp: str) -> PropertyDefinition:
        """Change label, group, description, options, type or field type of a definition."""
        found = self.get(name)
        if "hasUniqueValue" in changes and bool(changes["hasUniqueValue"]) != found.unique:
            raise invalid("hasUniqueValue cannot be changed after creation")
        found.label = str(changes.get("label", found.label))
        found.group = str(changes.get("groupName", found.group))
        found.description = str(changes.get("description", found.description))
        found.type = str(changes.get("type", found.type))
        found.field_type = str(changes.get("fieldType", found.field_type))
        found.options = [dict(option) for option in changes.get("options", found.options)]
        found.stamp = stamp
        self._index()
        return found

    def archive(self, name: str) -> None:
        """Take a custom property out of use; its values stay stored but can no longer be asked for."""
        found = self.get(name)
        if found.native:
            raise invalid(f"Property {name} is defined by HubSpot and cannot be deleted")
        found.archived = True
        self._index()

    def mirror_options(self, name: str, options: Mapping[str, str]) -> None:
        """Show the labels of something else (pipelines, stages) by value as the options of a property."""
        found = self.properties[name]
        found.external = True
        found.options = [
            _option(value, i) | {"label": label} for i, (value, label) in enumerate(options.items())
        ]
        self._index()

    def snapshot(self) -> dict[str, Any]:
        """Definitions and groups, JSON-able."""
        return {"properties": [asdict(found) for found in self.properties.values()], "groups": self.groups}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Become what `snapshot` returned."""
        self.properties = {row["name"]: PropertyDefinition(**row) for row in saved["properties"]}
        self.groups = {name: dict(group) for name, group in saved["groups"].items()}
        self._index()


def _unknown(name: str) -> dict[str, str]:
    return {
        "message": f'Property "{name}" does not exist',
        "error": "PROPERTY_DOESNT_EXIST",
        "name": name,
    }


def _read_only(name: str) -> dict[str, str]:
    return {
        "message": f'"{name}" is a read only property; its value cannot be set.',
        "error": "READ_ONLY_VALUE",
        "name": name,
    }
