"""A period's figures: any breakdown adds up to the whole, a purchase finds its cycle, an amount its rate of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.kpi import Dimension, HandedOff, InvalidRules, Refused, Win
from connector.domain.kpi_figures import Figures, Terms, reckon
from connector.domain.money import RateConfig, Rates, RatesConfig, compile_rates
from mappings.records import Money

ZONE = ZoneInfo("Asia/Shanghai")
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=ZONE), datetime(2026, 4, 1, tzinfo=ZONE)
NOW = datetime(2027, 1, 1, tzinfo=UTC)
INVALID = InvalidRules(frozenset({"duplicate"}))
USD = compile_rates(
    RatesConfig(
        base="CNY",
        entries=tuple(
            RateConfig(currency="USD", since=day, rate=Decimal(rate))
            for day, rate in ((date(2026, 1, 1), "7.1"), (date(2026, 3, 15), "7.2"))
        ),
    )
)


def terms(by: Dimension | None = None, rates: Rates = USD, now: datetime = NOW) -> Terms:
    return Terms(MARCH, APRIL, now, ZONE, INVALID, "CNY", rates, MARCH - timedelta(days=30), by)


def handed(id_: str, at: datetime, money: Money | None = None, **more: str) -> HandedOff:
    given_ = {"lead_id": id_, "unit": "acme", "cell": "small/x", **more}
    return HandedOff(id=id_, cycle=1, at=at, value=money or Money(100, "CNY"), **given_)  # type: ignore[arg-type]


def test_a_frozen_value_is_converted_at_the_rate_of_its_own_day() -> None:
    early = handed("h1", MARCH + timedelta(days=1), Money(1000, "USD"), unit="a")
    late = handed("h2", MARCH + timedelta(days=20), Money(1000, "USD"), unit="b")
    odd = handed("h3", MARCH, Money(1000, "EUR"), unit="c")
    figures = reckon([[[early]], [[late]], [[odd]]], {}, terms())
    assert figures.whole.sums.net == 7100 + 7200
    assert (figures.whole.sums.unvalued, dict(figures.unconverted)) == (1, {"EUR": 1})


def test_the_day_and_the_period_are_those_of_the_business() -> None:
    last_minute = handed("h1", datetime(2026, 3, 31, 15, 59, tzinfo=UTC), unit="a")
    first_minute = handed("h2", datetime(2026, 3, 31, 16, 0, tzinfo=UTC), unit="b")
    figures = reckon([[[last_minute]], [[first_minute]]], {}, terms())
    assert dict(figures.by_day) == {date(2026, 3, 31): 100}


def test_a_reversal_counts_in_its_own_period_and_not_before_it_came() -> None:
    refused = Refused(APRIL + timedelta(days=3), "duplicate")
    one = HandedOff("h", "a", "acme", 1, MARCH, "small/x", Money(100, "CNY"), refused=refused)
    assert reckon([[[one]]], {}, terms()).whole.sums.net == 100
    in_april = Terms(APRIL, APRIL + timedelta(days=30), NOW, ZONE, INVALID, "CNY", USD, MARCH)
    figures = reckon([[[one]]], {}, in_april)
    assert (figures.whole.sums.net, len(figures.corrections)) == (-100, 1)
    early = Terms(APRIL, APRIL + timedelta(days=30), APRIL, ZONE, INVALID, "CNY", USD, MARCH)
    assert reckon([[[one]]], {}, early).whole.sums.net == 0


def test_a_purchase_belongs_to_the_cycle_handed_off_last_before_it_and_to_its_last_rep() -> None:
    first = [handed("h1", MARCH - timedelta(days=40), owner_id="r1")]
    second = [
        handed("h2", MARCH + timedelta(days=1), owner_id="r2"),
        handed("h3", MARCH + timedelta(days=5), owner_id="r3"),
    ]
    wins = {
        "acme": [
            Win("acme", MARCH - timedelta(days=50), Money(1, "CNY")),
            Win("acme", MARCH, Money(10, "CNY")),
            Win("acme", MARCH + timedelta(days=9), Money(100, "CNY")),
            Win("acme", APRIL, Money(1000, "CNY")),
            Win("acme", MARCH + timedelta(days=10), None),
        ]
    }
    figures = reckon([[first, second]], wins, terms(Dimension.OWNER))
    assert (figures.whole.won.wins, figures.whole.won.minor, figures.whole.won.unpriced) == (3, 110, 1)
    assert (figures.whole.won_of.wins, figures.whole.won_of.minor) == (3, 1100)
    assert {key: row.won.minor for key, row in figures.rows.items()} == {"r1": 10, "r2": 0, "r3": 100}
    assert figures.counted_with == 1


TIMES = st.integers(-60, 60).map(lambda days: MARCH + timedelta(days=days))
NAMES = st.sampled_from(["", "x", "y", "z"])


@st.composite
def units(draw: st.DrawFn) -> list[list[list[HandedOff]]]:
    """Units with cycles of hand-offs, whoever had them, some of them invalid."""
    found = []
    for unit in range(draw(st.integers(1, 4))):
        cycles = []
        for cycle in range(draw(st.integers(1, 2))):
            handoffs = []
            for number in range(draw(st.integers(1, 3))):
                at, no = draw(TIMES), draw(st.none() | TIMES)
                handoffs.append(
                    HandedOff(
                        f"h{unit}.{cycle}.{number}", f"l{unit}.{draw(st.integers(0, 1))}", f"u{unit}", cycle, at,
                        f"{draw(st.sampled_from(['small', 'mid']))}/{draw(st.sampled_from(['x', 'y']))}",
                        Money(draw(st.integers(0, 10**9)), draw(st.sampled_from(["CNY", "USD", "EUR"]))),
                        draw(NAMES), draw(NAMES), draw(NAMES), draw(NAMES),
                        Refused(no, draw(st.sampled_from(["duplicate", "no_budget"]))) if no else None,
                    )
                )  # fmt: skip
            cycles.append(handoffs)
        found.append(cycles)
    return found


@pytest.mark.parametrize("by", list(Dimension))
@given(units=units(), wins=st.lists(st.tuples(TIMES, st.integers(1, 10**9)), max_size=5))
def test_the_rows_of_any_breakdown_add_up_to_the_whole(
    by: Dimension, units: list[list[list[HandedOff]]], wins: list[tuple[datetime, int]]
) -> None:
    won = {"u0": [Win("u0", at, Money(minor, "CNY")) for at, minor in wins]}
    figures = reckon(units, won, terms(by))
    rows = list(figures.rows.values())
    for name in ("net", "leads", "credits", "credited", "reversals", "reversed", "reinstated", "unvalued"):
        assert sum(getattr(row.sums, name) for row in rows) == getattr(figures.whole.sums, name), name
    for kind in ("won", "won_of"):
        for name in ("wins", "minor", "unpriced"):
            total = getattr(getattr(figures.whole, kind), name)
            assert sum(getattr(getattr(row, kind), name) for row in rows) == total
    for cell, count in figures.whole.cells.items():
        assert sum(row.cells[cell] for row in rows) == count
    assert figures.by_day.total() == figures.whole.sums.net
    assert _plain(reckon(units, won, terms())) == _plain(figures)


def _plain(figures: Figures) -> object:
    return figures.whole, figures.by_day, figures.recent, figures.counted_with
