"""Predictions for those who came after, beside what became of them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from connector.domain.backtest import backtest, standing
from connector.domain.unit_history import Tally, UnitHistory, tally
from connector.domain.value import Backtest, ValueConfig

START, DAY = date(2025, 1, 1), timedelta(days=1)
CONFIG = ValueConfig(horizon_days={}, default_horizon_days=90)


def steady(days: int, rate: float = 0.2, cell: str = "research") -> Tally:
    """Ten leads a day, won after 5 to 60 days at that rate."""
    random, history = Random(5), []
    for nth in range(days * 10):
        entered = START + (nth // 10) * DAY
        won = entered + random.randrange(5, 60) * DAY if random.random() < rate else None
        history.append(UnitHistory(str(nth), "small", cell, entered, won))
    return tally(history, START + days * DAY)


def test_a_steady_firm_is_predicted() -> None:
    found = standing(steady(500), CONFIG)
    assert found
    assert found.until == START + 410 * DAY
    assert found.cut_off == START + 320 * DAY
    assert found.leads == 900
    assert float(found.predicted) == pytest.approx(found.actual, rel=0.12)
    assert 0.85 < float(found.ratio or 0) < 1.15


def test_nothing_after_the_cut_off_is_known_to_the_prediction() -> None:
    seen, cut_off = steady(500), START + 320 * DAY
    blind = tally([], seen.as_of)
    later = Tally(
        seen.as_of,
        {cell: {d: n for d, n in days.items() if d > cut_off} for cell, days in seen.unwon.items()},
        tuple(won for won in seen.wins if won.entered_on > cut_off),
    )
    assert backtest(later, CONFIG, cut_off, seen.as_of) is None
    assert backtest(blind, CONFIG, cut_off, seen.as_of) is None


def test_a_cohort_that_is_not_through_is_predicted_as_far_as_it_has_come() -> None:
    seen = steady(400)
    found = backtest(seen, CONFIG, START + 300 * DAY, START + 395 * DAY)
    assert found
    assert float(found.predicted) == pytest.approx(found.actual, rel=0.15)


def test_a_cell_without_history_gets_the_common_rate_and_is_counted() -> None:
    seen, cut_off = steady(400), START + 300 * DAY
    (days,) = seen.unwon.values()
    late = {day: units for day, units in days.items() if day > cut_off}
    both = Tally(seen.as_of, {**seen.unwon, ("small", "new"): late}, seen.wins)
    found = backtest(both, CONFIG, cut_off, START + 310 * DAY)
    assert found
    assert found.unseen == sum(units for day, units in late.items() if day <= START + 310 * DAY) > 0


def test_without_a_win_there_is_no_ratio() -> None:
    assert Backtest(START, START, 1, "0.4", 0).ratio is None
