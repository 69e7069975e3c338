"""Hand-offs that sales' system refuses, and leads for which no rep is left."""

from __future__ import annotations

import pytest

from connector.store import owners, parked
from connector.store.handoffs import HandOff
from connector.sync import handoff as walking
from connector.sync.engine import Engine
from tests.sync.bench import Desk


def test_a_hand_off_that_sales_system_refuses_is_parked_once_and_not_begun_again_at_every_round(
    desk: Desk,
) -> None:
    desk.org.forbid("Lead", lambda row: row["LastName"] == "毒", "not this one")
    poison, sound = desk.hot(lastname="毒"), desk.hot()
    for _ in range(4):
        desk.round()
    assert len(desk.episodes(poison)) == 1
    assert desk.step(sound) == "handed_off"
    with desk.store.read() as tx:
        (waiting,) = parked.waiting_parked(tx, "hand_off")
    assert waiting.reason == "record_refused"
    assert waiting.detail.startswith("FIELD_CUSTOM_VALIDATION_EXCEPTION")


def test_once_the_reason_is_mended_the_hand_off_goes_through_and_nothing_stays_parked(desk: Desk) -> None:
    rule = desk.org.forbid("Lead", lambda row: row["LastName"] == "毒", "not this one")
    contact = desk.hot(lastname="毒")
    desk.round()
    desk.org.rules.validation.remove(rule)
    desk.round()
    assert desk.leads() == []  # of itself Baton tries once a day
    desk.hand_off(contact)  # a person need not wait
    desk.round()
    assert desk.step(contact) == "handed_off"
    with desk.store.read() as tx:
        assert parked.waiting_parked(tx, "hand_off") == []


def test_a_failed_hand_off_is_tried_again_the_next_day(desk: Desk) -> None:
    rule = desk.org.forbid("Lead", lambda row: row["LastName"] == "毒", "not this one")
    contact = desk.hot(lastname="毒")
    desk.round()
    desk.org.rules.validation.remove(rule)
    desk.wait(days=1, minutes=1)
    desk.round()
    assert desk.step(contact) == "handed_off"


def test_a_hand_off_that_meets_what_nobody_foresaw_does_not_stop_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, odd, sound = walking.note_for, desk.hot(), desk.hot()

    def fails_once(engine: Engine, handoff: HandOff) -> tuple[str, str]:
        if handoff.lead_id == desk.lead_of(odd):
            raise KeyError(handoff.id)
        return real(engine, handoff)

    with monkeypatch.context() as patch:
        patch.setattr(walking, "note_for", fails_once)
        result = desk.round()
    assert desk.step(sound) == "handed_off"
    assert any("KeyError" in said for said in result.trouble)
    desk.round(after=1200)
    assert desk.step(odd) == "handed_off"
    assert len(desk.leads()) == 2


def test_i29_a_lead_never_goes_back_to_the_rep_who_rejected_it_even_when_nobody_has_room(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    rep = desk.only_lead()["OwnerId"]
    desk.rep_rejects(desk.only_lead()["Id"])
    desk.round()
    with desk.store.begin() as tx:
        for one in owners.reps(tx, "crm"):
            owners.save_rep(tx, owners.Rep("crm", one.owner_id, capacity=0))
    desk.wait(days=31)
    desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
    desk.round()
    assert len(desk.episodes(contact)) == 2
    assert desk.only_lead()["OwnerId"] != rep
