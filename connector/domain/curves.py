"""The delay from entering a cell to the win, and the beta distribution, in plain Python.

Deterministic floating point; whoever uses a result rounds it before it touches money.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from math import exp, lgamma, log

Curve = Callable[[float], float]


def won_by(ages: Mapping[int, int], delays: Mapping[int, int], *, least_at_risk: int = 1) -> Curve:
    """The share won by a given delay, by Kaplan and Meier (1958), from counts by day: `ages` of units not won, `delays`
    of the wins.

    A unit that was lost stays at risk until its age: a loss is a competing event, and censoring it there would claim
    that it could still be won. The curve stays level where fewer than `least_at_risk` units are left. Without any win
    it is zero.
    """
    left_out = sorted([*ages.items(), *delays.items()], reverse=True)
    at_risk, place, risks = 0, 0, {}
    for delay in sorted(delays, reverse=True):
        while place < len(left_out) and left_out[place][0] >= delay:
            at_risk += left_out[place][1]
            place += 1
        risks[delay] = at_risk
    days = [delay for delay in sorted(delays) if risks[delay] >= least_at_risk]
    shares: list[float] = []
    left = 1.0
    for delay in days:
        left *= 1 - delays[delay] / risks[delay]
        shares.append(1 - left)

    def share(delay: float) -> float:
        reached = bisect_right(days, delay)
        return shares[reached - 1] if reached else 0.0

    return share


def matured(share: Curve, horizon: float) -> Curve:
    """How much of its chance a unit of some age has had, from 0 to 1 at the horizon. Without wins: its share of time."""
    whole = share(horizon)
    if whole <= 0:
        return lambda age: min(age, horizon) / horizon
    return lambda age: share(min(age, horizon)) / whole


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def beta_quantile(level: float, a: float, b: float) -> float:
    """The value below which a beta(a, b) variable lies with probability `level`, to nine decimals."""
    low, high = 0.0, 1.0
    for _ in range(40):
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
    front = exp(a * log(x) + b * log(1 - x) - log_beta(a, b)) / a
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
