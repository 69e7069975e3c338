"""Estimates a value table from history: the chance of a win within the horizon per cell, the average price per row.

History is unfinished and small, so exposure, not resolved units, is what wins are divided by, and small cells lean on
their row and column. Pure and deterministic; publishing a table is somebody else's decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from connector.domain.curves import Curve, additive_logit, beta_binomial, beta_quantile, matured, won_by
from connector.domain.unit_history import Seen, UnitHistory, first_entries, leak_notes, price_notes, won_units
from connector.domain.value import CellFigures, ValueConfig, ValueTable, half_up
from mappings.currencies import from_major
from mappings.records import Money

__all__ = ["UnitHistory", "estimate"]

KAPPAS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 65.0, 90.0, 120.0, 160.0, 200.0)
"""The strengths of shrinkage that are tried."""
_NO_PRIOR = (0.5, 0.5)
"""Jeffreys' prior: for the interval of a rate that leans on nothing."""


@dataclass(frozen=True, slots=True)
class _Cell:
    wins: int
    leads: int
    exposure: float


def estimate(history: Iterable[UnitHistory], config: ValueConfig, as_of: datetime) -> ValueTable:
    """The table that history up to `as_of` supports, version 0: a draft. What has not happened by then does not count."""
    units = first_entries(history, config, as_of)
    cells = _count(units, config)
    sums = _price_sums(units, config)
    leaning = _shrinkage(cells, config)
    shown = (
        _figures(cell, cells.get(cell, _Cell(0, 0, 0.0)), leaning, config)
        for cell in _cells_to_show(cells, config)
    )
    figures = {figure.cell: figure for figure in shown if figure}
    return ValueTable(
        cells=figures,
        prices=_prices(sums, config),
        price_sums=sums,
        currency=config.reporting_currency,
        as_of=as_of.date(),
        kappa=leaning.kappa,
        notes=(*price_notes(units, sums, config), *leak_notes(units)),
    )


def _count(units: Sequence[Seen], config: ValueConfig) -> dict[tuple[str, str], _Cell]:
    """Wins within the horizon, leads and exposure per cell; one delay curve for all, scaled to each row's horizon."""
    share = won_by([(u.age, u.delay) for u in units])
    grown: dict[str, Curve] = {}
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for seen in units:
        persona, horizon = seen.unit.persona, config.horizon(seen.unit.persona)
        curve = grown.setdefault(persona, matured(share, horizon))
        counted = found[persona, seen.unit.stage]
        counted[0] += seen.delay is not None and seen.delay <= horizon
        counted[1] += 1
        counted[2] += curve(seen.age)
    return {cell: _Cell(int(c[0]), int(c[1]), max(c[2], c[0])) for cell, c in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class _Leaning:
    """What each cell leans on (the rate that its row and column suggest), and how strongly."""

    means: Mapping[tuple[str, str], float]
    kappa: float


def _shrinkage(cells: Mapping[tuple[str, str], _Cell], config: ValueConfig) -> _Leaning:
    """The likeliest strength among those allowed; none without a single win."""
    counts = {cell: (float(c.wins), c.exposure) for cell, c in cells.items() if c.exposure > 0}
    allowed = [kappa for kappa in KAPPAS if kappa <= config.kappa_max]
    if not config.shrink or not allowed or not any(wins for wins, _ in counts.values()):
        return _Leaning({}, 0.0)
    means = additive_logit(counts)
    return _Leaning(means, max(allowed, key=lambda kappa: beta_binomial(counts, means, kappa)))


def _cells_to_show(cells: Mapping[tuple[str, str], _Cell], config: ValueConfig) -> Iterator[tuple[str, str]]:
    """The cells that history knows and those for which an admin assumed something."""
    rows = dict.fromkeys([*(row for row, _ in cells), *config.assumed_prices])
    whole = [name for name in config.assumed_rates if "/" not in name]
    single = [tuple(name.split("/", 1)) for name in config.assumed_rates if "/" in name]
    wanted = {*cells, *((row, stage) for row in rows for stage in whole), *((c[0], c[1]) for c in single)}
    yield from sorted(wanted)


def _figures(
    cell: tuple[str, str], counted: _Cell, leaning: _Leaning, config: ValueConfig
) -> CellFigures | None:
    persona, stage = cell
    assumed = config.assumed_rate(persona, stage)
    if not counted.leads and assumed is None:
        return None
    prior = (leaning.kappa * m, leaning.kappa * (1 - m)) if (m := leaning.means.get(cell)) else None
    rate, low, high = _rate(counted, prior, config)
    enough = counted.exposure >= config.minimum_matured and counted.wins >= config.minimum_wins
    stands_in = assumed is not None and not enough
    return CellFigures(
        cell=f"{persona}/{stage}",
        rate=assumed if assumed is not None and not enough else rate,
        wins=counted.wins,
        leads=counted.leads,
        matured=f"{counted.exposure:.1f}",
        low=low,
        high=high,
        assumed=stands_in,
        few=counted.leads < config.few_units,
    )


def _rate(counted: _Cell, prior: tuple[float, float] | None, config: ValueConfig) -> tuple[str, str, str]:
    """The rate with its interval, as text. A raw rate of matured units stays an exact fraction."""
    wins, exposure = counted.wins, counted.exposure
    a, b = prior or _NO_PRIOR
    tail = (100 - config.interval_percent) / 200
    low, high = (beta_quantile(level, wins + a, exposure - wins + b) for level in (tail, 1 - tail))
    if prior:
        rate = f"{(wins + a) / (exposure + a + b):.6f}"
    elif counted.leads and exposure == counted.leads:
        rate = str(Fraction(wins, counted.leads))
    else:
        rate = f"{wins / exposure:.6f}" if exposure else "0"
    return rate, f"{low:.6f}", f"{high:.6f}"


def _price_sums(units: Sequence[Seen], config: ValueConfig) -> dict[str, tuple[int, int]]:
    """Per row the money won and the number of units that brought it, each unit once."""
    sums: dict[str, tuple[int, int]] = {}
    counted: set[tuple[str, str]] = set()
    for seen, minor in won_units(units, config):
        key = (seen.unit.unit_id, seen.unit.persona)
        if key not in counted:
            counted.add(key)
            total, number = sums.get(seen.unit.persona, (0, 0))
            sums[seen.unit.persona] = total + minor, number + 1
    return dict(sorted(sums.items()))


def _prices(sums: Mapping[str, tuple[int, int]], config: ValueConfig) -> dict[str, Money]:
    """The row's mean, never its median: the median loses half the money. Too few wins: the admin's price."""
    code = config.reporting_currency
    prices = {row: from_major(price, code) for row, price in config.assumed_prices.items()}
    for row, (total, number) in sums.items():
        if number >= config.minimum_wins or row not in prices:
            prices[row] = Money(half_up(Fraction(total, number)), code)
    return prices
