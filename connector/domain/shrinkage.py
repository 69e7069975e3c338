"""Shrinkage of small cells' rates towards what their row and column suggest, and how sure the result is.

Each cell's rate scatters around its mean m like beta(kappa m, kappa (1 - m)); logit m is a row's effect plus a column's.
Floating point; whoever uses a result rounds it before it touches money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from connector.domain.curves import log_beta
from connector.domain.solving import cell_variances

Cell = tuple[str, str]
Counts = Mapping[Cell, tuple[float, float]]
"""Per (row, column): wins and exposure, wins never above exposure."""

RIDGE = 0.5
"""The pull of every effect towards none: keeps a row that never won at a finite rate."""
GRID = 12
"""Strengths that are weighed lie in so many equal steps of the logarithm."""
_NEGLIGIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Leaning:
    """What each cell leans on, and how strongly. `spread` has the strengths that the history does not rule out, each
    with its weight and per cell the variance of m's estimate under it."""

    means: Mapping[Cell, float]
    kappa: float
    spread: Sequence[tuple[float, float, Mapping[Cell, float]]] = ()


NO_LEANING = Leaning({}, 0.0)


def lean(counts: Counts, kappa_max: float) -> Leaning:
    """The likeliest strength up to `kappa_max`; none without a single win, or where none is allowed."""
    if kappa_max < 1 or not any(wins for wins, _ in counts.values()):
        return NO_LEANING
    means = additive_logit(counts)
    tried = [kappa_max ** (step / GRID) for step in range(GRID + 1)]
    found = [beta_binomial(counts, means, kappa) for kappa in tried]
    best = max(range(len(tried)), key=found.__getitem__)
    kappa = _refined(counts, means, tried[max(best - 1, 0)], tried[min(best + 1, GRID)])
    return Leaning(means, kappa, _spread(counts, means, tried, found))


def _spread(
    counts: Counts, means: Mapping[Cell, float], tried: Sequence[float], likelihood: Sequence[float]
) -> Sequence[tuple[float, float, Mapping[Cell, float]]]:
    """The strengths worth weighing. The likelihood at the fitted m favours strong ones, since fitting took scatter
    away; half the logarithm of the information about the effects gives it back (restricted likelihood)."""
    known = [_variances(counts, means, kappa) for kappa in tried]
    scores = [one - information / 2 for one, (_, information) in zip(likelihood, known, strict=True)]
    weights = [exp(score - max(scores)) for score in scores]
    whole = sum(weight for weight in weights if weight > _NEGLIGIBLE)
    return [
        (kappa, weight / whole, variances)
        for kappa, weight, (variances, _) in zip(tried, weights, known, strict=True)
        if weight > _NEGLIGIBLE
    ]


def _refined(counts: Counts, means: Mapping[Cell, float], low: float, high: float) -> float:
    """The likeliest strength between two, by golden section on the logarithm, to a thousandth."""
    golden = (5**0.5 - 1) / 2
    a, b = log(low), log(high)
    while b - a > 0.001:
        left, right = b - golden * (b - a), a + golden * (b - a)
        if beta_binomial(counts, means, exp(left)) >= beta_binomial(counts, means, exp(right)):
            b = right
        else:
            a = left
    ends = [low, high, exp((a + b) / 2)]
    return max(ends, key=lambda kappa: beta_binomial(counts, means, kappa))


def beta_binomial(counts: Counts, means: Mapping[Cell, float], kappa: float) -> float:
    """The log likelihood of the counts when each cell's rate scatters around its mean with strength `kappa`."""
    total = 0.0
    for cell, (wins, exposure) in counts.items():
        a, b = kappa * means[cell], kappa * (1 - means[cell])
        total += log_beta(wins + a, exposure - wins + b) - log_beta(a, b)
    return total


def additive_logit(counts: Counts, *, sweeps: int = 60) -> Mapping[Cell, float]:
    """The rate of every row and column when each adds its own effect on the logit scale. Newton steps: all rows, all
    columns and the common base in turn."""
    wins, exposure = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    base = _logit(min(max((wins + 0.5) / (exposure + 1), 1e-6), 1 - 1e-6))
    rows = {row: 0.0 for row, _ in counts}
    columns = {column: 0.0 for _, column in counts}
    for _ in range(sweeps):
        base += sum(_steps(counts, base, (rows, columns), by=-1, ridge=0.0).values())
        for by, effects in enumerate((rows, columns)):
            for name, step in _steps(counts, base, (rows, columns), by=by, ridge=RIDGE).items():
                effects[name] += step
    return {(r, c): _sigmoid(base + rows[r] + columns[c]) for r in rows for c in columns}


def _steps(
    counts: Counts, base: float, effects: tuple[dict[str, float], dict[str, float]], *, by: int, ridge: float
) -> dict[str, float]:
    """The Newton step of each row (`by` 0), each column (1), or of the base (-1)."""
    start = effects[by] if by >= 0 else {"": 0.0}
    slopes = {name: -ridge * effect for name, effect in start.items()}
    bends = dict.fromkeys(start, ridge + 1e-9)
    for cell, (wins, exposure) in counts.items():
        rate = _sigmoid(base + effects[0][cell[0]] + effects[1][cell[1]])
        name = cell[by] if by >= 0 else ""
        slopes[name] += wins - exposure * rate
        bends[name] += exposure * rate * (1 - rate)
    return {name: max(-2.0, min(2.0, slopes[name] / bends[name])) for name in start}


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-40.0, min(40.0, value))))


def _logit(rate: float) -> float:
    return log(rate / (1 - rate))


def _variances(counts: Counts, means: Mapping[Cell, float], kappa: float) -> tuple[dict[Cell, float], float]:
    """The variance of each cell's m, from the information that the counts hold under strength `kappa`, and the logarithm
    of that information.

    A cell of n units is worth n / (1 + (n - 1) / (kappa + 1)) independent ones.
    """
    weights = {
        cell: means[cell] * (1 - means[cell]) * n / (1 + max(n - 1, 0) / (kappa + 1))
        for cell, (_, n) in counts.items()
    }
    found, information = cell_variances(weights, RIDGE)
    return {cell: found[cell] * (means[cell] * (1 - means[cell])) ** 2 for cell in counts}, information
