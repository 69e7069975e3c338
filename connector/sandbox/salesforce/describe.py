"""Describe answers: an object's fields and properties as a user sees them, and the list of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.fields import FieldDef, ObjectDef

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_GROUPABLE_NOT = frozenset({"datetime", "double", "currency", "percent", "address"})
_NEVER = (
    "aiPredictionField",
    "autoNumber",
    "calculated",
    "cascadeDelete",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "queryByDistance",
    "restrictedDelete",
    "searchPrefilterable",
    "writeRequiresMasterRead",
)
_NOTHING = (
    "calculatedFormula",
    "controllerName",
    "defaultValueFormula",
    "extraTypeInfo",
    "filteredLookupInfo",
    "mask",
    "maskType",
    "referenceTargetField",
    "relationshipOrder",
)


def describe_field(field: FieldDef, *, editable: bool = True) -> dict[str, Any]:
    """One field's entry. `editable` is false when permissions let the user only read it."""
    return {
        **dict.fromkeys(_NEVER, False),
        **dict.fromkeys(_NOTHING),
        "aggregatable": field.type not in ("boolean", "address") and field.filterable,
        "byteLength": field.length if field.type in ("id", "reference") else field.length * 3,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": "Name" if field.name in ("FirstName", "LastName", "Salutation") else None,
        "createable": field.createable and editable,
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultedOnCreate": field.defaulted,
        "digits": field.precision if field.type == "int" else 0,
        "externalId": field.external_id,
        "filterable": field.filterable,
        "groupable": field.filterable and field.type not in _GROUPABLE_NOT,
        "idLookup": field.lookup,
        "inlineHelpText": field.help_text,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": len(field.reference_to) > 1,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": _picklist(field),
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": 0 if field.type == "int" else field.precision,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "soapType": field.soap_type,
        "sortable": field.filterable and field.type != "address",
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable and editable,
    }


def _picklist(field: FieldDef) -> list[dict[str, Any]]:
    return [
        {"active": True, "defaultValue": v == field.default, "label": v, "validFor": None, "value": v}
        for v in field.picklist
    ]


def describe_object(org: Org, object_name: str, user_id: str, version: str) -> dict[str, Any]:
    """The whole describe answer: only the fields that the user may read."""
    definition = org.schema[object_name]
    fields = [
        describe_field(field, editable=org.access.editable(user_id, object_name, field.name))
        for field in org.access.visible_fields(user_id, object_name, definition.fields)
    ]
    return {
        "actionOverrides": [],
        "associateEntityType": None,
        "associateParentEntity": None,
        "childRelationships": _children(org, object_name),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": fields,
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master_record_type(object_name, version)],
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {definition.plural.lower()}", "name": "everything"}],
        **summary(definition, version),
    }


def summary(definition: ObjectDef, version: str) -> dict[str, Any]:
    """What the list of objects and the full describe have in common."""
    url = f"/services/data/v{version}/sobjects/{definition.name}"
    return {
        "activateable": False,
        "createable": definition.createable,
        "custom": False,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": definition.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": True,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": definition.prefix,
        "label": definition.label,
        "labelPlural": definition.plural,
        "layoutable": True,
        "mergeable": definition.mergeable,
        "mruEnabled": True,
        "name": definition.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchLayoutable": True,
        "searchable": True,
        "triggerable": True,
        "undeletable": definition.deletable,
        "updateable": definition.updateable,
        "urls": {"rowTemplate": f"{url}/{{ID}}", "describe": f"{url}/describe", "sobject": url},
    }


def _children(org: Org, object_name: str) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": None,
            "restrictedDelete": False,
        }
        for child in org.schema.values()
        for field in child.fields.values()
        if object_name in field.reference_to
    ]


def _master_record_type(object_name: str, version: str) -> dict[str, Any]:
    master = "012000000000000AAA"
    layout = f"/services/data/v{version}/sobjects/{object_name}/describe/layouts/{master}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": master,
        "urls": {"layout": layout},
    }
