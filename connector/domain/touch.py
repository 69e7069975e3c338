"""Whom a change of the rules can concern: the leads that have to be decided again, and no fewer.

Each narrowing here rests on what `decide` reads: it holds for every lead whose standing decision is not due anyway. What
has no narrowing of its own concerns everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from connector.domain.activity_conditions import (
    ActivityTest,
    EveryOf,
    GivesSignal,
    GuardHolds,
    NoneSuch,
    Reference,
    Says,
    SomeOf,
    Titled,
    Weighs,
    WordsTest,
)
from connector.domain.matrix_config import UNKNOWN, MatrixConfig
from connector.domain.policies import PoliciesConfig
from connector.domain.signals_config import GuardConfig, SignalConfig, SignalsConfig, Strength
from mappings.records import Kind

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Touch:
    """Which leads a change can concern: everyone; those that stand in one of these rows or cells; those with an activity
    of one of these `kinds` that reads differently under the two documents, or that gives one of these `signals`."""

    everyone: bool = False
    personas: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    signals: frozenset[str] = frozenset()

    def __or__(self, other: Touch) -> Touch:
        return Touch(
            self.everyone or other.everyone,
            self.personas | other.personas,
            self.cells | other.cells,
            self.kinds | other.kinds,
            self.signals | other.signals,
        )


NOBODY = Touch()
EVERYONE = Touch(everyone=True)


def differing(old: Mapping[_Key, Any], new: Mapping[_Key, Any]) -> set[_Key]:
    """The keys whose values differ, or that only one side has."""
    return {key for key in {*old, *new} if key not in old or key not in new or old[key] != new[key]}


def changed_fields(old: Any, new: Any) -> set[str]:
    """The fields of two models of one kind that differ."""
    return {name for name in type(new).model_fields if getattr(old, name) != getattr(new, name)}


def matrix_touch(old: MatrixConfig, new: MatrixConfig) -> Touch:
    """What a cell demands is asked of the leads in it. Rows, bands, titles, windows and names (they stand in texts on
    records) concern everyone."""
    changed = changed_fields(old, new)
    if changed - {"cells"}:
        return EVERYONE
    return Touch(cells=frozenset(differing(old.cells, new.cells)))


def policies_touch(old: PoliciesConfig, new: PoliciesConfig, matrix: MatrixConfig) -> Touch:
    """A row's hand-off point concerns the row, a cell's mode, shape or pool the cell; all else in the document everyone."""
    changed = changed_fields(old, new)
    if changed - {"handoff", "routing"}:
        return EVERYONE
    if changed_fields(old.handoff, new.handoff) - {"points", "modes", "shapes"}:
        return EVERYONE
    points = differing(old.handoff.points, new.handoff.points)
    keys = differing(old.handoff.modes, new.handoff.modes) | differing(old.routing.pools, new.routing.pools)
    keys |= differing(old.handoff.shapes, new.handoff.shapes)
    if changed_fields(old.routing, new.routing) - {"pools", "capacity", "manager_id"}:
        return EVERYONE
    named = [key.partition("/") for key in keys]
    rows = points | {name for name, slash, _ in named if not slash}
    cells = {f"{row}/{stage}" for name, slash, stage in named if slash for row in rows_of(matrix, {name})}
    return Touch(personas=rows_of(matrix, rows), cells=frozenset(cells))


def rows_of(matrix: MatrixConfig, names: Iterable[str]) -> frozenset[str]:
    """The rows that answer to one of these names: their own id, or their group's."""
    wanted = set(names)
    found = {row.id for row in matrix.rows if {row.id, row.group} & wanted}
    return frozenset(found | ({UNKNOWN} & wanted))


def signals_touch(old: SignalsConfig, new: SignalsConfig, matrix: MatrixConfig) -> Touch:
    """Signals and guards that read differently concern whoever has an activity of their kinds (its readings are compared
    then); other weights whoever gave the signal; needs and alerts their rows. Names of signals concern nobody."""
    known = {"phrases", "spellings", "slips", "scales", "signals", "guards", "needs", "alerts"}
    if changed_fields(old, new) - known:
        return EVERYONE
    reads = differing(_reading(old), _reading(new))
    weighed = differing(_weights(old), _weights(new))
    named = [*old.named().items(), *new.named().items()]
    kinds = {kind for key, part in named if key in reads or part.id in weighed for kind in part.kinds}
    rows: set[str] = set()
    if old.needs != new.needs:
        rows |= {need.row for need in (*old.needs, *new.needs)}
    if old.alerts != new.alerts:
        rows |= {row for alert in (*old.alerts, *new.alerts) for row in alert.rows}
    return Touch(kinds=frozenset(kinds), signals=frozenset(weighed), personas=rows_of(matrix, rows))


def _weights(config: SignalsConfig) -> dict[str, Any]:
    """All that a signal says beside how it is called and found."""
    return {signal.id: signal.model_dump(exclude={"label", "kinds", "when"}) for signal in config.signals}


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A document with what its words mean, worked out once: spellings with slips, and scales."""

    config: SignalsConfig
    spelling: Any
    scales: Any


def _reading(config: SignalsConfig) -> dict[Reference, Any]:
    """What an activity's reading depends on, part by part: kinds, the condition with its lists spelled out, and whether a
    guard leaves the signal standing."""
    meaning = _Meaning(config, _spelling(config), _scales(config))
    return {
        name: (_asked(part, meaning), isinstance(part, SignalConfig) and part.strength is Strength.NEGATIVE)
        for name, part in config.named().items()
    }


def _asked(part: SignalConfig | GuardConfig, meaning: _Meaning) -> Any:
    return frozenset(part.kinds), _spelled(part.when, meaning) if part.when else None


def _spelled(node: ActivityTest, meaning: _Meaning) -> Any:
    """The condition as a value in which every list stands as its phrases, and every named part as its own condition."""
    match node:
        case EveryOf():
            return "all", tuple(_spelled(child, meaning) for child in node.all)
        case SomeOf():
            return "any", tuple(_spelled(child, meaning) for child in node.any)
        case NoneSuch():
            return "not", _spelled(node.not_, meaning)
        case Says():
            return "text", _words(node.text, meaning.config), meaning.spelling
        case Titled():
            return "title", _words(node.title, meaning.config)
        case Weighs():
            return "scale", node.scale, meaning.scales, meaning.spelling
    return _named_part(node, meaning)


def _named_part(node: ActivityTest, meaning: _Meaning) -> Any:
    match node:
        case GivesSignal():
            return _asked(meaning.config.named()["signal", node.signal], meaning)
        case GuardHolds():
            return _asked(meaning.config.named()["guard", node.guard], meaning)
    return node


def _words(test: WordsTest, config: SignalsConfig) -> Any:
    every = tuple(config.spelled([item]) for item in test.all_of)
    return config.spelled(test.any_of), every, config.spelled(test.none_of)


def _spelling(config: SignalsConfig) -> Any:
    """What said words are rewritten by before anything is looked for in them."""
    if config.slips is None:
        return tuple(sorted(config.spellings.items()))
    known = frozenset(word for word in config.vocabulary() if len(word) >= config.slips.shortest)
    return tuple(sorted(config.spellings.items())), config.slips, known


def _scales(config: SignalsConfig) -> Any:
    """All scales, since the heaviest holds, each list as its phrases."""
    return tuple(
        (
            one.id,
            one.start,
            one.words,
            [(points, config.spelled([f"@{name}"])) for name, points in one.lists.items()],
        )
        for one in config.scales
    )
