"""Too many rejections by one user within an hour are found afterwards, each flood once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.floods import HOUR, SaidNo, floods
from connector.domain.timeline import QUOTE, timeline
from mappings.records import Activity, Direction, Kind, RecordKey

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(*minutes: float, by: str = "r1") -> list[SaidNo]:
    return [SaidNo(by, NOW + at * MINUTE, f"{by}-{nth:03}") for nth, at in enumerate(minutes)]


def test_twenty_in_an_hour_are_none_and_the_next_one_makes_a_flood() -> None:
    assert floods(said(*range(20)), 20) == ()
    (flood,) = floods(said(*range(25)), 20)
    assert (flood.by, flood.start, flood.end, len(flood.handoff_ids)) == ("r1", NOW, NOW + 24 * MINUTE, 25)


def test_they_are_counted_user_by_user_and_within_an_hour() -> None:
    assert floods([*said(*range(15)), *said(*range(15), by="r2")], 20) == ()
    assert floods(said(*(4 * nth for nth in range(30))), 20) == ()
    assert floods(said(*range(30), by=""), 20) == ()


def test_a_bulk_edit_in_one_second_is_one_flood_and_two_hours_apart_are_two() -> None:
    assert len(floods(said(*[0] * 25), 20)) == 1
    assert len(floods(said(*[0] * 25, *[200] * 25), 20)) == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 8), st.randoms(use_true_random=False))
def test_whoever_is_in_an_hour_of_too_many_is_in_exactly_one_flood(minutes, limit, chance) -> None:  # type: ignore[no-untyped-def]
    told = said(*minutes)
    shuffled = [*told]
    chance.shuffle(shuffled)
    found = floods(shuffled, limit)
    assert found == floods(told, limit)
    inside = [id_ for flood in found for id_ in flood.handoff_ids]
    assert len(inside) == len(set(inside))
    crowded = set()
    for last in told:
        hour = [one for one in told if last.at - HOUR <= one.at <= last.at]
        if len(hour) > limit:
            crowded |= {one.handoff_id for one in hour}
    assert set(inside) == crowded


def activity(nth: int, minute: int, **fields: object) -> Activity:
    at = NOW + minute * MINUTE
    key = RecordKey("hub", "activities", str(nth))
    facts = {"kind": Kind.CALL, "direction": Direction.OUT, "text": "spoke", **fields}
    return Activity(key=key, occurred_at=at, recorded_at=at, learned_at=at, **facts)  # type: ignore[arg-type]


def test_the_timeline_is_the_evidence_and_what_was_said_until_the_answer() -> None:
    told = (
        activity(1, -500, kind=Kind.DEMO_REQUEST, direction=Direction.IN, text="能不能演示？"),
        activity(2, -400, text="small talk before", author_id="s1", two_way=True),
        activity(3, 10, text="", kind=Kind.PAGE_VIEW, direction=Direction.IN),
        activity(4, 20, text="nobody picked up", author_id="r1"),
        activity(5, 25, text="x" * 400, author_id="r1", two_way=True),
        activity(6, 40, text="after the answer", author_id="r1"),
    )
    lines = timeline(told, ["hub:activities:1"], start=NOW, end=NOW + 30 * MINUTE)
    assert [line.activity[-1] for line in lines] == ["1", "4", "5"]
    assert (lines[0].author_id, lines[0].inbound, lines[1].author_id) == ("", True, "r1")
    assert len(lines[2].said) == QUOTE + 1
