"""The signals document: what an activity must be or say to become evidence for a stage, and what can be wrong in it.

Shapes and cross checks only; reading an activity is in signals.py, weighing evidence in stage.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from connector.domain.conditions import ValueTest, tag_by_key
from connector.domain.document import NOT_EMPTY, Id, Section, Texts, repeated
from connector.domain.matrix_config import Days, MatrixConfig
from connector.domain.phrases import phrase_problems
from mappings.records import Direction, Kind

Phrases = tuple[str, ...]


class Strength(StrEnum):
    """`strong` suffices alone, `supporting` needs a second, different signal, `negative` cancels older supporting ones."""

    STRONG = "strong"
    SUPPORTING = "supporting"
    NEGATIVE = "negative"


class WordsTest(Section):
    """Phrases looked for; `@name` stands for a list of the document's `phrases`. All given parts must hold."""

    any_of: Phrases = ()
    all_of: Phrases = ()
    none_of: Phrases = ()

    @model_validator(mode="after")
    def _looks_for_something(self) -> WordsTest:
        if not (self.any_of or self.all_of or self.none_of):
            raise ValueError("give any_of, all_of or none_of with at least one phrase")
        return self

    def mentioned(self) -> Phrases:
        """Every phrase and list that this test names."""
        return (*self.any_of, *self.all_of, *self.none_of)


class Says(Section):
    """The customer's own words, or what a note or call reports of them. A refused phrase was not said."""

    text: WordsTest


class Titled(Section):
    """What the thing is called: subject, form, page or asset name. These are our words: refusal plays no part."""

    title: WordsTest


class UrlHas(Section):
    """One of these parts stands in the address, any case."""

    url: Annotated[tuple[str, ...], NOT_EMPTY]


class PropertyIs(ValueTest):
    """A test of one property of the activity."""

    property: str = Field(min_length=1)


class Spoken(Section):
    """Who spoke."""

    direction: Direction


class EveryOf(Section):
    """Every one of these holds."""

    all: Annotated[tuple[ActivityTest, ...], NOT_EMPTY]


class SomeOf(Section):
    """At least one of these holds."""

    any: Annotated[tuple[ActivityTest, ...], NOT_EMPTY]


class NoneSuch(Section):
    """This does not hold."""

    not_: ActivityTest = Field(alias="not")


ActivityTest = Annotated[
    Annotated[EveryOf, Tag("all")]
    | Annotated[SomeOf, Tag("any")]
    | Annotated[NoneSuch, Tag("not")]
    | Annotated[Says, Tag("text")]
    | Annotated[Titled, Tag("title")]
    | Annotated[UrlHas, Tag("url")]
    | Annotated[PropertyIs, Tag("property")]
    | Annotated[Spoken, Tag("direction")],
    Discriminator(tag_by_key("all", "any", "not", "text", "title", "url", "property", "direction")),
]
"""A tree of tests of one activity."""


class SignalConfig(Section):
    """One signal. Without `when` the kind alone is enough. `by_row` names row ids or groups.

    A negative one cancels older supporting evidence of its stage, or of all stages where it names none.
    """

    id: Id
    label: Texts
    kinds: Annotated[tuple[Kind, ...], NOT_EMPTY]
    strength: Strength
    stage: Id | None = None
    by_row: dict[Id, Strength] = Field(default_factory=dict)
    when: ActivityTest | None = None

    @model_validator(mode="after")
    def _positive_has_stage(self) -> SignalConfig:
        if self.stage is None and {self.strength, *self.by_row.values()} != {Strength.NEGATIVE}:
            raise ValueError("only a negative signal may do without a stage")
        return self


class GuardConfig(Section):
    """Whose activity is no buyer's: where it holds, the activity is evidence for nothing, whatever words it uses."""

    id: Id
    label: Texts
    kinds: Annotated[tuple[Kind, ...], NOT_EMPTY]
    when: ActivityTest


class NeedConfig(Section):
    """How many different signals a column asks for in a row: strong ones, or strong and supporting together."""

    row: Id
    stage: Id
    strong: Annotated[int, Field(ge=1)] = 1
    supporting: Annotated[int, Field(ge=1)] = 2


class AlertConfig(Section):
    """Signals that together, within so many days, call for people at once; `rows` names row ids or groups."""

    id: Id
    label: Texts
    rows: Annotated[tuple[Id, ...], NOT_EMPTY]
    signals: Annotated[tuple[Id, ...], NOT_EMPTY]
    days: Days = 30


class SignalsConfig(Section):
    """The document `signals`."""

    format: Literal[1] = 1
    phrases: dict[Id, Phrases] = Field(default_factory=dict)
    signals: tuple[SignalConfig, ...]
    guards: tuple[GuardConfig, ...] = ()
    needs: tuple[NeedConfig, ...] = ()
    alerts: tuple[AlertConfig, ...] = ()

    def spelled(self, wanted: Iterable[str]) -> frozenset[str]:
        """Phrases with every `@name` replaced by the phrases of that list."""
        lists = (self.phrases.get(item[1:], ()) if item.startswith("@") else (item,) for item in wanted)
        return frozenset(phrase for phrases in lists for phrase in phrases)


def words_tests(node: ActivityTest | None) -> Iterator[tuple[bool, WordsTest]]:
    """Every test of words in a tree, each with whether it is one of the title."""
    if isinstance(node, Says):
        yield False, node.text
    elif isinstance(node, Titled):
        yield True, node.title
    elif isinstance(node, NoneSuch):
        yield from words_tests(node.not_)
    elif isinstance(node, EveryOf | SomeOf):
        for child in node.all if isinstance(node, EveryOf) else node.any:
            yield from words_tests(child)


def check_signals(config: SignalsConfig, matrix: MatrixConfig) -> list[str]:
    """Everything that the shapes cannot say, one sentence each with its path in the document. Empty: usable."""
    return [
        *repeated([signal.id for signal in config.signals], "signals"),
        *repeated([guard.id for guard in config.guards], "guards"),
        *repeated([alert.id for alert in config.alerts], "alerts"),
        *_stages(config, frozenset(matrix.marketing_stages())),
        *_rows(config, matrix.speakable()),
        *_alerts(config),
        *_phrases(config),
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
        yield from phrase_problems(phrases, f"phrases.{name}")
    trees = [(f"signals[{n}].when", s.when) for n, s in enumerate(config.signals)]
    trees += [(f"guards[{n}].when", guard.when) for n, guard in enumerate(config.guards)]
    for path, tree in trees:
        for _, test in words_tests(tree):
            lists = [item for item in test.mentioned() if item.startswith("@")]
            yield from (
                f"{path}: no phrase list {item!r}" for item in lists if item[1:] not in config.phrases
            )
            yield from phrase_problems([p for p in test.mentioned() if not p.startswith("@")], path)
