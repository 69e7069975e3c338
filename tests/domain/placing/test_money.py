"""Money converts exactly, at the rate of the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connector.domain.money import Rates, RatesConfig, compile_rates, convert, minor_digits, to_major
from mappings.records import Money

RATES = compile_rates(
    RatesConfig.model_validate(
        {
            "base": "CNY",
            "entries": [
                {"currency": "USD", "since": "2026-01-01", "rate": "7.2"},
                {"currency": "USD", "since": "2025-01-01", "rate": "7.0"},
                {"currency": "JPY", "since": "2025-01-01", "rate": "0.05"},
            ],
        }
    )
)


@pytest.mark.parametrize(
    ("money", "to", "expected"),
    [
        (Money(100, "USD"), "USD", Money(100, "USD")),
        (Money(1000, "USD"), "CNY", Money(7200, "CNY")),
        (Money(7200, "CNY"), "USD", Money(1000, "USD")),
        (Money(1000, "JPY"), "CNY", Money(5000, "CNY")),
        (Money(1, "CNY"), "JPY", Money(0, "JPY")),
        (Money(1, "XXX"), "CNY", None),
        (Money(1, "CNY"), "XXX", None),
    ],
)
def test_an_amount_is_worth_the_same_in_another_currency(
    money: Money, to: str, expected: Money | None
) -> None:
    assert convert(money, to, RATES) == expected


def test_the_rate_of_the_day_holds_whatever_the_order_of_the_document() -> None:
    assert convert(Money(100, "USD"), "CNY", RATES, on=date(2025, 12, 31)) == Money(700, "CNY")
    assert convert(Money(100, "USD"), "CNY", RATES, on=date(2026, 1, 1)) == Money(720, "CNY")
    assert convert(Money(100, "USD"), "CNY", RATES, on=date(2024, 1, 1)) is None


def test_the_next_change_of_a_rate_is_known() -> None:
    assert RATES.next_change(["USD", "JPY"], date(2025, 6, 1)) == date(2026, 1, 1)
    assert RATES.next_change(["USD"], date(2026, 1, 1)) is None
    assert Rates().rate("CNY") == 1


def test_yen_have_no_cents_and_dinars_have_three_digits() -> None:
    assert (minor_digits("JPY"), minor_digits("CNY"), minor_digits("KWD")) == (0, 2, 3)
    assert to_major(Money(1234, "JPY")) == Decimal(1234)
