"""Hand-offs that sales' system refuses, and leads for which no rep is left."""

from __future__ import annotations

from connector.store import owners, parked
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
