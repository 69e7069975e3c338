"""One pending row per record, the newest wanted state, and only the claim that holds may settle it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connector.store import field_states, outbox
from connector.store.claims import Claim
from connector.store.engine import Store, Tx
from connector.store.field_states import FieldState
from connector.store.outbox import Lane, Outgoing, Wanted
from mappings.records import RecordKey, Scalar

HOUR = timedelta(hours=1)


def key(id_: str = "1") -> RecordKey:
    return RecordKey("sf", "Lead", id_)


def want(tx: Tx, fields: Mapping[str, Scalar], at: datetime, id_: str = "1") -> None:
    outbox.want(tx, [Wanted(key(id_), fields)], at=at)


def claim(tx: Tx, token: str, at: datetime, limit: int = 10) -> list[Outgoing]:
    return outbox.claim_outgoing(tx, "sf", object="Lead", claim=Claim(token, at, at + HOUR), limit=limit)


def test_changes_before_delivery_are_one_row_with_the_newest_state(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        want(tx, {"a": 2, "b": None}, now + HOUR)
        (row,) = claim(tx, "w", now + HOUR)
    assert (row.wanted, row.generation, row.since) == ({"a": 2, "b": None}, 2, now)


def test_the_same_wish_again_is_no_new_generation(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        want(tx, {"a": 1}, now + HOUR)
        assert outbox.outgoing(tx, [key()])[key()].generation == 1


def test_nothing_wanted_withdraws_the_row(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        want(tx, {}, now)
        want(tx, {}, now, "2")
        assert outbox.outgoing(tx, [key(), key("2")]) == {}


def test_two_workers_never_hold_the_same_row(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        for n in range(5):
            want(tx, {"a": n}, now, str(n))
    with store.begin() as one:
        first = claim(one, "one", now, limit=3)
    with store.begin() as two:
        second = claim(two, "two", now, limit=3)
    assert [row.key.id for row in first] == ["0", "1", "2"]
    assert [row.key.id for row in second] == ["3", "4"]


def test_a_worker_that_lost_its_claim_settles_nothing(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        slow = claim(tx, "slow", now)
    with store.begin() as tx:
        quick = claim(tx, "quick", now + 2 * HOUR)
        assert [row.key for row in quick] == [key()], "a claim that ran out is taken over"
    with store.begin() as tx:
        assert outbox.still_mine(tx, slow) == []
        assert outbox.still_mine(tx, quick) == quick
        outbox.delivered(tx, slow)
        outbox.try_later(tx, slow, at=now, reason="rate")
        outbox.park_outgoing(tx, slow[0], reason="refused")
        assert outbox.outgoing(tx, [key()])[key()] == quick[0]
        outbox.delivered(tx, quick)
        assert outbox.outgoing(tx, [key()]) == {}


def test_what_is_wanted_during_delivery_stays_pending(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        rows = claim(tx, "w", now)
        want(tx, {"a": 2}, now)
        assert claim(tx, "v", now) == [], "nobody else writes the record while it is under way"
        outbox.delivered(tx, rows)
        (left,) = claim(tx, "w2", now)
    assert (left.wanted, left.attempts) == ({"a": 2}, 0)


def test_a_refused_wish_is_not_parked_when_a_newer_one_came(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        rows = claim(tx, "w", now)
        want(tx, {"a": 2}, now)
        outbox.park_outgoing(tx, rows[0], reason="refused")
        assert [row.state for row in claim(tx, "w2", now)] == ["pending"]


def test_passing_trouble_counts_attempts_and_waits(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        want(tx, {"a": 1}, now)
        outbox.try_later(tx, claim(tx, "w", now), at=now + HOUR, reason="rate_limited")
        assert claim(tx, "w2", now) == []
        (row,) = claim(tx, "w3", now + HOUR)
    assert (row.attempts, row.reason) == (1, "rate_limited")


def test_a_parked_row_waits_for_a_person_or_another_wish(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        for id_ in ("1", "2"):
            want(tx, {"a": 1}, now, id_)
        for row in claim(tx, "w", now):
            outbox.park_outgoing(tx, row, reason="invalid", detail="a")
        assert outbox.lanes(tx, now) == [Lane("sf", "Lead", due=0, parked=2)]
        want(tx, {"a": 1}, now)
        assert claim(tx, "w2", now) == [], "what was refused is not tried again by itself"
        want(tx, {"a": 2}, now)
        assert outbox.replay_outgoing(tx, [key("2"), key("3")], at=now) == 1
        assert [(row.key.id, row.attempts, row.reason) for row in claim(tx, "w3", now)] == [
            ("1", 0, ""),
            ("2", 0, ""),
        ]
        assert outbox.parked_outgoing(tx, 10) == []


def test_sent_accepted_and_agreed_values_are_kept_per_field(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        field_states.record_sent(tx, {key(): {"a": "X ", "b": None}}, at=now, day=now.date())
        field_states.record_accepted(tx, {key(): {"a": "X"}})
        field_states.record_agreed(tx, {key(): {"c": True}})
        found = field_states.field_states(tx, [key()])[key()]
        assert found["a"] == FieldState("a", "X", "X ", "X", now, 1, now.date())
        assert (found["b"].sent, found["b"].sent_at, found["c"].base) == (None, now, True)
        field_states.undo_sent(tx, key(), fields=["b"])
        assert field_states.field_states(tx, [key()])[key()]["b"].sent_at is None
        field_states.forget_fields(tx, key())
        assert field_states.field_states(tx, [key()]) == {}


def test_rewrites_are_counted_by_the_day(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        for _ in range(4):
            field_states.record_sent(tx, {key(): {"a": 1}}, at=now, day=now.date())
        assert field_states.field_states(tx, [key()])[key()]["a"].rewrites == 4
        field_states.park_field(tx, key(), field="a", at=now)
        later = now + 24 * HOUR
        field_states.record_sent(tx, {key(): {"a": 1}}, at=later, day=later.date())
        state = field_states.field_states(tx, [key()])[key()]["a"]
        assert (state.rewrites, state.parked_at) == (1, now)
        field_states.unpark_field(tx, key(), field="a")
        assert field_states.field_states(tx, [key()])[key()]["a"].parked_at is None
