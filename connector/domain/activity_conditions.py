"""Conditions on one activity, as the signals document writes them. Shapes only; heard.py compiles them into tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from connector.domain.conditions import ValueTest, tag_by_key
from connector.domain.document import NOT_EMPTY, Id, Section
from connector.domain.scales_config import Phrases
from mappings.records import Direction


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


class Weighs(Section):
    """What the activity says weighs most on this scale, and enough."""

    scale: Id


class HasWords(Section):
    """Whether the customer, or our report of them, said anything at all."""

    words: bool


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


_TAGS = "all any not text title url property direction signal guard scale words".split()

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
    | Annotated[GuardHolds, Tag("guard")]
    | Annotated[Weighs, Tag("scale")]
    | Annotated[HasWords, Tag("words")],
    Discriminator(tag_by_key(*_TAGS)),
]
"""A tree of tests of one activity."""


Reference = tuple[Literal["signal", "guard"], str]
"""How a condition names another part of the document."""


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
