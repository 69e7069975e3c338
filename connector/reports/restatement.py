"""The value handed to sales in a period as it was frozen, beside the same hand-offs under the table in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.money import Rates
from connector.domain.restate import Frozen, Restatement, restate, summed, summed_by_cell
from connector.domain.value import ValueTable
from connector.store.engine import Tx
from connector.store.handoffs import HandOff, handoffs_between
from mappings.currencies import money_document
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included, as the business counts them in `zone`."""

    since: date
    until: date
    zone: ZoneInfo

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The instants `start <= t < end`."""
        end = self.until + timedelta(days=1)
        return (
            datetime.combine(self.since, time(), self.zone),
            datetime.combine(end, time(), self.zone),
        )


def frozen_of(handoff: HandOff, zone: ZoneInfo) -> Frozen:
    """A stored hand-off as restatement counts it."""
    day = handoff.requested_at.astimezone(zone).date()
    return Frozen(handoff.id, handoff.cell, handoff.value, day)


def restatement(tx: Tx, period: Period, table: ValueTable, rates: Rates) -> dict[str, Any]:
    """The documented shape of `baton value restate --json`: every hand-off that did not fail, whatever came of it."""
    start, end = period.bounds
    found = [frozen_of(one, period.zone) for one in handoffs_between(tx, start, end=end)]
    restated = restate(found, table, rates)
    by_cell = summed_by_cell(restated, table.currency)
    return {
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "table_version": table.version,
        **_sums(summed(restated, table.currency)),
        "cells": [{"cell": cell, **_sums(sums)} for cell, sums in by_cell.items()],
    }


def _sums(sums: Restatement) -> dict[str, Any]:
    return {
        "hand_offs": sums.handoffs,
        "frozen": money_document(Money(sums.frozen, sums.currency)),
        "restated": money_document(Money(sums.restated, sums.currency)),
        "unvalued": sums.unvalued,
        "unpriced": sums.unpriced,
    }
