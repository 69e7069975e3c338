"""i36: every path into "with sales" meets the same cooldown, on real records: found, and flagged or undone as set."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sync.rulebook import apply_texts, texts_from
from mappings.records import RecordKey
from tests.sync.bench import Desk

WORKING, CLOSED = "Working - Contacted", "Closed - Not Converted"


def policies(desk: Desk, **changes: str) -> None:
    """Put other policies in force: each `name: value` of the shipped ones with another value."""
    texts = texts_from(None)
    text, source = texts["policies"]
    for name, value in changes.items():
        line = next(one for one in text.splitlines() if one.strip().startswith(f"{name}:"))
        text = text.replace(line, f"{line.partition(':')[0]}: {value}")
    apply_texts(desk.store, {**texts, "policies": (text, source)}, at=desk.engine.now(), by="test")


def resting(desk: Desk, how: str, *, many: int = 1) -> tuple[list[RecordKey], list[str]]:
    """Leads that sales rejected, with their records there."""
    policies(desk, on_violation=how)
    contacts = [desk.hot() for _ in range(many)]
    desk.settle()
    leads = [desk.episodes(contact)[0].crm for contact in contacts]
    ids = [lead.id for lead in leads if lead]
    for id_ in ids:
        desk.rep_rejects(id_, "not_a_fit")
    desk.settle()
    assert all(desk.step(contact) == "recycled" for contact in contacts)
    return contacts, ids


def others(desk: Desk, lead: str) -> str:
    """A rep who does not have the lead."""
    reps = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName LIKE 'N%'")]
    return next(rep for rep in reps if rep != desk.org.get("Lead", lead)["OwnerId"])


def flow(desk: Desk) -> str:
    """The user under whom the customer's own automations run."""
    return str(desk.org.add_user("Flow", "Automation", "flow@vendor.example"))


def not_handed_off_again(desk: Desk, contacts: list[RecordKey]) -> None:
    assert [len(desk.episodes(contact)) for contact in contacts] == [1] * len(contacts)


@pytest.mark.parametrize("how", ["flag", "revert"])
def test_a_bulk_edit_of_many_records_by_a_workflow(desk: Desk, how: str) -> None:
    contacts, ids = resting(desk, how, many=4)
    user = flow(desk)
    for id_ in ids:
        desk.org.update("Lead", id_, {"Status": WORKING}, as_user=user, auto_assign=False)
    desk.settle()
    assert {one["Status"] for one in desk.leads()} == {WORKING if how == "flag" else CLOSED}
    assert all("violation:cooldown" in desk.view(contact)["flags"] for contact in contacts)
    not_handed_off_again(desk, contacts)
    assert desk.round(after=1200).written == 0


def test_a_bulk_edit_over_the_wire(wired: Desk) -> None:
    contacts, ids = resting(wired, "revert", many=3)
    user = flow(wired)
    for id_ in ids:
        wired.org.update("Lead", id_, {"Status": WORKING}, as_user=user, auto_assign=False)
    wired.settle()
    assert {one["Status"] for one in wired.leads()} == {CLOSED}
    assert all("violation:cooldown" in wired.view(contact)["flags"] for contact in contacts)
    not_handed_off_again(wired, contacts)


@pytest.mark.parametrize("how", ["flag", "revert"])
def test_a_transfer_to_another_rep(wired: Desk, how: str) -> None:
    (contact,), (lead,) = resting(wired, how)
    before = wired.org.get("Lead", lead)["OwnerId"]
    other = others(wired, lead)
    wired.rep_writes(lead, OwnerId=other)
    wired.settle()
    assert wired.org.get("Lead", lead)["OwnerId"] == (other if how == "flag" else before)
    shown = wired.view(contact)["flags"]
    assert ("violation:owner" in shown) is (how == "flag")  # given back, it is no more
    not_handed_off_again(wired, [contact])


def test_a_record_is_not_given_back_to_a_rep_who_left(desk: Desk) -> None:
    (contact,), (lead,) = resting(desk, "revert")
    before, other = desk.org.get("Lead", lead)["OwnerId"], others(desk, lead)
    desk.org.update("Lead", lead, {"OwnerId": other}, auto_assign=False)
    desk.org.update("User", before, {"IsActive": False})
    desk.settle()
    assert desk.org.get("Lead", lead)["OwnerId"] == other
    assert "violation:owner" in desk.view(contact)["flags"]


@pytest.mark.parametrize("how", ["flag", "revert"])
def test_a_second_record_that_a_rep_makes(desk: Desk, how: str) -> None:
    (contact,), (lead,) = resting(desk, how)
    email = desk.property(contact, "email")
    values = {"LastName": "王", "Company": "大企业有限公司", "Email": email, "Status": WORKING}
    new = desk.org.create("Lead", values, as_user=others(desk, lead), auto_assign=False)
    desk.settle()
    assert desk.lead_of(RecordKey("crm", "Lead", new)) == desk.lead_of(contact)
    assert "violation:cooldown" in desk.view(contact)["flags"]
    assert desk.org.get("Lead", new)["Status"] == (WORKING if how == "flag" else CLOSED)
    assert desk.org.get("Lead", lead)["Status"] == CLOSED
    not_handed_off_again(desk, [contact])


@pytest.mark.parametrize("how", ["flag", "revert"])
def test_a_record_made_for_a_colleague_while_the_account_rests(desk: Desk, how: str) -> None:
    policies(desk, on_violation=how)
    firm = desk.company()
    contact, colleague = desk.contact(firm), desk.contact(firm, lastname="李")
    desk.writes(contact)
    desk.settle()
    lead = desk.only_lead()["Id"]
    desk.rep_rejects(lead, "no_budget")
    desk.settle()
    values = {
        "LastName": "李", "Company": "大企业有限公司", "Status": WORKING,
        "Email": desk.property(colleague, "email"),
    }  # fmt: skip
    new = desk.org.create("Lead", values, as_user=others(desk, lead), auto_assign=False)
    desk.settle()
    assert "violation:cooldown" in desk.view(colleague)["flags"]
    assert desk.org.get("Lead", new)["Status"] == (WORKING if how == "flag" else CLOSED)
    assert desk.episodes(colleague) == []


@pytest.mark.parametrize("how", ["flag", "revert"])
def test_a_conversion(wired: Desk, how: str) -> None:
    (contact,), (lead,) = resting(wired, how)
    wired.org.convert(lead, Conversion(), as_user=others(wired, lead))
    wired.settle()
    shown = wired.view(contact)
    assert {"violation:cooldown", "bypass"} <= set(shown["flags"])
    assert shown["lifecycle"]["step"] == "opportunity"
    assert shown["lifecycle"]["history"][-1]["violation"] == "cooldown"
    not_handed_off_again(wired, [contact])


ASKING: list[tuple[str, Callable[[Desk, RecordKey], object]]] = [
    ("the panel", lambda desk, contact: desk.hand_off(contact, "again")),
    ("the requested property", lambda desk, contact: desk.clicks(contact)),
    ("the customer's own words", lambda desk, contact: desk.writes(contact)),
    ("a call", lambda desk, contact: desk.calls(contact)),
]


@pytest.mark.parametrize("ask", [act for _, act in ASKING], ids=[name for name, _ in ASKING])
def test_whoever_asks(desk: Desk, ask: Callable[[Desk, RecordKey], object]) -> None:
    (contact,), (lead,) = resting(desk, "flag")
    desk.wait(days=2)
    ask(desk, contact)
    desk.settle()
    not_handed_off_again(desk, [contact])
    assert desk.org.get("Lead", lead)["Status"] == CLOSED
