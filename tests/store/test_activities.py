"""Activities are stored once, keep their first times, and find their person, now or later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.store import activities, identities, links
from connector.store.engine import Store
from mappings.records import Activity, Direction, Kind, Precision, RecordKey, SystemRole

HOUR = timedelta(hours=1)


def contact(id_: str, connection: str = "hub") -> RecordKey:
    return RecordKey(connection, "contacts", id_)


def activity(id_: str, at: datetime, *, learned: datetime | None = None, **more: Any) -> Activity:
    key = RecordKey(more.pop("connection", "hub"), "notes", id_)
    return Activity(key, more.pop("kind", Kind.NOTE), at, at, learned or at, **more)


@pytest.fixture
def scene(store: Store, now: datetime) -> Store:
    with store.begin() as tx:
        for lead_id, remote_id in (("a", "1"), ("b", "2")):
            links.new_lead(tx, lead_id, at=now)
            links.link(tx, contact(remote_id), lead_id=lead_id, role=SystemRole.MARKETING, at=now)
            identities.put_identities(
                tx, contact(remote_id), lead_id=lead_id, values=[("email", f"{lead_id}@acme.com")]
            )
    return store


def test_everything_of_an_activity_comes_back(scene: Store, now: datetime) -> None:
    full = activity(
        "n", now, kind=Kind.CHAT, direction=Direction.IN, precision=Precision.DAY, subject="报价", text="多少钱?",
        url="https://acme.com/x", person_ids=("1",), author_id="7", two_way=True, backfill=True, properties={"n": 1},
    )  # fmt: skip
    with scene.begin() as tx:
        assert activities.keep_activities(tx, [full]).leads == {"a"}
        assert activities.activities_of(tx, ["a", "b"]) == {"a": (full,)}
        assert activities.activities(tx, [full.key]) == {full.key: full}


def test_the_same_activity_again_changes_nothing_whatever_its_new_stamps(scene: Store, now: datetime) -> None:
    first = activity("n", now, person_ids=("1",))
    again = activity("n", now + HOUR, person_ids=("1",), learned=now + 2 * HOUR)
    with scene.begin() as tx:
        assert activities.keep_activities(tx, [first, first]).new == 1
        kept = activities.keep_activities(tx, [again])
        assert (kept.new, kept.changed, kept.unchanged, kept.leads) == (0, 0, 1, set())
        assert activities.activities_of(tx, ["a"])["a"][0].occurred_at == now


def test_an_activity_that_moves_to_another_person_keeps_its_first_times(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        activities.keep_activities(tx, [activity("n", now, person_ids=("1",))])
        kept = activities.keep_activities(tx, [activity("n", now + HOUR, person_ids=("2",))])
        assert kept.leads == {"a", "b"}, "both leads are to be looked at"
        found = activities.activities_of(tx, ["a", "b"])
        assert [(lead, one.occurred_at, one.learned_at) for lead, (one,) in found.items()] == [
            ("b", now, now)
        ]


def test_a_plan_gets_its_time_when_it_has_happened(scene: Store, now: datetime) -> None:
    plan = activity("t", now + 9 * HOUR, kind=Kind.TASK, planned=True, person_ids=("1",), learned=now)
    moved = replace(plan, occurred_at=now + 5 * HOUR)
    done = replace(plan, planned=False, occurred_at=now + HOUR, learned_at=now + HOUR)
    with scene.begin() as tx:
        for one in (plan, moved, done):
            activities.keep_activities(tx, [one])
            assert activities.activities_of(tx, ["a"])["a"] == (one,)


def test_a_meeting_belongs_to_everyone_who_was_there(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        meeting = activity("m", now, kind=Kind.MEETING, person_ids=("1", "2", "1"))
        assert activities.keep_activities(tx, [meeting]).leads == {"a", "b"}
        assert activities.activities_of(tx, ["a", "b"]) == {"a": (meeting,), "b": (meeting,)}


def test_an_activity_waits_for_its_person(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        assert activities.keep_activities(tx, [activity("n", now, person_ids=("3",))]).leads == set()
        links.new_lead(tx, "c", at=now)
        assert activities.tie(tx, contact("3", "other"), lead_id="c") is False, "ids are the connection's own"
        assert activities.tie(tx, contact("3"), lead_id="c")
        assert activities.tie(tx, contact("3"), lead_id="c") is False
        assert len(activities.activities_of(tx, ["c"])["c"]) == 1


def test_many_records_are_tied_at_once(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        activities.keep_activities(tx, [activity(id_, now, person_ids=(id_,)) for id_ in ("1", "3", "4")])
        assert activities.tie_many(tx, "hub", leads={"1": "a", "3": "b", "4": "b", "5": "a"}) == {"b"}
        assert len(activities.activities_of(tx, ["b"])["b"]) == 2


def test_an_address_ties_across_connections_when_it_is_one_persons(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        known = activity("e1", now, connection="api", email=" A@ACME.com")
        assert activities.keep_activities(tx, [known]).leads == {"a"}
        waiting = activity("e2", now, connection="api", email="c@acme.com")
        assert activities.keep_activities(tx, [waiting]).leads == set()
        assert activities.tie(tx, contact("2"), lead_id="b", emails=["c@acme.com"])
        identities.put_identities(tx, contact("2"), lead_id="b", values=[("email", "a@acme.com")])
        shared = activity("e3", now, connection="api", email="a@acme.com")
        assert activities.keep_activities(tx, [shared]).leads == set(), "an address of two people is nobody's"


def test_activities_come_in_order_and_from_a_moment_on(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        some = [activity(id_, now + n * HOUR, person_ids=("1",)) for n, id_ in enumerate("zyx")]
        activities.keep_activities(tx, [some[2], some[0], some[1]])
        assert [one.key.id for one in activities.activities_of(tx, ["a"])["a"]] == ["z", "y", "x"]
        late = activities.activities_of(tx, ["a"], since=now + HOUR)["a"]
        assert [one.key.id for one in late] == ["y", "x"]
        assert activities.drop_activities(tx, [some[0].key]) == {"a"}
        assert len(activities.activities_of(tx, ["a"])["a"]) == 2


def test_what_cannot_be_seen_is_said_per_kind(scene: Store, now: datetime) -> None:
    with scene.begin() as tx:
        activities.set_coverage(tx, "a", connection="hub", states={"page_view": ("absent", "tier")}, at=now)
        activities.set_coverage(tx, "a", connection="hub", states={"page_view": ("seen", "")}, at=now)
        assert activities.coverage_of(tx, "a") == [("hub", "page_view", "seen", "")]
