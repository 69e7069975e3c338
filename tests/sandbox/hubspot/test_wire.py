"""hubspot-api-client, unmodified, does its normal work; raw calls check what the client hides."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from hubspot.crm.associations.v4 import AssociationSpec
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest as FetchLinks
from hubspot.crm.associations.v4 import PublicFetchAssociationsBatchRequest as FetchLink
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    Filter,
    FilterGroup,
    PublicGdprDeleteInput,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.crm.properties import PropertyCreate, PropertyGroupCreate

from connector.sandbox.faults import Fault
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.world import World

CONTACTS = "/crm/v3/objects/contacts"


def test_the_client_creates_reads_changes_and_archives(wire: Any) -> None:
    api = wire.client.crm.contacts.basic_api
    made = api.create(SimplePublicObjectInputForCreate(properties={"email": "A@b.com"}, associations=[]))
    changed = api.update(made.id, SimplePublicObjectInput(properties={"firstname": "王"}))
    assert changed.updated_at > made.updated_at
    read = api.get_by_id("a@b.com", id_property="email", properties=["firstname", "phone"])
    assert (read.id, read.properties["firstname"], read.properties["phone"]) == (made.id, "王", None)
    api.archive(made.id)
    with pytest.raises(ApiException) as gone:
        api.get_by_id(made.id)
    assert gone.value.status == 404
    assert [row.id for row in api.get_page(archived=True).results] == [made.id]


def test_paging_visits_every_contact_once(wire: Any, portal: Portal) -> None:
    ids = portal.load("contacts", [{"email": f"c{n}@x.com"} for n in range(250)])
    portal.archive("contacts", ids[7])
    found = wire.client.crm.contacts.get_all(properties=["email"])
    assert [row.id for row in found] == ids[:7] + ids[8:]


def test_history_pages_hold_fifty(wire: Any, portal: Portal) -> None:
    ids = portal.load("contacts", [{"firstname": f"A{n}"} for n in range(60)])
    portal.update("contacts", ids[0], {"firstname": "B"})
    found = wire.client.crm.contacts.get_all(properties_with_history=["firstname"])
    assert len(found) == 60
    assert [v.value for v in found[0].properties_with_history["firstname"]] == ["B", "A0"]
    assert wire.call("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=firstname").status == 400
    assert wire.call("GET", f"{CONTACTS}?limit=101").status == 400


@pytest.mark.parametrize("asked", ["properties=email&properties=phone", "properties=email,phone"])
@pytest.mark.parametrize("root", ["/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"])
def test_properties_may_be_repeated_or_joined_on_every_version(
    wire: Any, portal: Portal, asked: str, root: str
) -> None:
    made = portal.create("contacts", {"email": "a@b.com", "phone": "1"})
    row = wire.call("GET", f"{root}/contacts/{made.id}?{asked}").body
    assert set(row["properties"]) == {"email", "phone", "createdate", "lastmodifieddate", "hs_object_id"}
    assert wire.call("GET", f"{root}/0-1/{made.id}/").body["id"] == made.id


def test_batches_create_read_update_and_archive(wire: Any) -> None:
    api = wire.client.crm.contacts.batch_api
    rows = [
        SimplePublicObjectBatchInputForCreate(properties={"email": f"{n}@x.com"}, associations=[])
        for n in range(3)
    ]
    made = api.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=rows)).results
    ids = [row.id for row in made]
    updates = [SimplePublicObjectBatchInput(id=id_, properties={"firstname": "Z"}) for id_ in ids]
    api.update(BatchInputSimplePublicObjectBatchInput(inputs=updates))
    asked = BatchReadInputSimplePublicObjectId(
        inputs=[SimplePublicObjectId(id=id_) for id_ in [*ids, "999"]],
        properties=["firstname"],
        properties_with_history=["firstname"],
    )
    read = api.read(asked)
    assert [row.properties["firstname"] for row in read.results] == ["Z"] * 3
    assert read.num_errors == 1
    assert read.errors[0].context["ids"] == ["999"]
    api.archive(BatchInputSimplePublicObjectId(inputs=[SimplePublicObjectId(id=id_) for id_ in ids]))
    assert wire.call("GET", CONTACTS).body == {"results": []}


def test_upsert_says_what_is_new(wire: Any) -> None:
    api = wire.client.crm.contacts.batch_api

    def upsert(name: str) -> Any:
        row = SimplePublicObjectBatchInputUpsert(
            id="A@b.com", id_property="email", properties={"firstname": name}, object_write_trace_id="t1"
        )
        return api.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=[row])).results[0]

    first, second = upsert("A"), upsert("B")
    assert (first.new, second.new) == (True, False)
    assert first.id == second.id


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 400)])
def test_partial_upsert_by_email_follows_the_switch(
    wire: Any, world: World, allowed: bool, status: int
) -> None:
    world.switches.upsert_by_email_partial = allowed
    row = {"id": "a@b.com", "idProperty": "email", "properties": {"firstname": "A"}}
    assert wire.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": [row]}).status == status


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 400)])
def test_batch_update_by_email_follows_the_switch(
    wire: Any, portal: Portal, world: World, allowed: bool, status: int
) -> None:
    world.switches.hubspot_batch_update_by_email = allowed
    portal.create("contacts", {"email": "a@b.com"})
    row = {"id": "a@b.com", "idProperty": "email", "properties": {"firstname": "A"}}
    answer = wire.call("POST", f"{CONTACTS}/batch/update", {"inputs": [row]})
    assert answer.status == status
    if not allowed:
        assert answer.body["message"].startswith("Unable to perform update/upsert by non-unique")


def creations(*, traced: bool) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"properties": {"email": "new@x.com"}},
        {"properties": {"email": "taken@x.com"}},
        {"properties": {"email": "other@x.com", "nonsense": "1"}},
    ]
    if traced:
        rows = [{**row, "objectWriteTraceId": f"t{n}"} for n, row in enumerate(rows)]
    return {"inputs": rows}


def test_traced_batches_answer_row_by_row(wire: Any, portal: Portal) -> None:
    held = portal.create("contacts", {"email": "taken@x.com"})
    answer = wire.call("POST", f"{CONTACTS}/batch/create", creations(traced=True))
    assert answer.status == 207
    assert [row["properties"]["email"] for row in answer.body["results"]] == ["new@x.com"]
    assert answer.body["numErrors"] == 2
    clash, nonsense = answer.body["errors"]
    assert (clash["category"], clash["context"]["objectWriteTraceId"]) == ("CONFLICT", ["t1"])
    assert clash["message"].endswith(f"Existing ID: {held.id}")
    assert nonsense["context"]["objectWriteTraceId"] == ["t2"]


@pytest.mark.parametrize(("traced", "switch"), [(False, True), (True, False)])
def test_other_batches_fail_as_a_whole_and_name_the_first(
    wire: Any, portal: Portal, world: World, traced: bool, switch: bool
) -> None:
    world.switches.batch_multi_status = switch
    portal.create("contacts", {"email": "taken@x.com"})
    answer = wire.call("POST", f"{CONTACTS}/batch/create", creations(traced=traced))
    assert (answer.status, answer.body["category"]) == (409, "CONFLICT")
    assert len(portal.page("contacts")[0]) == 1


def test_two_rows_of_one_batch_cannot_share_an_email(wire: Any, portal: Portal) -> None:
    rows = [{"properties": {"email": "A@x.com"}}, {"properties": {"email": "a@X.com"}}]
    assert wire.call("POST", f"{CONTACTS}/batch/create", {"inputs": rows}).status == 409
    assert portal.page("contacts")[0] == []


def test_batches_are_bounded_and_refuse_doubles(wire: Any, portal: Portal) -> None:
    rows = [{"properties": {"firstname": "A"}}] * 101
    assert wire.call("POST", f"{CONTACTS}/batch/create", {"inputs": rows}).status == 400
    made = portal.create("contacts", {"firstname": "A"})
    twice = {"inputs": [{"id": made.id, "properties": {}}] * 2}
    assert "Duplicate IDs" in wire.call("POST", f"{CONTACTS}/batch/update", twice).body["message"]


def test_a_partial_fault_hits_only_its_rows(wire: Any, portal: Portal, world: World) -> None:
    world.faults.add(
        Fault("hubspot", "partial", path="batch/create", rows=(1,), status=400, body={"message": "no"})
    )
    rows = [{"properties": {"email": f"{n}@x.com"}, "objectWriteTraceId": str(n)} for n in range(3)]
    answer = wire.call("POST", f"{CONTACTS}/batch/create", {"inputs": rows})
    assert answer.status == 207
    assert [row["objectWriteTraceId"] for row in answer.body["results"]] == ["0", "2"]
    assert answer.body["errors"][0]["context"]["objectWriteTraceId"] == ["1"]


def test_a_lost_answer_leaves_the_record_committed(wire: Any, portal: Portal, world: World) -> None:
    world.faults.add(Fault("hubspot", "lose_answer", method="POST"))
    body = {"properties": {"email": "a@b.com"}}
    with pytest.raises(Exception, match="onnection"):
        wire.call("POST", CONTACTS, body)
    again = wire.call("POST", CONTACTS, body)
    assert again.status == 409
    assert again.body["message"] == f"Contact already exists. Existing ID: {portal.page('contacts')[0][0].id}"


def test_the_client_searches(wire: Any, portal: Portal) -> None:
    portal.create("contacts", {"email": "a@b.com"})
    portal.create("contacts", {"email": "c@d.com", "firstname": "C"})
    group = FilterGroup(filters=[Filter(property_name="email", operator="EQ", value="C@d.com")])
    found = wire.client.crm.contacts.search_api.do_search(
        PublicObjectSearchRequest(
            filter_groups=[group], properties=["firstname"], limit=10, after="0", sorts=[]
        )
    )
    assert (found.total, found.results[0].properties["firstname"]) == (1, "C")


def test_the_client_provisions_properties_and_groups(wire: Any) -> None:
    api = wire.client.crm.properties
    api.groups_api.create("contacts", PropertyGroupCreate(name="baton", label="Baton"))
    wanted = PropertyCreate(
        name="baton_cell",
        label="Cell",
        type="enumeration",
        field_type="select",
        group_name="baton",
        options=[{"label": "A", "value": "a", "displayOrder": 0, "hidden": False}],
    )
    made = api.core_api.create("contacts", wanted)
    assert (made.group_name, made.options[0].value, made.hubspot_defined) == ("baton", "a", False)
    with pytest.raises(Exception, match="409"):
        api.core_api.create("contacts", wanted)
    assert "baton_cell" in {row.name for row in api.core_api.get_all("contacts").results}
    assert wire.call("POST", CONTACTS, {"properties": {"baton_cell": "b"}}).status == 400
    assert wire.call("POST", CONTACTS, {"properties": {"baton_cell": "a"}}).status == 201
    api.core_api.archive("contacts", "baton_cell")
    assert wire.call("POST", CONTACTS, {"properties": {"baton_cell": "a"}}).status == 400


def test_the_client_reads_owners_pipelines_and_forms(wire: Any, portal: Portal) -> None:
    rep = portal.add_owner("rep@x.com", first="R")
    left = portal.add_owner("left@x.com", active=False)
    form = portal.add_form("Demo request")
    owners = wire.client.crm.owners.owners_api
    assert [row.id for row in owners.get_page().results] == [rep]
    assert [row.id for row in owners.get_page(archived=True).results] == [left]
    assert owners.get_by_id(rep).user_id != int(rep)
    pipelines = wire.client.crm.pipelines.pipelines_api.get_all("deals").results
    won = next(stage for stage in pipelines[0].stages if stage.id == "closedwon")
    assert won.metadata == {"isClosed": "true", "probability": "1.0"}
    assert wire.client.marketing.forms.forms_api.get_page().results[0].id == form.id


def test_the_client_associates_and_reads_back(wire: Any, portal: Portal) -> None:
    contact, deal = portal.create("contacts", {"firstname": "A"}), portal.create("deals", {"dealname": "D"})
    api = wire.client.crm.associations.v4
    spec = AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=3)
    api.basic_api.create("deals", deal.id, "contacts", contact.id, [spec])
    linked = api.basic_api.get_page("contacts", contact.id, "deals").results
    assert [(row.to_object_id, row.association_types[0].type_id) for row in linked] == [(deal.id, 4)]
    inputs = FetchLinks(inputs=[FetchLink(id=deal.id), FetchLink(id="1")])
    read = api.batch_api.get_page("deals", "contacts", inputs)
    assert [row.to[0].to_object_id for row in read.results] == [contact.id]
    assert read.num_errors == 1
    row = wire.call("GET", f"{CONTACTS}/{contact.id}?associations=deals").body
    assert row["associations"]["deals"]["results"] == [{"id": deal.id, "type": "contact_to_deal"}]
    api.basic_api.archive("deals", deal.id, "contacts", contact.id)
    assert portal.associated("deals", deal.id, "contacts") == []


def test_the_client_merges_and_erases(wire: Any, portal: Portal) -> None:
    one, two = (portal.create("contacts", {"email": f"{n}@x.com"}) for n in range(2))
    api = wire.client.crm.contacts.basic_api
    merged = api.merge(PublicMergeInput(primary_object_id=one.id, object_id_to_merge=two.id))
    assert (merged.id, merged.properties["hs_merged_object_ids"]) == (one.id, two.id)
    assert api.get_by_id(two.id).id == one.id
    api.purge(PublicGdprDeleteInput(object_id="0@x.com", id_property="email"))
    assert wire.call("GET", CONTACTS).body == {"results": []}


def test_notes_are_made_with_their_contact_and_listed_with_it(wire: Any, portal: Portal) -> None:
    contact = portal.create("contacts", {"firstname": "A"})
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    body = {
        "properties": {"hs_note_body": "hi", "hs_timestamp": "2026-11-01T10:00:00Z"},
        "associations": [{"to": {"id": contact.id}, "types": types}],
    }
    made = wire.call("POST", "/crm/objects/2026-09/notes", body)
    assert made.status == 201
    listed = wire.call("GET", "/crm/v3/objects/notes?associations=contacts&properties=hs_note_body").body
    assert listed["results"][0]["associations"]["contacts"]["results"][0]["id"] == contact.id


def test_errors_carry_hubspots_envelope(wire: Any, portal: Portal) -> None:
    answer = wire.call("POST", CONTACTS, {"properties": {"nonsense": "1"}})
    assert answer.status == 400
    assert set(answer.body) == {"status", "message", "correlationId", "category", "errors"}
    assert answer.body["message"].startswith('Property values were not valid: [{"isValid":false')
    assert answer.body["errors"][0]["context"] == {"propertyName": ["nonsense"]}
    broken = wire.pool.request(
        "POST", wire.url + CONTACTS, body=b"{", headers={"Authorization": "Bearer pat-na1-baton-sandbox"}
    )
    assert broken.json()["message"].startswith("Invalid input JSON")
    assert wire.call("POST", CONTACTS, {}).status == 400
    assert wire.call("GET", "/crm/v3/objects/unicorns").status == 400
    assert wire.call("GET", "/crm/v9/objects/contacts").body["category"] == "OBJECT_NOT_FOUND"


def test_tokens_expire_lack_scopes_or_are_unknown(wire: Any, portal: Portal, world: World) -> None:
    assert wire.call("GET", CONTACTS, token=None).body["category"] == "INVALID_AUTHENTICATION"
    assert wire.call("GET", CONTACTS, token="wrong").status == 401
    portal.add_token("narrow", scopes=["crm.objects.contacts.read"])
    assert wire.call("GET", CONTACTS, token="narrow").status == 200
    refused = wire.call("POST", CONTACTS, {"properties": {}}, token="narrow")
    assert (refused.status, refused.body["category"]) == (403, "MISSING_SCOPES")
    lacking = refused.body["errors"][0]["context"]["requiredGranularScopes"]
    assert lacking == ["crm.objects.contacts.write"]
    world.faults.add(Fault("hubspot", "expire_session"))
    assert wire.call("GET", CONTACTS).body["category"] == "EXPIRED_AUTHENTICATION"
    world.clock.advance(timedelta(seconds=12))
    assert "expired 12 second(s) ago" in wire.call("GET", CONTACTS).body["message"]
    portal.add_token("pat-na1-baton-sandbox")
    assert wire.call("GET", CONTACTS).status == 200


def test_limits_are_told_always_and_enforced_when_switched_on(wire: Any, world: World) -> None:
    first = wire.call("GET", CONTACTS)
    assert first.headers["X-HubSpot-RateLimit-Max"] == "190"
    assert first.headers["Date"] == "Mon, 02 Nov 2026 08:00:00 GMT"
    wire.app.meter.burst_limit = 2
    assert [wire.call("GET", CONTACTS).status for _ in range(4)] == [200] * 4
    world.switches.enforce_rate_limits = True
    answers = [wire.call("GET", CONTACTS) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[0].headers["X-HubSpot-RateLimit-Remaining"] == "1"
    assert (answers[2].body["policyName"], answers[2].body["errorType"]) == (
        "TEN_SECONDLY_ROLLING",
        "RATE_LIMIT",
    )
    world.clock.advance(timedelta(seconds=10))
    assert wire.call("GET", CONTACTS).status == 200


def test_search_has_its_own_second_and_no_headers(wire: Any, world: World) -> None:
    world.switches.enforce_rate_limits = True
    answers = [wire.call("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[5].body["policyName"] == "SECONDLY"
    assert not [name for name in answers[0].headers if name.lower().startswith("x-hubspot-ratelimit")]
    world.clock.advance(timedelta(seconds=1))
    assert wire.call("POST", f"{CONTACTS}/search", {}).status == 200


def test_the_day_ends_at_midnight_of_the_account(wire: Any, world: World) -> None:
    world.switches.enforce_rate_limits = True
    wire.app.meter.daily_limit = 1
    assert wire.call("GET", CONTACTS).status == 200
    spent = wire.call("GET", CONTACTS)
    assert (spent.status, spent.body["policyName"]) == (429, "DAILY")
    assert spent.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    world.clock.advance(timedelta(hours=8))  # 16:00 UTC is midnight in Shanghai
    assert wire.call("GET", CONTACTS).status == 200


def test_the_account_tells_zone_and_usage(wire: Any) -> None:
    details = wire.call("GET", "/account-info/v3/details").body
    assert (details["timeZone"], details["utcOffset"]) == ("Asia/Shanghai", "+08:00")
    usage = wire.call("GET", "/account-info/2026-09/api-usage/daily/private-apps").body["results"][0]
    assert usage["currentUsage"] == 2


@pytest.mark.parametrize(("blank", "read"), [(True, ""), (False, None)])
def test_a_cleared_property_reads_as_the_switch_says(
    wire: Any, portal: Portal, world: World, blank: bool, read: str | None
) -> None:
    world.switches.hubspot_cleared_reads_blank = blank
    made = portal.create("contacts", {"company": "A"})
    portal.update("contacts", made.id, {"company": ""})
    row = wire.call("GET", f"{CONTACTS}/{made.id}?properties=company,phone").body
    assert (row["properties"]["company"], row["properties"]["phone"]) == (read, None)


def test_an_endless_address_is_too_long(wire: Any) -> None:
    assert wire.call("GET", f"{CONTACTS}?properties={'x' * 16_000}").status == 414


def test_calls_at_once_make_one_contact(wire: Any, portal: Portal) -> None:
    statuses: list[int] = []

    def create() -> None:
        statuses.append(wire.call("POST", CONTACTS, {"properties": {"email": "a@b.com"}}).status)

    threads = [Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 5
    assert len(portal.page("contacts")[0]) == 1
