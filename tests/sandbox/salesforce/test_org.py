"""What the org does to records, told without HTTP."""

# ruff: noqa: S608 - SOQL is put together on purpose: the org has no other tenants
from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.errors import ManyMatchesError, OrgError
from connector.sandbox.salesforce.ids import to_18
from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.rules import DuplicateRule
from connector.sandbox.world import World

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BATON_ID = {"label": "Baton Id", "type": "Text", "length": 80, "externalId": True, "unique": True}


def open_field(org: Org, name: str = "Lead.Baton_Id__c") -> None:
    org.add_field(name, BATON_ID, visible=True)


def test_an_id_has_18_characters_the_type_s_prefix_and_a_checksum(lead):
    record_id = lead()
    assert len(record_id) == 18
    assert record_id.startswith("00Q")
    assert to_18(record_id[:15]) == record_id
    assert to_18(record_id[:15] + "AAA") in (None, record_id)


def test_two_orgs_of_one_seed_are_the_same(lead, org, world):
    lead()
    other = Org(World(type(world.clock)(START), seed=world.seed))
    other.create("Lead", {"LastName": "Wei", "Company": "Acme"})
    assert other.snapshot() == org.snapshot()


def test_a_lead_needs_a_last_name_and_a_company(org, refused):
    error = refused("REQUIRED_FIELD_MISSING", org.create, "Lead", {"FirstName": "A"})
    assert error.fields == ["LastName", "Company"]
    assert error.message == "Required fields are missing: [LastName, Company]"


def test_a_required_field_cannot_be_emptied(org, lead, refused):
    assert refused("REQUIRED_FIELD_MISSING", org.update, "Lead", lead(), {"Company": " "}).fields == [
        "Company"
    ]


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"Title": "x" * 129}, "STRING_TOO_LONG", ["Title"]),
        ({"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", None),
        ({"NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ({"IsConverted": "perhaps"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsConverted"]),
        ({"DoNotCall": "perhaps"}, "JSON_PARSER_ERROR", None),
        ({"EmailBouncedDate": "yesterday"}, "JSON_PARSER_ERROR", None),
        ({"CleanText__c": "x"}, "INVALID_FIELD", None),
        ({"GeocodeAccuracy": "Roughly"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["GeocodeAccuracy"]),
        ({"CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
        ({"OwnerId": "somebody"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "005000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", []),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_code(org, lead, refused, values, code, fields):
    assert refused(code, org.update, "Lead", lead(), values).fields == fields


def test_an_unrestricted_picklist_takes_any_value(org, lead):
    record_id = lead(Status="Being looked at")
    assert org.get("Lead", record_id)["Status"] == "Being looked at"


def test_text_is_trimmed_and_blank_is_null_unless_the_switch_is_off(org, lead):
    assert org.get("Lead", lead(Title="  boss ", City="   "))["Title"] == "boss"
    assert org.get("Lead", lead(City="   "))["City"] is None
    org.world.switches.salesforce_trims_text = False
    assert org.get("Lead", lead(Title="  boss "))["Title"] == "  boss "


@pytest.mark.parametrize(("folds", "kept"), [(False, "A.B@Example.com"), (True, "a.b@example.com")])
def test_e_mail_keeps_its_case_unless_the_switch_folds_it(org, lead, folds, kept):
    org.world.switches.salesforce_folds_email = folds
    assert org.get("Lead", lead(Email="A.B@Example.com"))["Email"] == kept


def test_every_write_bumps_the_stamps_also_one_that_changes_nothing(org, lead, world):
    record_id = lead()
    world.clock.advance(timedelta(minutes=5))
    org.update("Lead", record_id, {})
    row = org.get("Lead", record_id)
    assert row["CreatedDate"] == "2026-11-22T08:00:00.000+0000"
    assert row["SystemModstamp"] == row["LastModifiedDate"] == "2026-11-22T08:05:00.000+0000"


@pytest.mark.parametrize(("milliseconds", "equal"), [(False, True), (True, False)])
def test_stamps_of_one_second_are_equal_unless_the_switch_says_milliseconds(org, lead, milliseconds, equal):
    org.world.switches.salesforce_stamps_milliseconds = milliseconds
    one, two = (org.get("Lead", lead())["SystemModstamp"] for _ in range(2))
    assert (one == two) is equal


def test_an_inactive_user_may_not_own_unless_the_switch_allows_it(org, lead, refused):
    gone = org.add_user("Left", "Behind", "left@example.com", active=False)
    refused("INACTIVE_OWNER_OR_USER", org.update, "Lead", lead(), {"OwnerId": gone})
    org.world.switches.salesforce_refuses_inactive_owner = False
    assert org.get("Lead", lead(OwnerId=gone))["OwnerId"] == gone


def test_a_unique_value_has_one_holder_under_concurrency(org):
    open_field(org)

    def create(_: int) -> str:
        try:
            return org.create("Lead", {"LastName": "L", "Company": "C", "Baton_Id__c": "k1"})
        except OrgError as refusal:
            return refusal.message

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    ids = [a for a in answers if a.startswith("00Q")]
    assert len(ids) == 1
    assert (
        answers.count(f"duplicate value found: Baton_Id__c duplicates value on record with id: {ids[0][:15]}")
        == 7
    )


def test_upsert_creates_then_updates_and_a_deleted_holder_does_not_count(org):
    open_field(org)
    values = {"LastName": "L", "Company": "C"}
    first, created = org.upsert("Lead", "Baton_Id__c", "K1", values)
    again, created_again = org.upsert("Lead", "Baton_Id__c", "k1", {"Title": "t"})
    assert (created, created_again, again) == (True, False, first)
    org.delete("Lead", first)
    third, created_third = org.upsert("Lead", "Baton_Id__c", "K1", values)
    assert created_third
    assert third != first


def test_upsert_by_a_value_that_several_have_writes_nothing(org):
    for name in ("A", "B"):
        org.create("Contact", {"LastName": name, "Email": "two@example.com"})
    with pytest.raises(ManyMatchesError) as caught:
        org.upsert("Contact", "Email", "two@example.com", {"LastName": "C"})
    assert len(caught.value.ids) == 2


def test_a_refused_write_leaves_no_trace(org, lead, refused):
    record_id = lead()
    org.forbid("Lead", "Title = 'forbidden'", "Not this title", field="Title")
    before = org.snapshot()
    error = refused(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", org.update, "Lead", record_id, {"Title": "forbidden"}
    )
    assert (error.message, error.fields) == ("Not this title", ["Title"])
    assert org.snapshot()["tables"] == before["tables"]


def test_the_assignment_rule_moves_leads_on_create_and_update_unless_told_not_to(org, lead):
    queue = org.add_queue("North")
    user = org.add_user("Rita", "Rep", "rita@example.com")
    org.assign_by_turns([queue, user])
    record_id = lead(OwnerId=org.api_user_id)
    assert org.get("Lead", record_id)["OwnerId"] == queue
    org.update("Lead", record_id, {"Title": "t"}, auto_assign=False)
    assert org.get("Lead", record_id)["OwnerId"] == queue
    org.update("Lead", record_id, {"Title": "u"})
    assert org.get("Lead", record_id)["OwnerId"] == user


def test_a_duplicate_is_told_with_the_record_it_resembles(org, lead, refused):
    org.rules.duplicate.append(DuplicateRule("Lead"))
    first = lead(Email="x@example.com")
    error = refused(
        "DUPLICATES_DETECTED", org.create, "Lead", {"LastName": "W", "Company": "A", "Email": "X@example.com"}
    )
    match = error.body()[0]["duplicateResut"]["matchResults"][0]["matchRecords"][0]
    assert match["record"]["Id"] == first


@pytest.mark.parametrize(("action", "saved"), [("Alert", True), ("Block", False)])
def test_allow_save_passes_an_alert_rule_but_never_a_block(org, lead, action, saved):
    org.rules.duplicate.append(DuplicateRule("Lead", action=action))
    lead(Email="x@example.com")
    caller = Caller(org.api_user_id, save_duplicates=True)
    values = {"LastName": "W", "Company": "A", "Email": "x@example.com"}
    if saved:
        assert org.create_as(caller, "Lead", values)
    else:
        with pytest.raises(OrgError, match="DUPLICATES_DETECTED"):
            org.create_as(caller, "Lead", values)


def test_field_history_tells_old_and_new_value_and_who(org, lead):
    user = org.add_user("Rita", "Rep", "rita@example.com")
    record_id = lead()
    org.update(
        "Lead", record_id, {"Status": "Working - Contacted", "Title": "t"}, as_user=user, auto_assign=False
    )
    rows = org.query(
        f"SELECT Field, OldValue, NewValue, CreatedById FROM LeadHistory WHERE LeadId = '{record_id}'"
    )
    assert [row["Field"] for row in rows] == ["created", "Status"]
    assert (rows[1]["OldValue"], rows[1]["NewValue"]) == ("Open - Not Contacted", "Working - Contacted")
    assert rows[1]["CreatedById"] == user


@pytest.mark.parametrize(("twice", "count"), [(True, 2), (False, 1)])
def test_an_owner_change_makes_rows_of_name_and_id_by_switch(org, lead, twice, count):
    org.world.switches.salesforce_lookup_history_twice = twice
    user = org.add_user("Rita", "Rep", "rita@example.com")
    org.update("Lead", lead(), {"OwnerId": user})
    rows = org.query("SELECT NewValue FROM LeadHistory WHERE Field = 'Owner' ORDER BY Id")
    assert len(rows) == count
    assert rows[-1]["NewValue"] == user


def test_an_opportunity_writes_a_history_row_for_each_move_and_knows_when_it_is_won(org):
    deal = org.create(
        "Opportunity", {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01", "Amount": 10}
    )
    org.update("Opportunity", deal, {"NextStep": "call"})
    org.update("Opportunity", deal, {"StageName": "Closed Won", "Amount": 12.5})
    rows = org.query("SELECT StageName, Amount, PrevAmount, Probability FROM OpportunityHistory ORDER BY Id")
    assert [row["StageName"] for row in rows] == ["Prospecting", "Closed Won"]
    assert (rows[1]["Amount"], rows[1]["PrevAmount"], rows[1]["Probability"]) == (12.5, 10.0, 100.0)
    assert org.get("Opportunity", deal)["IsWon"] is True


def test_conversion_makes_three_records_moves_activities_and_closes_the_lead(org, lead, world, refused):
    record_id = lead(Email="w@example.com")
    call = org.log_task({"WhoId": record_id, "Subject": "Call", "TaskSubtype": "Call"})
    world.clock.advance(timedelta(hours=1))
    made = org.convert(record_id)
    row = org.get("Lead", record_id)
    assert row["IsConverted"] is True
    assert row["Status"] == "Closed - Converted"
    assert row["ConvertedDate"] == "2026-11-22"
    assert row["ConvertedContactId"] == made["contactId"]
    moved = org.get("Task", call)
    assert (moved["WhoId"], moved["WhatId"]) == (made["contactId"], made["opportunityId"])
    assert moved["SystemModstamp"] == "2026-11-22T09:00:00.000+0000"
    assert moved["CreatedDate"] == moved["CompletedDateTime"] == "2026-11-22T08:00:00.000+0000"
    error = refused("CANNOT_UPDATE_CONVERTED_LEAD", org.update, "Lead", record_id, {"Title": "t"})
    assert error.message == "cannot reference converted lead"
    org.edit_converted.add(org.api_user_id)
    org.update("Lead", record_id, {"Title": "t"})


def test_conversion_takes_an_existing_account_and_needs_a_converted_status(org, lead, refused):
    account = org.create("Account", {"Name": "Acme"})
    record_id = lead()
    refused("INVALID_STATUS", org.convert, record_id, Conversion(status="Working - Contacted"))
    made = org.convert(record_id, Conversion(account_id=account, create_opportunity=False))
    assert (made["accountId"], made["opportunityId"]) == (account, None)


@pytest.mark.parametrize("converts", [False, True])
def test_a_converted_status_set_by_hand_converts_only_by_switch(org, lead, converts):
    org.world.switches.converted_status_converts = converts
    record_id = lead()
    org.update("Lead", record_id, {"Status": "Closed - Converted"})
    assert org.get("Lead", record_id)["IsConverted"] is converts


def test_a_merge_s_loser_is_deleted_names_its_master_and_takes_no_writes(org, lead, refused):
    winner, loser = lead(), lead()
    task = org.log_task({"WhoId": loser, "Subject": "Call"})
    org.merge("Lead", winner, [loser], {"Title": "kept"})
    rows = org.query("SELECT Id, IsDeleted, MasterRecordId FROM Lead WHERE IsDeleted = true", all_rows=True)
    assert [(row["Id"], row["MasterRecordId"]) for row in rows] == [(loser, winner)]
    assert org.query("SELECT Id FROM Lead WHERE IsDeleted = true") == []
    assert org.get("Task", task)["WhoId"] == winner
    assert refused("ENTITY_IS_DELETED", org.update, "Lead", loser, {"Title": "t"}).status == 404


def test_a_converted_lead_cannot_be_the_master_of_a_merge(org, lead):
    winner, loser = lead(), lead()
    org.convert(winner)
    with pytest.raises(OrgError):
        org.merge("Lead", winner, [loser])
    assert org.get("Lead", loser)["IsDeleted"] is False


def test_a_deleted_record_comes_back_from_the_recycle_bin(org, lead, refused):
    record_id = lead()
    org.delete("Lead", record_id)
    refused("ENTITY_IS_DELETED", org.get, "Lead", record_id)
    org.undelete("Lead", record_id)
    assert org.get("Lead", record_id)["IsDeleted"] is False


def test_a_late_commit_keeps_its_stamp_and_shows_only_later(org, lead, world):
    record_id = lead()
    world.clock.advance(timedelta(minutes=1))
    org.update("Lead", record_id, {"Title": "late"}, late=timedelta(minutes=10))
    hidden = org.create("Lead", {"LastName": "H", "Company": "C"}, late=timedelta(minutes=10))
    assert org.get("Lead", record_id)["Title"] is None
    assert len(org.query("SELECT Id FROM Lead")) == 1
    world.clock.advance(timedelta(minutes=11))
    assert org.get("Lead", record_id)["Title"] == "late"
    assert org.get("Lead", hidden)["SystemModstamp"] == "2026-11-22T08:01:00.000+0000"


def test_a_new_field_is_hidden_until_a_permission_set_opens_it(org, refused):
    org.add_field("Lead.Baton_Id__c", BATON_ID)
    api = Caller(org.api_user_id, api=True)
    values = {"LastName": "L", "Company": "C", "Baton_Id__c": "k"}
    names = {field["name"] for field in org.describe("Lead")["fields"]}
    assert "Baton_Id__c" not in names
    refused("INVALID_FIELD_FOR_INSERT_UPDATE", org.create_as, api, "Lead", values)
    refused("INVALID_FIELD", org.query, "SELECT Baton_Id__c FROM Lead", as_user=org.api_user_id)
    grant(org, "Lead.Baton_Id__c", edit=False)
    field = next(f for f in org.describe("Lead")["fields"] if f["name"] == "Baton_Id__c")
    assert (field["externalId"], field["unique"], field["updateable"]) == (True, True, False)
    refused("INVALID_FIELD_FOR_INSERT_UPDATE", org.create_as, api, "Lead", values)


def test_the_edit_permission_lets_the_field_be_written(org):
    org.add_field("Lead.Baton_Id__c", BATON_ID)
    grant(org, "Lead.Baton_Id__c", edit=True)
    org.create_as(
        Caller(org.api_user_id, api=True), "Lead", {"LastName": "L", "Company": "C", "Baton_Id__c": "k"}
    )
    assert org.query("SELECT Baton_Id__c FROM Lead", as_user=org.api_user_id)[0]["Baton_Id__c"] == "k"


def test_new_fields_are_open_when_the_switch_says_so(org):
    org.world.switches.new_fields_hidden = False
    org.add_field("Lead.Baton_Id__c", BATON_ID)
    assert "Baton_Id__c" in {field["name"] for field in org.describe("Lead")["fields"]}


def grant(org: Org, field: str, *, edit: bool) -> None:
    held = org.create("PermissionSet", {"Name": "Baton", "Label": "Baton"})
    values = {"ParentId": held, "SobjectType": "Lead", "Field": field, "PermissionsRead": True}
    org.create("FieldPermissions", {**values, "PermissionsEdit": edit})
    org.create("PermissionSetAssignment", {"PermissionSetId": held, "AssigneeId": org.api_user_id})


def test_currency_exists_only_in_an_org_with_several(world, org, refused):
    refused("INVALID_FIELD", org.query, "SELECT CurrencyIsoCode FROM Lead")
    world.switches.multi_currency = True
    rich = Org(world)
    rich.create(
        "Opportunity",
        {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01", "CurrencyIsoCode": "CNY"},
    )
    assert rich.query("SELECT CurrencyIsoCode FROM Opportunity")[0]["CurrencyIsoCode"] == "CNY"
    assert rich.query("SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true")[0]["IsoCode"] == "USD"


def test_a_snapshot_survives_json_and_brings_everything_back(org, lead, world):
    open_field(org)
    org.forbid("Lead", "Title = 'x'", "no x")
    org.assign_by_turns([org.add_queue("North")])
    record_id = lead(Baton_Id__c="k1")
    org.update("Lead", record_id, {"Title": "late"}, late=timedelta(hours=1))
    saved = json.loads(json.dumps(org.snapshot()))
    other = Org(World(world.clock, seed=world.seed))
    other.restore(saved)
    assert other.snapshot() == org.snapshot()
    assert other.get("Lead", record_id)["Title"] is None
    assert other.upsert("Lead", "Baton_Id__c", "k1", {})[0] == record_id
    with pytest.raises(OrgError, match="no x"):
        other.update("Lead", record_id, {"Title": "x"})


def test_loaded_rows_know_what_follows_from_their_values_but_keep_what_they_say(org):
    won = {"Name": "D", "StageName": "Closed Won", "CloseDate": "2026-10-01", "Amount": 5.0}
    other = {"Name": "E", "StageName": "Signed", "CloseDate": "2026-10-01", "IsWon": True}
    first, second = org.load("Opportunity", [won, other], "2026-10-02T00:00:00.000+0000")
    assert (org.get("Opportunity", first)["IsWon"], org.get("Opportunity", first)["FiscalQuarter"]) == (
        True,
        4,
    )
    assert org.get("Opportunity", second)["IsWon"] is True
    assert org.get("Opportunity", second)["SystemModstamp"] == "2026-10-02T00:00:00.000+0000"


def test_an_e_mail_knows_its_people(org, lead):
    person = lead()
    mail = org.create("EmailMessage", {"Subject": "Hi", "Incoming": True, "FromAddress": "w@example.com"})
    org.create(
        "EmailMessageRelation", {"EmailMessageId": mail, "RelationId": person, "RelationType": "FromAddress"}
    )
    row = org.query(f"SELECT RelationObjectType FROM EmailMessageRelation WHERE EmailMessageId = '{mail}'")[0]
    assert row["RelationObjectType"] == "Lead"


def test_an_address_is_put_together_from_its_parts(org, lead):
    assert org.get("Lead", lead(City="上海", Country="中国"))["Address"]["city"] == "上海"
    assert org.get("Lead", lead())["Address"] is None


def test_a_broken_rule_of_python_takes_the_write_back_too(org, lead):
    record_id = lead()

    def explode(row):
        raise ZeroDivisionError

    org.forbid("Account", explode, "never said")
    with pytest.raises(ZeroDivisionError):
        org.convert(record_id)
    assert org.query("SELECT Id FROM Account") == org.query("SELECT Id FROM Contact") == []
    assert org.get("Lead", record_id)["IsConverted"] is False
