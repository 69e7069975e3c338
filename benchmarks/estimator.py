"""The estimator against known truth: `python -m benchmarks.estimator [--replications N] [--only NAME]`.

Firms are made up whose chances are known: rows and columns with their own effects and some scatter, delays to the win,
losses, re-entries, an unfinished present. Each estimator sees the same histories. Printed per situation: bias (all wins
predicted over all wins due), a cell's typical error (both in % of the chance), how often the 90 % interval held the truth.
Ends with 1 when Baton's bias exceeds 5 % or its interval holds less than 85 %, but where the situation breaks what any
estimator must assume (marked).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp, log, sqrt
from random import Random

from connector.domain.estimate import estimate
from connector.domain.unit_history import Cell, UnitHistory, tally
from connector.domain.value import ValueConfig

ROWS = ("small", "mid-market", "enterprise")
STAGES = ("problem-education", "solution-research", "solution-selection")
AS_OF = date(2026, 1, 1)


@dataclass(frozen=True)
class Situation:
    """A kind of firm. `units` enter over `days`; a won one takes `delay` days at the median (log-normal), per row where
    it differs; `lost` of the others are lost some time; `again` of all enter their cell once more; `drift` is by how
    much the chance grows from the first day to the last; `scatter` is the true kappa."""

    units: int
    days: int = 720
    horizon: int = 180
    delay: tuple[float, float, float] = (50, 50, 50)
    lost: float = 0.5
    again: float = 0.0
    drift: float = 0.0
    scatter: float = 150
    level: float = 0.08
    hard: bool = False


SITUATIONS = {
    "large, long history": Situation(6_000),
    "large, half a year": Situation(6_000, days=200),
    "small, long history": Situation(400),
    "small, half a year": Situation(400, days=200),
    "small, cells scatter": Situation(400, scatter=20),
    "large, cells scatter": Situation(6_000, scatter=20),
    "slow wins": Situation(3_000, days=400, delay=(110, 110, 110)),
    "re-entry": Situation(3_000, again=0.4),
    "few losses recorded": Situation(3_000, lost=0.1),
    "rare wins": Situation(3_000, level=0.02),
    "rows differ in delay": Situation(3_000, days=400, delay=(25, 50, 90), hard=True),
    "chances drift up a half": Situation(3_000, drift=0.5, hard=True),
}


@dataclass
class Score:
    """What one estimator did over all replications of a situation."""

    cells: list[tuple[float, float, float]] = field(default_factory=list)
    held: int = 0
    asked: int = 0

    def add(self, truth: float, found: float, weight: float) -> None:
        """One cell of one replication."""
        self.cells.append((truth, found, weight))

    def bias(self) -> float:
        """By how much all wins predicted exceed all wins due."""
        return sum(f * w for _, f, w in self.cells) / self._due() - 1

    def typical(self) -> float:
        """The root mean square error of a cell's chance, as a part of the mean chance."""
        weight = sum(w for _, _, w in self.cells)
        return sqrt(sum((f - t) ** 2 * w for t, f, w in self.cells) / weight) * weight / self._due()

    def _due(self) -> float:
        return sum(t * w for t, _, w in self.cells)


Made = tuple[list[UnitHistory], dict[Cell, float]]


def firm(random: Random, kind: Situation) -> Made:
    """A history and the true chance of each cell."""
    logit = log(kind.level / (1 - kind.level))
    chances: dict[Cell, float] = {}
    for at, row in enumerate(ROWS):
        for to, stage in enumerate(STAGES):
            mean = 1 / (1 + exp(-(logit + 0.4 * (1 - at) + 0.7 * (to - 1) + random.gauss(0, 0.15))))
            chances[row, stage] = random.betavariate(kind.scatter * mean, kind.scatter * (1 - mean))
    cells, history = list(chances), []
    weights = [1 / (1 + at) for at in range(len(cells))]
    random.shuffle(weights)
    totals = dict.fromkeys(cells, (0.0, 0))
    for number, cell in enumerate(random.choices(cells, weights, k=kind.units)):
        age = random.randrange(kind.days)
        chance = chances[cell] * (1 + kind.drift * (0.5 - age / kind.days))
        totals[cell] = totals[cell][0] + chance, totals[cell][1] + 1
        history += _unit(random, kind, f"{number}", cell, age=age, chance=chance)
    return history, {cell: total / units for cell, (total, units) in totals.items() if units}


def _unit(
    random: Random, kind: Situation, name: str, cell: Cell, *, age: int, chance: float
) -> list[UnitHistory]:
    entered = AS_OF - timedelta(days=age)
    median_ = kind.delay[ROWS.index(cell[0])]
    won = lost = None
    if random.random() < chance:
        delay = kind.horizon + 1.0
        while delay > kind.horizon:
            delay = random.lognormvariate(log(median_), 0.7)
        won = entered + timedelta(days=int(delay))
    elif random.random() < kind.lost:
        lost = entered + timedelta(days=int(random.expovariate(1 / 60)))
    known = UnitHistory(
        name, *cell, entered, won if won and won <= AS_OF else None, lost if lost and lost <= AS_OF else None
    )
    if random.random() >= kind.again:
        return [known]
    back = min(entered + timedelta(days=random.randrange(1, 40)), AS_OF)
    again = UnitHistory(name, *cell, back, known.won_on, known.lost_on)
    return [known, again] if known.won_on is None or back <= known.won_on else [known]


Naive = Callable[[Sequence[UnitHistory], int], float]


def _share(wins: int, of: int) -> float:
    return wins / of if of else 0.0


def _resolved(units: Sequence[UnitHistory], horizon: int) -> float:
    wins = sum(u.won_on is not None for u in units)
    return _share(wins, wins + sum(u.lost_on is not None for u in units))


def _all(units: Sequence[UnitHistory], horizon: int) -> float:
    return _share(sum(u.won_on is not None for u in units), len(units))


def _young_dropped_from_wins(units: Sequence[UnitHistory], horizon: int) -> float:
    return _share(sum(u.won_on is not None and _old(u, horizon) for u in units), len(units))


def _matured_only(units: Sequence[UnitHistory], horizon: int) -> float:
    old = [u for u in units if _old(u, horizon)]
    return _share(sum(u.won_on is not None for u in old), len(old))


def _old(unit: UnitHistory, horizon: int) -> bool:
    return (AS_OF - unit.entered_on).days >= horizon


NAIVE: dict[str, Naive] = {
    "resolved only": _resolved,
    "wins by all leads": _all,
    "old wins by all leads": _young_dropped_from_wins,
    "old units only": _matured_only,
}


def play(kind: Situation, replications: int, seed: int) -> dict[str, Score]:
    """Every estimator on the same firms."""
    config = ValueConfig(horizon_days={}, default_horizon_days=kind.horizon)
    scores = {name: Score() for name in ("Baton", *NAIVE)}
    for replication in range(replications):
        random = Random(f"{seed}/{replication}")
        history, truths = firm(random, kind)
        table = estimate(tally(history, AS_OF), config)
        by_cell: dict[Cell, dict[str, UnitHistory]] = {cell: {} for cell in truths}
        for unit in history:
            by_cell[unit.persona, unit.stage].setdefault(unit.unit_id, unit)
        for cell, truth in truths.items():
            units, figures = list(by_cell[cell].values()), table.cells["/".join(cell)]
            ours = scores["Baton"]
            ours.add(truth, float(eval_rate(figures.rate)), len(units))
            ours.asked += 1
            ours.held += float(figures.low) <= truth <= float(figures.high)
            for name, naive in NAIVE.items():
                scores[name].add(truth, naive(units, kind.horizon), len(units))
    return scores


def eval_rate(text: str) -> float:
    """A rate as the table states it."""
    top, _, below = text.partition("/")
    return float(top) / float(below or 1)


def main() -> None:
    """Play every situation, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    missed = []
    print(
        f"{asked.replications} replications each; bias / typical error, %; last column: 90 % interval held, %"
    )
    names = ("Baton", *NAIVE)
    print(f"{'situation':<26}" + "".join(f"{name:>24}" for name in names) + f"{'held':>8}")
    for name, kind in SITUATIONS.items():
        if asked.only and asked.only not in name:
            continue
        scores = play(kind, asked.replications, asked.seed)
        ours = scores["Baton"]
        held = ours.held / ours.asked
        cells = "".join(f"{100 * s.bias():>16.1f} / {100 * s.typical():>5.0f}" for s in scores.values())
        print(f"{name + (' *' if kind.hard else ''):<26}{cells}{100 * held:>8.1f}", flush=True)
        if not kind.hard and (abs(ours.bias()) > 0.05 or held < 0.85):
            missed.append(name)
    print("* breaks an assumption: one delay curve and one chance for the whole history")
    if missed:
        print("not kept:", ", ".join(missed))
        sys.exit(1)


if __name__ == "__main__":
    main()
