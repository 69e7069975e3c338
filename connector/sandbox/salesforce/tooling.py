"""Custom fields made through the Tooling API, and the small part of its own query that tells about fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.errors import OrgError, not_found
from connector.sandbox.salesforce.fields import FieldDef, ObjectDef, label_of, parse_field
from connector.sandbox.salesforce.query import Answer, Query, run
from connector.sandbox.salesforce.table import Row, Table

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
}
_LENGTHS = {
    "TextArea": 255,
    "Email": 80,
    "Phone": 40,
    "Url": 255,
    "Picklist": 255,
    "MultiselectPicklist": 4099,
}
_CUSTOM_FIELD = """
DeveloperName string(80) read
TableEnumOrId string(40) read
NamespacePrefix string(15) read
"""
_FIELD_DEFINITION = """
QualifiedApiName string(80) read
DeveloperName string(80) read
DurableId string(120) read
Label string(120) read
DataType string(80) read
Length int(9) read
EntityDefinitionId string(80) read to=EntityDefinition as=EntityDefinition
"""
_ENTITY_DEFINITION = """
QualifiedApiName string(80) read
DeveloperName string(80) read
Label string(120) read
KeyPrefix string(3) read
"""


def add_custom_field(org: Org, full_name: str, metadata: Mapping[str, Any]) -> str:
    """Create `Object.Field__c` from its metadata; returns the field's own id.

    Nobody may read it until a permission set says so, unless the switch `new_fields_hidden` is off.
    """
    object_name, _, field_name = full_name.partition(".")
    if object_name not in org.schema or not field_name.endswith("__c"):
        raise OrgError(
            "INVALID_FIELD_FOR_INSERT_UPDATE", f"invalid FullName: {full_name}", fields=["FullName"]
        )
    with org.world.lock:
        definition = org.schema[object_name]
        if definition.find(field_name) is not None:
            name = field_name.removesuffix("__c")
            message = f"There is already a field named {name} on {object_name}."
            raise OrgError("DUPLICATE_DEVELOPER_NAME", message, fields=["DeveloperName"])
        field = field_from(field_name, metadata)
        definition.add(field)
        if org.world.switches.new_fields_hidden and not metadata.get("required"):
            org.access.hide(object_name, field_name)
        org.custom_field_ids[full_name] = org.ids.next("00N")
        return org.custom_field_ids[full_name]


def remove_custom_field(org: Org, field_id: str) -> None:
    """Delete a custom field; its values are no longer reachable."""
    with org.world.lock:
        full_name = name_of(org, field_id)
        object_name, _, field_name = full_name.partition(".")
        org.schema[object_name].remove(field_name)
        org.access.managed.discard((object_name, field_name))
        del org.custom_field_ids[full_name]


def change_custom_field(org: Org, field_id: str, metadata: Mapping[str, Any]) -> None:
    """Replace a custom field's definition, keeping its values."""
    with org.world.lock:
        object_name, _, field_name = name_of(org, field_id).partition(".")
        org.schema[object_name].add(field_from(field_name, metadata))


def name_of(org: Org, field_id: str) -> str:
    """`Object.Field__c` of a custom field's id."""
    for full_name, known in org.custom_field_ids.items():
        if known[:15] == field_id[:15]:
            return full_name
    raise not_found()


def field_from(name: str, metadata: Mapping[str, Any]) -> FieldDef:
    """A field definition from Metadata API terms; what a type needs and lacks is refused in the vendor's code."""
    kind = str(metadata.get("type", ""))
    if kind not in _TYPES:
        raise OrgError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad field type: {kind}", fields=["Metadata"]
        )
    needed = {"Text": ("length",), "LongTextArea": ("length",), "Number": ("precision", "scale")}.get(
        kind, ()
    )
    for word in needed:
        if metadata.get(word) is None:
            message = f"Must specify '{word}' for a CustomField of type {kind}"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["Metadata"])
    made = FieldDef(name, _TYPES[kind], str(metadata.get("label") or label_of(name)), custom=True)
    made.length = int(metadata.get("length") or _LENGTHS.get(kind, 0))
    made.precision, made.scale = int(metadata.get("precision") or 18), int(metadata.get("scale") or 0)
    made.external_id = bool(metadata.get("externalId"))
    made.unique = bool(metadata.get("unique"))
    made.case_sensitive = bool(metadata.get("caseSensitive"))
    made.help_text = metadata.get("inlineHelpText")
    _finish(made, metadata)
    return made


def _finish(made: FieldDef, metadata: Mapping[str, Any]) -> None:
    if made.type == "boolean":
        made.nillable, made.defaulted = False, True
        made.default = str(metadata.get("defaultValue", "false")).lower() == "true"
    elif metadata.get("required"):
        made.nillable = False
    if made.type == "reference":
        made.length = 18
        made.reference_to = (str(metadata.get("referenceTo", "")),)
        made.relationship = made.name.removesuffix("__c") + "__r"
    values = metadata.get("valueSet") or {}
    entries = (values.get("valueSetDefinition") or {}).get("value") or []
    made.picklist = tuple(str(entry.get("fullName") or entry.get("valueName")) for entry in entries)
    made.restricted = bool(values.get("restricted"))


class ToolingView:
    """The org's fields and objects as tables, for tooling queries. Built for one query."""

    def __init__(self, org: Org) -> None:
        self.world = org.world
        self.access = org.access
        self.schema = {
            "CustomField": _object("CustomField", "00N", _CUSTOM_FIELD),
            "FieldDefinition": _object("FieldDefinition", "000", _FIELD_DEFINITION),
            "EntityDefinition": _object("EntityDefinition", "000", _ENTITY_DEFINITION),
        }
        self.tables = {name: Table(name) for name in self.schema}
        self.tables["CustomField"].load([_custom_row(*pair) for pair in org.custom_field_ids.items()])
        self.tables["EntityDefinition"].load([_entity_row(made) for made in org.schema.values()])
        rows = [
            _field_row(made.name, field) for made in org.schema.values() for field in made.fields.values()
        ]
        self.tables["FieldDefinition"].load(rows)

    def find(self, record_id: str) -> Row | None:
        """An object type by its name: the only thing that tooling rows refer to."""
        return self.tables["EntityDefinition"].seen.get(record_id)

    def run(self, soql: str) -> Answer:
        """Evaluate a tooling query."""
        return run(self, Query(soql))


def _object(name: str, prefix: str, lines: str) -> ObjectDef:
    made = ObjectDef(name, prefix, label=name, plural=name + "s")
    for line in ("Id id(18) read req default" + lines).splitlines():
        if line.strip():
            made.add(parse_field(line, {}))
    return made


def _custom_row(full_name: str, field_id: str) -> Row:
    object_name, _, field_name = full_name.partition(".")
    return {"Id": field_id, "DeveloperName": field_name.removesuffix("__c"), "TableEnumOrId": object_name}


def _entity_row(made: ObjectDef) -> Row:
    names = {"QualifiedApiName": made.name, "DeveloperName": made.name, "Label": made.label}
    return {"Id": made.name, "KeyPrefix": made.prefix, **names}


def _field_row(object_name: str, field: FieldDef) -> Row:
    return {
        "Id": f"{object_name}.{field.name}",
        "DurableId": f"{object_name}.{field.name}",
        "QualifiedApiName": field.name,
        "DeveloperName": field.name.removesuffix("__c"),
        "Label": field.label,
        "DataType": field.type,
        "Length": field.length,
        "EntityDefinitionId": object_name,
    }
