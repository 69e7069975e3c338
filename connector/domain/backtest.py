"""The standing test of an estimator: what it would have predicted for those who came after, beside what became of them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from connector.domain.curves import matured
from connector.domain.estimate import count, delay_curve, estimate
from connector.domain.unit_history import Cell, Tally
from connector.domain.value import Backtest, ValueConfig

COHORT = timedelta(days=90)
"""How long the last matured cohort entered."""


def standing(seen: Tally, config: ValueConfig) -> Backtest | None:
    """The last cohort whose every horizon is over; None where nothing was known before it."""
    rows = {row for row, _ in seen.cells()}
    until = seen.as_of - timedelta(days=max((config.horizon(row) for row in rows), default=0))
    return backtest(seen, config, until - COHORT, until)


def backtest(seen: Tally, config: ValueConfig, cut_off: date, until: date) -> Backtest | None:
    """Predict the units that entered after `cut_off`, until `until`, from what had happened by the cut-off. A unit whose
    horizon is not over at the tally's day is predicted as far as it has come. None without a win before the cut-off, or
    without a cohort."""
    known = seen.until(cut_off).since(config.recorded_from)
    share = delay_curve(known)
    counted = count(known, share, config)
    wins, exposure = sum(c.wins for c in counted.values()), sum(c.exposure for c in counted.values())
    cohort, actual = _cohort(seen, config, cut_off, until)
    if not wins or not cohort:
        return None
    plain = config.model_copy(update={"assumed_rates": {}, "assumed_prices": {}})
    cells = estimate(seen.until(cut_off), plain).cells
    predicted, unseen = 0.0, 0
    for (cell, day), units in cohort.items():
        figures = cells.get("/".join(cell))
        rate = float(Fraction(figures.rate)) if figures else wins / exposure
        unseen += 0 if figures else units
        predicted += units * rate * matured(share, config.horizon(cell[0]))((seen.as_of - day).days)
    return Backtest(cut_off, until, sum(cohort.values()), f"{predicted:.1f}", actual, unseen)


def _cohort(
    seen: Tally, config: ValueConfig, cut_off: date, until: date
) -> tuple[Counter[tuple[Cell, date]], int]:
    """Units by cell and day of entry, and how many of them were won within their horizon."""
    cohort: Counter[tuple[Cell, date]] = Counter()
    for cell, days in seen.unwon.items():
        for day, units in days.items():
            if cut_off < day <= until:
                cohort[cell, day] += units
    mine = [won for won in seen.wins if cut_off < won.entered_on <= until]
    cohort.update((won.cell, won.entered_on) for won in mine)
    return cohort, sum(won.delay <= config.horizon(won.cell[0]) for won in mine)
