"""The org over HTTP, mostly through the vendor's own client as its users use it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from simple_salesforce import exceptions
from simple_salesforce.format import format_external_id, format_soql

from connector.sandbox.faults import Fault
from connector.sandbox.salesforce.rules import DuplicateRule

FIELD = {
    "FullName": "Lead.Baton_Id__c",
    "Metadata": {"label": "Baton Id", "type": "Text", "length": 80, "externalId": True, "unique": True},
}
LEAD = {"LastName": "Wei", "Company": "Acme"}


@pytest.fixture
def opened(sf, org):
    """Baton's field, made and opened over the wire as provisioning does it."""
    made = sf.restful("tooling/sobjects/CustomField", method="POST", json=FIELD)
    assert made["success"] is True
    held = sf.PermissionSet.create({"Name": "Baton", "Label": "Baton"})["id"]
    permission = {"ParentId": held, "SobjectType": "Lead", "Field": "Lead.Baton_Id__c"}
    sf.FieldPermissions.create({**permission, "PermissionsRead": True, "PermissionsEdit": True})
    sf.PermissionSetAssignment.create({"PermissionSetId": held, "AssigneeId": org.api_user_id})
    return sf


# ---- sessions, versions, limits ----------------------------------------------------------------------------------


def test_the_token_call_takes_form_fields_too_and_answers_without_expiry(url, world):
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    answer = requests.post(f"{url}/services/oauth2/token", data=form, timeout=5).json()
    assert answer["token_type"] == "Bearer"
    assert answer["instance_url"] == url
    assert int(answer["issued_at"]) // 1000 == int(world.clock.now().timestamp())
    assert not {"refresh_token", "expires_in"} & set(answer)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "x"}, "invalid_client_id"),
        (
            {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "x"},
            "invalid_client",
        ),
    ],
)
def test_a_wrong_token_call_is_refused_with_an_object(url, form, error):
    answer = requests.post(f"{url}/services/oauth2/token", data=form, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"] == error


def test_without_a_user_to_run_as_there_is_no_token(url, app):
    app.run_as = False
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    answer = requests.post(f"{url}/services/oauth2/token", data=form, timeout=5).json()
    assert answer == {"error": "invalid_grant", "error_description": "no client credentials user enabled"}


def test_versions_are_listed_without_a_session(url):
    versions = requests.get(f"{url}/services/data", timeout=5).json()
    assert versions[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}


def test_an_expired_session_is_401(rest, app):
    app.expire_sessions()
    answer = rest("GET", "limits")
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_fault_expires_the_session_in_mid_work(rest, world):
    world.faults.add(Fault("salesforce", "expire_session", after=1))
    assert [rest("GET", "limits").status_code for _ in range(3)] == [200, 401, 401]


def test_the_daily_limit_rolls_with_the_sandbox_clock(rest, app, world):
    app.daily_limit = 2
    assert rest("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert rest("GET", "limits").json()["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    refused = rest("GET", "limits")
    assert refused.status_code == 403
    assert refused.json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert "Retry-After" not in refused.headers
    world.clock.advance(timedelta(hours=24, minutes=1))
    assert rest("GET", "limits").status_code == 200


@pytest.mark.parametrize("path", ["nothing", "sobjects/Nothing/describe", "sobjects/Nothing"])
def test_a_wrong_path_is_404(rest, path):
    answer = rest("GET", path)
    assert answer.status_code == 404
    assert answer.json() == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]


def test_a_version_not_served_is_404_and_a_wrong_method_405(rest, url, app):
    headers = {"Authorization": f"Bearer {app.issue_token()}"}
    assert requests.get(f"{url}/services/data/v30.0/limits", headers=headers, timeout=5).status_code == 404
    answer = rest("PUT", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_too_long_an_address_is_414(rest):
    assert rest("GET", "query", params={"q": "SELECT Id FROM Lead" + " " * 17_000}).status_code == 414


def test_answers_tell_the_sandbox_s_time(rest):
    assert rest("GET", "limits").headers["Date"].startswith("Sun, 22 Nov 2026 08:00:")


# ---- records -----------------------------------------------------------------------------------------------------


def test_a_record_s_life_through_the_client(sf):
    made = sf.Lead.create(LEAD)
    assert (made["success"], made["errors"]) == (True, [])
    assert sf.Lead.update(made["id"], {"Title": "Boss"}) == 204
    row = sf.Lead.get(made["id"])
    assert (row["Title"], row["Status"], row["IsConverted"]) == ("Boss", "Open - Not Contacted", False)
    assert row["attributes"]["url"] == f"/services/data/v67.0/sobjects/Lead/{made['id']}"
    assert sf.Lead.delete(made["id"]) == 204
    with pytest.raises(exceptions.SalesforceResourceNotFound) as gone:
        sf.Lead.update(made["id"], {"Title": "x"})
    assert gone.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_describe_and_the_list_of_objects(sf):
    fields = {field["name"]: field for field in sf.Lead.describe()["fields"]}
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert fields["Status"]["defaultValue"] == "Open - Not Contacted"
    assert "Lead" in {made["name"] for made in sf.describe()["sobjects"]}


def test_upsert_answers_201_then_200_and_204_before_version_46(opened, session):
    first = opened.Lead.upsert("Baton_Id__c/k1", LEAD, raw_response=True)
    again = opened.Lead.upsert("Baton_Id__c/k1", {"Title": "t"}, raw_response=True)
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["id"] == first.json()["id"]
    old = again.request.url.replace("v67.0", "v45.0")
    assert session.patch(old, json={"Title": "u"}, headers=again.request.headers).status_code == 204


def test_upsert_takes_a_key_with_slash_and_chinese(opened):
    key = "门店/a?b&c"
    opened.Lead.upsert(format_external_id("Baton_Id__c", key), LEAD)
    assert opened.Lead.get_by_custom_id("Baton_Id__c", key)["LastName"] == "Wei"
    found = opened.query(format_soql("SELECT Baton_Id__c FROM Lead WHERE Baton_Id__c = {}", key))
    assert found["records"][0]["Baton_Id__c"] == key


def test_upsert_by_what_is_no_key_is_404_and_by_what_several_have_300(sf):
    with pytest.raises(exceptions.SalesforceResourceNotFound) as wrong:
        sf.Lead.upsert("Namez/x", LEAD)
    assert wrong.value.content[0]["message"].endswith("not accessible: Namez")
    ids = [sf.Contact.create({"LastName": "Twin", "Email": "t@example.com"})["id"] for _ in range(2)]
    with pytest.raises(exceptions.SalesforceMoreThanOneRecord) as many:
        sf.Contact.upsert("Email/t@example.com", {"LastName": "X"})
    assert many.value.content == [f"/services/data/v67.0/sobjects/Contact/{i}" for i in sorted(ids)]


def test_a_lost_answer_and_a_second_try_by_external_id_give_one_record(opened, world):
    world.faults.add(Fault("salesforce", "lose_answer", method="PATCH"))
    with pytest.raises(requests.exceptions.ConnectionError):
        opened.Lead.upsert("Baton_Id__c/k1", LEAD)
    assert opened.Lead.upsert("Baton_Id__c/k1", LEAD, raw_response=True).status_code == 200
    assert opened.query("SELECT COUNT() FROM Lead")["totalSize"] == 1


@pytest.mark.parametrize(("header", "moved"), [(None, True), ("TRUE", True), ("FALSE", False)])
def test_assignment_rules_run_on_update_unless_the_header_says_false(rest, org, header, moved):
    queue = org.add_queue("North")
    record_id = org.create("Lead", LEAD)
    org.assign_by_turns([queue])
    headers = {} if header is None else {"Sforce-Auto-Assign": header}
    assert (
        rest("PATCH", f"sobjects/Lead/{record_id}", json={"Title": "t"}, headers=headers).status_code == 204
    )
    assert (org.get("Lead", record_id)["OwnerId"] == queue) is moved


def test_allow_save_is_read_from_the_duplicate_rule_header(rest, org):
    org.rules.duplicate.append(DuplicateRule("Lead"))
    values = {**LEAD, "Email": "x@example.com"}
    assert rest("POST", "sobjects/Lead", json=values).status_code == 201
    assert rest("POST", "sobjects/Lead", json=values).json()[0]["errorCode"] == "DUPLICATES_DETECTED"
    headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}
    assert rest("POST", "sobjects/Lead", json=values, headers=headers).status_code == 201


def test_a_new_field_is_neither_described_nor_read_nor_written_before_it_is_opened(sf):
    sf.restful("tooling/sobjects/CustomField", method="POST", json=FIELD)
    assert "Baton_Id__c" not in {field["name"] for field in sf.Lead.describe()["fields"]}
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="No such column 'Baton_Id__c'"):
        sf.query("SELECT Baton_Id__c FROM Lead")
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="INVALID_FIELD_FOR_INSERT_UPDATE"):
        sf.Lead.create({**LEAD, "Baton_Id__c": "k"})
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="DUPLICATE_DEVELOPER_NAME"):
        sf.restful("tooling/sobjects/CustomField", method="POST", json=FIELD)
    soql = "SELECT Id FROM CustomField WHERE TableEnumOrId = 'Lead' AND DeveloperName = 'Baton_Id'"
    assert sf.toolingexecute("query/", params={"q": soql})["totalSize"] == 1


def test_get_updated_and_get_deleted_tell_ids(sf, org, world):
    kept, gone = (sf.Lead.create(LEAD)["id"] for _ in range(2))
    sf.Lead.delete(gone)
    world.clock.advance(timedelta(minutes=5))
    span = (world.clock.now() - timedelta(hours=1), world.clock.now())
    assert sf.Lead.updated(*span)["ids"] == [kept]
    assert [row["id"] for row in sf.Lead.deleted(*span)["deletedRecords"]] == [gone]


# ---- queries -----------------------------------------------------------------------------------------------------


def test_pages_of_2000_with_a_locator(sf, org):
    org.load("Lead", ({"LastName": f"N{n}", "Company": "C"} for n in range(4100)))
    first = sf.query("SELECT Id FROM Lead")
    assert (first["totalSize"], first["done"], len(first["records"])) == (4100, False, 2000)
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    assert locator.startswith("0r8")
    assert (len(locator.partition("-")[0]), locator.partition("-")[2]) == (18, "2000")
    second = sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    assert second["records"][0]["Id"] > first["records"][-1]["Id"]
    assert len(sf.query_all("SELECT Id FROM Lead")["records"]) == 4100
    assert len({row["Id"] for row in sf.query_all_iter("SELECT Id FROM Lead")}) == 4100


def test_a_locator_dies_after_two_days(sf, org, world):
    org.load("Lead", ({"LastName": f"N{n}", "Company": "C"} for n in range(2001)))
    more = sf.query("SELECT Id FROM Lead")["nextRecordsUrl"]
    world.clock.advance(timedelta(days=2, seconds=1))
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="INVALID_QUERY_LOCATOR"):
        sf.query_more(more, identifier_is_url=True)


@pytest.mark.parametrize(("asked", "given"), [(200, 200), (10, 200), (500, 500), (9000, 2000)])
def test_the_page_size_is_asked_for_by_header_within_bounds(rest, org, asked, given):
    org.load("Lead", ({"LastName": f"N{n}", "Company": "C"} for n in range(2100)))
    headers = {"Sforce-Query-Options": f"batchSize={asked}"}
    assert (
        len(rest("GET", "query", params={"q": "SELECT Id FROM Lead"}, headers=headers).json()["records"])
        == given
    )


def test_query_all_shows_the_deleted(sf, org):
    record_id = org.create("Lead", LEAD)
    org.delete("Lead", record_id)
    assert sf.query("SELECT Id FROM Lead")["totalSize"] == 0
    assert sf.query("SELECT IsDeleted FROM Lead", include_deleted=True)["records"][0]["IsDeleted"] is True


# ---- collections and composite -----------------------------------------------------------------------------------


def attributed(**values: object) -> dict[str, object]:
    return {"attributes": {"type": "Lead"}, **values}


def test_collections_give_a_result_per_row_in_order(opened, world):
    rows = [
        attributed(**LEAD, Baton_Id__c="a"),
        attributed(LastName="x", Baton_Id__c="b"),
        attributed(**LEAD, Baton_Id__c="c"),
    ]
    answer = opened.restful("composite/sobjects/Lead/Baton_Id__c", method="PATCH", json={"records": rows})
    assert [row["success"] for row in answer] == [True, False, True]
    assert [row["created"] for row in answer] == [True, False, True]
    assert "id" not in answer[1]
    assert answer[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    changes = [attributed(Id=row["id"], Title="t") for row in (answer[0], answer[2])]
    world.faults.add(Fault("salesforce", "partial", method="PATCH", rows=(1,)))
    results = opened.restful("composite/sobjects", method="PATCH", json={"records": changes})
    assert results[0] == {"id": answer[0]["id"], "success": True, "errors": []}
    assert results[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


@pytest.mark.parametrize(("first", "succeeds"), [(True, False), (False, True)])
def test_attributes_must_be_the_first_key_of_an_upsert_row_by_switch(opened, org, first, succeeds):
    org.world.switches.salesforce_attributes_first = first
    row = {**LEAD, "Baton_Id__c": "a", "attributes": {"type": "Lead"}}
    answer = opened.restful("composite/sobjects/Lead/Baton_Id__c", method="PATCH", json={"records": [row]})
    assert answer[0]["success"] is succeeds


def test_all_or_none_takes_everything_back(sf, org):
    body = {"allOrNone": True, "records": [attributed(**LEAD), attributed(LastName="x")]}
    answer = sf.restful("composite/sobjects", method="POST", json=body)
    codes = [row["errors"][0]["statusCode"] for row in answer]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert org.run("SELECT COUNT() FROM Lead").total == 0


def test_more_than_200_rows_are_refused_whole(rest, org):
    answer = rest("POST", "composite/sobjects", json={"records": [attributed(**LEAD)] * 201})
    assert answer.status_code == 400
    assert org.run("SELECT COUNT() FROM Lead").total == 0


def test_collections_delete_by_ids(sf, org):
    ids = [org.create("Lead", LEAD) for _ in range(2)]
    answer = sf.restful(f"composite/sobjects?ids={','.join(ids)}&allOrNone=false", method="DELETE")
    assert [row["id"] for row in answer] == ids
    assert org.run("SELECT COUNT() FROM Lead").total == 0


def test_composite_calls_use_earlier_answers_and_fail_alone(sf):
    calls = [
        {
            "method": "POST",
            "url": "/services/data/v67.0/sobjects/Account",
            "referenceId": "acc",
            "body": {"Name": "A"},
        },
        {
            "method": "GET",
            "url": "/services/data/v67.0/sobjects/Account/@{acc.id}?fields=Name",
            "referenceId": "got",
        },
        {"method": "GET", "url": "/services/data/v67.0/sobjects/Foo", "referenceId": "bad"},
    ]
    answers = sf.restful("composite", method="POST", json={"compositeRequest": calls})["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [201, 200, 404]
    assert answers[1]["body"]["Name"] == "A"
    assert answers[2]["body"][0]["errorCode"] == "NOT_FOUND"


def test_composite_all_or_none_halts_the_rest(sf, org):
    calls = [
        {
            "method": "POST",
            "url": "/services/data/v67.0/sobjects/Account",
            "referenceId": "a",
            "body": {"Name": "A"},
        },
        {"method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": "b", "body": {}},
    ]
    body = {"allOrNone": True, "compositeRequest": calls}
    answers = sf.restful("composite", method="POST", json=body)["compositeResponse"]
    assert [answer["body"][0]["errorCode"] for answer in answers] == [
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
    ]
    assert org.run("SELECT COUNT() FROM Account").total == 0


# ---- bulk --------------------------------------------------------------------------------------------------------


def test_a_bulk_query_comes_in_csv_pages(sf, org):
    org.load("Lead", ({"LastName": f"N{n}", "Company": 'C, "quoted"'} for n in range(5)))
    pages = list(
        sf.bulk2.Lead.query("SELECT Id, Company, CreatedDate, Title FROM Lead", max_records=2, wait=0.01)
    )
    assert len(pages) == 3
    lines = pages[0].splitlines()
    assert lines[0] == '"Id","Company","CreatedDate","Title"'
    assert lines[1].endswith('"C, ""quoted""","2026-11-22T08:00:00.000Z",""')


@pytest.mark.parametrize("polls", [0, 2])
def test_a_bulk_insert_tells_done_and_failed_rows(sf, org, polls):
    org.world.switches.salesforce_bulk_polls = polls
    records = [{**LEAD, "Title": "t"}, {"LastName": "x", "Company": "", "Title": ""}]
    result = sf.bulk2.Lead.insert(records=records, wait=0.01)[0]
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (2, 1)
    failed = sf.bulk2.Lead.get_failed_records(result["job_id"])
    assert "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --" in failed
    assert '"sf__Id","sf__Created"' in sf.bulk2.Lead.get_successful_records(result["job_id"])


def test_an_empty_bulk_cell_leaves_the_value_and_a_marked_one_clears_it(sf, org):
    record_id = org.create("Lead", {**LEAD, "Title": "t", "City": "c"})
    records = [{"Id": record_id, "Title": "", "City": "#N/A"}]
    sf.bulk2.Lead.update(records=records, wait=0.01)
    row = org.get("Lead", record_id)
    assert (row["Title"], row["City"]) == ("t", None)


def test_bulk_writes_do_not_assign_owners(sf, org):
    org.assign_by_turns([org.add_queue("North")])
    sf.bulk2.Lead.insert(records=[LEAD, LEAD], wait=0.01)
    assert {row["OwnerId"] for row in org.query("SELECT OwnerId FROM Lead")} == {org.api_user_id}


def test_a_bulk_job_with_an_unknown_column_fails_whole(sf):
    with pytest.raises(exceptions.SalesforceOperationError, match="Field name not found : Nope"):
        sf.bulk2.Lead.insert(records=[{**LEAD, "Nope": "x"}], wait=0.01)
