"""What an admin's tools and a careful connector ask besides the daily work: definitions, labels, batches of links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.hubspot.catalog import Pipeline, Stage
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.world import World

PROPERTIES = "/crm/properties/2026-09/contacts"
LINKS = "/crm/associations/2026-09/contacts/companies"


def definition(name: str, **more: Any) -> dict[str, Any]:
    kind = {"label": name, "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    return {"name": name, **kind, **more}


@pytest.fixture
def pair(portal: Portal) -> tuple[str, str]:
    return portal.create("contacts", {"firstname": "A"}).id, portal.create("companies", {"name": "C"}).id


def test_properties_in_batches(wire: Any) -> None:
    rows = [definition("one"), definition("email"), definition("Bad Name")]
    made = wire.call("POST", f"{PROPERTIES}/batch/create", {"inputs": rows})
    assert (made.status, [row["name"] for row in made.body["results"]]) == (207, ["one"])
    assert [error["category"] for error in made.body["errors"]] == ["CONFLICT", "VALIDATION_ERROR"]
    read = wire.call("POST", f"{PROPERTIES}/batch/read", {"inputs": [{"name": "one"}, {"name": "two"}]})
    assert (read.status, read.body["numErrors"]) == (207, 1)
    assert wire.call("POST", f"{PROPERTIES}/batch/archive", {"inputs": [{"name": "one"}]}).status == 204
    assert wire.call("GET", f"{PROPERTIES}/one").status == 404
    archived = wire.call("GET", f"{PROPERTIES}?archived=true").body["results"]
    assert [row["name"] for row in archived] == ["one"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "text"},
        {"fieldType": "slider"},
        {"groupName": "nowhere"},
        {"type": "bool", "fieldType": "booleancheckbox", "hasUniqueValue": True},
    ],
)
def test_malformed_properties_are_refused(wire: Any, wrong: dict[str, Any]) -> None:
    assert wire.call("POST", PROPERTIES, definition("x", **wrong)).status == 400


def test_an_object_has_ten_unique_properties_at_most(wire: Any) -> None:
    made = [wire.call("POST", PROPERTIES, definition(f"k{n}", hasUniqueValue=True)).status for n in range(11)]
    assert made == [201] * 10 + [400]


def test_a_property_changes_its_options_but_not_its_uniqueness(wire: Any, pair: tuple[str, str]) -> None:
    options = [{"label": "Hot", "value": "HOT", "displayOrder": 0, "hidden": False}]
    changed = wire.call("PATCH", f"{PROPERTIES}/hs_lead_status", {"options": options, "label": "Status"})
    assert (changed.body["label"], changed.body["options"]) == ("Status", options)
    path = f"/crm/v3/objects/contacts/{pair[0]}"
    assert wire.call("PATCH", path, {"properties": {"hs_lead_status": "HOT"}}).status == 200
    assert wire.call("PATCH", path, {"properties": {"hs_lead_status": "NEW"}}).status == 400
    assert wire.call("PATCH", f"{PROPERTIES}/hs_lead_status", {"hasUniqueValue": True}).status == 400
    assert wire.call("DELETE", f"{PROPERTIES}/hs_lead_status").status == 400


def test_groups_are_listed_and_named_once(wire: Any) -> None:
    body = {"name": "baton", "label": "Baton"}
    assert wire.call("POST", f"{PROPERTIES}/groups", body).status == 201
    assert wire.call("POST", f"{PROPERTIES}/groups", body).status == 409
    assert wire.call("GET", f"{PROPERTIES}/groups/baton").body["label"] == "Baton"
    assert wire.call("GET", f"{PROPERTIES}/groups/none").status == 404
    listed = wire.call("GET", f"{PROPERTIES}/groups").body["results"]
    assert {row["name"] for row in listed} == {"contactinformation", "baton"}


def test_pipelines_and_stages_by_id(wire: Any) -> None:
    stages = wire.call("GET", "/crm/v3/pipelines/deals/default/stages").body["results"]
    assert [stage["id"] for stage in stages][-2:] == ["closedwon", "closedlost"]
    assert wire.call("GET", "/crm/pipelines/2026-09/deals/default").body["stages"] == stages
    assert wire.call("GET", "/crm/v3/pipelines/deals/none").status == 404
    assert wire.call("GET", "/crm/v3/pipelines/leads").body["results"][0]["label"] == "Lead pipeline"


def test_links_in_batches(wire: Any, portal: Portal, pair: tuple[str, str]) -> None:
    contact, company = pair
    ends = {"from": {"id": contact}, "to": {"id": company}}
    plain = wire.call("POST", f"{LINKS}/batch/associate/default", {"inputs": [ends]})
    assert (plain.status, len(plain.body["results"])) == (200, 2)
    own = wire.call("POST", f"{LINKS}/labels", {"label": "Buyer", "name": "buyer"}).body["results"][0]
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": own["typeId"]}]
    made = wire.call("POST", f"{LINKS}/batch/create", {"inputs": [{**ends, "types": types}]})
    assert (made.status, made.body["results"][0]["labels"]) == (201, ["Buyer"])
    read = wire.call("POST", f"{LINKS}/batch/read", {"inputs": [{"id": contact}]}).body["results"][0]
    assert {row["label"] for row in read["to"][0]["associationTypes"]} == {None, "Primary", "Buyer"}
    assert wire.call("GET", f"{LINKS}/labels").body["results"][-1]["label"] == "Buyer"
    wire.call("POST", f"{LINKS}/batch/labels/archive", {"inputs": [{**ends, "types": types}]})
    labels = portal.associations.of("contacts", int(contact), "companies")[0][1]
    assert [label.label for label in labels] == ["Primary", None]
    gone = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}
    assert wire.call("POST", f"{LINKS}/batch/archive", gone).status == 204
    assert portal.associated("companies", company, "contacts") == []


def test_a_thousand_ids_are_read_and_no_more(wire: Any) -> None:
    asked = {"inputs": [{"id": str(n)} for n in range(1, 1_002)]}
    assert wire.call("POST", f"{LINKS}/batch/read", asked).status == 400
    asked["inputs"].pop()
    answer = wire.call("POST", f"{LINKS}/batch/read", asked)
    assert (answer.status, answer.body["numErrors"]) == (207, 1_000)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/crm/v4/objects/contacts/{0}/associations/default/companies/{1}", 200),
        ("/crm/v4/objects/contacts/{0}/associations/default/companies/999", 404),
        ("/crm/v4/objects/contacts/{0}/associations/default/contacts/{1}", 404),
        ("/crm/v4/objects/contacts/{0}/associations/default/leads/1", 404),
    ],
)
def test_default_links_need_both_ends(wire: Any, pair: tuple[str, str], path: str, status: int) -> None:
    assert wire.call("PUT", path.format(*pair)).status == status


def test_types_that_do_not_join_are_refused(wire: Any, portal: Portal, pair: tuple[str, str]) -> None:
    path = f"/crm/v4/objects/contacts/{pair[0]}/associations/companies/{pair[1]}"
    wrong = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    assert wire.call("PUT", path, wrong).status == 400
    assert wire.call("PUT", path, {"associationTypeId": 279}).status == 400
    assert wire.call("PUT", path, []).status == 400
    inline = [{"to": {"id": pair[1]}, "types": [{"associationTypeId": 9999}]}]
    body = {"properties": {"firstname": "B"}, "associations": inline}
    assert wire.call("POST", "/crm/v3/objects/contacts", body).status == 400
    assert len(portal.page("contacts")[0]) == 1


def test_rows_are_late_when_the_world_says_so(wire: Any, portal: Portal, world: World) -> None:
    world.switches.commit_delay_seconds = 3
    made = wire.call("POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@b.com"}}).body
    assert wire.call("GET", "/crm/v3/objects/contacts").body["results"] == []
    world.clock.advance(timedelta(seconds=4))
    listed = wire.call("GET", "/crm/v3/objects/contacts").body["results"]
    assert [(row["id"], row["updatedAt"]) for row in listed] == [(made["id"], made["updatedAt"])]
    assert made["createdAt"].startswith("2026-11-02T08:00:00")


def test_numbers_and_booleans_of_json_are_taken_as_text(wire: Any) -> None:
    body = {"properties": {"numberofemployees": 12, "annualrevenue": 1.5, "city": None}}
    made = wire.call("POST", "/crm/v3/objects/companies", body).body
    assert made["properties"]["numberofemployees"] == "12"
    assert made["properties"]["annualrevenue"] == "1.5"
    assert made["properties"]["city"] is None


def test_stages_are_offered_as_options_and_follow_the_pipelines(wire: Any, portal: Portal) -> None:
    offered = wire.call("GET", "/crm/v3/properties/deals/dealstage").body
    assert {"closedwon", "closedlost"} <= {option["value"] for option in offered["options"]}
    portal.set_pipelines("deals", [Pipeline("p2", "大客户", stages=[Stage("s1", "立项", 0, 0.3)])])
    options = wire.call("GET", "/crm/v3/properties/deals/dealstage").body["options"]
    assert [(option["value"], option["label"]) for option in options] == [("s1", "立项")]
    body = {"properties": {"dealname": "D", "pipeline": "p2", "dealstage": "s1"}}
    assert wire.call("POST", "/crm/v3/objects/deals", body).status == 201
    body["properties"]["dealstage"] = "closedwon"
    assert wire.call("POST", "/crm/v3/objects/deals", body).status == 400


def test_an_unlinked_company_is_no_longer_the_primary_one(portal: Portal, pair: tuple[str, str]) -> None:
    contact, company = pair
    portal.associate(("companies", company), ("contacts", contact))
    assert portal.get("contacts", contact).properties["associatedcompanyid"] == company
    portal.dissociate(("contacts", contact), ("companies", company))
    assert "associatedcompanyid" not in portal.get("contacts", contact).properties
