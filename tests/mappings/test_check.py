"""A mapping is held against live schemas: what would fail or be lost is said before it does, with a place and a weight."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import pytest

from connector.ports import FieldSpec
from connector.sandbox.hubspot.schema import Schema
from connector.sandbox.salesforce.schema import build_schema
from mappings.check import check_mapping
from mappings.document import MappingDocument
from mappings.own_fields import own_specs
from mappings.problems import Problem, Severity

Fields = dict[str, FieldSpec]
Schemas = dict[str, dict[str, Fields]]


def _portal(object_: str) -> Fields:
    found = Schema(object_).properties.values()
    return {
        each.name: FieldSpec(
            each.name,
            each.label,
            each.type,
            choices=tuple(option["value"] for option in each.options),
            writable=not each.read_only,
        )
        for each in found
    }


def _org(object_: str) -> Fields:
    found = build_schema()[object_].fields.values()
    return {
        each.name: FieldSpec(
            each.name,
            each.label,
            each.type,
            length=each.length or None,
            choices=tuple(each.picklist),
            required=each.required,
            writable=each.createable and each.updateable,
            unique=each.unique,
        )
        for each in found
    }


@pytest.fixture
def schemas(mapping: MappingDocument) -> Schemas:
    """A new portal and a new org, after Baton's own fields were made."""
    found: Schemas = {
        "hubspot": {name: _portal(name) for name in ("contacts", "companies", "deals")},
        "salesforce": {name: _org(name) for name in ("Lead", "Contact", "Account", "Opportunity")},
    }
    for system, objects in found.items():
        for name, fields in objects.items():
            made = (FieldSpec(**dataclasses.asdict(spec)) for spec in own_specs(mapping, system, name))
            fields.update({spec.name: spec for spec in made})
    return found


def told(problems: list[Problem], *ids: str) -> list[str]:
    return [
        f"{p.severity}:{p.system}.{p.object}.{p.field}:{p.id}" for p in problems if not ids or p.id in ids
    ]


def changed(schemas: Schemas, system: str, object_: str, field: str, **changes: object) -> Schemas:
    spec = schemas[system][object_][field]
    schemas[system][object_][field] = dataclasses.replace(spec, **changes)  # type: ignore[arg-type]
    return schemas


def test_the_shipped_mapping_can_be_activated_on_a_new_portal_and_org(
    mapping: MappingDocument, schemas: Schemas
) -> None:
    problems = check_mapping(mapping, schemas)
    assert told([problem for problem in problems if problem.severity is Severity.ERROR]) == []


def test_optional_fields_that_a_system_lacks_are_only_noticed(
    mapping: MappingDocument, schemas: Schemas
) -> None:
    missing = [p for p in check_mapping(mapping, schemas) if p.id == "field_missing"]
    assert {p.severity for p in missing} == {Severity.NOTICE}
    assert "wecom_external_userid" in {p.field for p in missing}


def test_before_provisioning_own_fields_are_missing_as_a_warning_but_the_requests_they_carry_are_errors(
    mapping: MappingDocument, schemas: Schemas
) -> None:
    for objects in schemas.values():
        for fields in objects.values():
            for name in [name for name in fields if name.lower().startswith("baton_")]:
                del fields[name]
    problems = check_mapping(mapping, schemas)
    own = [p for p in problems if p.id == "own_field_missing"]
    assert len(own) == 20 * 3
    assert {p.severity for p in own} == {Severity.WARNING}


def test_a_hidden_field_is_an_error(mapping: MappingDocument, schemas: Schemas) -> None:
    del schemas["salesforce"]["Lead"]["MobilePhone"]
    assert told(check_mapping(mapping, schemas), "field_missing")[-1:] != []
    assert "error:salesforce.Lead.MobilePhone:field_missing" in told(check_mapping(mapping, schemas))


def test_an_object_without_access_is_one_error(mapping: MappingDocument, schemas: Schemas) -> None:
    del schemas["hubspot"]["deals"]
    assert told(check_mapping(mapping, schemas), "object_missing") == ["error:hubspot.deals.:object_missing"]


def test_a_system_that_is_not_connected_is_not_checked(mapping: MappingDocument) -> None:
    assert check_mapping(mapping, {}) == []


@pytest.mark.parametrize(
    ("system", "object_", "field", "changes", "expected"),
    [
        ("salesforce", "Lead", "Email", {"type": "boolean"}, "error:salesforce.Lead.Email:type_mismatch"),
        ("salesforce", "Lead", "Website", {"type": "date"}, "error:salesforce.Lead.Website:type_mismatch"),
        ("salesforce", "Lead", "AnnualRevenue", {"type": "date"}, "error:salesforce.Lead.AnnualRevenue:type_mismatch"),
        ("hubspot", "contacts", "createdate", {"type": "number"}, "error:hubspot.contacts.createdate:type_mismatch"),
        ("salesforce", "Lead", "Email", {"writable": False}, "error:salesforce.Lead.Email:read_only"),
        ("salesforce", "Lead", "Email", {"calculated": True}, "error:salesforce.Lead.Email:read_only"),
        ("salesforce", "Lead", "Title", {"length": 40}, "warning:salesforce.Lead.Title:length_short"),
        ("salesforce", "Lead", "Rating", {"required": True}, "error:salesforce.Lead.Rating:required_unmapped"),
        ("salesforce", "Lead", "Email", {"required": True}, "warning:salesforce.Lead.Email:required_may_be_blank"),
        ("salesforce", "Lead", "LeadSource", {"choices": ("Messe",)}, "error:salesforce.Lead.LeadSource:values_foreign"),
        ("salesforce", "Lead", "LeadSource", {"choices": ("Web", "Fair")},
         "warning:salesforce.Lead.LeadSource:value_unmapped"),
        ("salesforce", "Lead", "Baton_Cell__c", {"type": "date"}, "error:salesforce.Lead.Baton_Cell__c:type_mismatch"),
        ("salesforce", "Lead", "Baton_Cell__c", {"writable": False}, "error:salesforce.Lead.Baton_Cell__c:read_only"),
        ("salesforce", "Lead", "Baton_Cell__c", {"length": 20}, "warning:salesforce.Lead.Baton_Cell__c:length_short"),
        ("salesforce", "Lead", "Baton_Id__c", {"unique": False}, "error:salesforce.Lead.Baton_Id__c:own_field_not_unique"),
    ],
)  # fmt: skip
def test_each_disagreement_is_told_with_its_place_and_weight(
    mapping: MappingDocument, schemas: Schemas, system: str, object_: str, field: str,
    changes: Mapping[str, object], expected: str,
) -> None:  # fmt: skip
    assert expected not in told(check_mapping(mapping, schemas))
    assert expected in told(check_mapping(mapping, changed(schemas, system, object_, field, **changes)))


def test_a_field_that_is_only_read_may_be_read_only(mapping: MappingDocument, schemas: Schemas) -> None:
    changed(schemas, "hubspot", "contacts", "firstname", writable=False)
    assert "error:hubspot.contacts.firstname:read_only" not in told(check_mapping(mapping, schemas))


def test_constants_of_a_new_record_are_checked(
    edited: Callable[..., MappingDocument], schemas: Schemas
) -> None:
    constants = {"Rating": "Lukewarm", "Status": "Open - Not Contacted", "Nonsense__c": 1, "Description": "x"}
    found = edited("creation", "salesforce", "Lead", constants=constants)
    assert told(check_mapping(found, schemas), "value_not_offered") == [
        "error:salesforce.Lead.Rating:value_not_offered"
    ]
    assert "error:salesforce.Lead.Nonsense__c:field_missing" in told(check_mapping(found, schemas))
    schemas["salesforce"]["Lead"] = {}
    assert "error:salesforce.Lead.Nonsense__c:field_missing" not in told(check_mapping(found, schemas))


def test_every_problem_says_where(mapping: MappingDocument, schemas: Schemas) -> None:
    for problem in check_mapping(mapping, schemas):
        assert problem.system in mapping.systems
        assert problem.object in mapping.facts[problem.system]


def test_a_status_of_the_crm_that_nobody_mapped_is_a_warning(
    mapping: MappingDocument, schemas: Schemas
) -> None:
    words = ("Open - Not Contacted", "Working - Contacted", "Parked by the board")
    found = told(check_mapping(mapping, changed(schemas, "salesforce", "Lead", "Status", choices=words)))
    assert "warning:salesforce.Lead.Status:value_unmapped" in found


def test_a_status_field_that_has_none_of_the_mapped_words_cannot_show_sales_answer(
    mapping: MappingDocument, schemas: Schemas
) -> None:
    found = check_mapping(mapping, changed(schemas, "salesforce", "Lead", "Status", choices=("甲", "乙")))
    assert "error:salesforce.Lead.Status:values_foreign" in told(found)
