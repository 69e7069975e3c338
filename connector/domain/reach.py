"""Rows of the matrix that nobody can ever stand in: their condition holds for nobody, or rows before them take all.

Instead of accounts it goes through every combination of what the conditions can tell apart. That is more than can exist, so
that a row which is found dead is dead; of what is too much to go through nothing is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from math import prod

from connector.domain.conditions import AllOf, AnyOf, Condition, FactIs, InBand, NotThis
from connector.domain.matrix_config import MatrixConfig, leaves
from connector.domain.text import fold

MOST = 10_000
"""Combinations looked at for one row; with more of them only pairs of rows are compared."""

_ABSENT, _BLANK, _OTHER = object(), "", object()
"""A fact that nobody knows; one that is stated as blank; one that no condition speaks of."""
Side = object
"""One of the sides of a dimension: a band's name, a text, the number of a stretch between limits, a truth."""
World = Mapping[str, Side]
Answer = Callable[[Side], bool | None]
"""What a condition says of a side of its dimension; None where the fact is absent and its fallback is asked."""


def dead_rows(config: MatrixConfig) -> list[str]:
    """One sentence with its path for each row that nobody can stand in, as far as it can be decided."""
    space = _Space(config)
    found: list[str] = []
    for nth, row in enumerate(config.rows):
        before = [one.when for one in config.rows[:nth]]
        if space.covered(row.when, []):
            found.append(f"rows[{nth}].when: can never hold")
        elif space.taken(row.when, before):
            found.append(f"rows[{nth}]: never reached: rows before it take everybody whom it matches")
    return found


class _Space:
    """The dimensions of all conditions, each with its sides, and what each condition says of them."""

    def __init__(self, config: MatrixConfig) -> None:
        self.sides: dict[str, Sequence[Side]] = {}
        self._asks: dict[int, tuple[str, Answer]] = {}
        by_fact: dict[str, list[FactIs]] = {}
        for leaf in (leaf for row in config.rows for leaf in leaves(row.when)):
            if isinstance(leaf, InBand):
                self._asks[id(leaf)] = f"band {leaf.band}", _is(leaf.is_)
            else:
                by_fact.setdefault(leaf.fact, []).append(leaf)
        for band in config.bands:
            self.sides[f"band {band.id}"] = (*band.names, _ABSENT)
        for fact, tests in by_fact.items():
            self._add(fact, tests)

    def _add(self, fact: str, tests: Sequence[FactIs]) -> None:
        others = [test for test in tests if test.present is None]
        if all(test.equals is not None or test.in_ is not None for test in others):
            texts = {_text(choice) for test in others for choice in _choices(test)}
            self.sides[fact] = (*sorted({*texts, _BLANK}), _OTHER, _ABSENT)
            answers = {id(test): _among(frozenset(map(_text, _choices(test)))) for test in others}
        elif all(isinstance(_limit(test), Decimal) for test in others):
            limits = sorted({limit for test in others if isinstance(limit := _limit(test), Decimal)})
            self.sides[fact] = (*range(len(limits) + 1), _OTHER, _ABSENT)
            answers = {id(test): _beside(test, limits) for test in others}
        else:
            self._add_each(fact, tests)
            return
        for test in tests:
            self._asks[id(test)] = fact, answers.get(id(test)) or (_known if test.present else _unknown)

    def _add_each(self, fact: str, tests: Sequence[FactIs]) -> None:
        """Tests of several kinds: each is a question of its own that may be answered either way."""
        for nth, test in enumerate(tests):
            name = f"{fact} {nth}"
            self.sides[name] = (True, False) if test.present is not None else (True, False, _ABSENT)
            self._asks[id(test)] = name, _free

    def taken(self, row: Condition, before: Sequence[Condition]) -> bool:
        """Whether the rows before hold wherever this one does: all of them together, or else any single one."""
        if not before:
            return False
        return self.covered(row, before) or any(self.covered(row, [one]) for one in before)

    def covered(self, row: Condition, before: Sequence[Condition]) -> bool:
        """Whether some of these hold in every world in which the row does; False where there are too many worlds."""
        names = sorted({self._asks[id(leaf)][0] for one in (row, *before) for leaf in leaves(one)})
        if prod(len(self.sides[name]) for name in names) > MOST:
            return False
        worlds = (dict(zip(names, sides, strict=True)) for sides in product(*(self.sides[n] for n in names)))
        return all(
            any(self._holds(one, world) for one in before) for world in worlds if self._holds(row, world)
        )

    def _holds(self, node: Condition, world: World) -> bool:
        if isinstance(node, AllOf):
            return all(self._holds(child, world) for child in node.all)
        if isinstance(node, AnyOf):
            return any(self._holds(child, world) for child in node.any)
        if isinstance(node, NotThis):
            return not self._holds(node.not_, world)
        name, answer = self._asks[id(node)]
        said = answer(world[name])
        if said is None and isinstance(node, FactIs) and node.fallback:
            return self._holds(node.fallback, world)
        return bool(said)


def _text(choice: object) -> str:
    return fold(str(choice))


def _choices(test: FactIs) -> Sequence[object]:
    return test.in_ if test.in_ is not None else (test.equals,)


def _limit(test: FactIs) -> object:
    return test.at_least if test.at_least is not None else test.below


def _is(name: str) -> Answer:
    return lambda side: side == name


def _among(choices: frozenset[str]) -> Answer:
    return lambda side: None if side is _ABSENT else side in choices


def _known(side: Side) -> bool:
    return side is not _ABSENT and side != _BLANK


def _unknown(side: Side) -> bool:
    return not _known(side)


def _free(side: Side) -> bool | None:
    return side if isinstance(side, bool) else None


def _beside(test: FactIs, limits: Sequence[Decimal]) -> Answer:
    """Stretch n reaches from limit n-1 up to limit n; a text that is no number is as good as absent."""
    limit = _limit(test)
    first = bisect_right(limits, limit) if isinstance(limit, Decimal) else 0
    under = test.at_least is None
    return lambda side: (side >= first) != under if isinstance(side, int) else None
