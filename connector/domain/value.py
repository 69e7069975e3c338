"""Lead cash value: the value document, the published table, and the arithmetic that every figure shown must equal.

Exact throughout: rates are fractions in text, amounts integers. How a table is estimated from history is in estimate.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from connector.domain.decision import CashValue
from connector.domain.document import Id, Section
from connector.domain.facts import Message
from connector.domain.money import Currency, RateConfig, Rates, RatesConfig, compile_rates
from mappings.currencies import to_major
from mappings.records import Money


def _probability(text: str) -> str:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as exc:
        raise ValueError(f"{text!r} is no fraction: write 0.06 or 3/50") from exc
    if not 0 <= rate <= 1:
        raise ValueError(f"{text!r} is not between 0 and 1")
    return text


Rate = Annotated[str, AfterValidator(_probability)]
MajorUnits = Annotated[Decimal, Field(ge=0)]


class Rule(StrEnum):
    """Who publishes: a person, or the first night of a month or quarter."""

    ON_DEMAND = "on_demand"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class ValueConfig(Section):
    """The `value` document. Prices are major units of the reporting currency. `assumed_rates` by cell, or by stage for
    all rows; `assumed_prices` by row: they stand in until a cell is measured. `recording_start` per connection: wins
    before that day cannot be seen. `publish` is who publishes a draft, `publish_over_percent` by how much a cell's value
    must have moved."""

    reporting_currency: Currency = "CNY"
    horizon_days: dict[Id, Annotated[int, Field(ge=1, le=3650)]] = Field(
        default_factory=lambda: {"small": 180, "mid-market": 270, "enterprise": 365}
    )
    default_horizon_days: Annotated[int, Field(ge=1, le=3650)] = 270
    assumed_rates: dict[str, Rate] = Field(default_factory=dict)
    assumed_prices: dict[Id, MajorUnits] = Field(default_factory=dict)
    minimum_matured: Annotated[int, Field(ge=1)] = 30
    minimum_wins: Annotated[int, Field(ge=1)] = 5
    few_units: Annotated[int, Field(ge=1)] = 20
    kappa_max: Annotated[int, Field(ge=0, le=200)] = 200
    shrink: bool = True
    interval_percent: Annotated[int, Field(ge=50, le=99)] = 90
    recording_start: dict[str, date] = Field(default_factory=dict)
    budget_rates: tuple[RateConfig, ...] = ()
    publish: Rule = Rule.ON_DEMAND
    publish_over_percent: Annotated[int, Field(ge=0, le=100)] = 10

    @property
    def recorded_from(self) -> date | None:
        """The first day from which every connection that was given one shows wins."""
        return max(self.recording_start.values(), default=None)

    def horizon(self, persona: str) -> int:
        """How many days a unit of that row has to be won, for it to count."""
        return self.horizon_days.get(persona, self.default_horizon_days)

    def assumed_rate(self, persona: str, stage: str) -> str | None:
        """The admin's own rate for a cell, else for its column; None where there is none."""
        return self.assumed_rates.get(f"{persona}/{stage}", self.assumed_rates.get(stage))

    def rates(self) -> Rates:
        """The budget rates, towards the reporting currency."""
        return compile_rates(RatesConfig(base=self.reporting_currency, entries=self.budget_rates))


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One cell of the table. `matured` is the exposure n', `low` and `high` the interval of the rate; `few`: under the
    number of leads from which a figure may be trusted; `thin`: too few matured units or wins to replace an assumed
    figure; `assumed`: the admin's figure, not a measured one. In a published table each cell has its own `price` and the
    version of the `table` that it was published in: what did not move keeps both."""

    cell: str
    rate: str
    wins: int
    leads: int
    matured: str
    low: str
    high: str
    assumed: bool = False
    few: bool = False
    thin: bool = False
    price: Money | None = None
    table: int = 0


@dataclass(frozen=True, slots=True)
class Backtest:
    """A cohort that entered from the day after `cut_off` to `until`. `predicted` wins by what was known at the cut-off,
    one decimal; `actual` wins so far. `unseen` of its `leads` entered a cell without any history then: the common rate
    stood in."""

    cut_off: date
    until: date
    leads: int
    predicted: str
    actual: int
    unseen: int = 0

    @property
    def ratio(self) -> str | None:
        """Predicted over actual, two decimals; None without a win."""
        return f"{float(Fraction(self.predicted) / self.actual):.2f}" if self.actual else None


@dataclass(frozen=True, slots=True)
class ValueTable:
    """What a lead is worth, cell by cell, as published under one version. `prices` by persona; a cell without a price
    or without figures has no value. `price_sums` hold the exact money won and the number of units behind each price.
    `notes` are what an admin should know before publishing."""

    version: int = 0
    cells: Mapping[str, CellFigures] = field(default_factory=dict)
    prices: Mapping[str, Money] = field(default_factory=dict)
    price_sums: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    currency: str = "CNY"
    as_of: date | None = None
    kappa: float = 0.0
    notes: tuple[Message, ...] = ()
    backtest: Backtest | None = None


def half_up(amount: Fraction) -> int:
    """The nearest whole number of minor units; a half goes up."""
    return int((amount * 2 + 1) // 2)


def worth(rate: str, price: Money) -> Money:
    """rate x price, rounded half up to the minor unit: the one place where a value is computed."""
    return Money(half_up(Fraction(rate) * price.minor), price.currency)


def value_of(table: ValueTable, cell: str) -> CashValue | None:
    """What a lead of that cell stands for under the table; None where it has no figures or no price."""
    figures = table.cells.get(cell)
    if figures is None:
        return None
    price = figures.price or table.prices.get(cell.partition("/")[0])
    if price is None:
        return None
    return CashValue(
        amount=worth(figures.rate, price),
        rate=figures.rate,
        price=price,
        wins=figures.wins,
        leads=figures.leads,
        matured=figures.matured,
        low=figures.low,
        high=figures.high,
        assumed=figures.assumed,
        table_version=figures.table or table.version,
        cell=cell,
    )


def frozen_value(explained: Mapping[str, object]) -> CashValue | None:
    """A value with its arithmetic as a hand-off keeps it; None where the cell had none."""
    if not explained:
        return None
    stated: dict[str, Any] = dict(explained)
    for name in ("amount", "price"):
        part = stated[name]
        stated[name] = Money(**part) if isinstance(part, dict) else part
    return CashValue(**stated)


def explanation(value: CashValue) -> Message:
    """The arithmetic behind a value, as people read it: what is shown is exactly what was multiplied."""
    sums: dict[str, str | int | Message] = {
        "rate": percent_text(value.rate),
        "price": money_text(value.price),
        "value": money_text(value.amount),
        "version": value.table_version,
    }
    if value.assumed:
        return Message("value.assumed", sums)
    measured: dict[str, str | int | Message] = {
        "wins": value.wins,
        "leads": value.leads,
        "matured": value.matured,
        "low": percent_text(value.low),
        "high": percent_text(value.high),
    }
    return Message("value.measured", {**measured, **sums})


def percent_text(rate: str) -> str:
    """A rate as an exact percentage, `6.25%`; one that no finite decimal can state stays a fraction."""
    exact = Fraction(rate) * 100
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return str(Fraction(rate))
    return f"{_plain(Decimal(exact.numerator) / Decimal(exact.denominator))}%"


def money_text(money: Money) -> str:
    """An amount with its code and thousands apart, all minor units shown: `12,000.00 CNY`."""
    return f"{to_major(money):,f} {money.currency}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
