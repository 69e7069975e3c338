"""What publishing a draft changes: cells that moved, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.publishing import Why, changed, due, moves, to_publish
from connector.domain.value import CellFigures, Rule, ValueTable, explanation, half_up, value_of
from mappings.records import Money

CELL = "small/solution-selection"


def figures(rate: str, low: str = "0.15", high: str = "0.25", **more: object) -> CellFigures:
    return CellFigures(CELL, rate, 20, 100, "100.0", low, high, **more)  # type: ignore[arg-type]


def table(version: int, cell: CellFigures | None, price: int = 40_000, currency: str = "CNY") -> ValueTable:
    cells = {CELL: cell} if cell else {}
    return ValueTable(version, cells, {"small": Money(price * 100, currency)}, currency=currency)


OLD = table(4, figures("0.20"))


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (table(5, figures("0.20")), Why.KEPT),
        (table(5, figures("0.22")), Why.KEPT),
        (table(5, figures("0.23")), Why.MOVED),
        (table(5, figures("0.17")), Why.MOVED),
        (table(5, figures("0.20"), 44_000), Why.KEPT),
        (table(5, figures("0.20"), 44_001), Why.MOVED),
        (table(5, figures("0.26"), 32_000), Why.LEFT_INTERVAL),
        (table(5, figures("0.20", assumed=True)), Why.ASSUMPTION),
        (table(5, figures("0.20"), currency="USD"), Why.CURRENCY),
        (table(5, None), Why.GONE),
    ],
)
def test_a_cell_moves_by_over_a_tenth_or_out_of_its_interval(draft: ValueTable, why: Why) -> None:
    (move,) = moves(OLD, draft, 10)
    assert move.why is why
    assert changed(OLD, draft, 10) == ([] if why is Why.KEPT else [CELL])


def test_a_first_measurement_and_a_changed_assumption_are_taken() -> None:
    assumed = table(4, figures("0.20", assumed=True))
    assert [m.why for m in moves(assumed, OLD, 10)] == [Why.MEASURED]
    assert [m.why for m in moves(assumed, table(5, figures("0.21", assumed=True)), 10)] == [Why.ASSUMPTION]
    assert [m.why for m in moves(assumed, table(5, figures("1/5", assumed=True)), 10)] == [Why.KEPT]
    assert [m.why for m in moves(ValueTable(), OLD, 10)] == [Why.NEW]


def test_a_cell_that_gets_its_first_price_or_loses_it_is_taken() -> None:
    bare = replace(OLD, prices={})
    assert [m.why for m in moves(bare, OLD, 10)] == [Why.NEW]
    assert [m.why for m in moves(OLD, bare, 10)] == [Why.GONE]
    assert [m.why for m in moves(bare, bare, 10)] == [Why.KEPT]
    assert [m.why for m in moves(table(4, figures("0")), OLD, 10)] == [Why.MOVED]


def test_what_did_not_move_cites_the_table_that_it_was_published_in() -> None:
    first = to_publish(ValueTable(), OLD, 10)
    second = to_publish(first, table(5, figures("0.21"), 41_000), 10)
    third = to_publish(second, table(6, figures("0.30"), 41_000), 10)
    kept, taken = value_of(second, CELL), value_of(third, CELL)
    assert kept
    assert taken
    assert (kept.table_version, kept.rate, kept.price) == (4, "0.20", Money(40_000_00, "CNY"))
    assert explanation(kept) == explanation(replace(kept))
    assert explanation(kept).params["version"] == 4
    assert (taken.table_version, taken.rate, taken.price) == (6, "0.30", Money(41_000_00, "CNY"))
    assert second.version == 5


RATES = st.fractions(0, 1, max_denominator=400).map(str)


@given(RATES, RATES, st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 50))
def test_every_value_published_is_the_arithmetic_of_what_it_states(
    old: str, new: str, before: int, after: int, over: int
) -> None:
    first = to_publish(ValueTable(), table(1, figures(old, "0", "1"), before), over)
    second = to_publish(first, table(2, figures(new, "0", "1"), after), over)
    value = value_of(second, CELL)
    assert value
    assert value.amount.minor == half_up(Fraction(value.rate) * value.price.minor)
    was = value_of(first, CELL)
    assert was
    if value.table_version == 1:
        assert value == was
    else:
        assert abs(value.amount.minor - was.amount.minor) * 100 > over * was.amount.minor


@pytest.mark.parametrize(
    ("rule", "last", "today", "is_due"),
    [
        (Rule.ON_DEMAND, None, "2026-05-01", False),
        (Rule.MONTHLY, None, "2026-05-01", True),
        (Rule.MONTHLY, "2026-04-30", "2026-05-01", True),
        (Rule.MONTHLY, "2026-05-01", "2026-05-31", False),
        (Rule.MONTHLY, "2025-12-31", "2026-01-01", True),
        (Rule.QUARTERLY, "2026-04-01", "2026-06-30", False),
        (Rule.QUARTERLY, "2026-03-31", "2026-04-01", True),
    ],
)
def test_a_rule_publishes_once_a_month_or_quarter(
    rule: Rule, last: str | None, today: str, is_due: bool
) -> None:
    assert due(rule, date.fromisoformat(last) if last else None, date.fromisoformat(today)) is is_due
