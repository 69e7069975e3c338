"""Makes Baton's fields in an org and lets people see them, and tests what the connection may do. A field made through
the API is invisible to everybody until a permission set grants it, so the grants are part of making it. Nothing that exists
already is changed."""

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
from connector.ports import FieldSpec, ProvisionStep
from connector.salesforce.catalog import Catalog
from connector.salesforce.client import SalesforceClient, quoted
from connector.salesforce.soql import select

PERMISSION_SET = "Baton"
NEEDED_OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "User", "Group")
TEXT_LENGTH = 255
LONG_TEXT_LENGTH = 32_768
_THERE_ALREADY = "DUPLICATE_DEVELOPER_NAME"  # hidden from describe, and yet there

_NUMBER = {"type": "Number", "precision": 18, "scale": 2}
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "Text"},
    "string": {"type": "Text"},
    "id": {"type": "Text"},
    "long_text": {"type": "LongTextArea", "length": LONG_TEXT_LENGTH, "visibleLines": 6},
    "textarea": {"type": "LongTextArea", "length": LONG_TEXT_LENGTH, "visibleLines": 6},
    "number": _NUMBER,
    "double": _NUMBER,
    "integer": {"type": "Number", "precision": 18, "scale": 0},
    "int": {"type": "Number", "precision": 18, "scale": 0},
    "money": {"type": "Currency", "precision": 18, "scale": 2},
    "currency": {"type": "Currency", "precision": 18, "scale": 2},
    "bool": {"type": "Checkbox", "defaultValue": "false"},
    "boolean": {"type": "Checkbox", "defaultValue": "false"},
    "date": {"type": "Date"},
    "datetime": {"type": "DateTime"},
    "url": {"type": "Url"},
    "choice": {"type": "Picklist"},
    "picklist": {"type": "Picklist"},
    "enumeration": {"type": "Picklist"},
}
"""Our type, or either vendor's, → the metadata of a Salesforce field."""


class FieldDesk:
    """Custom fields and their visibility in one org."""

    def __init__(self, client: SalesforceClient, catalog: Catalog) -> None:
        self._client = client
        self._catalog = catalog

    def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        """Fields, then the permission set, then the grant of each field, then the assignment to the user we run as."""
        self._catalog.forget(object)
        present = self._catalog.fields(object)
        made: list[FieldSpec] = []
        for spec in wanted:
            step = ProvisionStep(object, spec.name, "present")
            if spec.name not in present:
                step = self._create(
                    object, spec.name, "tooling/sobjects/CustomField", definition(object, spec)
                )
            yield step
            made += [spec] if step.outcome != "refused" else []
        try:
            yield from self._show(object, made)
        except (RecordRefusedError, AccessDeniedError, RecordGoneError) as error:
            yield ProvisionStep(object, PERMISSION_SET, "refused", reason_of(error))
        self._catalog.forget(object)

    def check(self, unavailable: Sequence[str] = ()) -> Iterator[ProvisionStep]:
        """Address and token first; when they fail nothing else is asked."""
        try:
            self._client.get("limits")
        except RemoteError as error:
            yield ProvisionStep("connection", "token", "refused", reason_of(error))
            return
        yield ProvisionStep("connection", "token", "granted")
        for object in NEEDED_OBJECTS:
            yield self._may_read(object)
        yield self._baton_id()
        budget = self._client.meter.budget
        if budget is None:
            yield ProvisionStep("connection", "daily_calls", "granted", "not_told")
        else:
            outcome = "granted" if budget[0] < budget[1] * 0.8 else "refused"
            yield ProvisionStep("connection", "daily_calls", outcome, f"{budget[0]}/{budget[1]}")

    def _may_read(self, object: str) -> ProvisionStep:
        try:
            self._catalog.fields(object)
        except RemoteError as error:
            return ProvisionStep(object, "read", "refused", reason_of(error))
        return ProvisionStep(object, "read", "granted")

    def _baton_id(self) -> ProvisionStep:
        """Without the external id no hand-off can be made exactly once."""
        name = self._client.settings.baton_id_field
        try:
            field = self._catalog.fields("Lead").get(name)
        except RemoteError as error:
            return ProvisionStep("Lead", name, "refused", reason_of(error))
        if field is None:
            return ProvisionStep("Lead", name, "refused", "run_provision")
        usable = bool(field.get("externalId")) and bool(field.get("updateable"))
        return ProvisionStep(
            "Lead", name, "granted" if usable else "refused", "" if usable else "not_external_id"
        )

    def _show(self, object: str, specs: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        set_id = self._one("PermissionSet", f"Name = {quoted(PERMISSION_SET)}")
        outcome = "present"
        if not set_id:
            set_id, outcome = (
                self._post("PermissionSet", {"Name": PERMISSION_SET, "Label": "Baton"}),
                "created",
            )
        yield ProvisionStep(object, PERMISSION_SET, outcome)
        for spec in specs:
            yield self._grant(object, spec, set_id)
        yield self._assign(object, set_id)

    def _grant(self, object: str, spec: FieldSpec, set_id: str) -> ProvisionStep:
        field = f"{object}.{spec.name}"
        where = f"ParentId = {quoted(set_id)} AND SobjectType = {quoted(object)} AND Field = {quoted(field)}"
        if self._one("FieldPermissions", where):
            return ProvisionStep(object, field, "present")
        body = {
            "ParentId": set_id,
            "SobjectType": object,
            "Field": field,
            "PermissionsRead": True,
            "PermissionsEdit": spec.writable,
        }
        return self._create(object, field, "sobjects/FieldPermissions", body, done="granted")

    def _assign(self, object: str, set_id: str) -> ProvisionStep:
        user = self._client.user_id
        where = f"AssigneeId = {quoted(user)} AND PermissionSetId = {quoted(set_id)}"
        if self._one("PermissionSetAssignment", where):
            return ProvisionStep(object, "assignment", "present")
        body = {"AssigneeId": user, "PermissionSetId": set_id}
        return self._create(object, "assignment", "sobjects/PermissionSetAssignment", body, done="granted")

    def _create(
        self, object: str, name: str, path: str, body: Mapping[str, Any], *, done: str = "created"
    ) -> ProvisionStep:
        try:
            # Making it twice does no harm: names are unique, the second time is refused as a duplicate.
            self._client.call("POST", path, body=body)
        except DuplicateRecordError:
            return ProvisionStep(object, name, "present")
        except (RecordRefusedError, AccessDeniedError, RecordGoneError) as error:
            if error.code == _THERE_ALREADY:
                return ProvisionStep(object, name, "present")
            return ProvisionStep(object, name, "refused", reason_of(error))
        return ProvisionStep(object, name, done)

    def _post(self, object: str, body: Mapping[str, Any]) -> str:
        return str(self._client.call("POST", f"sobjects/{object}", body=body)["id"])

    def _one(self, object: str, where: str) -> str:
        rows = self._client.get("query", {"q": select(("Id",), object, where, "LIMIT 1")})["records"]
        return str(rows[0]["Id"]) if rows else ""


def reason_of(error: RemoteError) -> str:
    """A stable word for who can mend it: the Salesforce administrator, the person with the settings, or time."""
    if isinstance(error, AccessDeniedError):
        return "admin_grants_permission" if error.status == 403 else "check_client_credentials"
    if isinstance(error, QuotaSpentError):
        return "wait_for_reset"
    if isinstance(error, TryLaterError):
        return "check_address" if error.code == "UNREACHABLE" else "try_later"
    if isinstance(error, RecordGoneError):
        return "admin_grants_object"
    return error.code or "refused"


def definition(object: str, spec: FieldSpec) -> dict[str, Any]:
    """The Tooling API's form of a field that Baton wants."""
    metadata: dict[str, Any] = {
        "label": spec.label[:40] or spec.name,
        **_TYPES.get(spec.type.lower(), _TYPES["text"]),
    }
    if metadata["type"] == "Text":
        metadata["length"] = min(spec.length or TEXT_LENGTH, TEXT_LENGTH)
    if metadata["type"] == "Text" or spec.unique:
        metadata |= {"externalId": spec.unique, "unique": spec.unique}
    if metadata["type"] == "Picklist":
        values = [{"fullName": choice, "label": choice, "default": False} for choice in spec.choices]
        metadata["valueSet"] = {"restricted": False, "valueSetDefinition": {"sorted": False, "value": values}}
    if spec.help:
        metadata["inlineHelpText"] = spec.help[:510]
    if metadata["type"] != "Checkbox":
        metadata["required"] = False
    return {"FullName": f"{object}.{spec.name}", "Metadata": metadata}
