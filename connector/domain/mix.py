"""The mix table: how many leads of which cell make an amount of value, after the recent mix, or from one cell alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class MixRow:
    """One cell. `value` of a lead there now; `recent` credits lately; `leads` of it in the recent mix that makes the amount,
    worth `worth`; `alone`: so many of this cell, and of no other, make it (None where a lead is worth nothing)."""

    cell: str
    value: int
    recent: int
    leads: int
    worth: int
    alone: int | None


@dataclass(frozen=True, slots=True)
class Mix:
    """Which leads make `amount`, in minor units. `leads` and `worth` of the recent mix, None where the recent mix is worth
    nothing; `valueless`: recent credits in cells that have no value now, left out of the mix."""

    amount: int
    rows: tuple[MixRow, ...]
    leads: int | None
    worth: int | None
    valueless: int = 0


def mix(amount: int, values: Mapping[str, int], recent: Mapping[str, int]) -> Mix:
    """For each cell of `values` (minor units of a lead there) how many leads of the recent mix make the amount, rounded up
    in each cell, and how many of that cell alone. `recent`: credits by cell."""
    shares = {cell: max(recent.get(cell, 0), 0) for cell in values}
    one_of_each = sum(share * values[cell] for cell, share in shares.items())
    times = Fraction(amount, one_of_each) if one_of_each else Fraction(0)
    rows = tuple(_row(amount, cell, value, times=times, recent=recent) for cell, value in values.items())
    return Mix(
        amount=amount,
        rows=rows,
        leads=sum(row.leads for row in rows) if one_of_each else None,
        worth=sum(row.worth for row in rows) if one_of_each else None,
        valueless=sum(count for cell, count in recent.items() if cell not in values and count > 0),
    )


def _row(amount: int, cell: str, value: int, *, times: Fraction, recent: Mapping[str, int]) -> MixRow:
    lately = recent.get(cell, 0)
    leads = _up(times * lately)
    alone = _up(Fraction(amount, value)) if value > 0 else None
    return MixRow(cell, value, lately, leads, leads * value, alone)


def _up(number: Fraction) -> int:
    """At least nought, rounded up."""
    return max(0, -(-number.numerator // number.denominator))
