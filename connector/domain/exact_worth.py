"""What the same leads would be worth under another value table: whole counts times exact rates and row means, rounded once,
at the end, and so that the rows add up to the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from connector.domain.shares import rounded_together
from connector.domain.value import ValueTable, half_up


@dataclass(frozen=True, slots=True)
class Worth:
    """Minor units in all and by row; `valueless`: leads in cells that the table gives no value."""

    total: int
    rows: Mapping[str, int]
    valueless: int = 0


def exact_worth(table: ValueTable, cell: str) -> Fraction | None:
    """Rate times row mean in minor units of the table's currency, not rounded; None where the cell has no value. The mean is
    the published price where that is no mean (an assumed one), or the money behind it is not kept."""
    figures, persona = table.cells.get(cell), cell.partition("/")[0]
    price = table.prices.get(persona)
    if figures is None or price is None:
        return None
    money, wins = table.price_sums.get(persona, (0, 1))
    mean = Fraction(money, wins)
    return Fraction(figures.rate) * (mean if half_up(mean) == price.minor else price.minor)


def leads_worth(
    counts: Mapping[str, Mapping[str, int]], table: ValueTable, *, rate: Fraction = Fraction(1)
) -> Worth:
    """`counts`: leads by row and cell, below nought where more were reversed than credited. `rate`: minor units wanted per
    minor unit of the table's currency."""
    worths = {cell: exact_worth(table, cell) for cells in counts.values() for cell in cells}
    exact = [
        rate * sum((number * (worths[cell] or 0) for cell, number in cells.items()), Fraction(0))
        for cells in counts.values()
    ]
    total = half_up(sum(exact, Fraction(0)))
    valueless = sum(
        number for cells in counts.values() for cell, number in cells.items() if worths[cell] is None
    )
    return Worth(total, dict(zip(counts, rounded_together(exact, total), strict=True)), valueless)
