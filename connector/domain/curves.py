"""The few curves that the estimator needs, in plain Python: delay to a win, the beta distribution, an additive logit.

Deterministic floating point; whoever uses a result rounds it before it touches money.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import exp, lgamma, log

Curve = Callable[[float], float]
Counts = Mapping[tuple[str, str], tuple[float, float]]
"""Per (row, column): wins and exposure, wins never above exposure."""


def won_by(spans: Sequence[tuple[float, float | None]]) -> Curve:
    """The share won by a given delay, by Kaplan and Meier, from (age, delay of the win or None).

    A unit that was lost stays at risk until its age: a loss is a competing event, and censoring it there would claim
    that it could still be won. Without any win the curve is zero.
    """
    exits = sorted(age if delay is None else delay for age, delay in spans)
    delays = Counter(delay for _, delay in spans if delay is not None)
    times = sorted(delays)
    shares: list[float] = []
    left = 1.0
    for delay in times:
        at_risk = len(exits) - bisect_left(exits, delay)
        left *= 1 - delays[delay] / at_risk
        shares.append(1 - left)

    def share(delay: float) -> float:
        place = bisect_right(times, delay)
        return shares[place - 1] if place else 0.0

    return share


def matured(share: Curve, horizon: float) -> Curve:
    """How much of its chance a unit of some age has had, from 0 to 1 at the horizon. Without wins: its share of time."""
    whole = share(horizon)
    if whole <= 0:
        return lambda age: min(age, horizon) / horizon
    return lambda age: share(min(age, horizon)) / whole


def additive_logit(
    counts: Counts, *, sweeps: int = 60, ridge: float = 0.5
) -> Mapping[tuple[str, str], float]:
    """The rate of every row and column when each adds its own effect on the logit scale.

    Newton steps, one effect at a time; `ridge` keeps a row that never won at a finite rate.
    """
    wins, exposure = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    base = _logit(min(max((wins + 0.5) / (exposure + 1), 1e-6), 1 - 1e-6))
    effects: dict[str, float] = {f"r/{row}": 0.0 for row, _ in counts} | {
        f"c/{column}": 0.0 for _, column in counts
    }
    for _ in range(sweeps):
        base += _step(counts, base, effects, name="", ridge=0.0)
        for name in effects:
            effects[name] += _step(counts, base, effects, name=name, ridge=ridge)
    rows = dict.fromkeys(row for row, _ in counts)
    columns = dict.fromkeys(column for _, column in counts)
    return {(r, c): _sigmoid(base + effects[f"r/{r}"] + effects[f"c/{c}"]) for r in rows for c in columns}


def _step(counts: Counts, base: float, effects: Mapping[str, float], *, name: str, ridge: float) -> float:
    slope, bend = -ridge * effects.get(name, 0.0), ridge + 1e-9
    for (row, column), (wins, exposure) in counts.items():
        if name and name not in (f"r/{row}", f"c/{column}"):
            continue
        rate = _sigmoid(base + effects[f"r/{row}"] + effects[f"c/{column}"])
        slope += wins - exposure * rate
        bend += exposure * rate * (1 - rate)
    return max(-2.0, min(2.0, slope / bend))


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-40.0, min(40.0, value))))


def _logit(rate: float) -> float:
    return log(rate / (1 - rate))


def beta_binomial(counts: Counts, means: Mapping[tuple[str, str], float], kappa: float) -> float:
    """The log likelihood of the counts when each cell's rate scatters around its mean with strength `kappa`."""
    total = 0.0
    for cell, (wins, exposure) in counts.items():
        a, b = kappa * means[cell], kappa * (1 - means[cell])
        total += _log_beta(wins + a, exposure - wins + b) - _log_beta(a, b)
    return total


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def beta_quantile(level: float, a: float, b: float) -> float:
    """The value below which a beta(a, b) variable lies with probability `level`, to nine decimals."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _beta_share(middle, a, b) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Numerical Recipes, section 6.4)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    front = exp(a * log(x) + b * log(1 - x) - _log_beta(a, b)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 300):
        change = 1.0
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + factor * d
            c = 1 + factor / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            change = d * c
            value *= change
        if abs(change - 1) < 1e-12:
            break
    return value
