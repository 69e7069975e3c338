"""The two brakes: a plan that would overwrite too much, and a value that somebody keeps changing back."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from connector.store import dirty, field_states, outbox, parked
from connector.store.outbox import Wanted
from connector.sync import plan, pull
from connector.sync.round import Choice
from mappings.records import RecordKey
from tests.sync.bench import Desk


def people(desk: Desk, number: int, **values: str) -> list[RecordKey]:
    """Contacts put in at once."""
    rows = [{"email": f"b{n}@brake{n}.example", "lastname": "钱", **values} for n in range(number)]
    return [RecordKey("marketing", "contacts", id_) for id_ in desk.portal.load("contacts", rows)]


def plan_titles(desk: Desk, keys: list[RecordKey], title: str | None) -> None:
    """A plan for the title, as a mapping gone wrong would make it."""
    with desk.store.begin() as tx:
        outbox.want(tx, [Wanted(key, {"jobtitle": title}, None) for key in keys], at=desk.engine.now())


def titles(desk: Desk, keys: list[RecordKey]) -> set[str | None]:
    return {desk.property(key, "jobtitle") or None for key in keys}


@pytest.mark.parametrize("title", ["changed", None], ids=["overwritten", "cleared"])
def test_a_plan_that_loses_more_than_three_tenths_of_a_field_stops_and_says_how_to_go_on(
    desk: Desk, title: str | None
) -> None:
    keys = people(desk, 60, jobtitle="经理")
    desk.round()
    plan_titles(desk, keys[:19], title)
    result = desk.round()
    assert titles(desk, keys) == {"经理"}
    (said,) = result.trouble
    for told in ("marketing contacts", "jobtitle", "19 of 60", "baton sync --force"):
        assert told in said
    with desk.store.read() as tx:
        (waiting,) = parked.waiting_parked(tx, "brake")
    assert (waiting.key, waiting.detail) == ("marketing:contacts", "jobtitle 19/60")
    forced = desk.round(Choice(force=True))
    assert forced.trouble == []
    assert titles(desk, keys[:19]) == {title}
    with desk.store.read() as tx:
        assert parked.waiting_parked(tx, "brake") == []


def test_a_plan_at_three_tenths_passes(desk: Desk) -> None:
    keys = people(desk, 60, jobtitle="经理")
    desk.round()
    plan_titles(desk, keys[:18], "changed")
    assert desk.round().trouble == []
    assert titles(desk, keys[:18]) == {"changed"}


def test_first_fills_do_not_count(desk: Desk) -> None:
    keys = people(desk, 60)
    first = desk.round()  # all of Baton's own fields, on every record
    assert (first.trouble, first.of("marketing", "contacts").written) == ([], 60)
    plan_titles(desk, keys, "filled")
    assert desk.round().trouble == []


def test_few_values_are_never_held_back(desk: Desk) -> None:
    keys = people(desk, 49, jobtitle="经理")
    desk.round()
    plan_titles(desk, keys, "changed")
    assert desk.round().trouble == []


def test_the_other_system_goes_on(desk: Desk) -> None:
    keys = people(desk, 60, jobtitle="经理")
    desk.round()
    plan_titles(desk, keys, "changed")
    contact = desk.hot()
    desk.round()
    assert len(desk.leads()) == 1
    assert desk.only_lead()["Baton_Handoff_Status__c"] == "with_sales"
    assert desk.property(contact, "baton_handoff_status") is None


def test_a_matrix_that_no_account_matches_any_more_is_held_back(desk: Desk) -> None:
    keys = people(desk, 60)
    desk.round()
    with desk.store.begin() as tx:
        wanted = [Wanted(key, {"baton_persona": "typo"}, None) for key in keys]
        outbox.want(tx, wanted, at=desk.engine.now())
    assert "baton_persona" in desk.round().trouble[0]


def fight(desk: Desk, contact: RecordKey, times: int) -> None:
    """Somebody changes Baton's value back, again and again."""
    for _ in range(times):
        desk.portal.update("contacts", contact.id, {"baton_persona": "mine"})
        desk.round()


def test_a_value_that_is_changed_back_more_than_three_times_a_day_is_parked_and_told(desk: Desk) -> None:
    contact = desk.contact()
    desk.round()
    fight(desk, contact, 2)
    assert desk.property(contact, "baton_persona") == "enterprise"
    fight(desk, contact, 1)
    assert desk.property(contact, "baton_persona") == "mine"
    with desk.store.read() as tx:
        (trouble,) = parked.waiting_parked(tx, "field")
    assert (trouble.key, trouble.reason) == (f"{contact}:baton_persona", "loop")
    desk.portal.update("contacts", contact.id, {"jobtitle": "实习生"})
    desk.round()
    assert desk.property(contact, "baton_persona") == "mine"  # parked until a person looked at it
    with desk.store.begin() as tx:
        field_states.unpark_field(tx, contact, field="baton_persona")
        dirty.mark(tx, [desk.lead_of(contact)], reason="test", at=desk.engine.now())
    desk.round()
    assert desk.property(contact, "baton_persona") == "enterprise"


def test_a_value_that_is_changed_back_once_a_day_is_restored_every_day(desk: Desk) -> None:
    contact = desk.contact()
    for _ in range(5):
        desk.wait(days=1)
        fight(desk, contact, 1)
    assert desk.property(contact, "baton_persona") == "enterprise"


def rounds_of_a_tug(desk: Desk, number: int) -> int:
    """Writes of some rounds against an automation that changes the value back after every write of Baton's."""
    contact = desk.contact()
    desk.round()
    written = 0
    for _ in range(number):
        desk.portal.update("contacts", contact.id, {"baton_persona": "robot"})
        written += desk.round().of("marketing", "contacts").written
    return written


def test_i20_a_tug_of_war_with_an_automation_ends(desk: Desk) -> None:
    assert rounds_of_a_tug(desk, 12) == plan.REWRITES_A_DAY - 1


def test_i20_without_the_brake_it_would_go_on_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "REWRITES_A_DAY", 10_000)
    assert rounds_of_a_tug(desk, 12) == 12


def decided(desk: Desk, contact: RecordKey) -> int:
    """How often a lead was decided."""
    ((generation,),) = desk.rows("select generation from dirty where lead_id = :id", id=desk.lead_of(contact))
    return int(generation)


def echo_rounds(desk: Desk) -> int:
    """How often a lead is decided again in rounds that only bring back what Baton itself wrote."""
    contact = desk.contact()
    desk.round()
    _forget_acceptance(desk, contact)
    before = decided(desk, contact)
    desk.round()
    return decided(desk, contact) - before


def _forget_acceptance(desk: Desk, contact: RecordKey) -> None:
    """As after a crash between the system's taking the values and our recording it: the mirror does not have them."""
    unsaid = "update mirror set fields = replace(fields, :said, :unsaid), hash = '' where remote_id = :id"
    values = {"said": '"baton_cell":"enterprise/none"', "unsaid": '"baton_cell":null', "id": contact.id}
    with desk.store.begin() as tx:
        tx.execute(text(unsaid), values)
    assert desk.mirrored(contact).fields["baton_cell"] is None


def test_i20_what_baton_wrote_itself_does_not_trigger_it(desk: Desk) -> None:
    assert echo_rounds(desk) == 0


def test_i20_without_the_echo_guard_it_does(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_echoes", lambda *_: set())
    assert echo_rounds(desk) > 0


def test_a_humans_change_back_to_what_baton_once_wrote_ends_where_the_human_put_it(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    lead = desk.only_lead()["Id"]
    desk.portal.update("contacts", contact.id, {"jobtitle": "董事长"})
    desk.round()
    assert desk.org.get("Lead", lead)["Title"] == "董事长"  # ours
    desk.rep_writes(lead, Title="总裁")
    desk.round()
    assert desk.property(contact, "jobtitle") == "总裁"  # a human's
    desk.rep_writes(lead, Title="董事长")
    desk.round()
    assert desk.property(contact, "jobtitle") == "董事长"  # and the human's back again
    assert desk.org.get("Lead", lead)["Title"] == "董事长"


def test_i20_two_automations_that_pull_at_a_field_kept_in_step_are_stopped(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    lead = desk.only_lead()["Id"]
    written = 0
    for _ in range(8):
        desk.portal.update("contacts", contact.id, {"jobtitle": "董事长"})
        desk.round()
        desk.rep_writes(lead, Title="总裁")
        result = desk.round()
        written += result.of("marketing", "contacts").written
    assert written == plan.REWRITES_A_DAY
