"""Hand-offs that sales' system refuses, and leads for which no rep is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector import errors
from connector.domain.facts import Answer
from connector.store import owners, parked
from connector.store.handoffs import HandOff
from connector.sync import commands
from connector.sync import handoff as walking
from connector.sync.engine import Engine
from mappings.records import RecordKey
from tests.sync.bench import MANAGER, PRICE, Desk


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


class Outage:
    """The CRM refuses one operation, with this error, until it is over."""

    def __init__(self, desk: Desk, operation: str, error: errors.RemoteError) -> None:
        self.on = True
        desk.swap(crm=_Failing(desk.engine.crm, operation, lambda: error if self.on else None))

    def ends(self) -> None:
        self.on = False


class _Failing:
    def __init__(self, inside: Any, operation: str, error: Callable[[], Exception | None]) -> None:
        self._inside, self._operation, self._error = inside, operation, error

    def __getattr__(self, name: str) -> Any:
        error = self._error() if name == self._operation else None
        if error is None:
            return getattr(self._inside, name)

        def fail(*_: Any, **__: Any) -> Any:
            raise error

        return fail


DOWN = errors.TryLaterError("crm", "down")
REFUSED = errors.RecordRefusedError("crm", "refused", code="REFUSED")


def waiting(desk: Desk, kind: str = "hand_off") -> list[tuple[str, str]]:
    """Reason and detail of what is parked."""
    with desk.store.read() as tx:
        return [(one.reason, one.detail) for one in parked.waiting_parked(tx, kind)]


def rest(desk: Desk) -> str:
    """A lead comes back after its cooldown, with something new, for the next rep. The rep who rejected it."""
    (contact,) = desk.rows("select remote_id from link where connection = 'marketing'")
    rep = str(desk.only_lead()["OwnerId"])
    desk.rep_rejects(desk.only_lead()["Id"])
    desk.round()
    desk.wait(days=31)
    desk.calls(RecordKey("marketing", "contacts", contact[0]), "接通了，客户要我们报价，也在对比几家供应商")
    return rep


def test_two_records_merged_while_their_hand_offs_wait_are_handed_off_once_and_stop_no_round(
    desk: Desk,
) -> None:
    outage = Outage(desk, "open_lead", DOWN)
    firm = desk.company()
    first, second, other = desk.contact(firm), desk.contact(firm), desk.hot(lastname="别人")
    desk.writes(first)
    desk.writes(second)
    desk.round()
    desk.portal.merge("contacts", first.id, second.id)
    desk.round()
    outage.ends()
    desk.round(after=7200)
    assert desk.step(other) == desk.step(first) == "handed_off"
    assert len(desk.leads()) == 2


@pytest.mark.parametrize("fault", [IndexError, KeyError, AttributeError, ZeroDivisionError])
def test_no_kind_of_unforeseen_trouble_with_one_hand_off_stops_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    real, odd, sound = walking._look, desk.hot(), desk.hot()

    def fails(engine: Engine, handoff: HandOff) -> Any:
        if handoff.lead_id == desk.lead_of(odd):
            raise fault
        return real(engine, handoff)

    monkeypatch.setattr(walking, "_look", fails)
    desk.round()
    assert desk.step(sound) == "handed_off"
    for _ in range(walking.MAX_ATTEMPTS):
        desk.round(after=3700)
    assert desk.episodes(odd)[0].point == "failed"
    assert waiting(desk) == [("unforeseen", "")]


def test_i13_a_hand_off_that_waited_goes_nowhere_when_a_colleague_was_rejected_for_the_whole_account(
    desk: Desk,
) -> None:
    firm = desk.company()
    first = desk.contact(firm)
    desk.writes(first)
    desk.round()
    outage = Outage(desk, "open_lead", DOWN)
    second = desk.contact(firm, lastname="李")
    desk.writes(second)
    desk.round()
    desk.reject(first, "no_budget")
    desk.round()
    outage.ends()
    desk.round(after=3700)
    desk.round()
    assert len(desk.leads()) == 1
    assert [(one.point, one.error) for one in desk.episodes(second)] == [("failed", "withdrawn")]
    assert "gate.cooldown_account" in desk.refusals(second)


def test_a_click_whose_hand_off_was_withdrawn_for_a_cooldown_is_refused_with_the_reason(desk: Desk) -> None:
    firm = desk.company("小公司", annualrevenue="8000000", numberofemployees="12")
    first, second = (desk.contact(firm, company="小公司", lastname=name) for name in "王李")
    for one in (first, second):
        desk.writes(one, PRICE)
    desk.round()
    desk.hand_off(first, "one")
    desk.round()
    outage = Outage(desk, "open_lead", DOWN)
    desk.hand_off(second, "two")
    desk.round()
    desk.reject(first, "no_budget")
    outage.ends()
    desk.round(after=3700)
    desk.round()
    assert len(desk.leads()) == 1
    assert desk.rows("select outcome from request where id = 'two'") == [("refused",)]


def test_a_no_said_in_the_panel_before_the_record_was_made_makes_none(desk: Desk) -> None:
    outage = Outage(desk, "open_lead", DOWN)
    contact = desk.hot()
    desk.round()
    desk.reject(contact, "no_budget")
    desk.round()
    outage.ends()
    desk.round(after=7200)
    desk.round()
    assert desk.leads() == []
    (episode,) = desk.episodes(contact)
    assert (episode.answer, episode.error, episode.next_attempt_at) == (Answer.REJECTED, "withdrawn", None)
    assert "gate.cooldown" in desk.refusals(contact)


def test_a_person_whom_marketing_deleted_meanwhile_is_not_handed_off(desk: Desk) -> None:
    outage = Outage(desk, "open_lead", DOWN)
    contact = desk.hot()
    desk.round()
    desk.portal.archive("contacts", contact.id)
    desk.round(after=3700)
    outage.ends()
    for _ in range(3):
        desk.round(after=90_000)
    assert desk.leads() == []
    assert [one.error for one in desk.episodes(contact)] == ["withdrawn"]  # and none is begun again every day


def test_a_cooldown_that_a_manager_lifted_holds_no_hand_off_back(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    desk.reject(contact, "no_budget")
    desk.round()
    desk.wait(days=1)
    desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
    desk.round()
    commands.override(desk.engine, str(contact), actor=MANAGER, reason="the customer insists")
    desk.hand_off(contact, "again")
    desk.round()
    assert desk.step(contact) == "handed_off"


def test_a_no_said_after_the_record_was_opened_again_is_not_wiped_by_opening_it_once_more(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    rest(desk)
    outage = Outage(desk, "fetch", errors.AnswerLostError("crm", "lost"))
    desk.round()
    assert desk.only_lead()["Status"] == "Open - Not Contacted"
    desk.rep_rejects(desk.only_lead()["Id"], "No budget")
    outage.ends()
    for _ in range(3):
        desk.round(after=300)
    lead = desk.only_lead()
    assert (lead["Status"], lead["Baton_Rejection_Reason__c"]) == ("Closed - Not Converted", "No budget")
    assert [one.answer for one in desk.episodes(contact)] == [Answer.REJECTED, Answer.REJECTED]


@pytest.mark.parametrize(("operation", "step"), [("assign", "owner"), ("note", "note")])
def test_a_refused_owner_or_note_leaves_the_hand_off_standing_and_sales_answer_is_heard(
    desk: Desk, operation: str, step: str
) -> None:
    Outage(desk, operation, REFUSED)
    contact = desk.hot()
    desk.round()
    desk.round()
    assert desk.step(contact) == "handed_off"
    assert waiting(desk) == [("record_refused", f"{step} REFUSED")]
    assert [one.owner_id for one in desk.episodes(contact)] == [desk.only_lead()["OwnerId"]]
    desk.rep_rejects(desk.only_lead()["Id"], "No budget")
    desk.round()
    assert desk.step(contact) == "recycled"
    assert desk.rows("select reason from rejection") == [("no_budget",)]


@pytest.mark.parametrize(
    "error", [DOWN, errors.QuotaSpentError("crm", "spent"), errors.AccessDeniedError("crm", "denied")]
)
def test_no_outage_is_so_long_that_a_click_is_lost(desk: Desk, error: errors.RemoteError) -> None:
    contact = desk.ripe()
    desk.round()
    outage = Outage(desk, "open_lead", error)
    desk.hand_off(contact, "click-1")
    for _ in range(24):
        desk.round(after=3700)
    assert [one.point for one in desk.episodes(contact)] == ["claimed"]
    assert [detail for _, detail in waiting(desk)] == ["waits"]
    outage.ends()
    desk.round(after=3700)  # an hour at most passes until it is tried again
    assert desk.step(contact) == "handed_off"
    assert waiting(desk) == []


def test_the_same_click_may_ask_once_more_after_its_hand_off_failed(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    outage = Outage(desk, "open_lead", REFUSED)
    desk.hand_off(contact, "click-1")
    desk.round()
    assert [one.point for one in desk.episodes(contact)] == ["failed"]
    outage.ends()
    assert desk.hand_off(contact, "click-1").accepted
    desk.round()
    assert desk.step(contact) == "handed_off"
    assert len(desk.leads()) == 1


def test_i29_with_nobody_but_the_rep_who_rejected_it_the_record_stays_as_it_is_and_the_click_waits(
    desk: Desk,
) -> None:
    contact = desk.hot()
    desk.round()
    rep = rest(desk)
    others = [one["Id"] for one in desk.org.query("SELECT Id FROM User") if one["Id"] != rep]
    for other in others:
        desk.org.update("User", other, {"IsActive": False}, auto_assign=False)
    desk.round()
    desk.hand_off(contact, "click-1")
    desk.round()
    lead = desk.only_lead()
    assert (lead["OwnerId"], lead["Status"]) == (rep, "Closed - Not Converted")
    assert len(desk.episodes(contact)) == 1
    assert waiting(desk, "lead") == [("nobody_eligible", "")]
    desk.org.update("User", others[-1], {"IsActive": True}, auto_assign=False)
    desk.round(after=90_000)
    assert desk.only_lead()["OwnerId"] == others[-1]
    assert waiting(desk, "lead") == []


def test_who_withdrew_consent_meanwhile_is_not_handed_off(desk: Desk) -> None:
    outage = Outage(desk, "open_lead", DOWN)
    contact = desk.hot()
    desk.round()
    desk.portal.update("contacts", contact.id, {"hs_email_optout": "true"})
    outage.ends()
    for _ in range(2):
        desk.round(after=3700)
    assert desk.leads() == []
    assert "gate.consent_refused" in desk.refusals(contact)


def test_an_acceptance_in_the_panel_opens_what_still_shows_the_earlier_no(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    rest(desk)
    outage = Outage(desk, "write", DOWN)
    desk.round()
    assert desk.accept(contact).accepted
    outage.ends()
    for _ in range(3):
        desk.round(after=3700)
    assert desk.only_lead()["Status"] == "Working - Contacted"
    assert desk.step(contact) == "sal"
