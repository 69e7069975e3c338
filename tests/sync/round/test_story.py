"""The story of a lead, told in rounds: handed off, accepted, rejected, refused too early, handed off again, won."""

from __future__ import annotations

from datetime import timedelta

from connector.sync import commands, values
from connector.sync.bypass import bypasses
from mappings.records import RecordKey
from tests.sync.bench import MANAGER, Desk


def test_a_decision_maker_of_a_large_company_who_asks_for_a_demonstration_is_handed_off_at_once(
    desk: Desk,
) -> None:
    contact = desk.hot()
    result = desk.round()
    assert (result.trouble, result.handed_off) == ([], 1)
    lead = desk.only_lead()
    assert desk.step(contact) == "handed_off"
    assert lead["Baton_Id__c"] == desk.lead_of(contact)
    assert lead["Baton_Handoff_Status__c"] == "with_sales"
    assert desk.property(contact, "baton_handoff_status") == "with_sales"
    assert len(desk.notes(lead["Id"])) == 1


def test_a_lead_of_a_small_company_waits_for_the_click_in_the_marketing_system(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    assert desk.leads() == []
    assert desk.property(contact, "baton_handoff_status") == "ready"
    desk.clicks(contact)
    desk.round()
    assert desk.only_lead()["Baton_Handoff_Status__c"] == "with_sales"
    assert desk.property(contact, "baton_handoff_status") == "with_sales"
    assert desk.property(contact, "baton_handoff_requested")  # people's field: never cleared
    assert desk.episodes(contact)[0].cause == "request"


def test_a_click_in_the_panel_hands_off(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    reply = desk.hand_off(contact)
    assert (reply.accepted, reply.code) == (True, "done")
    desk.round()
    assert desk.episodes(contact)[0].id == reply.handoff_id
    assert desk.only_lead()["Baton_Handoff_Status__c"] == "with_sales"


def test_a_click_too_early_is_refused_with_every_reason_in_both_languages(desk: Desk) -> None:
    contact = desk.small(firstname="", lastname="")
    desk.round()
    reply = desk.hand_off(contact)
    assert (reply.accepted, reply.code) == (False, "refused")
    assert len(reply.messages) >= 2
    chinese = desk.hand_off(contact, "click-2", locale="zh_CN").messages
    assert len(chinese) == len(reply.messages)
    assert all(any("一" <= letter <= "鿿" for letter in said) for said in chinese)
    assert len(desk.view(contact)["refusals"]) == 2


def test_a_click_too_early_in_the_marketing_system_is_answered_in_another_field(desk: Desk) -> None:
    contact = desk.small()
    desk.round()
    desk.clicks(contact)
    desk.round()
    assert desk.leads() == []
    assert desk.property(contact, "baton_handoff_status") == "refused"
    assert "solution selection" in (desk.property(contact, "baton_why_not") or "").lower()
    assert len(desk.view(contact)["refusals"]) == 1
    desk.round()
    assert len(desk.view(contact)["refusals"]) == 1  # one click, one answer


def test_a_rep_who_starts_working_has_accepted(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    desk.rep_accepts(desk.only_lead()["Id"])
    desk.round()
    assert desk.step(contact) == "sal"
    assert desk.property(contact, "baton_handoff_status") == "accepted"


def test_a_rep_who_accepts_in_the_panel_sees_it_on_the_record(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    assert desk.accept(contact).code == "done"
    assert desk.accept(contact).code == "already"
    desk.round()
    assert desk.only_lead()["Status"] == "Working - Contacted"
    assert desk.step(contact) == "sal"


def test_a_rejection_in_the_crm_is_read_with_its_reason(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    lead = desk.only_lead()
    desk.rep_rejects(lead["Id"], Baton_Rejection_Note__c="还没有立项")
    desk.round()
    (rejection,) = desk.view(contact)["rejections"]
    assert (rejection["reason"], rejection["note"]) == ("need_unclear", "还没有立项")
    assert rejection["rep_id"] == lead["OwnerId"]
    assert desk.step(contact) == "recycled"
    assert desk.property(contact, "baton_handoff_status") == "cooling_down"
    assert desk.property(contact, "baton_rejection_count") == "1"


def test_a_rejection_in_the_panel_shows_on_the_record(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    assert desk.reject(contact, note="还没有立项").code == "done"
    desk.round()
    lead = desk.only_lead()
    assert lead["Status"] == "Closed - Not Converted"
    assert lead["Baton_Rejection_Reason__c"] == "Need unclear"
    desk.settle()
    assert len(desk.view(contact)["rejections"]) == 1  # our own writing is not taken for a second no


def test_what_a_rep_did_after_the_panels_answer_stands(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    desk.wait(seconds=30)
    desk.reject(contact)
    desk.wait(seconds=30)
    desk.rep_writes(desk.only_lead()["Id"], Status="Working - Contacted")
    desk.settle()
    assert desk.only_lead()["Status"] == "Working - Contacted"


def rejected(desk: Desk, reason: str = "need_unclear") -> tuple[RecordKey, str]:
    """A lead that sales rejected, with the rep who did."""
    contact = desk.hot()
    desk.round()
    lead = desk.only_lead()
    desk.wait(hours=1)
    desk.rep_rejects(lead["Id"], reason)
    desk.round()
    return contact, lead["OwnerId"]


def test_a_resubmission_the_next_morning_is_refused_in_the_panel(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(hours=16)
    reply = desk.hand_off(contact)
    assert not reply.accepted
    assert reply.eligible_from is not None
    assert reply.eligible_from - desk.engine.now() > timedelta(days=29)
    assert desk.refusals(contact)[0] == "gate.cooldown"


def test_a_resubmission_the_next_morning_is_refused_in_the_marketing_system(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(hours=16)
    desk.clicks(contact)
    desk.round()
    assert desk.property(contact, "baton_handoff_status") == "refused"
    assert "2026-12-02" in (desk.property(contact, "baton_why_not") or "")
    assert len(desk.episodes(contact)) == 1


def test_no_rule_hands_off_again_during_the_cooldown(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(days=3)
    desk.writes(contact)  # the customer asks again: the manager is asked, nothing happens by itself
    desk.round()
    assert len(desk.episodes(contact)) == 1
    assert desk.view(contact)["hand_off"]["deed"] == "ask_manager"
    assert desk.hand_off(contact).code == "ask_manager"


def test_a_manager_lifts_the_cooldown_once(desk: Desk) -> None:
    contact, rep = rejected(desk)
    desk.wait(days=3)
    desk.writes(contact)
    desk.recontact(contact)
    desk.round()
    lifted = commands.override(desk.engine, str(contact), actor=MANAGER, reason="the customer called")
    assert lifted.accepted
    desk.round()
    assert [one.owner_id == rep for one in desk.episodes(contact)] == [True, False]
    desk.wait(hours=1)
    desk.rep_rejects(desk.only_lead()["Id"])
    desk.round()
    desk.wait(hours=16)
    assert not desk.hand_off(contact, "click-9").accepted


def test_time_alone_is_not_enough(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(days=31)
    desk.round()
    assert len(desk.episodes(contact)) == 1
    assert desk.refusals(contact) == ["refusal.needs_recontact", "refusal.needs_something_new"]
    assert not desk.hand_off(contact).accepted


def test_a_recontact_without_news_is_not_enough(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(days=31)
    desk.recontact(contact, "客户说会再联系我们")
    desk.round()
    assert len(desk.episodes(contact)) == 1
    assert desk.refusals(contact) == ["refusal.needs_something_new"]


def test_a_call_that_nobody_answered_is_no_recontact(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(days=31)
    desk.calls(contact, "客户要报价，也在看别家", reached=False)
    desk.round()
    assert "refusal.needs_recontact" in desk.refusals(contact)


def test_after_a_recontact_and_news_it_goes_to_another_rep_on_the_same_record(desk: Desk) -> None:
    contact, rep = rejected(desk)
    first = desk.only_lead()
    desk.wait(days=31)
    desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
    desk.round()
    lead = desk.only_lead()
    assert lead["Id"] == first["Id"]
    assert lead["OwnerId"] != rep
    assert lead["Status"] == "Open - Not Contacted"
    assert lead["Baton_Rejection_Reason__c"] is None
    assert desk.step(contact) == "handed_off"
    assert len(desk.episodes(contact)) == 2
    assert len(desk.notes(first["Id"])) == 2
    assert any("need unclear" in (one["Description"] or "").lower() for one in desk.notes(first["Id"]))
    desk.settle()
    assert desk.step(contact) == "handed_off"  # the earlier no does not answer the new hand-off
    desk.rep_accepts(lead["Id"])
    desk.round()
    assert desk.step(contact) == "sal"


def test_three_rejections_in_a_cycle_end_it(desk: Desk) -> None:
    contact, _ = rejected(desk)
    for _ in range(2):
        desk.wait(days=31)
        desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
        desk.round()
        desk.wait(hours=1)
        desk.rep_rejects(desk.only_lead()["Id"])
        desk.round()
    assert len(desk.view(contact)["rejections"]) == 3
    assert desk.step(contact) == "disqualified"
    assert desk.property(contact, "baton_handoff_status") == "disqualified"


def test_a_colleague_is_no_back_door(desk: Desk) -> None:
    firm = desk.company()
    contact = desk.contact(firm)
    colleague = desk.contact(firm, lastname="李")
    desk.writes(contact)
    desk.round()
    desk.rep_rejects(desk.only_lead()["Id"], "no_budget")
    desk.round()
    desk.wait(seconds=60)
    assert "gate.cooldown_account" in desk.refusals(colleague)
    assert "cooling" in (desk.property(colleague, "baton_handoff_status") or "")
    desk.writes(colleague)
    desk.round()
    assert len(desk.leads()) == 1


def test_a_converted_lead_lives_on_as_its_contact(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    made = desk.rep_converts(desk.only_lead()["Id"], amount=900_000)
    desk.settle()
    assert desk.step(contact) == "opportunity"
    sales_contact = desk.org.get("Contact", made["contactId"])
    assert sales_contact["Baton_Id__c"] == desk.lead_of(contact)
    assert sales_contact["Baton_Handoff_Status__c"] == "accepted"
    assert len(desk.leads()) == 1


def test_a_won_order_moves_the_estimate(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    made = desk.rep_converts(desk.only_lead()["Id"])
    desk.wait(days=20)
    desk.rep_wins(made["opportunityId"], 1_200_000)
    desk.round()
    assert desk.step(contact) == "won"
    assert desk.property(contact, "baton_handoff_status") == "won"
    before = values.draft(desk.engine).cells["enterprise/solution-research"]
    assert before.wins == 1


def test_a_customer_who_comes_back_opens_a_new_cycle(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    made = desk.rep_converts(desk.only_lead()["Id"])
    desk.rep_wins(made["opportunityId"], 1_200_000)
    desk.round()
    desk.wait(days=60)
    desk.round()
    assert desk.step(contact) == "won"
    desk.writes(contact)
    desk.settle()
    assert [one.cycle for one in desk.episodes(contact)] == [1, 2]
    assert desk.episodes(contact)[1].crm == RecordKey("crm", "Contact", made["contactId"])
    assert len(desk.leads()) == 1


def test_a_lead_that_a_rep_made_past_marketing_is_linked_and_flagged_and_earns_nothing(desk: Desk) -> None:
    contact = desk.ripe(email="boss@bypass.example")
    desk.round()
    desk.wait(hours=1)
    (rep, *_) = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName LIKE 'N%'")]
    values_ = {
        "LastName": "王",
        "Company": "小公司",
        "Email": "BOSS@bypass.example",
        "Status": "Working - Contacted",
    }
    made = desk.org.create("Lead", values_, as_user=rep, auto_assign=False)
    desk.round()
    shown = desk.view(contact)
    assert desk.links_of(contact)[RecordKey("crm", "Lead", made)] == "active"
    assert "bypass" in shown["flags"]
    assert desk.episodes(contact) == []
    assert not desk.hand_off(contact).accepted
    desk.settle()
    assert desk.only_lead()["Baton_Value_At_Handoff__c"] is None
    assert desk.only_lead()["OwnerId"] == rep
    (listed,) = bypasses(desk.engine)
    assert listed["lead_id"] == desk.lead_of(contact)
    assert (listed["records"], listed["by"]["id"], listed["step"]) == ([f"crm:Lead:{made}"], rep, "sal")
    assert bypasses(desk.engine, since=desk.world.clock.now()) == []


def test_what_sales_found_and_sells_alone_is_no_bypass(desk: Desk) -> None:
    account = desk.org.create("Account", {"Name": "自拓客户"}, auto_assign=False)
    person = {"LastName": "赵", "AccountId": account, "Email": "zhao@own.example"}
    contact = desk.org.create("Contact", person, auto_assign=False)
    desk.round()
    desk.wait(days=1)
    deal = desk.org.create(
        "Opportunity",
        {"Name": "自拓", "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-12-31"},
        auto_assign=False,
    )
    role = {"OpportunityId": deal, "ContactId": contact}
    desk.org.create("OpportunityContactRole", role, auto_assign=False)
    desk.settle()
    assert desk.step(RecordKey("crm", "Contact", contact)) == "opportunity"
    assert bypasses(desk.engine) == []
