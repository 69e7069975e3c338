"""What holds for every tale: between two inputs a decision stands until `reconsider_at`, and it always comes to rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.domain.decide import decide
from connector.domain.decision import Deed
from connector.domain.facts import Message
from connector.domain.lifecycle import OUT_OF_ORDER
from connector.domain.value import worth
from connector.texts import render
from mappings.records import Kind, Money
from tests.domain.deciding.tale import DEMO, PAPER, PRICE, TABLE, Tale

INSTANT = timedelta(microseconds=1)
REASONS = (
    "no_budget",
    "bad_timing",
    "need_unclear",
    "unreachable",
    "wrong_contact",
    "wrong_territory",
    "duplicate",
    "",
)

EVENTS = st.sampled_from(
    [
        ("heard", PRICE), ("heard", DEMO), ("heard", "I don't want a demo"), ("paper", ""), ("page", ""),
        ("spoke", ""), ("click", ""), ("crm", "accepted"), ("crm", "open"), ("crm", "qualified"),
        ("crm", "converted"), ("crm", "disqualified"), *(("no", reason) for reason in REASONS),
        ("deal", ""), ("won", ""), ("lost", ""), ("colleague", "no_budget"), ("override", ""),
        ("grow", ""), ("consent", ""), ("future", ""),
    ]
)  # fmt: skip
TALES = st.lists(st.tuples(EVENTS, st.integers(0, 120)), max_size=9)
PERSONAS = st.sampled_from(["small", "mid-market", "enterprise", "unknown"])


def tell(tale: Tale, what: str, text: str) -> None:  # noqa: C901, PLR0912 - one line per kind of event
    match what:
        case "heard":
            tale.heard(text)
        case "paper":
            tale.heard(PAPER, kind=Kind.DOWNLOAD)
        case "page":
            tale.page()
        case "spoke":
            tale.spoke()
        case "click":
            tale.rep = f"r{len(tale.known.episodes) + 1}"
            tale.click()
        case "crm":
            tale.crm(text)
        case "no":
            tale.crm("rejected", rejection_reason=text, rejection_until=date(2026, 9, 1))
        case "deal":
            tale.opportunity(f"o{len(tale.known.opportunities)}")
        case "won" | "lost":
            opened = [deal for deal in tale.known.opportunities if not deal.is_closed]
            nth, since = (opened[-1].key.id, opened[-1].created_at) if opened else ("o99", tale.now)
            tale.opportunity(nth, is_closed=True, is_won=what == "won", closed_at=tale.now, created_at=since)
        case "colleague":
            tale.colleague(text)
        case "override":
            tale.override()
        case "grow":
            account = tale.known.account.account
            assert account
            grown = replace(account, employees=1_020)
            tale.known = replace(tale.known, account=replace(tale.known.account, account=grown))
            tale.settle()
        case "consent":
            tale.change(consent=False)
        case "future":
            tale.heard(PRICE, at=tale.now + timedelta(days=3))


def told(persona: str, events: list[tuple[tuple[str, str], int]]) -> Tale:
    tale = Tale(persona)
    for (what, text), hours in events:
        tale.now += timedelta(hours=hours * 7 + 1)
        tell(tale, what, text)
    return tale


def standing(decision: Any) -> Any:
    return replace(decision, reconsider_at=None)


@settings(max_examples=150, deadline=None)
@given(PERSONAS, TALES, st.floats(0, 1))
@example("mid-market", [(("heard", PRICE), 0), (("click", ""), 0), (("no", "need_unclear"), 2)], 0.99)
@example("mid-market", [(("grow", ""), 0), (("heard", DEMO), 1)], 0.5)
@example(
    "small",
    [(("heard", "I don't want a demo"), 0), (("colleague", "no_budget"), 0), (("heard", PRICE), 0)],
    0.0,
)
@example(
    "mid-market",
    [(("heard", PRICE), 0), (("click", ""), 0), (("grow", ""), 0), (("heard", PRICE), 103)],
    0.0,
)
@example("small", [(("won", ""), 0), (("heard", PRICE), 1), (("won", ""), 102)], 0.0)
@example(
    "small",
    [(("heard", "I don't want a demo"), 0), (("colleague", "no_budget"), 0), (("heard", PRICE), 0)],
    0.0,
)
def test_between_two_inputs_a_decision_stands_until_reconsider_at(
    persona: str, events: list[tuple[tuple[str, str], int]], share: float
) -> None:
    tale = told(persona, events)
    now, decision = tale.now, tale.decision
    turn = decision.reconsider_at
    assert turn is None or turn > now
    end = turn or now + timedelta(days=2000)
    for later in (min(now + share * (end - now), end - INSTANT), end - INSTANT):
        assert standing(decide(tale.known, tale.rules, later)) == standing(decision)


@settings(max_examples=60, deadline=None)
@given(PERSONAS, TALES)
def test_every_tale_keeps_the_rules_of_the_house(
    persona: str, events: list[tuple[tuple[str, str], int]]
) -> None:
    tale = told(persona, events)
    decision = tale.decision
    assert not [t for t in tale.transitions if t.violation == OUT_OF_ORDER]
    assert all(a.new is b.old for a, b in zip(tale.transitions, tale.transitions[1:], strict=False))
    times = [t.occurred_at for t in tale.transitions]
    assert times == sorted(times)
    assert (decision.handoff.deed is Deed.HAND_OFF) <= (not decision.handoff.refusals)
    if decision.value:
        assert decision.value.amount == worth(decision.value.rate, decision.value.price)
        assert decision.value.amount.minor >= 0
    for value in decision.wanted.values():
        if isinstance(value, Message):
            assert "{" not in render(value, "en") + render(value, "zh_CN")


@settings(max_examples=80, deadline=None)
@given(PERSONAS, TALES)
def test_no_lead_is_handed_off_inside_its_cooldown_or_to_who_said_no(
    persona: str, events: list[tuple[tuple[str, str], int]]
) -> None:
    tale = told(persona, [event for event in events if event[0][0] != "override"])
    before = None
    for episode in tale.known.episodes:
        if before and before.rejection and before.cycle == episode.cycle:
            said = before.rejection
            rest = {"no_budget": 90, "need_unclear": 30, "unreachable": 14, "": 180}.get(said.reason, 0)
            assert episode.requested_at >= said.at + timedelta(days=rest)
        before = episode
    not_to = tale.decision.handoff.not_to
    assert set(not_to) <= {e.rejection.rep_id for e in tale.known.episodes if e.rejection}


def test_the_same_lead_is_worth_what_its_explanation_says() -> None:
    tale = Tale("mid-market")
    tale.heard(DEMO)
    assert tale.decision.wanted["value_now"] == Money(12_000_00, "CNY")
    explained = tale.decision.wanted["value_explained"]
    assert isinstance(explained, Message)
    text = render(explained, "en")
    assert "420 won of 7000 leads" in text
    assert "6% (5.5% to 6.5%) × 200,000.00 CNY = 12,000.00 CNY" in text
    assert f"Value table {TABLE.version}" in text
