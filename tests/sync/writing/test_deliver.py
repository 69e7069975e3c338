"""What is written, in how many calls, and what becomes of what cannot be written."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

import pytest

from connector.errors import RateLimitedError, TryLaterError
from connector.ports import Write, WriteResult
from connector.store import dirty, field_states, outbox, parked
from connector.store.outbox import Wanted
from connector.sync.deliver import deliver_all
from connector.sync.results import RoundResult
from connector.sync.round import Choice
from mappings.records import RecordKey
from tests.sync.bench import Desk


def many(desk: Desk, number: int) -> list[RecordKey]:
    """Contacts of nobody in particular, put in at once."""
    rows = [{"email": f"m{n}@many{n}.example", "lastname": "赵", "firstname": "敏"} for n in range(number)]
    return [RecordKey("marketing", "contacts", id_) for id_ in desk.portal.load("contacts", rows)]


def many_leads(desk: Desk, number: int) -> list[RecordKey]:
    """Leads of sales' own, put in at once."""
    rows = [
        {
            "LastName": f"L{n}",
            "Company": "Acme",
            "Status": "Open - Not Contacted",
            "Email": f"s{n}@own{n}.example",
        }
        for n in range(number)
    ]
    wire = f"{desk.world.clock.stamp():%Y-%m-%dT%H:%M:%S.000+0000}"
    return [RecordKey("crm", "Lead", id_) for id_ in desk.org.load("Lead", rows, wire)]


def want(desk: Desk, keys: list[RecordKey], **fields: str | None) -> None:
    """Put the same values into the outbox for these records."""
    with desk.store.begin() as tx:
        outbox.want(tx, [Wanted(key, fields, None) for key in keys], at=desk.engine.now())


@pytest.mark.parametrize("changed", [1, 101])
def test_marketing_is_written_in_batches_of_a_hundred_and_not_one_call_more(
    wired: Desk, changed: int
) -> None:
    many(wired, changed)
    wired.round()
    assert wired.wire_calls(0, "/contacts/batch/update") == ceil(changed / 100)
    wired.round()
    assert wired.wire_calls(0, "/contacts/batch/update") == ceil(changed / 100)


@pytest.mark.parametrize("changed", [200, 201])
def test_sales_is_written_in_batches_of_two_hundred_and_not_one_call_more(wired: Desk, changed: int) -> None:
    many_leads(wired, changed)
    wired.round()
    assert wired.wire_calls(1, "/composite/sobjects") == ceil(changed / 200)


def test_i8_one_poison_record_of_a_thousand_is_parked_and_the_others_are_written(desk: Desk) -> None:
    leads = many_leads(desk, 1000)
    poison(desk, leads[500])
    result = desk.round()
    counts = result.of("crm", "Lead")
    assert (counts.written, counts.refused, counts.parked) == (999, 1, 1)
    ((remote_id, reason, detail),) = desk.rows(
        "select remote_id, reason, detail from outbox where state = 'parked'"
    )
    assert (remote_id, reason) == (leads[500].id, "record_refused")
    assert detail == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    again = desk.round()
    assert again.of("crm", "Lead").refused == 0  # it is not tried again with what was refused


def poison(desk: Desk, key: RecordKey) -> None:
    """A record that its system refuses to write, whatever is written."""
    desk.org.forbid("Lead", lambda row: row["Id"] == key.id, "no changes here")


def test_i8_where_the_fault_is_named_only_that_field_is_parked(desk: Desk) -> None:
    leads = many_leads(desk, 3)
    desk.round()
    want(desk, leads, Title="x" * 200, Baton_Next_Action__c="call")
    result = RoundResult()
    deliver_all(desk.engine, result)
    assert [desk.org.get("Lead", key.id)["Baton_Next_Action__c"] for key in leads] == ["call"] * 3
    assert desk.org.get("Lead", leads[0].id)["Title"] is None
    with desk.store.read() as tx:
        waiting = parked.waiting_parked(tx, "field")
    assert {(one.key, one.reason) for one in waiting} == {(f"{key}:Title", "record_refused") for key in leads}
    assert all("STRING_TOO_LONG" in one.detail for one in waiting)
    assert desk.rows("select count(*) from outbox") == [(0,)]


def test_the_only_field_of_a_row_that_is_at_fault_leaves_nothing_behind(desk: Desk) -> None:
    (lead,) = many_leads(desk, 1)
    desk.round()
    want(desk, [lead], Title="x" * 200)
    deliver_all(desk.engine, RoundResult())
    assert desk.rows("select count(*) from outbox") == [(0,)]
    with desk.store.read() as tx:
        assert [one.key for one in parked.waiting_parked(tx, "field")] == [f"{lead}:Title"]


def test_last_synced_is_written_beside_another_change_only(desk: Desk) -> None:
    contact = desk.contact()
    desk.round()
    first = desk.property(contact, "baton_last_synced")
    assert first
    desk.settle()
    assert desk.property(contact, "baton_last_synced") == first
    desk.writes(contact)
    desk.round()
    assert desk.property(contact, "baton_last_synced") != first


def test_what_a_system_refused_is_not_offered_again_until_something_else_is_wanted(desk: Desk) -> None:
    (lead,) = many_leads(desk, 1)
    poison(desk, lead)
    assert desk.round().of("crm", "Lead").refused == 1
    with desk.store.begin() as tx:
        dirty.mark_all(tx, reason="test", at=desk.engine.now())
    assert desk.round().of("crm", "Lead").refused == 0


def test_trouble_with_a_whole_call_waits_as_the_system_says(wired: Desk) -> None:
    (contact,) = many(wired, 1)
    wired.fault(
        "hubspot", "answer", path="/batch/update", status=429, headers={"Retry-After": "700"}, times=20
    )
    wired.round()
    wired.world.faults.clear()
    ((due,),) = wired.rows("select next_attempt_at from outbox")
    assert due
    assert wired.property(contact, "baton_cell") is None
    wired.round(after=7200)
    assert wired.property(contact, "baton_cell") is not None


class _Failing:
    """A system whose writes always meet the same trouble."""

    def __init__(self, inside: object, trouble: Exception) -> None:
        self._inside, self._trouble = inside, trouble

    def __getattr__(self, name: str) -> object:
        return getattr(self._inside, name)

    def write(self, object: str, writes: list[Write]) -> list[WriteResult]:
        raise self._trouble


def test_values_that_could_not_be_sent_are_no_loop(desk: Desk) -> None:
    contact = desk.contact()
    sound = desk.engine.marketing
    desk.swap(marketing=_Failing(sound, RateLimitedError("marketing", "too many", "", 429, "", timedelta(0))))
    for _ in range(5):
        desk.round()
    desk.swap(marketing=sound)
    desk.round()
    assert desk.property(contact, "baton_cell") is not None
    with desk.store.read() as tx:
        states = field_states.field_states(tx, [contact])[contact]
        assert parked.waiting_parked(tx, "field") == []
    assert {state.rewrites for state in states.values() if state.sent_at} == {1}


def test_i32_a_field_that_is_hidden_is_never_written(desk: Desk) -> None:
    (lead,) = many_leads(desk, 1)
    desk.org.update("Lead", lead.id, {"Baton_Cell__c": "kept"}, auto_assign=False)
    for name in ("Lead.Baton_Cell__c", "Lead.Baton_Last_Synced__c"):
        for row in desk.org.query(f"SELECT Id FROM FieldPermissions WHERE Field = '{name}'"):  # noqa: S608
            desk.org.remove("FieldPermissions", row["Id"])
    desk.org.access.forget()
    assert desk.round().of("crm", "Lead").written == 1
    stored = desk.org.get("Lead", lead.id)
    assert (stored["Baton_Cell__c"], stored["Baton_Last_Synced__c"]) == ("kept", None)


def test_what_a_person_wrote_while_a_write_waited_is_not_overwritten_by_the_next_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = desk.hot(phone="010-11111111")
    desk.settle()
    lead = desk.only_lead()["Id"]
    real = desk.engine.crm.write

    def down(object: str, writes: list[Write]) -> list[WriteResult]:
        raise TryLaterError("crm", "down")

    monkeypatch.setattr(desk.engine.crm, "write", down)
    desk.portal.update("contacts", contact.id, {"phone": "010-22222222", "jobtitle": "董事长"})
    desk.round()
    desk.org.update("Lead", lead, {"Phone": "010-33333333"}, auto_assign=False)
    monkeypatch.setattr(desk.engine.crm, "write", real)
    desk.round(Choice(read=False), after=300)
    assert "33333333" in desk.org.get("Lead", lead)["Phone"]
    assert desk.org.get("Lead", lead)["Title"] == "董事长"
    desk.round(after=1200)
    desk.round()
    assert "33333333" in desk.org.get("Lead", lead)["Phone"]
    assert "33333333" in str(desk.property(contact, "phone"))
