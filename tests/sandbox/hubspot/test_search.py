"""Search sees the index: filtered, sorted, lagging, and never past the ten thousandth result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.search import Filter, Query
from connector.sandbox.hubspot.values import to_ms
from connector.sandbox.world import World

SEARCH = "/crm/v3/objects/contacts/search"
OLD = datetime(2026, 1, 1, tzinfo=UTC)


def one(property_name: str, operator: str, **values: Any) -> Query:
    return Query(((Filter(property_name, operator, **values),),))


@pytest.fixture
def people(portal: Portal) -> dict[str, str]:
    rows: dict[str, dict[str, Any]] = {
        "ann": {"email": "ann@acme.com", "firstname": "Ann", "hs_email_open": 2, "company": "Acme Robotics"},
        "bob": {"email": "bob@beta.cn", "firstname": "Bob", "hs_email_open": 10, "hs_lead_status": "NEW"},
        "cyd": {"email": "cyd@acme.com", "firstname": "cyd", "hs_lead_status": "OPEN"},
    }
    return dict(zip(rows, portal.load("contacts", rows.values(), stamp=OLD), strict=True))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (one("firstname", "EQ", value="ann"), ["ann"]),
        (one("firstname", "NEQ", value="ann"), ["bob", "cyd"]),
        (one("hs_email_open", "LT", value="10"), ["ann"]),
        (one("hs_email_open", "LTE", value="10"), ["ann", "bob"]),
        (one("hs_email_open", "GT", value="2"), ["bob"]),
        (one("hs_email_open", "GTE", value="2"), ["ann", "bob"]),
        (one("hs_email_open", "BETWEEN", value="3", high="10"), ["bob"]),
        (one("firstname", "IN", values=("ann", "cyd")), ["ann", "cyd"]),
        (one("firstname", "IN", values=("Ann",)), []),
        (one("firstname", "NOT_IN", values=("ann",)), ["bob", "cyd"]),
        (one("hs_lead_status", "IN", values=("NEW", "open")), ["bob"]),
        (one("hs_lead_status", "HAS_PROPERTY"), ["bob", "cyd"]),
        (one("hs_lead_status", "NOT_HAS_PROPERTY"), ["ann"]),
        (one("company", "CONTAINS_TOKEN", value="robotics"), ["ann"]),
        (one("company", "CONTAINS_TOKEN", value="robot"), []),
        (one("company", "CONTAINS_TOKEN", value="robot*"), ["ann"]),
        (Query(text="acme"), ["ann", "cyd"]),
        (Query(sort=("hs_email_open", True)), ["bob", "ann", "cyd"]),
        (
            Query(
                (one("firstname", "EQ", value="bob").groups[0], one("firstname", "EQ", value="cyd").groups[0])
            ),
            ["bob", "cyd"],
        ),
    ],
)
def test_every_operator(portal: Portal, people: dict[str, str], query: Query, names: list[str]) -> None:
    found, total = portal.search("contacts", query)
    assert [row.id for row in found] == [people[name] for name in names]
    assert total == len(names)


def test_times_are_epoch_milliseconds_and_bounds_hold(portal: Portal, people: dict[str, str]) -> None:
    portal.update("contacts", people["bob"], {"firstname": "B"})
    since = str(to_ms(OLD) + 1)
    assert [row.id for row in portal.search("contacts", one("lastmodifieddate", "GTE", value=since))[0]] == [
        people["bob"]
    ]
    at = str(to_ms(OLD))
    found, _ = portal.search("contacts", one("lastmodifieddate", "BETWEEN", value=at, high=at))
    assert [row.id for row in found] == [people["ann"], people["cyd"]]


def test_windows_are_paged_by_id_without_loss(portal: Portal) -> None:
    ids = portal.load("contacts", [{"firstname": str(n)} for n in range(25)], stamp=OLD)
    seen: list[str] = []
    while True:
        bound = Filter("hs_object_id", "GT", seen[-1] if seen else "0")
        query = Query(
            ((Filter("lastmodifieddate", "GTE", str(to_ms(OLD))), bound),), sort=("hs_object_id", False)
        )
        found, total = portal.search("contacts", query, limit=10)
        assert total == 25 - len(seen)
        if not found:
            break
        seen += [row.id for row in found]
    assert seen == ids


def test_the_index_lags_while_reads_are_consistent(portal: Portal, world: World) -> None:
    world.switches.search_lag_seconds = 5
    made = portal.create("contacts", {"email": "a@b.com", "firstname": "A"})
    assert portal.get("contacts", made.id).id == made.id
    assert portal.search("contacts", Query()) == ([], 0)
    world.clock.advance(timedelta(seconds=6))
    assert portal.search("contacts", Query())[1] == 1
    portal.update("contacts", made.id, {"firstname": "B"})
    portal.archive("contacts", made.id)
    stale, _ = portal.search("contacts", one("firstname", "EQ", value="a"))
    assert [row.properties["firstname"] for row in stale] == ["A"]
    world.clock.advance(timedelta(seconds=6))
    assert portal.search("contacts", Query()) == ([], 0)


def test_answers_follow_writes(portal: Portal, people: dict[str, str]) -> None:
    query = one("firstname", "EQ", value="bob")
    assert portal.search("contacts", query)[1] == 1
    portal.update("contacts", people["ann"], {"firstname": "Bob"})
    assert portal.search("contacts", query)[1] == 2
    portal.archive("contacts", people["bob"])
    assert portal.search("contacts", query)[1] == 1


def test_activities_are_found_by_their_contact(portal: Portal, people: dict[str, str]) -> None:
    note = portal.log_activity("notes", people["ann"], {"hs_note_body": "x"})
    portal.log_activity("notes", people["bob"], {"hs_note_body": "y"})
    found, _ = portal.search("notes", one("associations.contact", "IN", values=(people["ann"],)))
    assert [row.id for row in found] == [note.id]


def test_nothing_past_the_ten_thousandth(wire: Any, portal: Portal) -> None:
    portal.load("contacts", [{"firstname": "A"}] * 10_050, stamp=OLD)
    last = wire.call("POST", SEARCH, {"limit": 100, "after": "9900"})
    assert (last.status, last.body["total"], len(last.body["results"])) == (200, 10_050, 100)
    assert last.body["paging"]["next"]["after"] == "10000"
    beyond = wire.call("POST", SEARCH, {"limit": 100, "after": "10000"})
    assert (beyond.status, beyond.body["category"]) == (400, "VALIDATION_ERROR")


FILTER = {"propertyName": "firstname", "operator": "EQ", "value": "a"}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"filterGroups": [{"filters": [FILTER]}] * 6},
        {"filterGroups": [{"filters": [FILTER] * 7}]},
        {"filterGroups": [{"filters": [FILTER] * 4}] * 5},
        {"filterGroups": [{"filters": [{**FILTER, "value": "x" * 3_000}]}]},
        {"sorts": ["firstname", "lastname"]},
        {"filterGroups": [{"filters": [{**FILTER, "operator": "LIKE"}]}]},
        {"filterGroups": [{"filters": [{**FILTER, "propertyName": "nonsense"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "firstname", "operator": "IN"}]}]},
        {
            "filterGroups": [
                {"filters": [{"propertyName": "lastmodifieddate", "operator": "GT", "value": "x"}]}
            ]
        },
    ],
)
def test_what_search_refuses(wire: Any, body: dict[str, Any]) -> None:
    assert wire.call("POST", SEARCH, body).status == 400


def test_a_page_of_a_large_portal_reads_only_that_page(portal: Portal) -> None:
    ids = portal.load("contacts", [{}] * 20_000, stamp=OLD)
    reads = 0

    class Counting(dict[int, Any]):
        def __getitem__(self, key: int) -> Any:
            nonlocal reads
            reads += 1
            return super().__getitem__(key)

    shelf = portal.shelves["contacts"]
    shelf.records = Counting(shelf.records)
    found, after = portal.page("contacts", ids[15_000], limit=100)
    assert [found[0].id, after] == [ids[15_001], ids[15_100]]
    assert reads == 101


def test_errors_leave_the_portal_usable(portal: Portal) -> None:
    with pytest.raises(PortalError):
        portal.search("contacts", one("nonsense", "EQ", value="x"))
    assert portal.search("contacts", Query()) == ([], 0)
