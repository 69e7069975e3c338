"""Estimates a value table from history: the chance of a win within the horizon per cell, the average price per row.

History is unfinished and small, so exposure, not resolved units, is what wins are divided by, and small cells lean on
their row and column. Pure and deterministic; publishing a table is somebody else's decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from connector.domain.cautions import leak_cautions, price_cautions, time_cautions
from connector.domain.curves import Curve, beta_quantile, matured, won_by
from connector.domain.prices import mean_prices, priced
from connector.domain.shrinkage import NO_LEANING, Leaning, lean
from connector.domain.unit_history import Cell, Tally
from connector.domain.value import CellFigures, ValueConfig, ValueTable

LEAST_AT_RISK = 10
"""Where fewer units are left to be watched, the delay curve stays level: one win among three old units would lift it by a
third, and shrink the exposure of every young one."""
_NO_PRIOR = 0.5
"""Jeffreys' prior: for the interval of a rate that leans on nothing."""


class Method(StrEnum):
    """How a rate comes from its counts. `shrunk`: wins over exposure, leaning on row and column. `raw`: wins over units,
    an exact fraction; right only where every unit has had its time."""

    SHRUNK = "shrunk"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Counted:
    """A cell's wins within the horizon, units that entered, and exposure."""

    wins: int
    leads: int
    exposure: float


def estimate(history: Tally, config: ValueConfig, method: Method = Method.SHRUNK) -> ValueTable:
    """The table that the tally supports, version 0: a draft."""
    seen = history.since(config.recorded_from)
    share = delay_curve(seen)
    cells = count(seen, share, config)
    leaning = NO_LEANING
    if config.shrink and method is Method.SHRUNK:
        leaning = lean(
            {c: (float(n.wins), n.exposure) for c, n in cells.items() if n.exposure}, config.kappa_max
        )
    shown = (
        _figures(cell, cells.get(cell, Counted(0, 0, 0.0)), _Reading(leaning, config, method))
        for cell in _cells_to_show(cells, config)
    )
    money = priced(seen, config)
    cautions = (
        *time_cautions(seen, share, config),
        *price_cautions(money, config),
        *leak_cautions(seen),
    )
    return ValueTable(
        cells={figure.cell: figure for figure in shown if figure},
        prices=mean_prices(money.sums, config),
        price_sums=money.sums,
        currency=config.reporting_currency,
        as_of=history.as_of,
        kappa=round(leaning.kappa, 3),
        notes=cautions,
    )


def delay_curve(seen: Tally) -> Curve:
    """The share won by a given delay, pooled over all cells."""
    ages: Counter[int] = Counter()
    for days in seen.unwon.values():
        for day, units in days.items():
            ages[(seen.as_of - day).days] += units
    return won_by(ages, Counter(won.delay for won in seen.wins), least_at_risk=LEAST_AT_RISK)


def count(seen: Tally, share: Curve, config: ValueConfig) -> dict[Cell, Counted]:
    """Wins within the horizon, units and exposure per cell; one delay curve for all, scaled to each row's horizon."""
    found = {cell: [0, 0, 0.0] for cell in seen.cells()}
    grown = {row: matured(share, config.horizon(row)) for row, _ in found}
    for cell, days in seen.unwon.items():
        for day, units in days.items():
            found[cell][1] += units
            found[cell][2] += units * grown[cell[0]]((seen.as_of - day).days)
    for won in seen.wins:
        counted = found[won.cell]
        counted[0] += won.delay <= config.horizon(won.cell[0])
        counted[1] += 1
        counted[2] += grown[won.cell[0]]((seen.as_of - won.entered_on).days)
    return {cell: Counted(int(c[0]), int(c[1]), max(c[2], c[0])) for cell, c in found.items()}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What turns counts into figures."""

    leaning: Leaning
    config: ValueConfig
    method: Method


def _cells_to_show(cells: Mapping[Cell, Counted], config: ValueConfig) -> Iterator[Cell]:
    """The cells that history knows and those for which an admin assumed something."""
    rows = dict.fromkeys([*(row for row, _ in cells), *config.assumed_prices])
    whole = [name for name in config.assumed_rates if "/" not in name]
    single = [tuple(name.split("/", 1)) for name in config.assumed_rates if "/" in name]
    wanted = {*cells, *((row, stage) for row in rows for stage in whole), *((c[0], c[1]) for c in single)}
    yield from sorted(wanted)


def _figures(cell: Cell, counted: Counted, reading: _Reading) -> CellFigures | None:
    config = reading.config
    assumed = config.assumed_rate(*cell)
    if not counted.leads and assumed is None:
        return None
    rate, low, high = _rate(cell, counted, reading)
    enough = counted.exposure >= config.minimum_matured and counted.wins >= config.minimum_wins
    stands_in = assumed is not None and not enough
    return CellFigures(
        cell="/".join(cell),
        rate=assumed if assumed is not None and stands_in else rate,
        wins=counted.wins,
        leads=counted.leads,
        matured=f"{counted.exposure:.1f}",
        low=low,
        high=high,
        assumed=stands_in,
        few=counted.leads < config.few_units,
        thin=not enough,
    )


def _rate(cell: Cell, counted: Counted, reading: _Reading) -> tuple[str, str, str]:
    """The rate with its interval, as text. A raw rate, and one of matured units, stays an exact fraction."""
    leaning, wins = reading.leaning, counted.wins
    exposure = counted.leads if reading.method is Method.RAW else counted.exposure
    a, b = _credible(cell, wins, exposure, leaning)
    tail = (100 - reading.config.interval_percent) / 200
    low, high = beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b)
    mean = leaning.means.get(cell)
    if mean is not None:
        number = (wins + leaning.kappa * mean) / (exposure + leaning.kappa)
        rate = f"{number:.6f}"
        low, high = min(low, number), max(high, number)
    elif counted.leads and exposure == counted.leads:
        rate = str(Fraction(wins, counted.leads))
    else:
        rate = f"{wins / exposure:.6f}" if exposure else "0"
    return rate, f"{low:.6f}", f"{high:.6f}"


def _credible(cell: Cell, wins: int, exposure: float, leaning: Leaning) -> tuple[float, float]:
    """The beta distribution of the rate: with a prior, its mean and variance over the strengths that the history does
    not rule out, and over what m may be. The plain posterior takes both as known, although they come from the same units:
    in small firms its 90 % held the truth half the time (benchmarks/README.md)."""
    if cell not in leaning.means:
        return wins + _NO_PRIOR, exposure - wins + _NO_PRIOR
    m = leaning.means[cell]
    first, second = 0.0, 0.0
    for kappa, weight, variances in leaning.spread:
        rate = (wins + kappa * m) / (exposure + kappa)
        lean_share = kappa / (exposure + kappa)
        variance = rate * (1 - rate) / (exposure + kappa + 1) + lean_share**2 * variances.get(cell, 0.0)
        first += weight * rate
        second += weight * (variance + rate * rate)
    variance = max(second - first * first, 1e-12)
    size = max(first * (1 - first) / variance - 1, 0.5)
    return max(first * size, 1e-6), max((1 - first) * size, 1e-6)
