"""A lead is decided again after every cause, and a decision on older facts settles nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.domain.facts import Memory, Step
from connector.store import decisions, dirty, links
from connector.store.decisions import LeadState
from connector.store.dirty import Pace
from connector.store.engine import Store, Tx

HOUR = timedelta(hours=1)


def leads(tx: Tx, *ids: str, at: datetime, account_id: str | None = None) -> None:
    for lead_id in ids:
        links.new_lead(tx, lead_id, at=at, account_id=account_id)


def test_a_marked_lead_is_due_until_it_is_settled(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        leads(tx, "a", "b", at=now)
        dirty.mark(tx, ["a", "b", "a"], reason="changed", at=now)
        assert [one.lead_id for one in dirty.due(tx, now, limit=10)] == ["a", "b"]
        assert dirty.waiting(tx, now) == 2
        first = dirty.due(tx, now, limit=1)[0]
        assert (first.reason, first.since) == ("changed", now)
        assert dirty.settle(tx, first, at=now, reconsider_at=None)
        assert [one.lead_id for one in dirty.due(tx, now + HOUR, limit=10)] == ["b"]


def test_a_cause_during_a_decision_keeps_the_lead_due(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        leads(tx, "a", at=now)
        dirty.mark(tx, ["a"], reason="changed", at=now)
        deciding = dirty.due(tx, now, limit=1)[0]
        dirty.mark(tx, ["a"], reason="activity", at=now + HOUR)
        assert dirty.settle(tx, deciding, at=now + HOUR, reconsider_at=None) is False
        again = dirty.due(tx, now + HOUR, limit=1)[0]
        assert again.reason == "changed", "the first cause names the reason"
        assert dirty.settle(tx, again, at=now + HOUR, reconsider_at=None)


def test_a_worker_that_slept_through_another_decision_settles_nothing(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        leads(tx, "a", at=now)
        dirty.mark(tx, ["a"], reason="changed", at=now)
        sleeper = dirty.due(tx, now, limit=1)[0]
        assert dirty.settle(tx, sleeper, at=now, reconsider_at=None)
        dirty.mark(tx, ["a"], reason="activity", at=now)
        assert dirty.settle(tx, sleeper, at=now, reconsider_at=None) is False
        assert dirty.waiting(tx, now) == 1


def test_a_settled_lead_comes_due_at_its_time_and_sooner_for_a_new_cause(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        leads(tx, "a", at=now)
        dirty.mark(tx, ["a"], reason="changed", at=now)
        dirty.settle(tx, dirty.due(tx, now, limit=1)[0], at=now, reconsider_at=now + 3 * HOUR)
        assert dirty.waiting(tx, now + 2 * HOUR) == 0
        assert dirty.next_due(tx) == now + 3 * HOUR
        assert dirty.due(tx, now + 3 * HOUR, limit=1)[0].reason == "reconsider"
        dirty.mark(tx, ["a"], reason="activity", at=now + HOUR)
        assert dirty.due(tx, now + HOUR, limit=1)[0].reason == "activity"
        dirty.mark(tx, ["a"], reason="later", at=now + HOUR, due_at=now + 9 * HOUR)
        assert dirty.waiting(tx, now + HOUR) == 1, "a later cause never delays"


def test_what_can_wait_is_marked_in_slices_and_another_cause_comes_first(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        leads(tx, "a", "b", "c", at=now)
        for lead in "abc":
            decisions.save_state(tx, LeadState(lead, Memory(), cell="small/x"), at=now)
        pace = Pace(leads=2)
        assert dirty.mark_cells(tx, ["small/x"], reason="value", at=now, pace=pace, without=[]) == 3
        assert [one.lead_id for one in dirty.due(tx, now, limit=9)] == ["a", "b"]
        dirty.mark(tx, ["c"], reason="request", at=now)
        assert [one.lead_id for one in dirty.due(tx, now, limit=9)] == ["a", "b", "c"]


def test_accounts_cells_and_everything_are_marked_without_naming_leads(store: Store, now: datetime) -> None:
    from connector.store import accounts

    with store.begin() as tx:
        accounts.new_account(tx, "acme", at=now)
        leads(tx, "a", "b", at=now, account_id="acme")
        leads(tx, "c", at=now)
        dirty.mark_accounts(tx, ["acme"], reason="account", at=now)
        assert dirty.waiting(tx, now) == 2
        for one in dirty.due(tx, now, limit=10):
            dirty.settle(tx, one, at=now, reconsider_at=None)
        decisions.save_state(tx, LeadState("c", Memory(), cell="small/solution-research"), at=now)
        cells, with_sales = ["small/solution-research"], [Step.HANDED_OFF]
        pace = Pace(leads=1)
        assert dirty.mark_cells(tx, cells, reason="value", at=now, pace=pace, without=[Step.NEW]) == 0
        assert dirty.mark_cells(tx, cells, reason="value", at=now, pace=pace, without=with_sales) == 1
        assert [one.lead_id for one in dirty.due(tx, now, limit=10)] == ["c"]
        dirty.mark_all(tx, reason="rules", at=now)
        assert dirty.waiting(tx, now) == 3
        dirty.mark_accounts(tx, [], reason="account", at=now)
