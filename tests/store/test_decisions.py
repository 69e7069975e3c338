"""History is added to, never rewritten, and figures are made from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain.decision import (
    Decision,
    Deed,
    HandOffVerdict,
    PersonaVerdict,
    StageVerdict,
    Transition,
    Versions,
)
from connector.domain.facts import Actor, Memory, Message, Step
from connector.store import accounts, decisions, links
from connector.store.decisions import CellEntry, LeadState, Refusal
from connector.store.engine import Store, Tx
from connector.store.history import CellVisit, UnitCycle, unit_histories
from mappings.records import Money, Opportunity, RecordKey

DAY = timedelta(days=1)
DECISION = Decision(
    persona=PersonaVerdict("small", "small"),
    role="user",
    stage=StageVerdict("research", "research"),
    cell="small/research",
    evidence=(),
    step=Step.MAL,
    gate=(),
    handoff=HandOffVerdict(Deed.NOTHING, "click", (Message("why", {"n": 1}),)),
    value=None,
    wanted={"why_not": Message("why", {"inner": Message("deep", {})})},
)


def entry(lead_id: str, cell: str, at: datetime, *, cycle: int = 1, unit: str = "acme") -> CellEntry:
    persona, stage = cell.split("/")
    return CellEntry(
        lead_id, unit, cycle, persona, stage, cell, at, evidence_ids=("hub:n:1",), versions=Versions(matrix=2)
    )


def lead(tx: Tx, lead_id: str, at: datetime, account_id: str | None = None) -> None:
    links.new_lead(tx, lead_id, at=at, account_id=account_id)


def test_a_decision_is_kept_when_it_says_something_new(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        lead(tx, "a", now)
        first = decisions.record_decision(tx, "a", decision=DECISION, at=now)
        same = replace(DECISION, versions=Versions(code="2"), reconsider_at=now + DAY)
        assert decisions.record_decision(tx, "a", decision=same, at=now) is None
        other = replace(DECISION, step=Step.MQL)
        second = decisions.record_decision(tx, "a", decision=other, at=now + DAY)
        kept = decisions.decisions_of(tx, "a")
    assert [(id_, at, document["step"]) for id_, at, document in kept] == [
        (second, now + DAY, "mql"),
        (first, now, "mal"),
    ]
    assert kept[1][2]["wanted"]["why_not"]["params"]["inner"]["id"] == "deep"


def test_the_state_of_a_lead_comes_back_as_it_was_saved(store: Store, now: datetime) -> None:
    memory = Memory(Step.MQL, now, "small", "mid", now, "research", now, 2, now)
    state = LeadState(
        "a", memory, "small/research", "user", now + DAY, Money(5, "CNY"), Versions(matrix=3, code="x")
    )
    with store.begin() as tx:
        lead(tx, "a", now)
        assert decisions.states(tx, ["a"]) == {}
        decision_id = decisions.record_decision(tx, "a", decision=DECISION, at=now)
        decisions.save_state(tx, state, at=now)
        assert decisions.states(tx, ["a"]) == {"a": replace(state, decision_id=decision_id, updated_at=now)}


def test_a_stay_in_a_cell_ends_when_the_next_begins(store: Store, now: datetime) -> None:
    first, second = entry("a", "small/research", now), entry("a", "small/selection", now + DAY)
    with store.begin() as tx:
        lead(tx, "a", now)
        assert decisions.leave_cell(tx, "a", left_at=now) is False
        assert decisions.enter_cell(tx, first, at=now)
        assert decisions.enter_cell(tx, replace(first, entered_at=now + DAY), at=now) is False
        assert decisions.enter_cell(tx, second, at=now + DAY)
        assert decisions.leave_cell(tx, "a", left_at=now + 2 * DAY)
        assert decisions.enter_cell(tx, first, at=now + 3 * DAY) is False, "this very stay is on record"
        assert decisions.cell_entries_of(tx, "a") == [
            replace(first, left_at=now + DAY, learned_at=now),
            replace(second, left_at=now + 2 * DAY, learned_at=now + DAY),
        ]


def test_a_lead_that_falls_back_to_older_evidence_comes_there_when_it_falls(
    store: Store, now: datetime
) -> None:
    first, hand_set = entry("a", "small/research", now), entry("a", "small/selection", now + DAY)
    with store.begin() as tx:
        lead(tx, "a", now)
        decisions.enter_cell(tx, first, at=now)
        decisions.enter_cell(tx, hand_set, at=now + DAY)
        assert decisions.enter_cell(tx, first, at=now + 2 * DAY)
        stays = [(one.stage, one.entered_at, one.left_at) for one in decisions.cell_entries_of(tx, "a")]
    assert stays == [
        ("research", now, now + DAY),
        ("selection", now + DAY, now + 2 * DAY),
        ("research", now + 2 * DAY, None),
    ]


def test_a_new_cycle_is_a_new_stay_in_the_same_cell(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        lead(tx, "a", now)
        decisions.enter_cell(tx, entry("a", "small/research", now), at=now)
        assert decisions.enter_cell(tx, entry("a", "small/research", now + DAY, cycle=2), at=now + DAY)


def test_a_step_is_recorded_once_with_both_times(store: Store, now: datetime) -> None:
    step = Transition(Step.NEW, Step.MAL, now, Actor("crm", "5"), "status", implied=True, violation="order")
    with store.begin() as tx:
        lead(tx, "a", now)
        for learned in (now + DAY, now + 2 * DAY):
            decisions.add_transitions(tx, "a", transitions=[step], versions=Versions(), learned_at=learned)
        assert decisions.transitions_of(tx, "a") == [(step, now + DAY)]


def test_every_refused_attempt_is_kept_with_its_reasons(store: Store, now: datetime) -> None:
    reasons = (Message("gate.cooldown", {"until": "2026-05-01", "because": Message("reason", {"n": 2})}),)
    refused = Refusal("a", now, Actor("sdr", "7"), "hand_off", reasons)
    with store.begin() as tx:
        lead(tx, "a", now)
        decisions.add_refusal(tx, refused)
        decisions.add_refusal(tx, replace(refused, at=now + DAY))
        assert decisions.refusals_of(tx, "a") == [replace(refused, at=now + DAY), refused]


def deal(tx: Tx, id_: str, *, account_id: str | None, lead_ids: tuple[str, ...] = (), **more: object) -> None:
    opportunity = Opportunity(RecordKey("sf", "Opportunity", id_), **more)  # type: ignore[arg-type]
    now = datetime.fromisoformat("2026-03-02T00:00:00Z")
    accounts.save_opportunity(tx, opportunity, account_id=account_id, lead_ids=lead_ids, learned_at=now)


def enter(tx: Tx, *entries: CellEntry) -> None:
    for one in entries:
        decisions.enter_cell(tx, one, at=one.entered_at)


def test_colleagues_are_one_unit_that_enters_a_cell_once(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        accounts.new_account(tx, "acme", at=now)
        for lead_id in ("a", "b"):
            lead(tx, lead_id, now, "acme")
        enter(
            tx,
            entry("a", "small/research", now + DAY),
            entry("b", "small/research", now),
            entry("b", "small/selection", now + DAY),
        )
        deal(tx, "1", account_id="acme", created_at=now + DAY, amount=Money(700, "CNY"),
             is_closed=True, is_won=True, closed_at=now + 9 * DAY)  # fmt: skip
        found = list(unit_histories(tx))
    visits = (
        CellVisit("small", "research", "small/research", now),
        CellVisit("small", "selection", "small/selection", now + DAY),
    )
    assert found == [UnitCycle("acme", 1, visits, won_at=now + 9 * DAY, amounts=(Money(700, "CNY"),))]


def test_each_cycle_has_its_own_outcome(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        accounts.new_account(tx, "acme", at=now)
        lead(tx, "a", now, "acme")
        enter(tx, entry("a", "small/research", now), entry("a", "small/research", now + 10 * DAY, cycle=2))
        deal(tx, "1", account_id="acme", created_at=now, is_closed=True, closed_at=now + 5 * DAY)
        deal(tx, "2", account_id="acme", created_at=now + 11 * DAY)
        first, second = unit_histories(tx)
    assert (first.lost_at, first.won_at) == (now + 5 * DAY, None)
    assert (second.lost_at, second.won_at, second.amounts) == (None, None, ())


def test_a_loss_beside_an_open_opportunity_decides_nothing(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        accounts.new_account(tx, "acme", at=now)
        lead(tx, "a", now, "acme")
        enter(tx, entry("a", "small/research", now))
        deal(tx, "1", account_id="acme", created_at=now, is_closed=True, closed_at=now + 5 * DAY)
        deal(tx, "2", account_id="acme", created_at=now)
        assert [one.lost_at for one in unit_histories(tx)] == [None]


def test_a_lead_without_account_is_its_own_unit_also_after_a_merge(store: Store, now: datetime) -> None:
    from connector.store.merging import merge_leads

    with store.begin() as tx:
        for lead_id in ("a", "b"):
            lead(tx, lead_id, now)
        enter(
            tx, entry("a", "small/research", now + DAY, unit="a"), entry("b", "small/research", now, unit="b")
        )
        deal(tx, "1", account_id=None, lead_ids=("a",), created_at=now + DAY, is_closed=True, is_won=True,
             amount=Money(3, "CNY"), closed_at=now + 2 * DAY)  # fmt: skip
        assert [(one.unit, one.won_at) for one in unit_histories(tx)] == [("a", now + 2 * DAY), ("b", None)]
        merge_leads(tx, "a", loser="b", at=now)
        (one,) = unit_histories(tx)
    assert (one.unit, one.entries[0].entered_at, one.won_at) == ("a", now, now + 2 * DAY)


def test_many_units_come_in_order(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        ids = [f"lead-{n:04}" for n in range(650)]
        for lead_id in ids:
            lead(tx, lead_id, now)
            enter(tx, entry(lead_id, "small/research", now, unit=lead_id))
        assert [one.unit for one in unit_histories(tx)] == ids
