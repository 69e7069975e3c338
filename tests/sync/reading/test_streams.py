"""Activities: each once, tied to its people whenever they appear, none lost in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connector.ports import ActivityPage, Window
from connector.sandbox.memory import MemoryPortal
from connector.store.activities import activities_of, connection_coverage
from connector.sync.merge_leads import split
from connector.sync.results import RoundResult
from connector.sync.streams import reread_recent
from mappings.records import Activity, Kind, RecordKey
from tests.sync.reading.bench import START, Bench


class Told(MemoryPortal):
    """A portal whose notes are what the test says."""

    notes: tuple[Activity, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    windows: list[Window]

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        if stream == "notes":
            self.windows.append(window)
            inside = [
                note
                for note in self.notes
                if note.recorded_at < window.until
                and (window.since is None or note.recorded_at >= window.since)
            ]
            yield ActivityPage(inside, None, self.refused)


def told(bench: Bench, *notes: Activity) -> Told:
    system = Told(bench.portal, "marketing")
    system.notes, system.windows = notes, []
    bench.swap(marketing=system)
    return system


def note(id_: str, *, people: tuple[str, ...] = (), email: str = "", text: str = "") -> Activity:
    key = RecordKey("marketing", "notes", id_)
    return Activity(key, Kind.NOTE, START, START, START, person_ids=people, email=email, text=text)


def of_lead(bench: Bench, key: RecordKey) -> list[str]:
    lead_id = bench.lead_of(key)
    with bench.store.read() as tx:
        return [one.key.id for one in activities_of(tx, [lead_id]).get(lead_id, ())]


def test_an_activity_waits_for_its_person_by_id_and_by_folded_address(bench: Bench) -> None:
    told(
        bench, note("1", people=("50000001",)), note("2", email="Zhang@Acme.com"), note("3", email="x@y.com")
    )
    bench.round()
    assert bench.rows("SELECT count(*) FROM activity_tie WHERE lead_id IS NOT NULL") == [(0,)]
    key = bench.contact(email="zhang@acme.com")
    assert key.id == "50000001"
    bench.round()
    assert of_lead(bench, key) == ["1", "2"]
    assert bench.rows("SELECT count(*) FROM activity_tie WHERE lead_id IS NULL") == [(1,)]


def test_an_address_that_two_leads_share_ties_nothing_by_itself(bench: Bench) -> None:
    system = told(bench)
    lead = bench.lead(LastName="A", Email="b@acme.com")
    bench.lead(LastName="B", MobilePhone="13800138000", Company="Other")
    bench.round()
    contact = bench.contact(lastname="C", email="b@acme.com", mobilephone="13800138000")
    bench.round()
    assert bench.lead_of(contact) != bench.lead_of(lead)
    system.notes = (note("1", email="b@acme.com"),)
    bench.round(wait=4000)
    reread_recent(bench.engine, RoundResult())
    assert bench.rows("SELECT who, lead_id FROM activity_tie") == [("email:b@acme.com", None)]


def test_i7_activities_in_are_activities_kept_and_set_aside(bench: Bench) -> None:
    system = told(bench, *(note(str(n), people=("1",)) for n in range(50)))
    system.refused = (("99", "ValueError"),)
    counts = bench.round().of("marketing", "notes")
    assert (counts.read, counts.changed, counts.parked) == (51, 50, 1)
    assert bench.rows("SELECT kind, key, detail FROM parked") == [
        ("activity", "marketing:notes:99", "ValueError")
    ]


def test_read_again_in_the_overlap_an_activity_is_the_same_one(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    system = told(bench, note("1", people=(key.id,)))
    assert bench.round().of("marketing", "notes").changed == 1
    assert bench.round().of("marketing", "notes").changed == 0
    assert system.windows[0].since is None
    assert system.windows[1].since == system.windows[0].until - timedelta(minutes=2)
    assert bench.rows("SELECT count(*) FROM activity") == [(1,)]


def test_a_new_activity_lets_its_lead_be_decided_again(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    system = told(bench)
    bench.round()
    with bench.store.begin() as tx:
        tx.exec_driver_sql("UPDATE dirty SET due_at = NULL")
    system.notes = (note("1", people=(key.id,)),)
    bench.round(wait=30)
    assert bench.rows("SELECT lead_id, reason FROM dirty WHERE due_at IS NOT NULL") == [
        (bench.lead_of(key), "activity")
    ]


def test_i16_an_association_made_later_is_found_by_night(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    system = told(bench, note("1"))
    bench.round()
    bench.wait(days=2)
    bench.round()
    system.notes = (note("1", people=(key.id,)),)
    bench.round()
    assert of_lead(bench, key) == []
    reread_recent(bench.engine, RoundResult())
    assert of_lead(bench, key) == ["1"]


def test_merged_leads_bring_their_activities_together(bench: Bench) -> None:
    winner, loser = bench.contact(email="a@acme.com"), bench.contact(email="b@acme.com")
    told(bench, note("1", people=(winner.id,)), note("2", people=(loser.id,)))
    bench.round()
    merged = bench.portal.merge("contacts", winner.id, loser.id)
    bench.round()
    assert of_lead(bench, RecordKey("marketing", "contacts", str(merged.id))) == ["1", "2"]


def test_a_record_that_is_split_off_takes_its_activities_along(bench: Bench) -> None:
    lead = bench.lead(Email="a@acme.com")
    contact = bench.contact(email="a@acme.com")
    told(bench, note("1", people=(contact.id,)))
    bench.round()
    split(bench.engine, contact, by="admin")
    assert (of_lead(bench, contact), of_lead(bench, lead)) == (["1"], [])


class Shut(Told):
    """A portal whose notes may not be read until somebody grants it."""

    open = False

    def activities(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        if stream != "notes" or self.open:
            yield from super().activities(stream, window, learned_at)

    def coverage(self) -> dict[str, tuple[str, str]]:
        return {"note": ("full", "") if self.open else ("none", "permission")}


def test_what_a_permission_hid_is_read_whole_once_it_is_granted(bench: Bench) -> None:
    system = Shut(bench.portal, "marketing")
    system.notes, system.windows = (note("1", email="zhang@acme.com"),), []
    bench.swap(marketing=system)
    bench.round()
    with bench.store.read() as tx:
        assert ("marketing", "note", "none", "permission") in connection_coverage(tx, "marketing")
    system.open = True
    bench.wait(days=40)
    bench.round()
    assert bench.rows("SELECT count(*) FROM activity") == [(1,)]
    assert system.windows[-1].since is None
