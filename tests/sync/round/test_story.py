"""The story of a lead, told in rounds: handed off, accepted, rejected, refused too early, handed off again, won."""

from __future__ import annotations

from tests.sync.bench import DEMO, PRICE, Desk


def test_a_decision_maker_of_a_large_company_who_asks_for_a_demonstration_is_handed_off_at_once(desk: Desk) -> None:
    contact = desk.hot()
    result = desk.round()
    assert (result.trouble, result.handed_off) == ([], 1)
    lead = desk.only_lead()
    assert desk.step(contact) == "handed_off"
    assert lead["Baton_Id__c"] == desk.lead_of(contact)
    assert lead["Baton_Handoff_Status__c"] == "with_sales"
    assert desk.property(contact, "baton_handoff_status") == "with_sales"
    assert len(desk.notes(lead["Id"])) == 1
