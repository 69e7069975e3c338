"""Queries: what is found, in which order, and what is said about a query that is wrong."""

# ruff: noqa: S608 - SOQL is put together on purpose: the org has no other tenants
from __future__ import annotations

from datetime import timedelta

import pytest

from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.soql_parse import parse


@pytest.fixture
def people(org):
    rows = [
        {
            "LastName": "Ash",
            "Company": "Acme",
            "Email": "ash@example.com",
            "NumberOfEmployees": 5,
            "Rating": "Hot",
        },
        {"LastName": "Birch", "Company": "Acme", "NumberOfEmployees": 50, "DoNotCall": True},
        {"LastName": "O'Oak", "Company": "100%_Wood", "NumberOfEmployees": 500, "Rating": "Cold"},
    ]
    for row in rows:
        org.create("Lead", row)
        org.world.clock.advance(timedelta(days=1))
    return org


def names(org, where: str, **kwargs) -> list[str]:
    return [row["LastName"] for row in org.query(f"SELECT LastName FROM Lead WHERE {where}", **kwargs)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("LastName = 'ASH'", ["Ash"]),
        ("LastName != 'Ash'", ["Birch", "O'Oak"]),
        ("LastName = 'O\\'Oak'", ["O'Oak"]),
        ("Rating != 'Hot'", ["Birch", "O'Oak"]),
        ("Rating = null", ["Birch"]),
        ("Rating != null", ["Ash", "O'Oak"]),
        ("NumberOfEmployees > 5 AND NumberOfEmployees <= 500", ["Birch", "O'Oak"]),
        ("NumberOfEmployees < 6 OR DoNotCall = true", ["Ash", "Birch"]),
        ("NOT (NumberOfEmployees < 6 OR DoNotCall = true)", ["O'Oak"]),
        ("Company = 'Acme' AND (NOT LastName LIKE 'a%')", ["Birch"]),
        ("LastName LIKE '_irch'", ["Birch"]),
        ("LastName IN ('ash', 'birch')", ["Ash", "Birch"]),
        ("LastName NOT IN ('Ash', 'Birch')", ["O'Oak"]),
        ("DoNotCall = false", ["Ash", "O'Oak"]),
        ("Owner.Name = 'Baton Integration' AND Owner.Type = 'User' AND LastName > 'C'", ["O'Oak"]),
        ("CreatedDate >= 2026-11-23T08:00:00Z", ["Birch", "O'Oak"]),
        ("CreatedDate > 2026-11-23T16:00:00+08:00", ["O'Oak"]),
        ("CreatedDate = YESTERDAY", ["O'Oak"]),
        ("CreatedDate < YESTERDAY AND CreatedDate = LAST_N_DAYS:2", ["Birch"]),
        ("CreatedDate = THIS_YEAR AND CreatedDate != TODAY", ["Ash", "Birch", "O'Oak"]),
        ("Id IN (SELECT LeadId FROM LeadHistory WHERE Field = 'Status')", []),
        ("Id IN (SELECT LeadId FROM LeadHistory)", ["Ash", "Birch", "O'Oak"]),
    ],
)
def test_a_condition_finds(people, where, found):
    assert names(people, where) == found


def test_order_by_several_keys_with_nulls_where_asked(people):
    soql = "SELECT LastName FROM Lead ORDER BY Company DESC, Rating ASC NULLS LAST, LastName"
    assert [row["LastName"] for row in people.query(soql)] == ["Ash", "Birch", "O'Oak"]
    first = people.query("SELECT LastName FROM Lead ORDER BY Rating LIMIT 1")
    assert first[0]["LastName"] == "Birch"


def test_limit_and_offset_cut_the_ordered_rows(people):
    soql = "SELECT LastName FROM Lead ORDER BY LastName DESC LIMIT 1 OFFSET 1"
    assert [row["LastName"] for row in people.query(soql)] == ["Birch"]


def test_count_has_a_total_and_no_records(people):
    answer = people.run("SELECT COUNT() FROM Lead WHERE Company = 'Acme'")
    assert (answer.total, answer.rows(0, 10)) == (2, [])


def test_aggregates_group(people):
    rows = people.query("SELECT Company, COUNT(Id), MAX(NumberOfEmployees) most FROM Lead GROUP BY Company")
    assert rows[0] == {"attributes": {"type": "AggregateResult"}, "Company": "Acme", "expr0": 2, "most": 50}


def test_related_records_nest_and_a_null_one_is_null(people):
    account = people.create("Account", {"Name": "Acme"})
    boss = people.create("Contact", {"LastName": "Boss", "AccountId": account})
    people.create("Contact", {"LastName": "Clerk", "ReportsToId": boss})
    rows = people.query("SELECT Account.Owner.Name, ReportsTo.Account.Name FROM Contact ORDER BY LastName")
    assert rows[0]["Account"]["Owner"]["Name"] == "Baton Integration"
    assert rows[0]["ReportsTo"] is None
    assert rows[1]["Account"] is None
    assert rows[1]["ReportsTo"]["Account"]["Name"] == "Acme"


def test_a_polymorphic_who_tells_its_type(people):
    lead = people.query("SELECT Id FROM Lead LIMIT 1")[0]["Id"]
    people.log_task({"WhoId": lead, "Subject": "Call"})
    row = people.query("SELECT Who.Type, Who.Name FROM Task")[0]
    assert row["Who"]["attributes"] == {"type": "Name", "url": f"/services/data/v67.0/sobjects/Lead/{lead}"}
    assert (row["Who"]["Type"], row["Who"]["Name"]) == ("Lead", "Ash")


def test_a_15_character_id_finds_the_record(people):
    lead = people.query("SELECT Id FROM Lead LIMIT 1")[0]["Id"]
    assert names(people, f"Id = '{lead[:15]}'") == ["Ash"]


def test_old_activities_are_found_by_query_all_only(people):
    closed = people.log_task({"Subject": "Call"})
    people.create("Task", {"Subject": "Open"})
    people.world.clock.advance(timedelta(days=366))
    assert [row["Subject"] for row in people.query("SELECT Subject FROM Task")] == ["Open"]
    assert closed in {row["Id"] for row in people.query("SELECT Id FROM Task", all_rows=True)}


def test_a_window_paged_by_stamp_and_id_reads_every_row_once(org):
    org.load(
        "Lead", ({"LastName": f"N{n}", "Company": "C"} for n in range(450)), "2026-11-22T07:00:00.000+0000"
    )
    for _ in range(50):
        org.create("Lead", {"LastName": "Late", "Company": "C"})
    met: list[str] = []
    where = "SystemModstamp >= 2026-11-22T07:00:00Z"
    while True:
        rows = org.query(
            f"SELECT Id, SystemModstamp FROM Lead WHERE {where} ORDER BY SystemModstamp, Id LIMIT 100"
        )
        met += [row["Id"] for row in rows]
        if len(rows) < 100:
            break
        stamp, last = rows[-1]["SystemModstamp"].replace("+0000", "Z"), rows[-1]["Id"]
        where = f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last}'))"
    assert len(met) == len(set(met)) == 500


@pytest.mark.parametrize(
    ("tail", "looked_at"),
    [
        ("WHERE SystemModstamp >= {a} AND SystemModstamp < {b} ORDER BY SystemModstamp, Id LIMIT 10", 30),
        ("WHERE Id > '{id}' ORDER BY Id LIMIT 10", 30),
        ("WHERE Email = 'n7@example.com'", 5),
    ],
)
def test_a_bounded_query_does_not_look_at_every_row(org, monkeypatch, tail, looked_at):
    rows = [{"LastName": f"N{n}", "Company": "C", "Email": f"n{n}@example.com"} for n in range(5000)]
    ids = org.load("Lead", rows, "2026-11-22T07:00:00.000+0000")
    table, looked = org.tables["Lead"], 0

    class Watched(dict):  # type: ignore[type-arg]
        def __getitem__(self, key):
            nonlocal looked
            looked += 1
            return super().__getitem__(key)

    org.query("SELECT Id FROM Lead WHERE Email = 'n7@example.com'")  # makes the index
    table.seen = Watched(table.seen)
    text = tail.format(a="2026-11-22T07:00:00Z", b="2026-11-22T07:00:01Z", id=ids[2500])
    assert org.query(f"SELECT Id FROM Lead {text}")
    assert looked <= looked_at


@pytest.mark.parametrize(
    ("soql", "code", "place", "reason"),
    [
        ("SELECT Nope FROM Lead", "INVALID_FIELD", 8, "No such column 'Nope' on entity 'Lead'."),
        ("SELECT Id FROM XYZZY", "INVALID_TYPE", 16, "sObject type 'XYZZY' is not supported."),
        (
            "SELECT Id FROM Lead WHERE (Id = 'wonky')",
            "INVALID_QUERY_FILTER_OPERATOR",
            28,
            "invalid ID field: wonky",
        ),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", 26, "unexpected token: '<EOF>'"),
        ("SELECT Id Lead", "MALFORMED_QUERY", 11, "unexpected token: 'Lead'"),
        (
            "SELECT Id FROM Lead WHERE Id = null AND Id = null OR Id = null",
            "MALFORMED_QUERY",
            51,
            "unexpected token",
        ),
        ("SELECT Boss.Name FROM Lead", "INVALID_FIELD", 8, "Didn't understand relationship 'Boss'"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", 27, "can not be filtered"),
        ("SELECT Id FROM Lead WHERE CreatedDate = '2026'", "INVALID_FIELD", 27, "must be of type dateTime"),
        ("SELECT Id FROM Lead WHERE LastName = 5", "INVALID_FIELD", 27, "must be of type string"),
        (
            "SELECT Id FROM Lead WHERE CreatedDate > SOMEDAY",
            "MALFORMED_QUERY",
            41,
            "unexpected token: 'SOMEDAY'",
        ),
        ("SELECT Company, COUNT(Id) FROM Lead", "MALFORMED_QUERY", 8, "Field must be grouped"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", 8, "LIMIT"),
        ("SELECT Id FROM Lead WHERE LastName = 'open", "MALFORMED_QUERY", 38, "no viable alternative"),
    ],
)
def test_a_wrong_query_is_told_with_its_place(org, soql, code, place, reason):
    with pytest.raises(OrgError) as caught:
        org.query(soql)
    lines = caught.value.message.split("\n")
    assert caught.value.code == code
    assert lines[0] == ""
    assert lines[2] == " " * (place - 1) + "^"
    assert lines[3] == f"ERROR at Row:1:Column:{place}"
    assert reason in lines[4]


def test_keywords_take_any_case_and_line_breaks():
    select = parse(
        "select\n  Id, Owner.Name\nFrom Lead\nwhere Id != null order by Id desc nulls last limit 5 offset 2"
    )
    assert (select.object_name, select.limit, select.offset) == ("Lead", 5, 2)
    assert select.order[0].descending
    assert not select.order[0].nulls_first
