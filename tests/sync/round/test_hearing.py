"""Sales' answers are heard wherever they are given, and one odd lead keeps nobody else waiting."""

from __future__ import annotations

import pytest

from connector.store import links
from connector.store.known import known_of
from connector.sync import place
from connector.sync.readers import readers_for
from mappings.records import RecordKey
from tests.sync.bench import PRICE, Desk


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
