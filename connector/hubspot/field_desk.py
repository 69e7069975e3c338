"""Knows and makes properties, and tests what a token may do. Nothing that exists already is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.errors import (
    AccessDeniedError,
    DuplicateRecordError,
    QuotaSpentError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.hubspot.client import HubSpotClient
from connector.ports import FieldSpec, ObjectSchema, ProvisionStep
from mappings.records import SystemRole

GROUP = "baton"

_TYPES: Mapping[str, tuple[str, str]] = {
    "text": ("string", "text"),
    "string": ("string", "text"),
    "id": ("string", "text"),
    "url": ("string", "text"),
    "long_text": ("string", "textarea"),
    "textarea": ("string", "textarea"),
    "number": ("number", "number"),
    "integer": ("number", "number"),
    "int": ("number", "number"),
    "double": ("number", "number"),
    "money": ("number", "number"),
    "currency": ("number", "number"),
    "bool": ("bool", "booleancheckbox"),
    "boolean": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "choice": ("enumeration", "select"),
    "picklist": ("enumeration", "select"),
    "enumeration": ("enumeration", "select"),
}
"""Our type, or either vendor's, → HubSpot's type and field type."""

READ_OBJECTS = {
    SystemRole.MARKETING: ("contacts", "companies", "deals"),
    SystemRole.CRM: ("contacts", "companies", "deals", "leads"),
}
ACTIVITY_OBJECTS = ("emails", "calls", "meetings", "notes", "communications", "tasks")


class FieldDesk:
    """Properties of one portal."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def schema(self, object: str) -> ObjectSchema:
        """Every property; HubSpot hides none from a token that may read the object."""
        answer = self._client.get(self._path(object))
        fields = {str(raw["name"]): _spec(raw) for raw in answer.get("results", ())}
        return ObjectSchema(object, fields)

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """The group, then one property after another; 409 means that it is there."""
        present = self.schema(object).fields
        missing = [spec for spec in wanted if spec.name not in present]
        if missing:
            yield self._make(object, GROUP, self._path(object) + "/groups", {"name": GROUP, "label": "Baton"})
        for spec in wanted:
            if spec.name in present:
                yield ProvisionStep(object, spec.name, "present")
            else:
                yield self._make(object, spec.name, self._path(object), definition(spec))

    def check(self, role: SystemRole) -> Iterator[ProvisionStep]:
        """Address and token first; when they fail nothing else is asked."""
        first = self._probe("connection", "token", self._client.paths.owners, [("limit", "1")])
        yield first
        if first.outcome == "refused" and first.reason not in ("MISSING_SCOPES", "admin_grants_scope"):
            return
        for object in READ_OBJECTS[role] + ACTIVITY_OBJECTS:
            yield self._probe(
                object, "read", self._client.paths.objects.format(type=object), [("limit", "1")]
            )
        yield self._probe("forms", "read", self._client.paths.forms, [("limit", "1")])
        yield self._probe("email_events", "read", self._client.paths.email_events, [("limit", "1")])
        yield self._probe("marketing_events", "read", self._client.paths.marketing_events, [("limit", "1")])
        yield self._allowance()

    def _make(self, object: str, name: str, path: str, body: Mapping[str, Any]) -> ProvisionStep:
        try:
            # Making a property twice does no harm: the second time is answered 409.
            self._client.post(path, body)
        except DuplicateRecordError:
            return ProvisionStep(object, name, "present")
        except (AccessDeniedError, RecordRefusedError, RecordGoneError) as error:
            return ProvisionStep(object, name, "refused", reason_of(error))
        return ProvisionStep(object, name, "created")

    def _probe(self, object: str, name: str, path: str, query: Sequence[tuple[str, str]]) -> ProvisionStep:
        try:
            self._client.get(path, query)
        except RemoteError as error:
            return ProvisionStep(object, name, "refused", reason_of(error))
        return ProvisionStep(object, name, "granted")

    def _allowance(self) -> ProvisionStep:
        budget = self._client.meter.budget
        if budget is None:
            return ProvisionStep("connection", "daily_calls", "granted", "not_told")
        used, limit = budget
        outcome = "granted" if used < limit * 0.8 else "refused"
        return ProvisionStep("connection", "daily_calls", outcome, f"{used}/{limit}")

    def _path(self, object: str) -> str:
        return self._client.paths.properties.format(type=object)


def reason_of(error: RemoteError) -> str:
    """A stable word for who can mend it: the HubSpot administrator, the person with the settings, or time."""
    if isinstance(error, AccessDeniedError):
        return "admin_renews_token" if error.status == 401 else "admin_grants_scope"
    if isinstance(error, QuotaSpentError):
        return "wait_for_reset"
    if isinstance(error, TryLaterError):
        return "check_address" if error.code == "UNREACHABLE" else "try_later"
    if isinstance(error, RecordGoneError):
        return "not_in_edition"
    return error.code or "refused"


def definition(spec: FieldSpec) -> dict[str, Any]:
    """HubSpot's form of a property that Baton wants."""
    kind, field_type = _TYPES.get(spec.type.lower(), ("string", "text"))
    body: dict[str, Any] = {
        "name": spec.name,
        "label": spec.label or spec.name,
        "type": kind,
        "fieldType": field_type,
        "groupName": GROUP,
        "description": spec.help,
        "hasUniqueValue": spec.unique,
        "formField": False,
    }
    if kind == "enumeration":
        body["options"] = [
            {"label": choice, "value": choice, "displayOrder": place, "hidden": False}
            for place, choice in enumerate(spec.choices)
        ]
    if kind == "bool":
        body["options"] = [
            {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
        ]
    return body


def _spec(raw: Mapping[str, Any]) -> FieldSpec:
    meta = raw.get("modificationMetadata") or {}
    read_only = bool(meta.get("readOnlyValue"))
    return FieldSpec(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or "string"),
        length=65_536 if raw.get("type") == "string" else None,  # the vendor's limit for text properties
        choices=tuple(str(one.get("value")) for one in raw.get("options") or ()),
        writable=not read_only and not raw.get("calculated"),
        unique=bool(raw.get("hasUniqueValue")),
        calculated=bool(raw.get("calculated")),
        help=str(raw.get("description") or ""),
    )
