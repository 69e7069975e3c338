"""The `targets` document: what value is to be handed off from which day on, which hand-offs do not count in the end, and the
assumptions from which a target is worked out. It steers reports only: no decision about a lead rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from connector.domain.document import Section
from connector.domain.money import Currency, from_major
from connector.domain.value import Rate

PositiveMoney = Annotated[Decimal, Field(gt=0, max_digits=18)]


def _above_nought(text: str) -> str:
    if not Fraction(text):
        raise ValueError("is 0, and nothing would ever pass this step")
    return text


FunnelRate = Annotated[Rate, AfterValidator(_above_nought)]


class Target(Section):
    """From that day on, `until` included or until the next entry begins: this much value a month, in major units."""

    since: Annotated[date, Field(alias="from")]
    until: date | None = None
    monthly: PositiveMoney


def _one_at_a_time(targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """Raises ValidationError at each entry that ends before it begins, or holds on a day on which another does."""
    found = [
        _fault(index, "until", f"{one.until} lies before the entry begins ({one.since})")
        for index, one in enumerate(targets)
        if one.until and one.until < one.since
    ]
    order = sorted(range(len(targets)), key=lambda index: targets[index].since)
    for before, after in pairwise(order):
        earlier, later = targets[before], targets[after]
        if earlier.since == later.since:
            found.append(_fault(after, "from", f"entry {before + 1} begins on {later.since} too"))
        elif earlier.until and earlier.until >= later.since:
            found.append(_fault(after, "from", f"entry {before + 1} holds until {earlier.until}"))
    if found:
        raise ValidationError.from_exception_data("targets", found)
    return targets


def _fault(index: int, key: str, sentence: str) -> InitErrorDetails:
    # The sentence goes in as a parameter, since braces in it would be taken for one.
    return {
        "type": PydanticCustomError("target", "{why}", {"why": sentence}),
        "loc": (index, key),
        "input": None,
    }


class Invalid(Section):
    """What shows that a lead was none: reasons of rejection by id, findings of a contest (lead, sdr, unclear)."""

    reasons: tuple[str, ...] = ()
    findings: tuple[Literal["lead", "sdr", "unclear"], ...] = ()


class FunnelRates(Section):
    """The part of each step's leads that reaches the next: assumptions, not measurements."""

    lead_to_mql: FunnelRate = "0.40"
    mql_to_sql: FunnelRate = "0.38"
    sql_to_opportunity: FunnelRate = "0.50"
    opportunity_to_won: FunnelRate = "0.25"


class PlanConfig(Section):
    """What a year is to bring, from which the numbers per month follow. `average_price`: of one purchase, major units;
    `teams`: each team's share, in whatever unit, for instance heads."""

    annual_revenue: PositiveMoney
    marketing_share: FunnelRate = "0.40"
    average_price: PositiveMoney
    rates: FunnelRates = FunnelRates()
    teams: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)


class TargetsConfig(Section):
    """The `targets` document. `currency`: of all its amounts, the reporting currency where it says nothing. `mix_days`:
    how far back the recent mix looks."""

    currency: Currency | None = None
    targets: Annotated[tuple[Target, ...], AfterValidator(_one_at_a_time)] = ()
    invalid: Invalid = Invalid()
    mix_days: Annotated[int, Field(ge=1, le=3650)] = 90
    plan: PlanConfig | None = None

    def compiled(self, currency: str) -> Targets:
        """The targets in minor units, by their first day; `currency` is the reporting currency."""
        code = self.currency or currency
        steps = (
            Step(
                one.since,
                one.until + timedelta(days=1) if one.until else None,
                from_major(one.monthly, code).minor,
            )
            for one in self.targets
        )
        return Targets(code, tuple(sorted(steps, key=lambda step: step.since)))


@dataclass(frozen=True, slots=True)
class Step:
    """`monthly` minor units from `since` on, `end` and what follows left out."""

    since: date
    end: date | None
    monthly: int


@dataclass(frozen=True, slots=True)
class Targets:
    """Monthly targets with the days they hold on, in one currency."""

    currency: str
    steps: Sequence[Step] = ()

    def monthly(self, day: date) -> int | None:
        """Minor units a month under the target that holds on that day; None where none does."""
        held = [step for step in self.steps if step.since <= day]
        last = held[-1] if held else None
        return last.monthly if last and (last.end is None or day < last.end) else None
