"""What this connection can see of an org's objects: describe, kept until a field turns out to be gone. Fields that the user
may not read are absent here, so they are never selected and never taken for empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.ports import FieldSpec, ObjectSchema
from connector.salesforce.client import SalesforceClient

READ_ONLY_TYPES = frozenset({"address", "location"})
"""Compound fields: their parts are fields of their own, and Bulk refuses the whole."""


class Catalog:
    """Describes, one call per object."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._described: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def fields(self, object: str) -> Mapping[str, Mapping[str, Any]]:
        """The fields that can be seen, by name. Raises RecordGoneError for an object that is not there or is hidden."""
        if object not in self._described:
            answer = self._client.get(f"sobjects/{object}/describe")
            self._described[object] = {str(raw["name"]): raw for raw in answer["fields"]}
        return self._described[object]

    def forget(self, object: str) -> None:
        """Describe it anew next time: its fields or the permissions on them have changed."""
        self._described.pop(object, None)

    def visible(self, object: str, wanted: Sequence[str]) -> list[str]:
        """Those of the wanted fields that can be selected, each once."""
        known = self.fields(object)
        return [
            name
            for name in dict.fromkeys(wanted)
            if name in known and known[name].get("type") not in READ_ONLY_TYPES
        ]

    def type_of(self, object: str, field: str) -> str:
        """The vendor's type of a field; empty when it cannot be seen."""
        return str((self.fields(object).get(field) or {}).get("type") or "")

    def schema(self, object: str) -> ObjectSchema:
        """The fields in the port's form."""
        return ObjectSchema(object, {name: _spec(raw) for name, raw in self.fields(object).items()})


def _spec(raw: Mapping[str, Any]) -> FieldSpec:
    required = (
        not raw.get("nillable", True) and not raw.get("defaultedOnCreate") and bool(raw.get("createable"))
    )
    choices = tuple(str(one["value"]) for one in raw.get("picklistValues") or () if one.get("active", True))
    return FieldSpec(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or "string"),
        length=int(raw["length"]) if raw.get("length") else None,
        choices=choices,
        required=required and raw.get("type") != "boolean",
        writable=bool(raw.get("updateable")),
        unique=bool(raw.get("unique")),
        calculated=bool(raw.get("calculated")),
        help=str(raw.get("inlineHelpText") or ""),
    )
