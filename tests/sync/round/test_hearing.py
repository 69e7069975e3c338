"""Sales' answers are heard wherever they are given, and one odd lead keeps nobody else waiting."""

from __future__ import annotations

import pytest

from connector.store import links
from connector.store.known import known_of
from connector.sync import place
from connector.sync.readers import readers_for
from connector.sync.rulebook import apply_texts, texts_from
from mappings.records import RecordKey
from tests.sync.bench import PRICE, Desk, until


def test_a_lead_that_cannot_be_decided_waits_for_a_person_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, other = desk.hot(lastname="毒"), desk.hot()
    decide = place.decide  # type: ignore[attr-defined]

    def stumbling(known, rules, now):  # type: ignore[no-untyped-def]
        if known.person.last_name == "毒":
            raise KeyError("secret text of the record")
        return decide(known, rules, now)

    monkeypatch.setattr(place, "decide", stumbling)
    result = desk.round()
    assert (result.trouble, len(desk.leads())) == ([], 1)
    assert desk.step(other) == "handed_off"
    waits = "select key, reason, detail from parked where kind = 'lead' and resolved_at is null"
    assert desk.rows(waits) == [(desk.lead_of(odd), "undecidable", "KeyError")]
    assert (
        desk.rows("select 1 from dirty where lead_id = :id and due_at is not null", id=desk.lead_of(odd))
        == []
    )
    monkeypatch.undo()
    desk.writes(odd, PRICE)
    desk.round()
    assert desk.step(odd) == "handed_off"
    assert desk.rows(waits) == []


def test_an_older_record_of_the_same_person_does_not_drown_the_answer_on_the_one_handed_over(
    desk: Desk,
) -> None:
    desk.org.create("Lead", {"LastName": "王", "Company": "大企业有限公司", "Status": "Open - Not Contacted"})
    old = desk.only_lead()["Id"]
    desk.round()
    desk.wait(days=2)
    contact = desk.contact(email="wang@older.example")
    desk.writes(contact)
    desk.round()
    (new,) = [lead["Id"] for lead in desk.leads() if lead["Id"] != old]
    desk.rep_writes(old, Email="wang@older.example")
    desk.settle()
    states = {key.id: state for key, state in desk.links_of(contact).items()}
    assert (states[new], states[old]) == ("active", "duplicate")
    desk.rep_rejects(new, "no_budget")
    desk.settle()
    assert [one["reason"] for one in desk.view(contact)["rejections"]] == ["no_budget"]
    assert {lead["Id"]: lead["Baton_Handoff_Status__c"] for lead in desk.leads()}[new] == "cooling_down"


def test_an_answer_on_the_record_handed_over_is_heard_although_its_link_is_a_duplicate(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    lead = desk.only_lead()["Id"]
    with desk.store.begin() as tx:
        links.set_link_state(tx, RecordKey("crm", "Lead", lead), state="duplicate", at=desk.engine.now())
        known = known_of(tx, [desk.lead_of(contact)], readers_for(desk.engine, tx), now=desk.engine.now())
    assert lead in [record.key.id for record in known[0].records]


def test_a_record_that_sales_deleted_is_a_no_without_a_reason_and_a_person_is_asked(desk: Desk) -> None:
    contact = desk.hot()
    desk.settle()
    desk.org.delete("Lead", desk.only_lead()["Id"])
    until(lambda: desk.step(contact) == "recycled", lambda: desk.round(after=3700))
    (rejection,) = desk.view(contact)["rejections"]
    assert (rejection["reason"], rejection["rep_id"]) == ("", desk.episodes(contact)[0].owner_id)
    assert {"crm_record_gone", "reason_owed"} <= set(desk.view(contact)["flags"])
    waits = "select key, reason from parked where kind = 'hand_off' and resolved_at is null"
    assert desk.rows(waits) == [(desk.episodes(contact)[0].id, "crm_record_gone")]
    assert "gate.cooldown_reason_owed" in desk.refusals(contact)
    desk.wait(days=200)
    desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
    desk.settle()
    assert (desk.step(contact), len(desk.leads())) == ("handed_off", 1)
    assert [one.answer for one in desk.episodes(contact)] == ["rejected", "open"]
    assert desk.rows(waits) == []


def rested(desk: Desk, on_violation: str) -> tuple[RecordKey, str]:
    """A lead that sales rejected, under policies that flag or revert; with its record."""
    texts = texts_from(None)
    policies, source = texts["policies"]
    policies = policies.replace("on_violation: flag", f"on_violation: {on_violation}")
    apply_texts(desk.store, {**texts, "policies": (policies, source)}, at=desk.engine.now(), by="test")
    contact = desk.hot()
    desk.settle()
    lead = desk.only_lead()["Id"]
    desk.rep_rejects(lead, "not_a_fit")
    desk.settle()
    return contact, lead


def test_where_set_so_a_record_set_back_to_work_during_the_cooldown_says_no_again(desk: Desk) -> None:
    contact, lead = rested(desk, "revert")
    desk.rep_accepts(lead)
    desk.round()
    assert desk.only_lead()["Status"] == "Closed - Not Converted"
    desk.settle()
    assert desk.step(contact) == "recycled"
    assert "violation:cooldown" in desk.view(contact)["flags"]
    assert desk.round(after=1200).written == 0


def test_somebody_who_insists_on_the_other_status_ends_the_reverting(desk: Desk) -> None:
    _, lead = rested(desk, "revert")
    for _ in range(5):
        desk.rep_accepts(lead)
        desk.round()
    assert desk.only_lead()["Status"] == "Working - Contacted"
    assert desk.rows("select reason from parked where kind = 'field' and resolved_at is null")


def test_unless_set_so_a_record_set_back_to_work_stays_as_the_rep_left_it(desk: Desk) -> None:
    contact, lead = rested(desk, "flag")
    desk.rep_accepts(lead)
    desk.settle()
    assert desk.only_lead()["Status"] == "Working - Contacted"
    assert "violation:cooldown" in desk.view(contact)["flags"]


def test_another_owner_during_the_cooldown_is_noticed(desk: Desk) -> None:
    contact, lead = rested(desk, "flag")
    assert "violation:owner" not in desk.view(contact)["flags"]
    reps = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName LIKE 'N%'")]
    other = next(rep for rep in reps if rep != desk.only_lead()["OwnerId"])
    desk.rep_writes(lead, OwnerId=other)
    desk.settle()
    assert "violation:owner" in desk.view(contact)["flags"]
