"""What can be wrong in a signals document that its shapes cannot say: names of nothing, lists and conditions that go round
in a circle, columns that no signal speaks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from connector.domain.activity_conditions import (
    ActivityTest,
    Reference,
    Weighs,
    leaves,
    references,
    words_tests,
)
from connector.domain.document import repeated
from connector.domain.matrix_config import MatrixConfig
from connector.domain.phrases import phrase_problems
from connector.domain.scales_config import scale_problems
from connector.domain.signals_config import SignalsConfig, Strength

_Node = TypeVar("_Node")


def check_signals(config: SignalsConfig, matrix: MatrixConfig) -> list[str]:
    """Everything that the shapes cannot say, one sentence each with its path in the document. Empty: usable."""
    return [
        *repeated([signal.id for signal in config.signals], "signals"),
        *repeated([guard.id for guard in config.guards], "guards"),
        *repeated([alert.id for alert in config.alerts], "alerts"),
        *repeated([scale.id for scale in config.scales], "scales"),
        *_stages(config, frozenset(matrix.marketing_stages())),
        *_rows(config, matrix.speakable()),
        *_alerts(config),
        *_phrases(config),
        *_references(config),
        *_scales(config),
    ]


def _stages(config: SignalsConfig, stages: frozenset[str]) -> Iterator[str]:
    named = [(f"signals[{n}].stage", s.stage) for n, s in enumerate(config.signals) if s.stage is not None]
    named += [(f"needs[{n}].stage", need.stage) for n, need in enumerate(config.needs)]
    for path, stage in named:
        if stage not in stages:
            yield f"{path}: {stage!r} is no column of marketing in the matrix"


def _rows(config: SignalsConfig, rows: frozenset[str]) -> Iterator[str]:
    named = [(f"signals[{n}].by_row", row) for n, s in enumerate(config.signals) for row in s.by_row]
    named += [(f"needs[{n}].row", need.row) for n, need in enumerate(config.needs)]
    named += [(f"alerts[{n}].rows", row) for n, alert in enumerate(config.alerts) for row in alert.rows]
    for path, row in named:
        if row not in rows:
            yield f"{path}: {row!r} is no row and no group of the matrix"


def _alerts(config: SignalsConfig) -> Iterator[str]:
    declared = {signal.id for signal in config.signals}
    for nth, alert in enumerate(config.alerts):
        for name in alert.signals:
            if name not in declared:
                yield f"alerts[{nth}].signals: no signal {name!r}"


def _phrases(config: SignalsConfig) -> Iterator[str]:
    for name, phrases in config.phrases.items():
        if not phrases:
            yield f"phrases.{name}: the list is empty"
        yield from _listed(phrases, f"phrases.{name}", config)
    for path, tree in _trees(config):
        for _, test in words_tests(tree):
            yield from _listed(test.mentioned(), path, config)
    lists = {
        f"@{name}": tuple(p for p in listed if p.startswith("@")) for name, listed in config.phrases.items()
    }
    for circle in circles(lists):
        yield f"phrases.{circle[0][1:]}: the lists go round in a circle: {' → '.join(circle)}"


def _listed(phrases: Sequence[str], path: str, config: SignalsConfig) -> Iterator[str]:
    lists = [item for item in phrases if item.startswith("@")]
    yield from (f"{path}: no phrase list {item!r}" for item in lists if item[1:] not in config.phrases)
    yield from phrase_problems([item for item in phrases if not item.startswith("@")], path)


def _trees(config: SignalsConfig) -> list[tuple[str, ActivityTest | None]]:
    trees: list[tuple[str, ActivityTest | None]] = [
        (f"signals[{n}].when", one.when) for n, one in enumerate(config.signals)
    ]
    return trees + [(f"guards[{n}].when", one.when) for n, one in enumerate(config.guards)]


def _references(config: SignalsConfig) -> Iterator[str]:
    named = config.named()
    places: dict[Reference, str] = {
        ("signal", one.id): f"signals[{n}].when" for n, one in enumerate(config.signals)
    }
    places |= {("guard", one.id): f"guards[{n}].when" for n, one in enumerate(config.guards)}
    for path, tree in _trees(config):
        yield from (
            f"{path}: no {kind} {id_!r}" for kind, id_ in references(tree) if (kind, id_) not in named
        )
    for circle in circles({name: tuple(references(part.when)) for name, part in named.items()}):
        told = " → ".join(f"{kind} {id_}" for kind, id_ in circle)
        yield f"{places[circle[0]]}: goes round in a circle: {told}"


def _scales(config: SignalsConfig) -> Iterator[str]:
    declared = {scale.id for scale in config.scales}
    for path, tree in _trees(config):
        for leaf in leaves(tree):
            if isinstance(leaf, Weighs) and leaf.scale not in declared:
                yield f"{path}: no scale {leaf.scale!r}"
    yield from scale_problems(config.scales, config.phrases)
    for form, meaning in config.spellings.items():
        if not form.strip() or not meaning.strip():
            yield f"spellings.{form}: both sides need words"


def circles(after: Mapping[_Node, Sequence[_Node]]) -> Iterator[tuple[_Node, ...]]:
    """One way round, from a node back to it, for each circle of what follows what; each node in one of them at most."""
    done: set[_Node] = set()
    for start in after:
        way: list[_Node] = [] if start in done else [start]
        ahead = [iter(after[start])] if way else []
        while way:
            node = next(ahead[-1], None)
            if node is None:
                done.add(way.pop())
                ahead.pop()
            elif node in way:
                yield (*way[way.index(node) :], node)
                done.update(way)
                break
            elif node in after and node not in done:
                way.append(node)
                ahead.append(iter(after[node]))


def unspoken(config: SignalsConfig, matrix: MatrixConfig) -> Iterator[str]:
    """Columns of marketing into which no evidence leads: nobody would ever stand there."""
    positive = {
        signal.stage
        for signal in config.signals
        if {signal.strength, *signal.by_row.values()} != {Strength.NEGATIVE}
    }
    for nth, stage in enumerate(matrix.stages):
        if stage.owner == "marketing" and not stage.by_hand and stage.id not in positive:
            yield f"stages[{nth}]: no signal speaks for {stage.id!r}; where only people set it, say by_hand: true"
