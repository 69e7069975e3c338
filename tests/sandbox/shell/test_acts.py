"""Acts do what they say, as seen over the vendors' own APIs."""

# ruff: noqa: S608 - SOQL, put together from ids that the sandbox gave
from __future__ import annotations

from typing import Any

import pytest

from connector.sandbox import acts
from tests.sandbox.shell.conftest import Shell


def new_contact(shell: Shell, name: str) -> str:
    """A contact of its own for one test."""
    values = {"email": f"{name}@acts.example", "lastname": name, "firstname": "Ann"}
    company = {"name": f"{name} Ltd", "annualrevenue": "1000"}
    return shell.act("create_contact", values=values, company=company)[0]["id"]


def new_lead(shell: Shell, name: str, **more: Any) -> str:
    """A Salesforce lead of its own for one test."""
    values = {"LastName": name, "Company": f"{name} Ltd", "Email": f"{name}@acts.example", **more}
    return shell.act("create_lead", who="nora.hughes", values=values)[0]["id"]


def lead_row(shell: Shell, id_: str, *fields: str) -> dict[str, Any]:
    [row] = shell.query(f"SELECT {', '.join(fields)} FROM Lead WHERE Id = '{id_}'")
    return row


def test_every_act_has_a_meaning_and_named_parameters(shell: Shell) -> None:
    _, answer = shell.control("GET", "/acts")
    listed = {one["what"]: one for one in answer["acts"]}
    assert set(listed) == set(acts.ACTS)
    assert all(one["meaning"] for one in listed.values())
    assert listed["reject"]["parameters"]["lead"]["required"]
    assert not listed["reject"]["parameters"]["until"]["required"]


def test_a_request_for_a_hand_off_needs_the_field_and_then_sets_it_to_the_present(shell: Shell) -> None:
    contact = new_contact(shell, "asks")
    status, answer = shell.control("POST", "/act", {"what": "request_hand_off", "lead": contact})
    assert (status, "baton provision" in answer["error"]) == (409, True)
    from connector.sandbox.hubspot.schema import PropertyDefinition

    shell.sandbox.portal.create_property(
        "contacts",
        PropertyDefinition(
            name="baton_handoff_requested",
            label="Requested",
            type="datetime",
            field_type="date",
            group="contactinformation",
        ),
    )
    shell.act("request_hand_off", lead="asks@acts.example", who="hannah.byrne")
    found = shell.hubspot(f"/crm/v3/objects/contacts/{contact}?propertiesWithHistory=baton_handoff_requested")
    [version] = found["propertiesWithHistory"]["baton_handoff_requested"]
    assert version["value"].startswith("2026-11-02T08:00")
    assert version["sourceType"] == "CRM_UI"


def test_a_rep_accepts_and_the_history_names_the_rep(shell: Shell) -> None:
    lead = new_lead(shell, "accepted")
    shell.act("accept", lead="accepted@acts.example")
    assert lead_row(shell, lead, "Status")["Status"] == "Working - Contacted"
    fields = "Field, NewValue, CreatedBy.Name"
    [row] = shell.query(f"SELECT {fields} FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Status'")
    assert (row["NewValue"], row["CreatedBy"]["Name"]) == ("Working - Contacted", "Nora Hughes")


def test_a_rejection_writes_the_reason_only_where_there_is_a_field_for_it(shell: Shell) -> None:
    lead = new_lead(shell, "rejected")
    status, _ = shell.control("POST", "/act", {"what": "reject", "lead": lead, "reason": "no_budget"})
    assert status == 409
    shell.act("reject", lead=lead)
    assert lead_row(shell, lead, "Status")["Status"] == "Closed - Not Converted"
    for name, kind in (("Reason", "Text"), ("Note", "Text"), ("Until", "Date")):
        metadata = {"label": name, "type": kind} | ({"length": 80} if kind == "Text" else {})
        shell.sandbox.org.add_field(f"Lead.Baton_Rejection_{name}__c", metadata, visible=True)
    shell.act("reject", lead=lead, reason="bad_timing", note="next year", until="2027-01-15")
    row = lead_row(
        shell, lead, "Baton_Rejection_Reason__c", "Baton_Rejection_Note__c", "Baton_Rejection_Until__c"
    )
    assert list(row.values())[1:] == ["bad_timing", "next year", "2027-01-15"]


def test_a_lead_is_converted_and_its_opportunity_won(shell: Shell) -> None:
    lead = new_lead(shell, "buys")
    made = {one["object"]: one["id"] for one in shell.act("convert", lead=lead, amount=1200.5)}
    assert lead_row(shell, lead, "IsConverted", "ConvertedOpportunityId")["IsConverted"] is True
    shell.act("win", opportunity="buys@acts.example")
    fields = "StageName, IsWon, Amount, CloseDate"
    [deal] = shell.query(f"SELECT {fields} FROM Opportunity WHERE Id = '{made['Opportunity']}'")
    assert (deal["StageName"], deal["IsWon"], deal["Amount"], deal["CloseDate"]) == (
        "Closed Won",
        True,
        1200.5,
        "2026-11-02",
    )


def test_an_opportunity_is_lost_and_a_colleague_joins_the_same_account(shell: Shell) -> None:
    first = {
        one["object"]: one["id"] for one in shell.act("convert", lead=new_lead(shell, "one", Company="Same"))
    }
    other = {
        one["object"]: one["id"] for one in shell.act("convert", lead=new_lead(shell, "two", Company="Same"))
    }
    assert first["Account"] == other["Account"]
    shell.act("lose", opportunity=first["Opportunity"])
    [deal] = shell.query(f"SELECT IsClosed, IsWon FROM Opportunity WHERE Id = '{first['Opportunity']}'")
    assert (deal["IsClosed"], deal["IsWon"]) == (True, False)


def test_a_rep_opens_an_opportunity_past_everybody(shell: Shell) -> None:
    deal, contact, account = (
        one["id"]
        for one in shell.act(
            "create_opportunity", who="sun.lei", email="past@acts.example", company="Past Ltd"
        )
    )
    [role] = shell.query(f"SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId = '{deal}'")
    assert role["ContactId"] == contact
    [row] = shell.query(f"SELECT AccountId, Owner.Email FROM Opportunity WHERE Id = '{deal}'")
    assert (row["AccountId"], row["Owner"]["Email"]) == (account, "sun.lei@seller.example")


def test_who_left_can_no_longer_own_a_lead_and_may_come_back(shell: Shell) -> None:
    shell.act("leave", who="qian.fang")
    [user] = shell.query("SELECT IsActive FROM User WHERE Email = 'qian.fang@seller.example'")
    assert user["IsActive"] is False
    status, answer = shell.control(
        "POST",
        "/act",
        {"what": "create_lead", "who": "qian.fang", "values": {"LastName": "x", "Company": "y"}},
    )
    assert (status, "INACTIVE_OWNER_OR_USER" in answer["error"]) == (409, True)
    shell.act("leave", who="qian.fang", active=True)


def test_a_bulk_edit_changes_all_or_none(shell: Shell) -> None:
    leads = [new_lead(shell, name) for name in ("bulk1", "bulk2")]
    shell.act("bulk_status", leads=leads, status="Closed - Not Converted")
    assert {lead_row(shell, lead, "Status")["Status"] for lead in leads} == {"Closed - Not Converted"}
    asked = {
        "what": "bulk_status",
        "leads": [leads[0], "nobody@acts.example"],
        "status": "Working - Contacted",
    }
    assert shell.control("POST", "/act", asked)[0] == 404
    assert lead_row(shell, leads[0], "Status")["Status"] == "Closed - Not Converted"


def test_an_unanswered_call_has_no_length(shell: Shell) -> None:
    contact = new_contact(shell, "called")
    calls = [
        shell.act("log_call", lead=contact, answered=yes, text="hello")[0]["id"] for yes in (True, False)
    ]
    names = "hs_call_status,hs_call_duration,hubspot_owner_id"
    found = [shell.hubspot(f"/crm/v3/objects/calls/{id_}?properties={names}")["properties"] for id_ in calls]
    assert [(one["hs_call_status"], one["hs_call_duration"]) for one in found] == [
        ("COMPLETED", "360000"),
        ("NO_ANSWER", "0"),
    ]
    assert found[0]["hubspot_owner_id"]


@pytest.mark.parametrize(("language", "word"), [("en", "quote"), ("zh", "报价")])
def test_a_customer_asks_for_the_price_in_either_language(shell: Shell, language: str, word: str) -> None:
    contact = new_contact(shell, f"price-{language}")
    mail = shell.act("ask_price", lead=contact, language=language)[0]["id"]
    names = "hs_email_direction,hs_email_text"
    said = shell.hubspot(f"/crm/v3/objects/emails/{mail}?properties={names}")["properties"]
    assert said["hs_email_direction"] == "INCOMING_EMAIL"
    assert word in said["hs_email_text"]


def test_a_demo_request_is_a_submission_of_its_form(shell: Shell) -> None:
    contact = new_contact(shell, "demo")
    shell.act("request_demo", lead=contact, text="next week?")
    assert "demo" in shell.contact(contact, "recent_conversion_event_name")["recent_conversion_event_name"]
    forms = shell.hubspot("/marketing/v3/forms")["results"]
    [form] = [one for one in forms if "预约演示" in one["name"]]
    newest = shell.hubspot(f"/form-integrations/v1/submissions/forms/{form['id']}?limit=1")["results"][0]
    assert {"name": "message", "value": "next week?", "objectTypeId": "0-1"} in newest["values"]


def test_a_visit_is_seen_on_the_contact_and_as_an_event(shell: Shell) -> None:
    contact = new_contact(shell, "visits")
    shell.act("visit", lead="visits@acts.example", page="/pricing")
    assert shell.contact(contact, "hs_analytics_last_url")["hs_analytics_last_url"].endswith("/pricing")
    events = shell.hubspot(
        f"/events/v3/events?objectType=contact&objectId={contact}&eventType=e_visited_page"
    )
    assert len(events["results"]) == 1


def test_marketing_corrects_a_person_and_their_company(shell: Shell) -> None:
    contact = new_contact(shell, "wrong")
    shell.act("edit_contact", lead=contact, values={"email": "right@acts.example", "jobtitle": "CEO"})
    assert shell.contact(contact, "email")["email"] == "right@acts.example"
    company = shell.act("edit_company", lead=contact, values={"annualrevenue": "90000000"})[0]["id"]
    found = shell.hubspot(f"/crm/v3/objects/companies/{company}?properties=annualrevenue")
    assert found["properties"]["annualrevenue"] == "90000000"


def test_records_are_merged_deleted_taken_back_and_erased(shell: Shell) -> None:
    first, second = new_contact(shell, "keeps"), new_contact(shell, "goes")
    shell.act("merge_contacts", winner=first, loser="goes@acts.example")
    assert "goes@acts.example" in shell.contact(first, "hs_additional_emails")["hs_additional_emails"]
    assert shell.contact(second, "email")["hs_object_id"] == first
    shell.act("delete", system="hubspot", object="contacts", record=first)
    assert shell.control("GET", f"/records/hubspot/contacts/{first}")[0] == 409
    shell.act("restore", system="hubspot", object="contacts", record=first)
    assert shell.contact(first, "email")["email"] == "keeps@acts.example"
    shell.act("forget", lead=first)
    assert shell.control("GET", "/find?email=keeps@acts.example")[1] == {"found": []}


def test_leads_are_merged_and_the_loser_names_the_winner(shell: Shell) -> None:
    winner, loser = new_lead(shell, "winner"), new_lead(shell, "loser")
    shell.act("merge_leads", winner=winner, loser="loser@acts.example")
    assert shell.sandbox.org.tables["Lead"].rows[loser]["MasterRecordId"] == winner
    assert shell.query(f"SELECT Id FROM Lead WHERE Id = '{loser}'") == []


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"what": "dance"}, 409, "acts: request_hand_off"),
        ({"what": "accept"}, 400, "lead: Field required"),
        ({"what": "accept", "lead": "nobody@acts.example"}, 404, "no open lead"),
        ({"what": "accept", "lead": "x@acts.example", "how": "gladly"}, 400, "how"),
        ({"what": "log_call", "lead": "none", "who": "nobody"}, 404, "no contact"),
        ({"what": "leave", "who": "nobody"}, 404, "there are: "),
        ({"what": "fill_in_form", "email": "a@acts.example", "form": "x"}, 409, "white-paper"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_could(
    shell: Shell, asked: dict[str, Any], status: int, says: str
) -> None:
    found, answer = shell.control("POST", "/act", asked)
    assert found == status
    assert says in answer["error"]
