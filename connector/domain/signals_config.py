"""The signals document: what an activity must be or say to become evidence for a stage.

Shapes only; what can be wrong between them is in signals_check.py, reading an activity in signals.py, weighing evidence in
stage.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from connector.domain.conditions import ValueTest, tag_by_key
from connector.domain.document import NOT_EMPTY, Id, Section, Texts
from connector.domain.matrix_config import Days
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


class GivesSignal(Section):
    """The activity gives this other signal too, whatever guards say of it."""

    signal: Id


class GuardHolds(Section):
    """This guard holds for the activity."""

    guard: Id


ActivityTest = Annotated[
    Annotated[EveryOf, Tag("all")]
    | Annotated[SomeOf, Tag("any")]
    | Annotated[NoneSuch, Tag("not")]
    | Annotated[Says, Tag("text")]
    | Annotated[Titled, Tag("title")]
    | Annotated[UrlHas, Tag("url")]
    | Annotated[PropertyIs, Tag("property")]
    | Annotated[Spoken, Tag("direction")]
    | Annotated[GivesSignal, Tag("signal")]
    | Annotated[GuardHolds, Tag("guard")],
    Discriminator(
        tag_by_key("all", "any", "not", "text", "title", "url", "property", "direction", "signal", "guard")
    ),
]
"""A tree of tests of one activity."""


Reference = tuple[Literal["signal", "guard"], str]
"""How a condition names another part of the document."""


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
        """Phrases with every `@name` replaced by the phrases of that list, and of the lists that it names in turn."""
        found: set[str] = set()
        ahead, seen = list(wanted), set[str]()
        while ahead:
            item = ahead.pop()
            if not item.startswith("@"):
                found.add(item)
            elif item not in seen:
                seen.add(item)
                ahead += self.phrases.get(item[1:], ())
        return frozenset(found)

    def named(self) -> dict[Reference, SignalConfig | GuardConfig]:
        """Signals and guards by how a condition names them."""
        signals: dict[Reference, SignalConfig | GuardConfig] = {
            ("signal", one.id): one for one in self.signals
        }
        return signals | {("guard", one.id): one for one in self.guards}


def leaves(node: ActivityTest | None) -> Iterator[ActivityTest]:
    """Every question of a tree."""
    if isinstance(node, NoneSuch):
        yield from leaves(node.not_)
    elif isinstance(node, EveryOf | SomeOf):
        for child in node.all if isinstance(node, EveryOf) else node.any:
            yield from leaves(child)
    elif node is not None:
        yield node


def words_tests(node: ActivityTest | None) -> Iterator[tuple[bool, WordsTest]]:
    """Every test of words in a tree, each with whether it is one of the title."""
    for leaf in leaves(node):
        if isinstance(leaf, Says):
            yield False, leaf.text
        elif isinstance(leaf, Titled):
            yield True, leaf.title


def references(node: ActivityTest | None) -> Iterator[Reference]:
    """The signals and guards that a tree names."""
    for leaf in leaves(node):
        if isinstance(leaf, GivesSignal):
            yield "signal", leaf.signal
        elif isinstance(leaf, GuardHolds):
            yield "guard", leaf.guard
