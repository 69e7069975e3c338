"""What comes in, what ran, which configuration and values are in force, and who may do what now."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from connector.store import configs, handoffs, inbox, links, owners, parked, runs, values
from connector.store.claims import Claim
from connector.store.engine import Store
from connector.store.inbox import Delivery
from connector.store.owners import Rep
from connector.store.parked import Trouble
from connector.store.runs import RunEnd
from mappings.records import Owner, RecordKey

HOUR = timedelta(hours=1)
DAY = date(2026, 3, 2)


def test_a_delivery_that_comes_again_is_stored_once(store: Store, now: datetime) -> None:
    body = b'[{"objectId": 1}]' * 50
    with store.begin() as tx:
        assert inbox.receive(tx, Delivery("hub", "webhook", "k1", body), at=now)
        assert inbox.receive(tx, Delivery("hub", "webhook", "k1", b"x"), at=now) is False
        assert inbox.receive(tx, Delivery("hub", "webhook", "k2", b""), at=now)
        first, second = inbox.unread(tx, 10)
        assert (first.connection, first.kind, first.body, first.received_at) == ("hub", "webhook", body, now)
        inbox.finish(tx, [first.id], at=now)
        inbox.refuse(tx, second, at=now, error="not JSON")
        assert inbox.backlog(tx) == 0
        assert inbox.prune(tx, now) == 0
        assert inbox.prune(tx, now + HOUR) == 2


def test_a_hint_given_again_while_its_record_is_read_stays(store: Store, now: datetime) -> None:
    one, two = RecordKey("hub", "contacts", "1"), RecordKey("hub", "contacts", "2")
    with store.begin() as tx:
        inbox.give_hints(tx, [one, two, one], at=now)
        taken = inbox.hints(tx, "hub", object="contacts", limit=10)
        assert [hint.key for hint in taken] == [one, two]
        inbox.give_hints(tx, [two], at=now + HOUR)
        inbox.drop_hints(tx, taken)
        assert [hint.key for hint in inbox.hints(tx, "hub", object="contacts", limit=10)] == [two]


def test_a_parked_trouble_is_one_row_until_it_is_resolved(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        parked.park(tx, Trouble("activity", "hub:calls:1", "unreadable", payload={"a": 1}), at=now)
        parked.park(tx, Trouble("activity", "hub:calls:1", "no_person"), at=now + HOUR)
        parked.park(tx, Trouble("field", "sf:Lead:1:Cell__c", "loop"), at=now)
        assert parked.count_parked(tx) == {"activity": 1, "field": 1}
        (waiting,) = parked.waiting_parked(tx, "activity")
        assert (waiting.reason, waiting.payload, waiting.at) == ("no_person", None, now + HOUR)
        assert parked.resolve_parked(tx, [waiting.id], at=now, by="7") == 1
        assert parked.resolve_parked(tx, [waiting.id], at=now, by="7") == 0
        assert parked.resolve_key(tx, "field", key="sf:Lead:1:Cell__c", at=now)
        assert parked.resolve_key(tx, "field", key="sf:Lead:1:Cell__c", at=now) is False
        parked.park(tx, Trouble("activity", "hub:calls:1", "again"), at=now)
        assert [one.reason for one in parked.waiting_parked(tx)] == ["again"]


def test_configuration_counts_versions_per_section_and_only_for_changes(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        assert configs.current_config(tx, "matrix") is None
        assert configs.apply_config(tx, "matrix", document="a: 1", at=now, by="7") == 1
        assert configs.apply_config(tx, "matrix", document="a: 1", at=now, by="7") == 1
        assert configs.apply_config(tx, "matrix", document="a: 2", at=now + HOUR, by="7") == 2
        assert configs.apply_config(tx, "matrix", document="a: 1", at=now + 2 * HOUR, by="8") == 3
        assert configs.apply_config(tx, "signals", document="", at=now, by="7") == 1
        assert {name: one.version for name, one in configs.current_configs(tx).items()} == {
            "matrix": 3,
            "signals": 1,
        }
        assert [one.version for one in configs.config_history(tx, "matrix")] == [3, 2, 1]
        old = configs.config_version(tx, "matrix", version=2)
        assert old is not None
        assert (old.document, old.applied_at, old.by) == ("a: 2", now + HOUR, "7")
        assert configs.config_version(tx, "matrix", version=9) is None


def test_only_a_draft_can_be_published_and_none_older_than_the_table_in_force(
    store: Store, now: datetime
) -> None:
    with store.begin() as tx:
        assert values.published(tx) is None
        assert values.draft(tx) is None
        first = values.save_draft(tx, {"cells": 1}, as_of=now)
        second = values.save_draft(tx, {"cells": 2}, as_of=now)
        assert values.publish(tx, second, document={"cells": 20}, at=now, by="7")
        assert values.publish(tx, second, document={}, at=now, by="7") is False
        assert values.publish(tx, first, document={}, at=now, by="7") is False
        newest = values.save_draft(tx, {"cells": 3}, as_of=now + HOUR)
        draft, table, force = values.draft(tx), values.value_table(tx, second), values.published(tx)
        assert draft is not None
        assert (draft.version, draft.document, draft.published_at) == (newest, {"cells": 3}, None)
        assert table == force
        assert [one.document["cells"] for one in values.value_tables(tx)] == [1, 20, 3]
        for _ in range(values.DRAFTS):
            values.save_draft(tx, {"cells": 4}, as_of=now + HOUR)
        assert len(values.drafts(tx)) == values.DRAFTS
        assert values.published(tx) == force
        assert values.value_table(tx, 99) is None


def test_a_run_says_when_why_and_how_it_went(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        first = runs.start_run(tx, "pull", why="clock", at=now)
        runs.end_run(tx, first, at=now + HOUR, end=RunEnd("done", {"rows": 3}))
        runs.start_run(tx, "deliver", why="asked", at=now + HOUR)
        assert [(run.job, run.outcome) for run in runs.runs(tx)] == [("deliver", "running"), ("pull", "done")]
        (pull,) = runs.runs(tx, "pull")
        assert (pull.why, pull.ended_at, pull.counts) == ("clock", now + HOUR, {"rows": 3})
        assert runs.last_run(tx, "pull", outcome="done") == pull
        assert runs.last_run(tx, "pull", outcome="failed") is None


def test_a_lease_has_one_holder_until_it_ends(store: Store, now: datetime) -> None:
    mine, other = Claim("me", now, now + HOUR), Claim("you", now, now + HOUR)
    with store.begin() as tx:
        assert runs.take_lease(tx, "round", claim=mine)
        assert runs.take_lease(tx, "round", claim=mine), "one's own is prolonged"
        assert runs.take_lease(tx, "round", claim=other) is False
        runs.end_lease(tx, "round", claim=other)
        assert runs.take_lease(tx, "round", claim=other) is False
        assert runs.take_lease(tx, "round", claim=Claim("you", now + HOUR, now + 2 * HOUR))
        runs.end_lease(tx, "round", claim=Claim("you", now, now))
        assert runs.take_lease(tx, "round", claim=mine)


def test_calls_are_counted_by_the_day_against_their_limit(store: Store) -> None:
    with store.begin() as tx:
        assert runs.calls_left(tx, "hub", day=DAY) is None
        assert runs.spend_calls(tx, "hub", day=DAY, calls=3) == 3
        assert runs.spend_calls(tx, "hub", day=DAY, calls=4) == 7
        assert runs.calls_left(tx, "hub", day=DAY) is None
        runs.set_call_limit(tx, "hub", day=DAY, limit=5)
        assert runs.calls_left(tx, "hub", day=DAY) == 0
        runs.set_call_limit(tx, "hub", day=DAY, limit=10)
        assert runs.calls_left(tx, "hub", day=DAY) == 3


def test_settings_of_a_rep_outlive_what_the_system_says(store: Store, now: datetime) -> None:
    owner = Owner(RecordKey("sf", "owner", "005"), "Li", "li@acme.com")
    rep = Rep(
        "sf", "005", "Li", "li@acme.com", capacity=5, weight=2, groups=("key",), away_from=DAY, is_sdr=True
    )
    with store.begin() as tx:
        owners.save_owners(tx, [owner], learned_at=now)
        assert owners.reps(tx, "sf") == [Rep("sf", "005", "Li", "li@acme.com")]
        owners.save_rep(tx, rep)
        owners.given(tx, "sf", owner_id="005", at=now)
        owners.save_owners(tx, [Owner(owner.key, "Li Lei", active=False)], learned_at=now + HOUR)
        (found,) = owners.reps(tx, "sf")
        assert (found.name, found.active, found.capacity, found.groups) == ("Li Lei", False, 5, ("key",))
        assert found.last_given_at == now
        owners.save_rep(tx, rep)
        assert owners.reps(tx, "sf")[0].last_given_at == now


def test_an_owner_that_is_not_listed_any_more_is_inactive(store: Store, now: datetime) -> None:
    one, two = (Owner(RecordKey("sf", "owner", id_)) for id_ in ("1", "2"))
    with store.begin() as tx:
        owners.save_owners(tx, [one, two], learned_at=now)
        owners.save_owners(tx, [one], learned_at=now + HOUR)
        owners.retire_owners(tx, "sf", before=now + HOUR)
        assert [(owner.key.id, owner.active) for owner in owners.owners(tx, "sf")] == [
            ("1", True),
            ("2", False),
        ]


def test_capacity_counts_what_an_owner_was_given_and_did_not_fail(store: Store, now: datetime) -> None:
    from connector.domain.facts import Actor
    from connector.store.handoffs import HandOff

    with store.begin() as tx:
        for n, (owner_id, at) in enumerate([("5", now), ("5", now + HOUR), ("6", now), ("5", now - HOUR)]):
            links.new_lead(tx, f"l{n}", at=now)
            crm = RecordKey("sf", "Lead", str(n)) if n else None  # the first one's record is still to be made
            handoffs.begin_handoff(
                tx, HandOff(f"h{n}", f"l{n}", 1, at, Actor("sdr"), crm=crm, owner_id=owner_id)
            )
        assert owners.load_since(tx, "sf", since=now) == {"5": 2, "6": 1}
