"""The value KPI as a document, with texts in a reader's language: what `baton kpi --json` and `GET /api/v1/kpi` give."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from connector.domain.facts import Message
from connector.domain.ideal_line import DayPoint
from connector.domain.kpi import Dimension, Sums
from connector.domain.kpi_figures import Correction, Row, Won
from connector.domain.mix import Mix
from connector.domain.periods import DAY
from connector.reports.kpi import KpiReport
from mappings.currencies import money_document
from mappings.records import Money

Say = Callable[[Message], str]


def kpi_document(report: KpiReport, say: Say) -> dict[str, Any]:
    """The documented shape."""
    figures, period = report.figures, report.period
    return {
        "period": {
            "kind": period.kind.value,
            "first": period.start.isoformat(),
            "last": (period.end - DAY).isoformat(),
            "zone": report.zone,
        },
        "as_of": report.as_of.isoformat(),
        "currency": report.currency,
        "target": _money(report.course.target, report.currency),
        **_sums(figures.whole.sums, report.currency),
        "counted_with": figures.counted_with,
        "restated": _restated(report),
        "line": _line(report),
        "mix": mix_document(report.mix, report.currency, say),
        "remaining": mix_document(report.remaining, report.currency, say),
        "mirror": _mirror(figures.whole, report.currency),
        "by": report.by.value if report.by else None,
        "rows": [_row(report, key, row, say) for key, row in sorted(figures.rows.items())],
        "corrections": [_correction(one, report.currency) for one in figures.corrections],
        "notes": [say(note) for note in report.notes],
    }


def _money(minor: int | None, currency: str) -> dict[str, int | str] | None:
    return None if minor is None else money_document(Money(minor, currency))


def _sums(sums: Sums, currency: str) -> dict[str, Any]:
    return {
        "value": _money(sums.net, currency),
        "leads": sums.leads,
        "credits": sums.credits,
        "credited": _money(sums.credited, currency),
        "reversals": sums.reversals,
        "reversed": _money(sums.reversed, currency),
        "reinstatements": sums.reinstatements,
        "reinstated": _money(sums.reinstated, currency),
        "unvalued": sums.unvalued,
    }


def _restated(report: KpiReport) -> dict[str, Any] | None:
    worth = report.restated
    if worth is None:
        return None
    value = _money(worth.total, report.currency)
    return {"value": value, "table_version": report.table_version, "valueless": worth.valueless}


def _line(report: KpiReport) -> dict[str, Any]:
    course, reached = report.course, report.course.reached
    return {
        "due": _money(reached.ideal, report.currency) if reached else None,
        "deviation": _money(reached.deviation, report.currency) if reached else None,
        "working_days": course.working_days,
        "working_days_gone": course.working_days_gone,
        "untargeted": course.untargeted,
        "over": _extreme(course.over, report.currency),
        "under": _extreme(course.under, report.currency),
        "days": [
            {
                "day": point.day.isoformat(),
                "working": point.working,
                "ideal": point.ideal,
                "actual": point.actual,
                "deviation": point.deviation,
            }
            for point in course.points
        ],
    }


def _extreme(point: DayPoint | None, currency: str) -> dict[str, Any] | None:
    return {"day": point.day.isoformat(), "deviation": _money(point.deviation, currency)} if point else None


def mix_document(mix: Mix | None, currency: str, say: Say) -> dict[str, Any] | None:
    """A mix table as a document."""
    if mix is None:
        return None
    rows = [
        {
            "cell": row.cell,
            "label": say(label(Dimension.CELL, row.cell)),
            "value": _money(row.value, currency),
            "recent": row.recent,
            "leads": row.leads,
            "worth": _money(row.worth, currency),
            "alone": row.alone,
        }
        for row in mix.rows
    ]
    whole = {"leads": mix.leads, "worth": _money(mix.worth, currency), "valueless": mix.valueless}
    return {"amount": _money(mix.amount, currency), **whole, "rows": rows}


def _mirror(row: Row, currency: str) -> dict[str, Any]:
    received = row.sums.net
    return {
        "received": _money(received, currency),
        "won": _won(row.won, received, currency),
        "won_of_received": _won(row.won_of, received, currency),
    }


def _won(won: Won, received: int, currency: str) -> dict[str, Any]:
    ratio = str(Fraction(won.minor, received)) if received > 0 else None
    return {"wins": won.wins, "amount": _money(won.minor, currency), "unpriced": won.unpriced, "ratio": ratio}


def _row(report: KpiReport, key: str, row: Row, say: Say) -> dict[str, Any]:
    worth = report.restated.rows[key] if report.restated else None
    return {
        "key": key,
        "label": say(label(report.by or Dimension.CELL, key)),
        **_sums(row.sums, report.currency),
        "restated": _money(worth, report.currency),
        "mirror": _mirror(row, report.currency),
    }


def label(dimension: Dimension, key: str) -> Message:
    """A row's name for readers."""
    if not key:
        return Message("kpi.label.none")
    if dimension in (Dimension.SOURCE, Dimension.CAMPAIGN):
        return Message("kpi.label.text", {"text": key})
    name = "owner" if dimension is Dimension.SDR else dimension.value
    return Message(f"kpi.label.{name}", {f"{name}_id": key})


def _correction(one: Correction, currency: str) -> dict[str, Any]:
    entry, handoff = one.entry, one.entry.handoff
    return {
        "kind": entry.kind.value,
        "at": entry.at.isoformat(),
        "lead": handoff.lead_id,
        "handoff": handoff.id,
        "cell": handoff.cell,
        "amount": _money(one.minor, currency),
        "cause": entry.cause,
        "credited_at": handoff.at.isoformat(),
    }
