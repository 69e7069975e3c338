"""Whole parts of a whole: exact shares shown in minor units or heads so that they add up to what stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def apportion(total: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """The total in whole parts after these shares (any scale, none negative), by the largest remainder; of equal
    remainders the first gets more. Without any share, or with shares of nought, the first gets all."""
    whole = sum(shares, Fraction(0))
    if not whole:
        return tuple(total if index == 0 else 0 for index in range(len(shares)))
    return rounded_together([total * share / whole for share in shares], total)


def rounded_together(parts: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Each part rounded down or up so that they add up to `total`, which is their sum rounded either way."""
    floors = [part.numerator // part.denominator for part in parts]
    order = sorted(range(len(parts)), key=lambda index: (floors[index] - parts[index], index))
    up = set(order[: total - sum(floors)])
    return tuple(floor + (index in up) for index, floor in enumerate(floors))
