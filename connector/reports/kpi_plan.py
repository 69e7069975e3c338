"""What a target asks for: the leads of each cell that make a month of it, and a year's revenue taken apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from connector.domain.decomposition import Decomposition, Needed, decompose
from connector.domain.facts import Message
from connector.domain.mix import Mix, mix
from connector.reports.kpi import Basis, recent_credits, values_now
from connector.reports.kpi_document import Say, mix_document
from connector.store.engine import Tx
from mappings.currencies import money_document
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`monthly`: the target in force on `day`, in minor units; `needed` the year taken apart, where the targets document has
    a plan; `mix` the leads that make `monthly`, or else the plan's month."""

    day: date
    currency: str
    monthly: int | None
    needed: Decomposition | None
    mix: Mix | None
    notes: tuple[Message, ...]


def plan_report(tx: Tx, basis: Basis, day: date, now: datetime) -> PlanReport:
    """What the targets ask for on that day, by the recent mix up to `now`."""
    monthly = basis.targets.compiled(basis.value.reporting_currency).monthly(day)
    needed = decompose(basis.targets.plan, basis.currency) if basis.targets.plan else None
    amount = monthly or (needed.month.revenue if needed else None)
    values = values_now(basis, day)
    table = mix(amount, values, recent_credits(tx, basis, now)) if amount else None
    return PlanReport(day, basis.currency, monthly, needed, table, tuple(_notes(monthly, needed, values)))


def _notes(monthly: int | None, needed: Decomposition | None, values: dict[str, int]) -> list[Message]:
    found = [] if monthly else [Message("kpi.note.no_target")]
    if needed is None:
        found.append(Message("kpi.note.no_plan"))
    elif monthly and monthly < needed.month.revenue:
        found.append(Message("kpi.note.short_target"))
    return found if values else [*found, Message("kpi.note.no_table")]


def plan_document(report: PlanReport, say: Say) -> dict[str, Any]:
    """The shape of `baton kpi plan --json` and of `GET /api/v1/kpi/plan`."""
    return {
        "day": report.day.isoformat(),
        "currency": report.currency,
        "monthly": _money(report.monthly, report.currency),
        "plan": _plan(report.needed) if report.needed else None,
        "mix": mix_document(report.mix, report.currency, say),
        "notes": [say(note) for note in report.notes],
    }


def _plan(needed: Decomposition) -> dict[str, Any]:
    return {
        "annual_revenue": _money(needed.annual_revenue, needed.currency),
        "marketing_share": needed.marketing_share,
        "average_price": _money(needed.average_price, needed.currency),
        "year": _needed(needed.year, needed.currency),
        "month": _needed(needed.month, needed.currency),
        "teams": [{"team": team, **_needed(one, needed.currency)} for team, one in needed.teams],
    }


def _needed(one: Needed, currency: str) -> dict[str, Any]:
    return {**asdict(one), "revenue": _money(one.revenue, currency)}


def _money(minor: int | None, currency: str) -> dict[str, int | str] | None:
    return None if minor is None else money_document(Money(minor, currency))
