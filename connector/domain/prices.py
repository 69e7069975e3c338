"""What won units paid: each amount at the dated rate of its win, the row's mean, and what could not be counted. Exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from connector.domain.money import convert
from connector.domain.unit_history import Tally, Won
from connector.domain.value import ValueConfig, half_up
from mappings.currencies import from_major
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class Priced:
    """Wins with their amount in minor units of the reporting currency. `sums` per row the money won and the number of
    units that brought it, each unit once; `without_rate` and `without_amount` count units whose price is not known."""

    wins: tuple[tuple[Won, int], ...]
    sums: Mapping[str, tuple[int, int]]
    without_rate: Mapping[str, int]
    without_amount: int


def priced(seen: Tally, config: ValueConfig) -> Priced:
    """The wins within their row's horizon, priced. A unit with one order that has no rate has no price at all."""
    rates, code = config.rates(), config.reporting_currency
    wins: list[tuple[Won, int]] = []
    sums: dict[str, tuple[int, int]] = {}
    lacking: set[tuple[str, str]] = set()
    without: set[str] = set()
    counted: set[tuple[str, str]] = set()
    for won in seen.wins:
        row = won.cell[0]
        if won.delay > config.horizon(row):
            continue
        converted = [convert(amount, code, rates, on=won.won_on) for amount in won.amounts]
        if not converted:
            without.add(won.unit_id)
        found = [amount.minor for amount in converted if amount is not None]
        if not converted or len(found) < len(converted):
            pairs = zip(won.amounts, converted, strict=True)
            lacking.update((amount.currency, won.unit_id) for amount, known in pairs if known is None)
            continue
        wins.append((won, sum(found)))
        if (won.unit_id, row) not in counted:
            counted.add((won.unit_id, row))
            total, number = sums.get(row, (0, 0))
            sums[row] = total + sum(found), number + 1
    by_currency = Counter(currency for currency, _ in lacking)
    return Priced(tuple(wins), dict(sorted(sums.items())), by_currency, len(without))


def mean_prices(sums: Mapping[str, tuple[int, int]], config: ValueConfig) -> dict[str, Money]:
    """The row's mean, never its median: the median loses half the money. Too few wins: the admin's price."""
    code = config.reporting_currency
    prices = {row: from_major(price, code) for row, price in config.assumed_prices.items()}
    for row, (total, number) in sums.items():
        if number >= config.minimum_wins or row not in prices:
            prices[row] = Money(half_up(Fraction(total, number)), code)
    return prices
