"""What a pull promises: nothing missed, nothing read as empty that is only hidden, its own echo known, trouble contained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import AccessDeniedError, QuotaSpentError, TryLaterError
from connector.ports import Page, RemoteRow, Window
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.store import cursors, mirror
from connector.sync.pull import pull, pull_object
from connector.sync.results import RoundResult
from tests.sync.reading.bench import Bench


class Troubled(MemoryPortal):
    """Breaks after so many pages, or refuses one object."""

    pages_left = 1_000_000
    refused = ""
    error: Exception = TryLaterError("marketing", "not available")

    def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
        if object == self.refused:
            raise self.error
        for page in super().changed(object, window, fields):
            if self.pages_left == 0:
                raise KeyboardInterrupt
            self.pages_left -= 1
            yield page


def state(bench: Bench) -> tuple[Any, ...]:
    """What matters of the database, whatever way it came about."""
    links = bench.rows("SELECT connection, object, remote_id, state FROM link ORDER BY 1, 2, 3")
    rows = bench.rows("SELECT connection, object, remote_id, fields, state FROM mirror ORDER BY 1, 2, 3")
    identities = bench.rows("SELECT kind, value, remote_id FROM identity ORDER BY 1, 2, 3")
    return links, rows, identities, bench.leads()


def test_a_quiet_second_pull_reads_little_and_changes_nothing(bench: Bench) -> None:
    bench.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(450)])
    first = bench.round()
    bench.wait(hours=3)
    bench.round()
    before = state(bench)
    quiet = bench.round()
    assert first.of("marketing", "contacts").changed == 450
    assert quiet.of("marketing", "contacts").read == 0
    assert [counts.changed for counts in quiet.objects.values() if counts.changed] == []
    assert quiet.of("marketing", "contacts").calls <= 2
    assert state(bench) == before


def test_i6_an_edit_made_while_a_pull_runs_is_read_by_the_next(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com", lastname="before")
    bench.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(450)])
    edited = []

    class Editing(MemoryPortal):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            for page in super().changed(object, window, fields):
                yield page
                if object == "contacts" and not edited:
                    edited.append(bench.portal.update("contacts", key.id, {"lastname": "after"}))

    bench.swap(marketing=Editing(bench.portal, "marketing"))
    bench.round()
    assert bench.mirrored(key).fields["lastname"] == "before"
    bench.round()
    assert bench.mirrored(key).fields["lastname"] == "after"


@pytest.mark.parametrize("late", [5, 30, 100])
def test_i30_a_row_committed_late_with_an_older_stamp_is_seen(bench: Bench, late: int) -> None:
    key = bench.contact(email="a@acme.com", lastname="before")
    bench.round()
    bench.portal.update("contacts", key.id, {"lastname": "after"}, late=timedelta(seconds=late))
    for _ in range(4):
        bench.round(wait=45)
    assert bench.mirrored(key).fields["lastname"] == "after"


def test_i30_a_row_later_than_the_short_overlap_is_seen_within_the_hour(bench: Bench) -> None:
    key = bench.lead(Email="a@acme.com", LastName="before")
    bench.round()
    bench.org.update("Lead", key.id, {"LastName": "after"}, late=timedelta(minutes=10))
    for _ in range(14):
        bench.round(wait=300)
    assert bench.mirrored(key).fields["LastName"] == "after"


@pytest.mark.parametrize("pages", [0, 1, 2, 3])
def test_killed_between_pages_and_run_again_it_ends_in_the_same_state(bench: Bench, pages: int) -> None:
    bench.portal.load("contacts", [{"email": f"p{n}@acme.com", "lastname": str(n)} for n in range(650)])
    killed = Troubled(bench.portal, "marketing")
    killed.pages_left = pages
    bench.swap(marketing=killed)
    with pytest.raises(KeyboardInterrupt):
        pull_object(bench.engine, killed, "contacts", RoundResult())
    with bench.store.read() as tx:
        cursor = cursors.cursor(tx, "marketing", object="contacts", lane="poll")
        assert mirror.count(tx, "marketing", object="contacts") == pages * 200
    assert (cursor is None) == (pages == 0)
    bench.swap(marketing=MemoryPortal(bench.portal, "marketing"))
    result = bench.round()
    assert result.of("marketing", "contacts").read == 650 - pages * 200
    assert bench.leads() == 650
    again = bench.round(wait=4000)
    assert again.of("marketing", "contacts").changed == 0


def test_i8_trouble_with_one_object_is_told_and_does_not_stop_the_others(bench: Bench) -> None:
    bench.contact(email="a@acme.com")
    key = bench.lead(Email="b@acme.com")
    troubled = Troubled(bench.portal, "marketing")
    troubled.refused = "contacts"
    bench.swap(marketing=troubled)
    result = bench.round()
    assert result.trouble == ["marketing contacts: not available"]
    assert bench.state_of(key) == "active"
    troubled.refused = ""
    assert bench.round().trouble == []
    assert bench.leads() == 2


@pytest.mark.parametrize(
    ("error", "stops"),
    [
        (QuotaSpentError("marketing", "the daily calls are spent"), True),
        (AccessDeniedError("marketing", "refused", "", 401), True),
        (AccessDeniedError("marketing", "refused", "MISSING_SCOPES", 403), False),
    ],
)
def test_a_connection_is_left_alone_only_when_all_of_it_is_out(
    bench: Bench, error: Exception, stops: bool
) -> None:
    troubled = Troubled(bench.portal, "marketing")
    troubled.refused, troubled.error = "companies", error
    bench.swap(marketing=troubled)
    result = RoundResult()
    pull(bench.engine, result)
    assert len(result.trouble) == 1
    assert (("marketing", "contacts") not in result.objects) == stops
    assert ("crm", "Lead") in result.objects


def test_an_error_of_unforeseen_shape_is_told_without_its_words(bench: Bench) -> None:
    troubled = Troubled(bench.portal, "marketing")
    troubled.refused, troubled.error = "contacts", ValueError("zhang@acme.com is strange")
    bench.swap(marketing=troubled)
    assert bench.round().trouble == ["marketing contacts: ValueError"]


def test_a_system_that_suddenly_lists_nothing_is_not_believed(bench: Bench) -> None:
    bench.contact(email="a@acme.com")
    bench.round()
    with bench.store.begin() as tx:
        cursors.forget_cursor(tx, "marketing", object="contacts", lane="poll")

    class Blind(MemoryPortal):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            yield Page([], None)

    bench.swap(marketing=Blind(bench.portal, "marketing"))
    result = bench.round()
    assert "lists no contacts, where it had 1" in result.trouble[0]
    with bench.store.read() as tx:
        assert cursors.cursor(tx, "marketing", object="contacts", lane="poll") is None


def test_our_own_write_comes_back_as_an_echo_that_the_mirror_takes(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.wrote(key, baton_cell="mid-market/solution-research", baton_rejection_count=2)
    result = bench.round()
    assert result.of("marketing", "contacts").echoes == 1
    assert bench.mirrored(key).fields["baton_cell"] == "mid-market/solution-research"
    assert not bench.mirrored(key).pending
    assert bench.rows("SELECT count(*) FROM mirror WHERE pending") == [(0,)]


def test_a_change_beside_an_echo_is_no_echo(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.wrote(key, baton_cell="x/y")
    bench.portal.update("contacts", key.id, {"jobtitle": "CEO"})
    result = RoundResult()
    bench.wait(seconds=60)
    pull(bench.engine, result)
    assert result.of("marketing", "contacts").echoes == 0
    assert bench.mirrored(key).pending


def test_ours_then_a_humans_then_ours_again_ends_where_the_human_put_it(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.wrote(key, baton_cell="x/y")
    bench.round()
    bench.portal.update("contacts", key.id, {"baton_cell": "by hand"})
    assert bench.round().of("marketing", "contacts").echoes == 0
    assert bench.mirrored(key).fields["baton_cell"] == "by hand"


def test_an_echo_does_not_hide_a_persons_change_that_still_waits(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.portal.update("contacts", key.id, {"jobtitle": "CEO"})
    bench.wait(seconds=60)
    pull(bench.engine, RoundResult())
    bench.wrote(key, baton_cell="x/y")
    bench.wait(seconds=60)
    result = RoundResult()
    pull(bench.engine, result)
    assert result.of("marketing", "contacts").echoes == 1
    assert bench.mirrored(key).pending


def test_i32_a_hidden_field_is_not_read_as_empty(bench: Bench) -> None:
    key = bench.lead(Email="a@acme.com", MobilePhone="13800138000")
    bench.round()

    class Narrow(MemoryOrg):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            seen = [name for name in fields if name != "MobilePhone"]
            yield from super().changed(object, window, seen)

    bench.swap(crm=Narrow(bench.org, "crm"))
    bench.org.update("Lead", key.id, {"Title": "CEO"})
    bench.round()
    assert "MobilePhone" not in bench.mirrored(key).fields
    assert bench.rows("SELECT count(*) FROM fact_change WHERE field = 'MobilePhone'") == [(0,)]


def test_a_value_that_cannot_be_stored_parks_its_row_alone(bench: Bench) -> None:
    ids = bench.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(1000)])

    class Garbled(MemoryPortal):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            for page in super().changed(object, window, fields):
                rows = [
                    RemoteRow(r.id, r.modified_at, {**r.fields, "lastname": "\ud800"})
                    if r.id == ids[7]
                    else r
                    for r in page.rows
                ]
                yield Page(rows, page.after)

    bench.swap(marketing=Garbled(bench.portal, "marketing"))
    result = bench.round()
    assert bench.leads() == 999
    assert result.of("marketing", "contacts").parked == 1
    assert bench.rows("SELECT kind, key, reason FROM parked") == [
        ("record", f"marketing:contacts:{ids[7]}", "not_storable")
    ]


def test_changes_of_facts_without_a_history_are_noticed(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com", jobtitle="Clerk")
    bench.round()
    bench.portal.update("contacts", key.id, {"jobtitle": "CEO"})
    bench.round()
    told = bench.rows("SELECT field, old, new, seen FROM fact_change")
    assert told == [("jobtitle", '"Clerk"', '"CEO"', 1)]


def test_status_changes_come_from_the_crms_own_history_both_of_two_between_polls(bench: Bench) -> None:
    key = bench.lead(Email="a@acme.com")
    bench.round()
    bench.wait(seconds=5)
    bench.org.update("Lead", key.id, {"Status": "Working - Contacted"})
    bench.wait(seconds=5)
    bench.org.update("Lead", key.id, {"Status": "Closed - Not Converted"})
    bench.round()
    told = bench.rows("SELECT new FROM fact_change WHERE field = 'Status' ORDER BY occurred_at")
    assert told == [('"Working - Contacted"',), ('"Closed - Not Converted"',)]
    assert bench.rows("SELECT reason FROM dirty WHERE due_at IS NOT NULL") != []
