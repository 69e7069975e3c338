"""The sandbox beside recordings of the real thing. They belong to others and are not in this repository: without
a directory of them (`BATON_TEST_CONTRACTS`, or `shared/contracts` beside the repository) these tests are skipped."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from defusedxml import ElementTree
from ruamel.yaml import YAML

from connector.sandbox.faults import Fault
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sandbox.salesforce.describe import describe_object
from connector.sandbox.salesforce.ids import to_18
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.outbound import Subscription
from connector.sandbox.salesforce.rules import DuplicateRule

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = Path(os.environ.get("BATON_TEST_CONTRACTS", ROOT.parent / "shared" / "contracts")) / "salesforce"
pytestmark = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="no recordings of Salesforce: set BATON_TEST_CONTRACTS"
)

DESCRIBED = ("Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "Event")
COMPARED = ("type", "length", "nillable", "createable", "updateable", "soapType", "custom", "digits", "scale")
"""What must agree, field by field, with the describe of a real org."""
TYPES = {
    "Id": {"id", "reference"},
    "String": {"string", "textarea", "phone", "email", "url", "picklist", "combobox"},
    "Boolean": {"boolean"},
    "Integer": {"int"},
    "Decimal": {"double", "currency", "percent"},
    "Date": {"date"},
    "Datetime": {"datetime"},
    "Address": {"address"},
    "Object": {"anyType"},
}
LEAD = {"LastName": "Wei", "Company": "Acme"}


def read(name: str) -> Any:
    return json.loads((CONTRACTS / name).read_text(encoding="utf-8"))


def catalogue() -> list[dict[str, Any]]:
    return read("errors/catalogue.json") if CONTRACTS.is_dir() else []


# ---- describe ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DESCRIBED)
def test_describe_has_the_recorded_keys(org, name):
    recorded, ours = (
        read(f"describe/{name}.cumulusci.json"),
        describe_object(org, name, org.api_user_id, "67.0"),
    )
    assert set(recorded) - set(ours) <= {
        "associateEntityType",
        "associateParentEntity",
        "sobjectDescribeOption",
    }
    assert set(recorded["fields"][0]) == set(ours["fields"][0])
    assert recorded["keyPrefix"] == ours["keyPrefix"]


@pytest.mark.parametrize("name", DESCRIBED)
def test_described_fields_agree_with_the_recorded_ones(org, name):
    recorded = {field["name"]: field for field in read(f"describe/{name}.cumulusci.json")["fields"]}
    ours = {field["name"]: field for field in describe_object(org, name, org.api_user_id, "67.0")["fields"]}
    shared = set(recorded) & set(ours)
    assert len(shared) >= 11
    differ = {
        f"{field}.{key}": (recorded[field][key], ours[field][key])
        for field in shared
        for key in COMPARED
        if recorded[field][key] != ours[field][key]
    }
    assert differ == {}


@pytest.mark.parametrize("path", sorted((CONTRACTS / "schema65").glob("*.json")), ids=lambda path: path.stem)
def test_every_standard_field_is_one_of_the_published_schema(path, world):
    world.switches.multi_currency = True
    made = Org(world).schema.get(path.stem)
    if made is None:
        return
    published = json.loads(path.read_text(encoding="utf-8"))
    for field in made.fields.values():
        assert field.name in published, field.name
        assert field.type in TYPES[published[field.name]], (field.name, published[field.name])


# ---- errors ------------------------------------------------------------------------------------------------------

Rest = Callable[..., requests.Response]


def provoke_session(rest: Rest, app: SalesforceApp) -> requests.Response:
    app.expire_sessions()
    return rest("GET", "limits")


def provoke_limit(rest: Rest, app: SalesforceApp) -> requests.Response:
    app.daily_limit = 0
    return rest("GET", "limits")


def provoke_not_found(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("GET", "sobjects/Foo")


def provoke_bad_key(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("PATCH", "sobjects/Lead/Namez/x", json=LEAD)


def provoke_many(rest: Rest, app: SalesforceApp) -> requests.Response:
    for name in ("A", "B"):
        app.org.create("Contact", {"LastName": name, "Email": "t@example.com"})
    return rest("PATCH", "sobjects/Contact/Email/t@example.com", json={"LastName": "x"})


def provoke_bad_id(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("GET", "query", params={"q": "SELECT Id FROM Contact WHERE (Id = 'somethingwonky') LIMIT 1"})


def provoke_type(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("GET", "query", params={"q": "select count() from XYZZY"})


def provoke_field(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("GET", "query", params={"q": "SELECT Nope FROM Lead"})


def provoke_required(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("POST", "sobjects/Contact", json={"FirstName": "x"})


def provoke_long(rest: Rest, app: SalesforceApp) -> requests.Response:
    return rest("POST", "sobjects/Lead", json={**LEAD, "LastName": "x" * 81})


def provoke_taken(rest: Rest, app: SalesforceApp) -> requests.Response:
    field = {"label": "Baton Id", "type": "Text", "length": 80, "externalId": True, "unique": True}
    app.org.add_field("Lead.Baton_Id__c", field, visible=True)
    app.org.create("Lead", {**LEAD, "Baton_Id__c": "k"})
    return rest("POST", "sobjects/Lead", json={**LEAD, "Baton_Id__c": "k"})


def provoke_locked(rest: Rest, app: SalesforceApp) -> requests.Response:
    body = [
        {
            "message": "unable to obtain exclusive access to this record or 1 records: 0",
            "errorCode": "UNABLE_TO_LOCK_ROW",
            "fields": [],
        }
    ]
    app.faults.add(Fault("salesforce", "answer", status=400, body=body))
    return rest("PATCH", "sobjects/Lead/x", json={})


def provoke_deleted(rest: Rest, app: SalesforceApp) -> requests.Response:
    account = app.org.create("Account", {"Name": "A"})
    app.org.delete("Account", account)
    return rest("DELETE", f"sobjects/Account/{account}")


def provoke_duplicate(rest: Rest, app: SalesforceApp) -> requests.Response:
    app.org.rules.duplicate.append(DuplicateRule("Contact"))
    app.org.create("Contact", {"LastName": "A", "Email": "t@example.com"})
    return rest("POST", "sobjects/Contact", json={"LastName": "B", "Email": "t@example.com"})


def provoke_slow(rest: Rest, app: SalesforceApp) -> requests.Response:
    body = [{"message": "Your query request was running for too long.", "errorCode": "QUERY_TIMEOUT"}]
    app.faults.add(Fault("salesforce", "answer", status=400, body=body))
    return rest("GET", "query", params={"q": "SELECT Id FROM Lead"})


def provoke_row_reference(rest: Rest, app: SalesforceApp) -> requests.Response:
    record = {"attributes": {"type": "Lead"}, "Id": "00Q000000000001EAA", "Title": "x"}
    return rest("PATCH", "composite/sobjects", json={"records": [record]})


def provoke_row_attributes(rest: Rest, app: SalesforceApp) -> requests.Response:
    record = {"Email": "t@example.com", "LastName": "x", "attributes": {"type": "Contact"}}
    return rest("PATCH", "composite/sobjects/Contact/Email", json={"records": [record]})


PROVOKE: dict[str, Callable[[Rest, SalesforceApp], requests.Response]] = {
    "INVALID_SESSION_ID": provoke_session,
    "REQUEST_LIMIT_EXCEEDED": provoke_limit,
    "The requested resource does not exist": provoke_not_found,
    "Provided external ID field": provoke_bad_key,
    "INVALID_QUERY_FILTER_OPERATOR": provoke_bad_id,
    "INVALID_TYPE": provoke_type,
    "INVALID_FIELD": provoke_field,
    "REQUIRED_FIELD_MISSING": provoke_required,
    "STRING_TOO_LONG": provoke_long,
    "DUPLICATE_VALUE": provoke_taken,
    "UNABLE_TO_LOCK_ROW": provoke_locked,
    "ENTITY_IS_DELETED": provoke_deleted,
    "QUERY_TIMEOUT": provoke_slow,
    "DUPLICATES_DETECTED": provoke_duplicate,
    "INVALID_CROSS_REFERENCE_KEY": provoke_row_reference,
    "JSON_PARSER_ERROR": provoke_row_attributes,
    "/services/data": provoke_many,
}
NOT_OURS = "invalid_grant"
"""Of flows with refresh tokens and passwords, which this org does not offer."""


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: f"{entry['http']}-{str(entry['body'])[:60]}")
def test_every_catalogued_error_can_be_provoked_and_looks_as_recorded(rest, app, entry):
    text = json.dumps(entry["body"])
    if NOT_OURS in text:
        assert set(entry["body"]) == {"error", "error_description"}
        return
    provoke = next(work for mark, work in PROVOKE.items() if mark in text)
    answer = provoke(rest, app)
    body = answer.json()[0] if "row" in entry.get("where", "") else answer.json()
    assert answer.status_code == entry["http"]
    assert shape(body) == shape(entry["body"])
    assert words(body) == words(entry["body"])


def shape(value: Any) -> Any:
    """Keys and types, lists by their first element."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "fields"}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def words(body: Any) -> list[str]:
    """The code, and the message's first words as far as they do not name the case."""
    error = body if isinstance(body, dict) else body[0]
    if not isinstance(error, dict):
        return []
    error = error["errors"][0] if "errors" in error else error
    message = str(error["message"])
    fixed = re.split(r"[:\[]|'", message.split("\n")[3] if message.startswith("\n") else message)[0]
    return [str(error.get("errorCode", error.get("statusCode"))), re.sub(r"\d+", "", fixed.split("Name")[-1])]


# ---- answers -----------------------------------------------------------------------------------------------------


def exchanges(*methods: str) -> Iterator[tuple[str, str, Any]]:
    """(method and path, request body, answer) of every recorded exchange that has both."""
    for path in sorted((CONTRACTS / "cumulusci").glob("*.yaml")):
        recorded = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        for entry in recorded.get("interactions", []) if isinstance(recorded, dict) else []:
            request, response = entry.get("request"), entry.get("response")
            if not request or not response or request["method"] not in methods:
                continue
            text = (response.get("body") or {}).get("string") or ""
            if isinstance(text, str) and text.startswith(("{", "[")):
                where = re.sub(r".*/services/data/v[^/]+", "", request["uri"])
                yield f"{request['method']} {where}", request.get("body") or "", json.loads(text)


def test_collection_rows_have_the_recorded_keys(rest):
    record = {"attributes": {"type": "Contact"}, "LastName": "x", "Email": "t@example.com"}
    ours = {
        "POST": set(rest("POST", "composite/sobjects", json={"records": [record]}).json()[0]),
        "PATCH": set(rest("PATCH", "composite/sobjects/Contact/Email", json={"records": [record]}).json()[0]),
    }
    seen = 0
    for call, _, answer in exchanges("POST", "PATCH"):
        if not call.endswith("/composite/sobjects") and "/composite/sobjects/" not in call:
            continue
        kind = "PATCH" if "/composite/sobjects/" in call else "POST"
        assert {frozenset(row) for row in answer} == {frozenset(ours[kind])}
        seen += 1
    assert seen >= 5


def test_query_pages_have_the_recorded_keys(rest, org):
    org.create("Account", {"Name": "Acme"})
    ours = rest("GET", "query", params={"q": "SELECT Id, Name FROM Account"}).json()
    seen = 0
    for call, _, answer in exchanges("GET"):
        if call.startswith("GET /query/") and answer["records"]:
            assert set(answer) == set(ours)
            assert set(answer["records"][0]["attributes"]) == set(ours["records"][0]["attributes"])
            seen += 1
    assert seen >= 3
    org.load("Lead", ({"LastName": f"N{n}", "Company": "C"} for n in range(2001)))
    first = rest("GET", "query", params={"q": "SELECT Id FROM Lead"}).json()
    assert set(first) == set(read("restforce/query_paginated_first_page_response.json"))
    empty = rest("GET", "query", params={"q": "SELECT Id FROM Campaign"}).json()
    assert empty == read("restforce/query_empty_response.json")


def test_the_other_answers_have_the_recorded_keys(rest, url, org):
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    token = requests.post(f"{url}/services/oauth2/token", data=form, timeout=5).json()
    assert set(read("restforce/auth_success_response.json")) <= set(token)
    made = rest("POST", "sobjects/Lead", json=LEAD).json()
    assert set(made) == set(read("restforce/create_success_response.json"))
    listed = rest("GET", "sobjects").json()
    recorded = read("restforce/list_sobjects_success_response.json")
    assert set(recorded) == set(listed)
    assert set(recorded["sobjects"][0]) <= set(listed["sobjects"][0])
    versions = requests.get(f"{url}/services/data", timeout=5).json()
    assert set(versions[0]) == set(read("restforce/services_data_success_response.json")[0])
    rows = org.query("SELECT Company, COUNT(Id) FROM Lead GROUP BY Company")
    aggregate = read("restforce/query_aggregate_success_response.json")["records"][0]
    assert (rows[0]["attributes"], "expr0" in rows[0]) == (aggregate["attributes"], "expr0" in aggregate)


def test_recorded_ids_have_our_checksum():
    found: set[str] = set()
    for path in (CONTRACTS / "cumulusci").glob("*.yaml"):
        found |= set(re.findall(r"\b00[136][0-9A-Za-z]{12}[A-Z0-5]{3}\b", path.read_text(encoding="utf-8")))
    real = {record_id for record_id in found if not re.search(r"0x|ORGID|ACCOUNT", record_id)}
    assert len(real) >= 50
    assert {record_id for record_id in real if to_18(record_id[:15]) != record_id} == set()


def test_an_outbound_message_has_the_recorded_structure(org):
    org.outbound.subscribe(
        Subscription("Lead", ("Company", "Email", "FirstName", "LastName", "Status"), "http://x")
    )
    org.create("Lead", {**LEAD, "FirstName": "Pat", "Email": "p@example.com"})
    ours = ElementTree.fromstring(org.outbound.message(org.outbound.queue).body)
    recorded = ElementTree.fromstring((CONTRACTS / "outbound" / "lead_notification.xml").read_bytes())
    assert outline(ours) == outline(recorded)


def outline(element: Any) -> Any:
    """Names, attributes and order of a tree, without its texts."""
    return (element.tag, sorted(element.attrib.items()), [outline(child) for child in element])
