"""Takes a year's revenue apart: which part is marketing's, and how many purchases, opportunities and leads a month it takes.

Every step divides by an assumed rate, exactly; what is shown is rounded up, since half a lead does not come.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from connector.domain.shares import apportion
from connector.domain.targets import PlanConfig
from connector.domain.value import half_up
from mappings.currencies import from_major

STEPS = ("won", "opportunities", "sqls", "mqls", "leads")
"""From the purchase back to the lead."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What one stretch of time takes. `revenue` is marketing's part in minor units; it is also the lead cash value to hand
    off, because a lead's value is the revenue to expect of it."""

    revenue: int
    won: int
    opportunities: int
    sqls: int
    mqls: int
    leads: int


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A year and one of its twelve months, for everybody and by team; the teams of a month add up to the month."""

    currency: str
    annual_revenue: int
    marketing_share: str
    average_price: int
    year: Needed
    month: Needed
    teams: tuple[tuple[str, Needed], ...]


def decompose(plan: PlanConfig, currency: str) -> Decomposition:
    """The numbers that a plan asks for."""
    annual, price = _minor(plan.annual_revenue, currency), _minor(plan.average_price, currency)
    part = annual * Fraction(plan.marketing_share)
    month = _needed(part / 12, price, plan)
    return Decomposition(
        currency=currency,
        annual_revenue=half_up(annual),
        marketing_share=plan.marketing_share,
        average_price=half_up(price),
        year=_needed(part, price, plan),
        month=month,
        teams=_by_team(month, plan),
    )


def _needed(revenue: Fraction, price: Fraction, plan: PlanConfig) -> Needed:
    rates = plan.rates
    exact = [revenue / price]
    for rate in (rates.opportunity_to_won, rates.sql_to_opportunity, rates.mql_to_sql, rates.lead_to_mql):
        exact.append(exact[-1] / Fraction(rate))
    return Needed(half_up(revenue), *(-(-one.numerator // one.denominator) for one in exact))


def _by_team(month: Needed, plan: PlanConfig) -> tuple[tuple[str, Needed], ...]:
    shares = [Fraction(share) for share in plan.teams.values()]
    columns = [apportion(getattr(month, name), shares) for name in ("revenue", *STEPS)]
    return tuple((team, Needed(*numbers)) for team, *numbers in zip(plan.teams, *columns, strict=True))


def _minor(major: Decimal, currency: str) -> Fraction:
    return Fraction(from_major(major, currency).minor)
