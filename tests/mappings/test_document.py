"""The document that ships is whole, its own fields exist everywhere, and a document that contradicts itself is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mappings.choices import answer_of, to_ours, to_theirs
from mappings.document import Author, ChoiceMap, MappingDocument
from mappings.own_fields import own_specs, own_type, own_values
from mappings.problems import Severity
from mappings.records import Money, ObjectRole, SystemRole
from mappings.values import FieldType

ROOT = Path(__file__).parents[2]
WRITTEN_BY_BATON = {
    "cell", "persona", "buying_stage", "stage_since", "value_now", "value_at_handoff", "value_explained",
    "handoff_status", "why_not", "eligible_from", "cooldown_until", "rejection_count", "next_action", "baton_id",
    "last_synced",
}  # fmt: skip
WRITTEN_BY_PEOPLE = {
    "handoff_requested",
    "rejection_reason",
    "rejection_note",
    "rejection_until",
    "return_to_me",
}


def test_every_own_field_is_named_in_both_systems(mapping: MappingDocument) -> None:
    own = mapping.own_fields
    assert {name for name, field in own.items() if field.written_by is Author.BATON} == WRITTEN_BY_BATON
    assert {name for name, field in own.items() if field.written_by is Author.PEOPLE} == WRITTEN_BY_PEOPLE
    for name, field in own.items():
        assert re.fullmatch(r"baton_[a-z_]+", field.names["hubspot"]), name
        assert re.fullmatch(r"Baton_([A-Z][a-z]+_?)+__c", field.names["salesforce"]), name
        assert len(field.names["salesforce"].removesuffix("__c")) <= 40
        assert set(field.label) == set(field.description) == {"en", "zh_CN"}
        assert max(len(text) for text in field.description.values()) <= 255
        assert mapping.own_on(name, "hubspot") == ("contacts",)
        assert mapping.own_on(name, "salesforce") == ("Lead", "Contact")
    assert [name for name, field in own.items() if field.unique] == ["baton_id"]


def test_what_people_write_is_read_from_the_fields_that_baton_makes(mapping: MappingDocument) -> None:
    read_as = {"handoff_requested": "requested_at"} | {
        name: name for name in WRITTEN_BY_PEOPLE - {"handoff_requested"}
    }
    for system in mapping.systems:
        for object_ in mapping.objects(system, ObjectRole.LEAD):
            for name, word in {**read_as, "baton_id": "baton_id"}.items():
                line = mapping.object(system, object_).line(word)
                assert line is not None
                assert line.sources == (mapping.own_fields[name].names[system],)


def test_sides_and_objects_are_found_by_role(mapping: MappingDocument) -> None:
    assert mapping.system_of(SystemRole.MARKETING) == "hubspot"
    assert mapping.system_of(SystemRole.CRM) == "salesforce"
    assert mapping.objects("salesforce", ObjectRole.LEAD) == ("Lead", "Contact")
    assert mapping.objects("nowhere", ObjectRole.LEAD) == ()


def test_own_fields_are_described_in_the_readers_language(mapping: MappingDocument) -> None:
    specs = {spec.name: spec for spec in own_specs(mapping, "salesforce", "Lead", locale="zh_CN")}
    assert specs["Baton_Cell__c"].label == "客户状态"
    assert specs["Baton_Rejection_Reason__c"].choices[0] == "没有预算"
    assert specs["Baton_Value_Now__c"].type == "money"
    assert (specs["Baton_Id__c"].unique, specs["Baton_Id__c"].length) == (True, 64)
    english = {spec.name: spec for spec in own_specs(mapping, "hubspot", "contacts", locale="fr")}
    assert english["baton_cell"].label == "Matrix cell"
    assert english["baton_rejection_reason"].choices[0] == "No budget"
    assert own_specs(mapping, "hubspot", "companies") == ()


def test_wanted_values_take_each_vendors_form(mapping: MappingDocument) -> None:
    wanted = {
        "cell": "mid-market/solution-research",
        "value_now": Money(1_200_050, "CNY"),
        "stage_since": datetime(2026, 11, 22, 8, tzinfo=UTC),
        "rejection_count": 0,
        "cooldown_until": None,
        "why_not": ("a message", 3),
        "next_action": "x" * 20_000,
        "handoff_requested": None,
        "unheard_of": 1,
    }
    assert own_values(mapping, "hubspot", "contacts", wanted, render=repr) == {
        "baton_cell": "mid-market/solution-research",
        "baton_value_now": "12000.5",
        "baton_stage_since": "2026-11-22T08:00:00.000Z",
        "baton_rejection_count": "0",
        "baton_cooldown_until": "",
        "baton_why_not": "('a message', 3)",
        "baton_next_action": "x" * 254 + "…",
    }
    salesforce = own_values(mapping, "salesforce", "Lead", wanted, render=repr)
    assert salesforce["Baton_Value_Now__c"] == "12000.5"
    assert salesforce["Baton_Stage_Since__c"] == "2026-11-22T08:00:00.000+0000"
    assert salesforce["Baton_Rejection_Count__c"] == 0
    assert salesforce["Baton_Cooldown_Until__c"] is None
    assert own_values(mapping, "salesforce", "Account", wanted, render=repr) == {}


@pytest.mark.parametrize("name", sorted(WRITTEN_BY_PEOPLE))
def test_what_people_write_is_never_written_by_baton(mapping: MappingDocument, name: str) -> None:
    assert own_values(mapping, "salesforce", "Lead", {name: None}, render=str) == {}


def test_own_choices_and_dates_are_rendered(edited: Callable[..., MappingDocument]) -> None:
    found = edited("own_fields", "rejection_reason", written_by="baton")
    values = own_values(found, "hubspot", "contacts", {"rejection_reason": "no_budget"}, render=str)
    assert values == {"baton_rejection_reason": "No budget"}
    found = edited("own_fields", "rejection_until", written_by="baton")
    late = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert own_values(found, "hubspot", "contacts", {"rejection_until": late}, render=str) == {
        "baton_rejection_until": "2026-11-23"
    }
    day = {"rejection_until": date(2026, 11, 22)}
    assert own_values(found, "salesforce", "Lead", day, render=str) == {
        "Baton_Rejection_Until__c": "2026-11-22"
    }


def test_the_type_of_an_own_field_is_known_by_its_remote_name(mapping: MappingDocument) -> None:
    assert own_type(mapping, "salesforce", "Baton_Value_Now__c") is FieldType.MONEY
    assert own_type(mapping, "salesforce", "Amount") is None


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        ("Open - Not Contacted", "open", ""),
        ("working - contacted ", "accepted", ""),
        ("Closed - Converted", "converted", ""),
        ("Parked", "", "choice_refused"),
        ("", "", ""),
    ],
)
def test_a_status_is_an_answer_or_says_nothing(
    mapping: MappingDocument, status: str, answer: str, problem: str
) -> None:
    found = answer_of(mapping, "salesforce", status)
    assert (found.value, found.problem) == (answer, problem)


def test_an_unknown_status_is_no_answer_whatever_the_policy(edited: Callable[..., MappingDocument]) -> None:
    assert answer_of(edited("choices", "answer", unknown="keep"), "salesforce", "Parked").value == ""
    flagged = answer_of(edited("choices", "answer", unknown="flag"), "salesforce", "Parked")
    assert (flagged.value, flagged.severity) == ("", Severity.WARNING)
    assert (
        answer_of(edited("choices", "answer", unknown="default:open"), "salesforce", "Parked").value == "open"
    )
    assert (
        answer_of(edited("choices", "answer", unknown="keep"), "salesforce", "Parked", choices="none").value
        == ""
    )


def test_reasons_are_understood_in_every_language_and_as_ids(mapping: MappingDocument) -> None:
    reasons = mapping.choices["rejection_reason"]
    for text in ("No budget", "没有预算", "no_budget", "NO_BUDGET", " no budget "):
        assert to_ours(reasons, "hubspot", text).value == "no_budget"
    assert to_theirs(reasons, "salesforce", "no_budget", among=("没有预算", "时机不对")).value == "没有预算"


BROKEN: list[tuple[tuple[str | int, ...], dict[str, Any], str]] = [
    (
        ("systems",),
        {"salesforce": {"vendor": "salesforce", "role": "marketing"}},
        "one marketing system and one CRM",
    ),
    (("facts",), {"pipedrive": {}}, "no such system"),
    (
        ("facts", "hubspot", "contacts", "fields"),
        {"colour": "colour"},
        "no such fact; put it under properties",
    ),
    (
        ("facts", "hubspot", "contacts", "fields"),
        {"requested_at": "x"},
        "text gives text, the fact is a datetime",
    ),
    (
        ("facts", "hubspot", "contacts", "fields"),
        {"source": {"from": "x", "choices": "nope"}},
        "no value map 'nope'",
    ),
    (
        ("facts", "hubspot", "contacts", "fields"),
        {"source": {"from": "x", "as": "nope"}},
        "no transform 'nope'",
    ),
    (("facts", "hubspot", "contacts", "fields"), {"source": {}}, "under `from`, or a `constant`"),
    (("facts", "hubspot", "contacts", "fields"), {"source": {"from": "x", "constant": "y"}}, "and not both"),
    (
        ("facts", "hubspot", "contacts", "fields"),
        {"email": {"from": ["a", "b"], "as": "email"}},
        "takes 1 field",
    ),
    (("facts", "hubspot", "contacts", "fields"), {"email": {"from": "a", "az": "email"}}, "Extra inputs"),
    (("facts", "hubspot", "contacts", "properties"), {"email": "email2"}, "is a fact of ours"),
    (("facts", "hubspot", "companies"), {"account": {"name": "name"}}, "only an object of role lead"),
    (("facts", "hubspot"), {"notes": {"role": "activity", "fields": {}}}, "cannot be mapped as activity"),
    (("sync", 0), {"field": "colour"}, "no lead object of hubspot states it"),
    (("sync", 0), {"fallback": "most_recent"}, "fallback"),
    (("sync", 0), {"rule": "latest"}, "rule"),
    (("creation",), {"hubspot": {"tickets": {"fields": []}}}, "not under facts"),
    (("creation", "salesforce", "Lead"), {"fields": ["colour"]}, "no line under facts that can be written"),
    (("creation", "salesforce", "Lead"), {"otherwise": {"industry": "?"}}, "not in fields"),
    (("own_fields", "cell"), {"names": {"hubspot": "baton_cell"}}, "has no name for salesforce"),
    (("own_fields", "cell"), {"type": "choice"}, "a choice names its value map"),
    (("own_fields", "cell"), {"choices": "nope"}, "no value map 'nope'"),
    (("choices", "answer"), {"values": {"salesforce": {"New": "opened"}}}, "not among `ours`: opened"),
    (("choices", "answer"), {"unknown": "guess"}, "unknown"),
    (("systems", "hubspot"), {"zone": "Mars/Base"}, "Mars"),
    (("systems", "hubspot"), {"currency": "RMB¥"}, "currency"),
]


@pytest.mark.parametrize(("path", "changes", "message"), BROKEN)
def test_a_document_that_contradicts_itself_is_refused_with_the_place(
    edited: Callable[..., MappingDocument], path: tuple[str | int, ...], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        edited(*path, **changes)


def test_a_field_whose_transform_loses_something_cannot_flow_back(
    edited: Callable[..., MappingDocument],
) -> None:
    with pytest.raises(ValidationError, match="cannot be written to salesforce"):
        edited("facts", "salesforce", "Lead", "fields", title={"from": "Title", "as": "lower_choice"})


def test_two_systems_of_one_vendor_are_a_pair(plain: dict[str, Any]) -> None:
    """Sales may work in HubSpot too: then both sides have one vendor and two names."""
    document = {
        "systems": {
            "portal": {"vendor": "hubspot", "role": "marketing"},
            "sales-portal": {"vendor": "hubspot", "role": "crm"},
        },
        "facts": {
            "portal": {"contacts": {"role": "lead", "fields": {"title": "jobtitle"}}},
            "sales-portal": {"contacts": {"role": "lead", "fields": {"title": ["jobtitle"]}}},
        },
        "sync": [{"field": "title", "direction": "both", "rule": "source_wins"}],
    }
    assert MappingDocument.model_validate(document).system_of(SystemRole.CRM) == "sales-portal"


def test_facts_may_be_left_out_of_one_side_while_a_document_is_being_written() -> None:
    document = {
        "systems": {"a": {"vendor": "x", "role": "marketing"}, "b": {"vendor": "y", "role": "crm"}},
        "facts": {},
    }
    assert MappingDocument.model_validate(document).sync == ()


def test_an_open_map_keeps_what_it_does_not_know() -> None:
    open_map = ChoiceMap(unknown="keep")
    assert to_ours(open_map, "any", "x").value == to_theirs(open_map, "any", "x").value == "x"


def test_the_manual_explains_every_problem() -> None:
    manual = (ROOT / "docs" / "field-mappings.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mappings").glob("*.py"))
    raised = set(
        re.findall(r'(?:_problem|Problem|UnreadableError|Flagged)\(\s*(?:[a-z]+, )?"([a-z_]+)"', source)
    )
    raised |= set(re.findall(r'Chosen\([^)]*"(choice_[a-z]+)"', source))
    assert len(raised) > 20
    assert [name for name in sorted(raised) if f"`{name}`" not in manual] == []
