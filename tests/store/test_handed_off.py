"""Hand-offs as the value KPI reads them: cycles of units as they are today, and what was won from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.decision import EpisodeAnswer
from connector.domain.dispute import Found
from connector.domain.facts import Actor, Answer, Finding, Rejection
from connector.domain.kpi import HandedOff
from connector.store import handed_off, handoffs, links, rejections, tables
from connector.store.claims import Claim
from connector.store.engine import Store, Tx
from connector.store.handoffs import HandOff
from connector.store.merging import merge_leads
from mappings.records import Money

DAY = timedelta(days=1)
SDR = Actor("sdr", "7")


@pytest.fixture
def leads(store: Store, now: datetime) -> Store:
    """Leads a and b at one account, c without one."""
    with store.begin() as tx:
        tx.execute(tables.account.insert().values(id="acme", created_at=now))
        for lead in "abc":
            links.new_lead(tx, lead, at=now)
        t = tables.lead
        tx.execute(update(t).where(t.c.id.in_(["a", "b"])).values(account_id="acme"))
    return store


def hand_off(tx: Tx, id_: str, lead: str, at: datetime, **more: Any) -> None:
    """Begun at that time, with sales a minute later."""
    row = HandOff(id_, lead, more.pop("cycle", 1), at, SDR, value=Money(100, "CNY"), cell="small/x", **more)
    assert handoffs.begin_handoff(tx, row)
    (claimed,) = handoffs.claim_handoffs(tx, Claim(id_, at, at + DAY), limit=1)
    assert handoffs.advance(tx, claimed, point="confirmed_back", at=at + timedelta(minutes=1))
    assert handoffs.advance(tx, claimed, point="done", at=at + timedelta(minutes=1))


def answer(tx: Tx, id_: str, at: datetime, reason: str = "") -> None:
    no = Rejection(at, "5", reason) if reason else None
    said = Answer.REJECTED if reason else Answer.ACCEPTED
    handoffs.record_answer(tx, EpisodeAnswer(id_, said, at, SDR, no), learned_at=at)


def everything(tx: Tx) -> list[tuple[HandedOff, ...]]:
    return list(
        handed_off.handed_off_cycles(tx, datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC))
    )


def cycles(tx: Tx) -> list[tuple[str, int, list[str]]]:
    return [(cycle[0].unit, cycle[0].cycle, [one.id for one in cycle]) for cycle in everything(tx)]


def test_colleagues_are_one_unit_and_a_lead_without_account_its_own(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        hand_off(tx, "h1", "b", now)
        hand_off(tx, "h2", "a", now + DAY)
        hand_off(tx, "h3", "a", now + 2 * DAY, cycle=2)
        hand_off(tx, "h4", "c", now)
        assert cycles(tx) == [("acme", 1, ["h1", "h2"]), ("acme", 2, ["h3"]), ("c", 1, ["h4"])]


def test_what_sales_never_got_is_none(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        handoffs.begin_handoff(tx, HandOff("h1", "a", 1, now, SDR))
        handoffs.begin_handoff(tx, HandOff("h2", "b", 1, now, SDR))
        handoffs.withdraw_handoff(tx, "h2")
        assert cycles(tx) == []
        answer(tx, "h1", now + DAY, "duplicate")
        ((one,),) = everything(tx)
        assert one.at == now + DAY, "sales had it by the time that it said no"


def test_a_hand_off_carries_what_was_frozen_on_it_and_what_sales_said(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        hand_off(tx, "h1", "c", now, source="event", campaign="spring", sdr_id="s1")
        hand_off(tx, "h2", "c", now + DAY / 2, cycle=2)
        answer(tx, "h1", now + DAY, "duplicate")
        rejections.find(tx, Found("h1", now + 2 * DAY, "boss", Finding.REP, "she says so herself"))
        ((one,), (earlier,)) = everything(tx)
    assert earlier.sdr_id == "7", "without an SDR of record it is the one who asked"
    assert (one.value, one.cell) == (Money(100, "CNY"), "small/x")
    assert (one.source, one.campaign, one.sdr_id) == ("event", "spring", "s1")
    assert one.at == now + timedelta(minutes=1)
    assert one.refused is not None
    assert (one.refused.at, one.refused.reason) == (now + DAY, "duplicate")
    assert (one.refused.annulled, one.refused.found_at) == (True, now + 2 * DAY)


def test_a_no_that_sales_took_back_ended_with_its_later_answer(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        hand_off(tx, "h1", "c", now)
        answer(tx, "h1", now + DAY, "duplicate")
        answer(tx, "h1", now + 3 * DAY)
        ((one,),) = everything(tx)
    assert one.refused is not None
    assert (one.refused.annulled, one.refused.found_at) == (True, now + 3 * DAY)


def test_only_units_with_which_something_happened_are_read_and_those_whole(
    leads: Store, now: datetime
) -> None:
    with leads.begin() as tx:
        hand_off(tx, "h1", "a", now)
        hand_off(tx, "h2", "a", now + 9 * DAY, cycle=2)
        hand_off(tx, "h3", "c", now)
        answer(tx, "h3", now + 20 * DAY, "duplicate")

        def read(first: int, last: int) -> list[str]:
            found = handed_off.handed_off_cycles(tx, now + first * DAY, now + last * DAY)
            return [one.id for cycle in found for one in cycle]

        assert read(8, 10) == ["h1", "h2"]
        assert read(10, 20) == []
        assert read(20, 21) == ["h3"]
        assert read(30, 40) == []
        won(tx, "1", now + 33 * DAY, account="acme")
        assert read(30, 40) == ["h1", "h2"]


def test_merged_leads_are_one_lead_of_one_unit(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        hand_off(tx, "h1", "c", now)
        hand_off(tx, "h2", "a", now + DAY)
        assert [unit for unit, _, _ in cycles(tx)] == ["acme", "c"]
        merge_leads(tx, "a", loser="c", at=now + 2 * DAY)
        assert cycles(tx) == [("acme", 1, ["h1", "h2"])]
        (both,) = everything(tx)
        assert {one.lead_id for one in both} == {"a"}


def won(
    tx: Tx, id_: str, at: datetime | None, *, minor: int = 5, account: str | None = None, **more: Any
) -> None:
    key = {"connection": "crm", "object": "Opportunity", "remote_id": id_}
    names = more.pop("names", ())
    amount = {"amount_minor": minor, "amount_currency": "CNY"}
    row = {**key, "account_id": account, "won_at": at, "learned_at": at, **amount, **more}
    tx.execute(tables.opportunity_link.insert().values(**{"learned_at": datetime.now().astimezone(), **row}))
    for lead in names:
        tx.execute(tables.opportunity_lead.insert().values(**key, lead_id=lead))


def test_wins_are_by_unit_each_once_and_without_those_made_past_baton(leads: Store, now: datetime) -> None:
    with leads.begin() as tx:
        won(tx, "1", now, account="acme", names=("a", "b"))
        won(tx, "2", now + DAY, names=("c",))
        won(tx, "3", now, account="acme", bypass=True)
        won(tx, "4", now - DAY, account="acme")
        won(tx, "5", now + 2 * DAY, names=("a", "b"), minor=7)
        found = [(win.unit, win.at, win.amount) for win in handed_off.wins_since(tx, now)]
    assert found == [
        ("acme", now, Money(5, "CNY")),
        ("acme", now + 2 * DAY, Money(7, "CNY")),
        ("c", now + DAY, Money(5, "CNY")),
    ]
