"""The parts that both adapters share: repetition, the meter, header reading, batches, prose."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from connector.errors import (
    AnswerLostError,
    QuotaSpentError,
    RateLimitedError,
    RecordRefusedError,
    TryLaterError,
)
from connector.ports import Write
from connector.transport.answer import Answer, http_time, retry_after
from connector.transport.batches import batches
from connector.transport.meter import Meter
from connector.transport.prose import plain
from connector.transport.repeat import Repeater, RetryPolicy

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Flaky:
    """Fails with these errors in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def repeater(waits: list[float], **policy: float) -> Repeater:
    return Repeater(RetryPolicy(**policy), waits.append, random.Random(1))  # type: ignore[arg-type]


def later() -> TryLaterError:
    return TryLaterError("crm", "later")


class TestRepeat:
    def test_waits_grow_and_stay_under_the_cap(self) -> None:
        waits: list[float] = []
        assert (
            repeater(waits, attempts=9, longest_wait=4.0).run(Flaky(*[later() for _ in range(8)]), safe=True)
            == "done"
        )
        assert len(waits) == 8
        assert waits[0] <= 0.5
        assert max(waits) <= 4
        assert all(wait >= 2 for wait in waits[4:])

    def test_the_last_error_comes_out_unchanged(self) -> None:
        last = later()
        with pytest.raises(TryLaterError) as caught:
            repeater([], attempts=2).run(Flaky(later(), last), safe=True)
        assert caught.value is last

    @pytest.mark.parametrize("error", [later(), AnswerLostError("crm", "lost")])
    def test_what_may_have_been_done_is_not_done_again_unless_safe(self, error: TryLaterError) -> None:
        call = Flaky(error)
        with pytest.raises(TryLaterError):
            repeater([]).run(call, safe=False)
        assert call.calls == 1

    def test_what_was_refused_at_the_door_is_tried_again_though_not_safe(self) -> None:
        waits: list[float] = []
        call = Flaky(RateLimitedError("crm", "slow", retry_after=timedelta(seconds=3)))
        assert repeater(waits).run(call, safe=False) == "done"
        assert 3 <= waits[0] <= 3.25

    @pytest.mark.parametrize("error", [RecordRefusedError("crm", "no"), QuotaSpentError("crm", "spent")])
    def test_what_will_not_change_is_not_repeated(self, error: Exception) -> None:
        call = Flaky(error)
        with pytest.raises(type(error)):
            repeater([]).run(call, safe=True)
        assert call.calls == 1

    def test_a_wait_beyond_patience_is_not_waited(self) -> None:
        waits: list[float] = []
        with pytest.raises(RateLimitedError):
            repeater(waits).run(
                Flaky(RateLimitedError("crm", "slow", retry_after=timedelta(hours=1))), safe=True
            )
        assert waits == []

    def test_a_bug_is_not_repeated(self) -> None:
        call = Flaky(KeyError("x"))
        with pytest.raises(KeyError):
            repeater([]).run(call, safe=True)
        assert call.calls == 1


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("0", 0),
            ("17", 17),
            (" 5 ", 5),
            ("Mon, 02 Nov 2026 08:01:00 GMT", 60),
            ("Mon, 02 Nov 2026 07:00:00 GMT", 0),
        ],
    )
    def test_seconds_and_dates_are_read(self, text: str, seconds: int) -> None:
        assert retry_after(text, NOW) == timedelta(seconds=seconds)

    @pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5"])
    def test_anything_else_asks_nothing(self, text: str | None) -> None:
        assert retry_after(text, NOW) is None

    def test_an_http_date_is_aware_utc(self) -> None:
        assert http_time("Mon, 02 Nov 2026 08:00:00 GMT") == NOW

    def test_an_empty_body_is_none_and_a_page_is_no_json(self) -> None:
        assert Answer(204, {}, b"").json() is None
        with pytest.raises(ValueError, match="JSON"):
            Answer(200, {}, b"<html>").json()


class TestMeter:
    def test_the_share_is_never_crossed(self) -> None:
        meter = Meter("crm", Clock(), share=0.5, daily_limit=10)
        for _ in range(5):
            meter.spend()
        with pytest.raises(QuotaSpentError) as caught:
            meter.spend()
        assert (meter.calls, caught.value.code) == (5, "SHARE_SPENT")

    def test_what_is_older_than_a_day_does_not_count(self) -> None:
        clock = Clock()
        meter = Meter("crm", clock, share=0.5, daily_limit=10)
        for _ in range(5):
            meter.spend()
            clock.at += timedelta(hours=5)
        meter.spend()
        with pytest.raises(QuotaSpentError):
            meter.spend()

    def test_a_limit_told_later_holds_from_then_on(self) -> None:
        meter = Meter("crm", Clock(), share=1.0)
        meter.spend()
        meter.heard(None, 1, 1)
        assert meter.budget == (1, 1)
        with pytest.raises(QuotaSpentError):
            meter.spend()

    def test_the_remote_clock_moves_on_with_ours_and_is_forgotten_when_old(self) -> None:
        clock = Clock()
        meter = Meter("crm", clock)
        assert meter.remote_now() is None
        meter.heard(NOW + timedelta(hours=3))
        clock.at += timedelta(minutes=4)
        assert meter.remote_now() == NOW + timedelta(hours=3, minutes=4)
        clock.at += timedelta(minutes=2)
        assert meter.remote_now() is None


def test_no_record_is_twice_in_one_batch_and_its_writes_keep_their_order() -> None:
    writes = [Write(id_, {"n": number}) for number, id_ in enumerate("abacab")]
    made = [[(number, write.id) for number, write in batch] for batch in batches(writes, 2)]
    assert made == [[(0, "a"), (1, "b")], [(2, "a"), (3, "c")], [(4, "a"), (5, "b")]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ""),
        ("plain & simple", "plain & simple"),
        ("<p>多少钱？</p><p>什么时候&nbsp;交付</p>", "多少钱？\n什么时候 交付"),
        ("<style>p{}</style>Hi<br/>there <b>you</b>", "Hi\nthere you"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
    ],
)
def test_html_becomes_its_words(text: str | None, words: str) -> None:
    assert plain(text) == words
