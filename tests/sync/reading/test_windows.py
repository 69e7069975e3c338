"""Cursor arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.ports import Capabilities
from connector.store.cursors import Cursor
from connector.sync.windows import hour_turned, next_window, reached

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LAG, OVERLAP, LONG = timedelta(seconds=10), timedelta(minutes=2), timedelta(hours=2)
CAN = Capabilities("any", {}, 1, 1, LAG, OVERLAP, LONG)
MINUTE = timedelta(minutes=1)


def window(cursor: Cursor | None, at: datetime) -> tuple[datetime | None, datetime, str]:
    found = next_window(cursor, remote_now=at, capabilities=CAN, now=at)
    return found.since, found.until, found.after


def test_the_first_window_is_everything_up_to_the_remote_clock_minus_its_lag() -> None:
    assert window(None, NOON) == (None, NOON - LAG, "")


def test_the_next_window_begins_an_overlap_before_the_last_one_ended() -> None:
    done = Cursor("crm", "Lead", "poll", done_until=NOON, updated_at=NOON)
    assert window(done, NOON + MINUTE) == (NOON - OVERLAP, NOON + MINUTE - LAG, "")


def test_the_first_poll_of_an_hour_reaches_further_back() -> None:
    done = Cursor("crm", "Lead", "poll", done_until=NOON - MINUTE, updated_at=NOON - MINUTE)
    assert window(done, NOON)[0] == NOON - MINUTE - LONG


def test_an_unfinished_window_is_resumed_at_its_place() -> None:
    open_ = Cursor(
        "crm", "Lead", "poll", since=NOON - LONG, until=NOON, after="id:7", done_until=NOON - MINUTE
    )
    assert window(open_, NOON + LONG) == (NOON - LONG, NOON, "id:7")


def test_a_remote_clock_that_was_set_back_is_believed() -> None:
    done = Cursor("crm", "Lead", "poll", done_until=NOON + LONG, updated_at=NOON)
    assert window(done, NOON) == (NOON - LAG - OVERLAP, NOON - LAG, "")


def test_an_hour_turns_when_it_is_struck_and_not_after_sixty_minutes() -> None:
    assert hour_turned(NOON - timedelta(seconds=1), NOON)
    assert not hour_turned(NOON, NOON + timedelta(minutes=59))
    assert hour_turned(None, NOON)


@given(gaps=st.lists(st.integers(min_value=0, max_value=4000), min_size=1, max_size=30))
def test_whatever_the_pauses_no_moment_is_left_out_and_none_beyond_the_lag_is_read(gaps: list[int]) -> None:
    cursor, at, covered = Cursor("crm", "Lead", "poll"), NOON, None
    for gap in gaps:
        at += timedelta(seconds=gap)
        found = next_window(cursor, remote_now=at, capabilities=CAN, now=at)
        assert found.until <= at - LAG
        assert found.since is None or covered is None or found.since <= covered
        cursor = reached(cursor, found, None)
        covered = found.until
        cursor = Cursor(cursor.connection, cursor.object, cursor.lane, done_until=covered, updated_at=at)
