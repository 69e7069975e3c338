"""Days and amounts as people write them, and what is refused because it could mean two things."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from connector.files.cells import CellError, amount_of, currency_of, day_of, text_of
from mappings.records import Money

MARCH = datetime.fromisoformat("2018-03-01")


@pytest.mark.parametrize(
    "text",
    [
        "2018-03-01", "2018/3/1", "2018.3.1", "2018年3月1日", "20180301", "２０１８-03-01", " 2018-3-1 ",
        20180301, 20180301.0, date(2018, 3, 1), "1/3/2018+dmy", "3/1/2018+mdy",
    ],
)  # fmt: skip
def test_a_day_in_any_usual_spelling(text: Any) -> None:
    written, _, order = text.partition("+") if isinstance(text, str) else (text, "", "")
    assert day_of(written, "won_at", order=order) == MARCH


@pytest.mark.parametrize(
    "text", ["2018-03-01 19:58:54", "2018-03-01T19:58:54Z", "2018/3/1 19:58:54.123+08:00"]
)
def test_a_time_of_the_day_is_kept_as_written(text: str) -> None:
    assert day_of(text, "won_at") == MARCH.replace(hour=19, minute=58, second=54)


@pytest.mark.parametrize(
    ("text", "day"),
    [("25/12/2018", date(2018, 12, 25)), ("12/25/2018", date(2018, 12, 25)), ("3.3.2018", date(2018, 3, 3))],
)
def test_year_last_is_taken_where_it_can_mean_one_day_only(text: str, day: date) -> None:
    found = day_of(text, "won_at")
    assert found
    assert found.date() == day


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("03/04/2018", "row.date_ambiguous"),
        ("2018-02-30", "row.date_unreadable"),
        ("31/31/2018", "row.date_unreadable"),
        ("18/3/1", "row.date_unreadable"),
        ("tomorrow", "row.date_unreadable"),
        ("2018-03-01 later", "row.date_unreadable"),
        ("2018-03-01 25:00", "row.date_unreadable"),
        (43160.0, "row.date_number"),
        (43160.5, "row.date_number"),
    ],
)
def test_what_is_no_day_or_two_is_refused(value: Any, code: str) -> None:
    with pytest.raises(CellError) as refused:
        day_of(value, "won_at")
    assert refused.value.message.id == code
    assert refused.value.message.params["column"] == "won_at"


def test_blank_cells_say_nothing() -> None:
    assert day_of(None, "won_at") is day_of(" ", "won_at") is amount_of("", "") is None
    assert text_of(12.0) == "12"


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("¥240,000.00", "CNY", 24_000_000),
        ("￥240,000", "cny", 24_000_000),
        ("240000", "RMB", 24_000_000),
        ("1,234.5", "USD", 123_450),
        ("$1,234.50", "USD", 123_450),
        ("USD 1,234.50", "USD", 123_450),
        ("1234.50 元", "人民币", 123_450),
        ("24万", "CNY", 24_000_000),
        ("2.5亿元", "CNY", 25_000_000_000),
        (240000.0, "CNY", 24_000_000),
        (0.1, "CNY", 10),
        ("¥1,000", "JPY", 1_000),
        ("0", "CNY", 0),
        ("1.005", "CNY", 101),
    ],
)
def test_an_amount_in_any_usual_spelling(value: Any, currency: str, minor: int) -> None:
    found = amount_of(value, currency)
    assert found == Money(minor, currency_of(currency))


@pytest.mark.parametrize(
    ("value", "currency", "code"),
    [
        ("1.234,50", "EUR", "row.amount_unreadable"),
        ("1,23", "CNY", "row.amount_unreadable"),
        ("about 5", "CNY", "row.currency_differs"),
        ("1e5", "CNY", "row.amount_unreadable"),
        ("99999999999999999", "CNY", "row.amount_unreadable"),
        (True, "CNY", "row.amount_unreadable"),
        (MARCH, "CNY", "row.amount_unreadable"),
        ("-5", "CNY", "row.amount_negative"),
        ("(5.00)", "CNY", "row.amount_negative"),
        ("€5", "CNY", "row.currency_differs"),
        ("USD 5", "CNY", "row.currency_differs"),
        ("5", "", "row.currency_missing"),
        ("5", "XXQ", "row.currency_unknown"),
    ],
)
def test_an_amount_that_could_mean_two_things_is_refused(value: Any, currency: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        amount_of(value, currency)
    assert refused.value.message.id == code
