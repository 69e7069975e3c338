"""Frozen values beside today's: the table moves, the frozen value does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.domain.money import Rates, either
from connector.domain.restate import Frozen, Restated, restate, summed, summed_by_cell
from connector.domain.value import CellFigures, ValueConfig, ValueTable
from mappings.records import Money

CELL = "small/solution-selection"
TABLE = ValueTable(
    cells={CELL: CellFigures(CELL, "1/5", 2, 10, "10.0", "0.1", "0.3")},
    prices={"small": Money(40_000_00, "CNY")},
)
RATES = ValueConfig.model_validate(
    {
        "budget_rates": [
            {"currency": "USD", "since": "2025-01-01", "rate": "7"},
            {"currency": "USD", "since": "2026-01-01", "rate": "8"},
        ]
    }
).rates()


def test_the_same_hand_offs_at_both_values() -> None:
    frozen = [
        Frozen("1", CELL, Money(7_000_00, "CNY"), date(2026, 3, 1)),
        Frozen("2", CELL, Money(1_000_00, "USD"), date(2025, 6, 1)),
        Frozen("3", "small/none", Money(5_00, "CNY"), date(2026, 3, 1)),
        Frozen("4", CELL, None, date(2026, 3, 1)),
        Frozen("5", CELL, Money(1, "XAF"), date(2026, 3, 1)),
    ]
    found = restate(frozen, TABLE, RATES)
    today = Money(8_000_00, "CNY")
    assert found[1] == Restated("2", CELL, Money(7_000_00, "CNY"), today)
    assert [one.restated for one in found] == [today, today, None, today, today]
    sums = summed(found, "CNY")
    assert (sums.handoffs, sums.unvalued, sums.unpriced) == (5, 2, 1)
    assert (sums.frozen, sums.restated) == (14_005_00, 32_000_00)
    by_cell = summed_by_cell(found, "CNY")
    assert list(by_cell) == ["small/none", CELL]
    assert sum(one.frozen for one in by_cell.values()) == sums.frozen


def test_nothing_handed_off_is_nothing() -> None:
    assert summed(restate([], TABLE, RATES), "CNY").frozen == 0


def test_rates_of_the_value_document_come_before_others_of_the_same_base() -> None:
    usd, eur = (((date(2020, 1, 1), Decimal(rate)),) for rate in (7, 8))
    own, other = Rates("CNY", {"USD": usd}), Rates("CNY", {"USD": eur, "EUR": eur})
    assert either(own, other).table == {"USD": usd, "EUR": eur}
    assert either(own, Rates("USD", {"EUR": eur})) == own
