"""Amounts of money in other currencies, at dated rates.

Exact throughout: integers and Decimal, never a float. Knows no CRM and no clock; the day of a rate is an argument.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from connector.domain.document import Section
from mappings.currencies import from_major, minor_digits, to_major
from mappings.records import Money

__all__ = [
    "Currency",
    "Rates",
    "RatesConfig",
    "compile_rates",
    "convert",
    "either",
    "exchange",
    "from_major",
    "minor_digits",
    "to_major",
]

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class RateConfig(Section):
    """From that day on, one major unit of `currency` is worth `rate` major units of the base currency."""

    currency: Currency
    since: date
    rate: Annotated[Decimal, Field(gt=0)]


class RatesConfig(Section):
    """Dated exchange rates, all towards one base currency; usually one budget rate a year."""

    base: Currency = "CNY"
    entries: tuple[RateConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """Dated rates towards `base`; per currency the days in order, each with its rate."""

    base: str = "CNY"
    table: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def rate(self, currency: str, on: date | None = None) -> Decimal | None:
        """Base units per unit of `currency` on that day (None: the latest); None where no rate holds yet."""
        if currency == self.base:
            return Decimal(1)
        entries = self.table.get(currency, ())
        held = len(entries) if on is None else bisect_right([since for since, _ in entries], on)
        return entries[held - 1][1] if held else None

    def next_change(self, currencies: Iterable[str], after: date) -> date | None:
        """The first later day on which one of these currencies gets another rate."""
        days = [since for code in currencies for since, _ in self.table.get(code, ()) if since > after]
        return min(days, default=None)


def compile_rates(config: RatesConfig) -> Rates:
    """Rates ready to ask. The order of entries in the document does not matter."""
    table: dict[str, list[tuple[date, Decimal]]] = {}
    for entry in config.entries:
        table.setdefault(entry.currency, []).append((entry.since, entry.rate))
    return Rates(config.base, MappingProxyType({code: tuple(sorted(rows)) for code, rows in table.items()}))


def either(first: Rates, second: Rates) -> Rates:
    """The rates of `first`; of `second` those of currencies that `first` does not know, if both have one base."""
    if first.base != second.base:
        return first
    return Rates(first.base, MappingProxyType({**second.table, **first.table}))


def convert(money: Money, to: str, rates: Rates, *, on: date | None = None) -> Money | None:
    """The same worth in another currency at the rate of that day (None: the latest); None where a rate is missing."""
    if money.currency == to:
        return money
    source, target = rates.rate(money.currency, on), rates.rate(to, on)
    if source is None or target is None:
        return None
    return from_major(to_major(money) * source / target, to)


def exchange(rates: Rates, source: str, to: str, *, on: date | None = None) -> Fraction | None:
    """Minor units of `to` for one minor unit of `source`, exactly, at the rates of that day (None: the latest); None where
    a rate is missing."""
    one, other = rates.rate(source, on), rates.rate(to, on)
    if one is None or other is None:
        return None
    return Fraction(one) / Fraction(other) * Fraction(10) ** (minor_digits(to) - minor_digits(source))
