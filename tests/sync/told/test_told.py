"""Activities told to Baton itself: kept once, tied by any name of their person, parked with their reason otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.store import activities, parked
from connector.store.identities import put_identities
from connector.sync.told import NewActivity, Told, add_activities
from mappings.records import Direction, Kind
from tests.sync.bench import DEMO, Desk

CALL = NewActivity("1", "message", "2026-11-02T15:00:00+08:00", text=DEMO, direction="in")


def tell(desk: Desk, *items: NewActivity, source: str = "wecom") -> list[Told]:
    return add_activities(desk.engine, source, items)


def outcomes(told: list[Told]) -> list[tuple[str, str]]:
    return [(one.outcome, one.why.id.rpartition(".")[2] if one.why else "") for one in told]


@pytest.mark.parametrize("name", ["record", "lead_id", "email", "mobile", "wecom_id"])
def test_a_person_is_found_by_any_of_their_names(desk: Desk, name: str) -> None:
    contact = desk.contact(email="Wang@Firm.example.com", mobilephone="138 1234 5678")
    desk.settle()
    lead = desk.lead_of(contact)
    with desk.store.begin() as tx:
        mine = [("email", "wang@firm.example.com"), ("mobile", "+8613812345678"), ("wecom", "wm-1")]
        put_identities(tx, contact, lead_id=lead, values=mine)
    names = {
        "record": str(contact),
        "lead_id": lead,
        "email": "ＷＡＮＧ@firm.example.com",
        "mobile": "+86 138-1234-5678",
        "wecom_id": "wm-1",
    }
    (told,) = tell(desk, replace(CALL, **{name: names[name]}))
    assert (told.outcome, told.lead_id) == ("kept", lead)
    with desk.store.read() as tx:
        (kept,) = activities.activities_of(tx, [lead])[lead]
    assert (kept.kind, kept.direction, kept.text) == (Kind.MESSAGE, Direction.IN, DEMO)


def test_telling_the_same_again_changes_nothing_and_the_first_time_stays(desk: Desk) -> None:
    contact = desk.contact()
    desk.settle()
    named = replace(CALL, record=str(contact))
    assert outcomes(tell(desk, named)) == [("kept", "")]
    assert outcomes(tell(desk, named, named)) == [("known", ""), ("known", "")]
    assert outcomes(tell(desk, replace(named, text="more"))) == [("kept", "")]
    assert outcomes(tell(desk, named, source="other")) == [("kept", "")]
    assert desk.rows("SELECT count(*) FROM activity WHERE object = 'told'") == [(2,)]


def test_an_activity_waits_for_somebody_who_appears_later(desk: Desk) -> None:
    told = tell(
        desk, replace(CALL, mobile="13812345678"), replace(CALL, id="2", email="late@firm.example.com")
    )
    assert outcomes(told) == [("waiting", ""), ("waiting", "")]
    contact = desk.contact(email="late@firm.example.com", mobilephone="+86 138 1234 5678")
    desk.settle()
    assert {one["kind"] for one in desk.view(contact)["evidence"]} == {"message"}
    assert desk.step(contact) == "handed_off"
    assert outcomes(tell(desk, replace(CALL, mobile="13812345678"))) == [("known", "")]


def test_a_key_that_two_leads_carry_names_nobody(desk: Desk) -> None:
    one, two = desk.contact(), desk.contact()
    desk.settle()
    leads = {contact: desk.lead_of(contact) for contact in (one, two)}
    with desk.store.begin() as tx:
        for contact, lead in leads.items():
            put_identities(tx, contact, lead_id=lead, values=[("wecom", "shared")])
    assert outcomes(tell(desk, replace(CALL, wecom_id="shared"))) == [("waiting", "")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": "2026-11-02T15:00:00"}, "time_naive"),
        ({"at": "2026-11-02"}, "time_naive"),
        ({"at": "yesterday"}, "time_unreadable"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "time_unreadable"),
        ({"at": "2026-12-24T00:00:00Z"}, "time_ahead"),
        ({"kind": "dance"}, "kind_unknown"),
        ({"direction": "up"}, "direction_unknown"),
        ({"email": "", "mobile": "12"}, "nobody_named"),
    ],
)
def test_what_cannot_be_taken_is_parked_with_its_reason_and_can_come_right(
    desk: Desk, change: dict[str, str], code: str
) -> None:
    good = replace(CALL, email="a@b.example.com")
    assert outcomes(tell(desk, replace(good, **change), replace(good, id="2"))) == [
        ("refused", code),
        ("waiting", ""),
    ]
    with desk.store.read() as tx:
        (waits,) = parked.waiting_parked(tx, "activity")
    assert (waits.key, waits.reason, waits.detail) == ("wecom:1", code, "")
    assert waits.payload["at"] == change.get("at", CALL.at)
    tell(desk, good)
    with desk.store.read() as tx:
        assert parked.waiting_parked(tx, "activity") == []


def test_a_clock_a_little_ahead_is_the_present(desk: Desk) -> None:
    soon = (desk.world.clock.now() + timedelta(minutes=4)).isoformat()
    assert outcomes(tell(desk, replace(CALL, at=soon, email="a@b.example.com"))) == [("waiting", "")]
    assert desk.rows("SELECT occurred_at <= learned_at FROM activity") == [(1,)]
