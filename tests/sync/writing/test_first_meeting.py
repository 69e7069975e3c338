"""Two records that are found to be one person: what one lacks it gets, what both have stays until somebody changes it."""

from __future__ import annotations

from mappings.records import RecordKey
from tests.sync.bench import Desk


def both(desk: Desk) -> tuple[RecordKey, str]:
    """A contact and a lead of one person, kept by two people in two ways."""
    contact = desk.contact(email="wang@met.example", phone="010-11111111", jobtitle="总经理")
    desk.round()
    lead = desk.org.create(
        "Lead",
        {"LastName": "王", "FirstName": "伟", "Company": "另一家", "Status": "Open - Not Contacted",
         "Email": "wang@met.example", "Title": "采购经理", "Phone": "010-22222222"},
    )  # fmt: skip
    desk.round()
    desk.round()
    return contact, lead


def test_what_both_sides_filled_before_they_met_is_not_overwritten(desk: Desk) -> None:
    contact, lead = both(desk)
    assert (desk.property(contact, "jobtitle"), desk.property(contact, "phone")) == ("总经理", "010-11111111")
    assert desk.org.get("Lead", lead)["Title"] == "采购经理"
    assert desk.org.get("Lead", lead)["MobilePhone"] == desk.property(contact, "mobilephone")


def test_whoever_changes_such_a_field_later_changes_it_on_both_sides(desk: Desk) -> None:
    contact, lead = both(desk)
    desk.wait(minutes=5)
    desk.portal.update("contacts", contact.id, {"jobtitle": "董事长"})
    desk.org.update("Lead", lead, {"Phone": "010-33333333"}, auto_assign=False)
    desk.round()
    desk.round()
    assert desk.org.get("Lead", lead)["Title"] == "董事长"
    assert "33333333" in str(desk.property(contact, "phone"))
    desk.org.update("Lead", lead, {"Title": "顾问"}, auto_assign=False)
    desk.round()
    desk.round()
    assert desk.property(contact, "jobtitle") == "顾问"
