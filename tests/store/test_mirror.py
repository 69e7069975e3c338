"""The mirror takes every read, tells what changed, and never goes back in time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, text

from connector.ports import RecordState, RemoteRow
from connector.store import cursors, mirror, tables
from connector.store.cursors import Cursor
from connector.store.engine import Store, Tx
from connector.store.mirror import Taken
from mappings.records import RecordKey, Scalar

HOUR = timedelta(hours=1)


def row(id_: str, at: datetime, fields: Mapping[str, Scalar] | None = None, **rest: object) -> RemoteRow:
    return RemoteRow(id_, at, fields or {"email": f"{id_}@example.com"}, **rest)  # type: ignore[arg-type]


def take(tx: Tx, *rows: RemoteRow, at: datetime) -> Taken:
    return mirror.take(tx, "hub", object="contacts", rows=rows, learned_at=at)


def key(id_: str) -> RecordKey:
    return RecordKey("hub", "contacts", id_)


def test_a_read_tells_new_changed_and_unchanged_rows(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        first = take(tx, row("1", now), row("2", now), at=now)
        assert (first.new, first.changed) == (["1", "2"], {})
        second = take(tx, row("1", now + HOUR, {"email": "new@example.com"}), row("2", now), at=now + HOUR)
    assert second.new == []
    assert second.changed == {"1": {"email": "1@example.com"}}
    assert second.unchanged == 1


def test_values_of_every_kind_come_back_as_they_were(store: Store, now: datetime) -> None:
    fields: dict[str, Scalar] = {"name": "王伟", "n": 12, "yes": True, "none": None, "quote": 'it\'s "so"\n'}
    with store.begin() as tx:
        take(tx, row("1", now, fields), at=now)
        found = mirror.mirrored(tx, [key("1"), key("absent")])
    assert dict(found[key("1")].fields) == fields
    assert (found[key("1")].modified_at, found[key("1")].learned_at) == (now, now)
    assert list(found) == [key("1")]


def test_an_older_read_that_comes_late_changes_nothing(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        take(tx, row("1", now, {"a": "new"}), at=now)
        late = take(tx, row("1", now - HOUR, {"a": "old"}), at=now)
        assert late.stale == 1
        assert mirror.mirrored(tx, [key("1")])[key("1")].fields == {"a": "new"}


def test_an_unchanged_row_with_a_later_stamp_still_guards_against_older_reads(
    store: Store, now: datetime
) -> None:
    with store.begin() as tx:
        take(tx, row("1", now, {"a": "x"}), at=now)
        take(tx, row("1", now + 2 * HOUR, {"a": "x"}), at=now)
        assert take(tx, row("1", now + HOUR, {"a": "y"}), at=now).stale == 1


def test_a_merged_record_is_taken_whatever_its_stamp_and_names_its_survivor(
    store: Store, now: datetime
) -> None:
    with store.begin() as tx:
        take(tx, row("1", now), at=now)
        gone = row("1", now - HOUR, state=RecordState.MERGED, merged_into="9")
        assert list(take(tx, gone, at=now).changed) == ["1"]
        found = mirror.mirrored(tx, [key("1")])[key("1")]
        assert (found.state, found.merged_into) == (RecordState.MERGED, "9")
        assert mirror.count(tx, "hub", object="contacts") == 0


def test_one_page_may_hold_a_record_twice(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        taken = take(tx, row("1", now, {"a": 1}), row("1", now + HOUR, {"a": 2}), at=now)
        assert taken.new == ["1"]
        assert mirror.mirrored(tx, [key("1")])[key("1")].fields == {"a": 2}


def test_rows_wait_until_they_are_settled_and_again_when_they_change(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        take(tx, row("1", now), row("2", now), at=now)
        waiting = mirror.pending(tx, "hub", object="contacts", limit=10)
        assert [one.key.id for one in waiting] == ["1", "2"]
        take(tx, row("2", now + HOUR, {"a": 1}), at=now)
        mirror.settle(tx, waiting)
        left = mirror.pending(tx, "hub", object="contacts", limit=10)
        assert [one.key.id for one in left] == ["2"], "it changed after it was read for matching"
        mirror.settle(tx, left)
        take(tx, row("1", now, {"email": "1@example.com"}), at=now)
        assert mirror.pending(tx, "hub", object="contacts", limit=10) == []
        mirror.make_pending(tx, "hub", object="contacts")
        assert len(mirror.pending(tx, "hub", object="contacts", limit=10)) == 2


def test_waiting_rows_are_found_by_their_own_index(store: Store) -> None:
    t = tables.mirror
    query = select(t.c.remote_id).where(t.c.connection == "hub", t.c.object == "contacts", t.c.pending)
    with store.read() as tx:
        sql = str(query.compile(tx.engine, compile_kwargs={"literal_binds": True}))
        plan = " ".join(str(step) for step in tx.execute(text(f"EXPLAIN QUERY PLAN {sql}")))
    assert "ix_mirror_connection_object_remote_id_some" in plan


def test_accepted_values_are_laid_over_the_row_without_making_it_wait(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        take(tx, row("1", now, {"a": "x", "b": "y"}), at=now)
        mirror.settle(tx, mirror.pending(tx, "hub", object="contacts", limit=1))
        assert mirror.take_accepted(tx, key("1"), fields={"a": "z"}, modified_at=now + HOUR)
        assert mirror.take_accepted(tx, key("2"), fields={"a": "z"}, modified_at=None) is False
        echo = take(tx, row("1", now + HOUR, {"a": "z", "b": "y"}), at=now)
        assert (echo.unchanged, echo.changed) == (1, {})
        assert mirror.pending(tx, "hub", object="contacts", limit=1) == []


def test_a_hundred_thousand_rows_are_taken_page_by_page_in_little_memory(store: Store, now: datetime) -> None:
    pages = 100
    size = 1000
    for page in range(pages):
        if page == pages - 1:
            tracemalloc.start()  # it slows all down: the last page shows what it takes
        rows = [row(f"{page}-{n}", now, {"a": n, "b": "x"}) for n in range(size)]
        with store.begin() as tx:
            assert len(take(tx, *rows, at=now).new) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    with store.read() as tx:
        assert mirror.count(tx, "hub", object="contacts") == pages * size
        assert len(set(mirror.live_ids(tx, "hub", object="contacts"))) == pages * size


def test_a_cursor_comes_back_as_it_was_saved_one_per_lane(store: Store, now: datetime) -> None:
    poll = Cursor("hub", "contacts", "poll", since=now - HOUR, until=now, after="57")
    with store.begin() as tx:
        assert cursors.cursor(tx, "hub", object="contacts", lane="poll") is None
        cursors.save_cursor(tx, poll, at=now)
        cursors.save_cursor(tx, Cursor("hub", "contacts", "backfill"), at=now)
        cursors.save_cursor(tx, Cursor("hub", "contacts", "poll", done_until=now), at=now + HOUR)
        found = cursors.cursor(tx, "hub", object="contacts", lane="poll")
        assert found == Cursor("hub", "contacts", "poll", done_until=now, updated_at=now + HOUR)
        assert [one.lane for one in cursors.cursors(tx)] == ["backfill", "poll"]
        cursors.forget_cursor(tx, "hub", object="contacts", lane="poll")
        assert cursors.cursor(tx, "hub", object="contacts", lane="poll") is None


def test_a_stream_goes_on_past_its_load(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        take(tx, *(row(f"{n:05}", now) for n in range(mirror.LOAD + 3)), at=now)
        found = [one.key.id for one in mirror.stream(tx, "hub", object="contacts")]
    assert found == [f"{n:05}" for n in range(mirror.LOAD + 3)]
