"""The little linear algebra that the estimator's intervals need, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

Matrix = list[list[float]]


def cell_variances(
    weights: Mapping[tuple[str, str], float], ridge: float
) -> tuple[dict[tuple[str, str], float], float]:
    """The variance of base + row effect + column effect in each cell of a table, where a cell's weight is the
    information that it holds and `ridge` that of every effect before any data; and the logarithm of the determinant of
    all that information.

    The larger side of the table is eliminated first (its effects meet only through the smaller side's), so that
    hundreds of columns cost no more than their number.
    """
    side = int(len({cell[0] for cell in weights}) > len({cell[1] for cell in weights}))
    places = {name: at for at, name in enumerate(sorted({cell[side] for cell in weights}), start=1)}
    whole, shared, info = _gathered(weights, ridge, places, side)
    for name, row in shared.items():
        for at, one in row.items():
            for to, other in row.items():
                info[at][to] -= one * other / whole[name]
    rest, size = inverted(info)
    found: dict[tuple[str, str], float] = {}
    for cell in weights:
        name = cell[1 - side]
        lever = {at: -weight / whole[name] for at, weight in shared[name].items()}
        for at in (0, places[cell[side]]):
            lever[at] = lever.get(at, 0.0) + 1
        spread = sum(a * b * rest[at][to] for at, a in lever.items() for to, b in lever.items())
        found[cell] = 1 / whole[name] + spread
    return found, size + sum(log(one) for one in whole.values())


def _gathered(
    weights: Mapping[tuple[str, str], float], ridge: float, places: Mapping[str, int], side: int
) -> tuple[dict[str, float], dict[str, dict[int, float]], Matrix]:
    """The information of each effect of the larger side, what it shares with base and smaller side, and theirs."""
    size = len(places) + 1
    info = [[0.0] * size for _ in range(size)]
    info[0][0] = 1e-9
    for at in places.values():
        info[at][at] = ridge
    whole: dict[str, float] = {}
    shared: dict[str, dict[int, float]] = {}
    for cell, weight in weights.items():
        at, name = places[cell[side]], cell[1 - side]
        whole[name] = whole.get(name, ridge) + weight
        row = shared.setdefault(name, {})
        for to in (0, at):
            row[to] = row.get(to, 0.0) + weight
        for one, other in ((0, 0), (0, at), (at, 0), (at, at)):
            info[one][other] += weight
    return whole, shared, info


def inverted(matrix: Matrix) -> tuple[Matrix, float]:
    """The inverse of a symmetric positive definite matrix and the logarithm of its determinant, by Gauss and Jordan."""
    size, determinant = len(matrix), 0.0
    rows = [[*row, *(float(at == to) for to in range(size))] for at, row in enumerate(matrix)]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda at: abs(rows[at][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        scale = rows[pivot][pivot]
        determinant += log(abs(scale))
        rows[pivot] = [value / scale for value in rows[pivot]]
        for at in range(size):
            factor = rows[at][pivot]
            if at != pivot and factor:
                rows[at] = [a - factor * b for a, b in zip(rows[at], rows[pivot], strict=True)]
    return [row[size:] for row in rows], determinant
