"""Restatement: hand-offs at the value frozen on their day, beside what the same hand-offs are worth under another table.

A frozen value never changes. Where the two sums part, the table moved, not the work that was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connector.domain.money import Rates, convert
from connector.domain.value import ValueTable, value_of
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class Frozen:
    """A hand-off as it counts: its cell and value on the day of its request; no value where the cell had none."""

    handoff_id: str
    cell: str
    value: Money | None
    on: date


@dataclass(frozen=True, slots=True)
class Restated:
    """One hand-off, both values in the table's currency. `frozen` None: it had no value, or its currency has no rate on
    that day; `restated` None: the table has no value for its cell."""

    handoff_id: str
    cell: str
    frozen: Money | None
    restated: Money | None


@dataclass(frozen=True, slots=True)
class Restatement:
    """Several hand-offs summed, in minor units of `currency`. `unvalued` of the `handoffs` have no frozen value and count
    as nothing in `frozen`, `unpriced` have none under the table and count as nothing in `restated`."""

    currency: str
    handoffs: int = 0
    frozen: int = 0
    restated: int = 0
    unvalued: int = 0
    unpriced: int = 0


def restate(frozen: Iterable[Frozen], table: ValueTable, rates: Rates) -> tuple[Restated, ...]:
    """Each hand-off beside its value under `table`. A value frozen in another currency is converted at the rate of its
    own day, so that the exchange rate of today moves nothing."""
    return tuple(_restated(one, table, rates) for one in frozen)


def _restated(one: Frozen, table: ValueTable, rates: Rates) -> Restated:
    today = value_of(table, one.cell)
    then = convert(one.value, table.currency, rates, on=one.on) if one.value else None
    return Restated(one.handoff_id, one.cell, then, today.amount if today else None)


def summed(restated: Sequence[Restated], currency: str) -> Restatement:
    """The sums of these hand-offs."""
    return Restatement(
        currency=currency,
        handoffs=len(restated),
        frozen=sum(one.frozen.minor for one in restated if one.frozen),
        restated=sum(one.restated.minor for one in restated if one.restated),
        unvalued=sum(one.frozen is None for one in restated),
        unpriced=sum(one.restated is None for one in restated),
    )


def summed_by_cell(restated: Sequence[Restated], currency: str) -> dict[str, Restatement]:
    """The same sums cell by cell, cells in their order of name."""
    cells = sorted({one.cell for one in restated})
    return {cell: summed([one for one in restated if one.cell == cell], currency) for cell in cells}
