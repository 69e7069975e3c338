"""Conditions of the signals document, compiled into tests of what was heard in an activity.

Knows neither signals' stages nor guards' effects: only whether a condition holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from connector.domain.activity_conditions import (
    ActivityTest,
    EveryOf,
    GivesSignal,
    GuardHolds,
    HasWords,
    NoneSuch,
    PropertyIs,
    Reference,
    Says,
    SomeOf,
    Spoken,
    Titled,
    UrlHas,
    Weighs,
    WordsTest,
)
from connector.domain.conditions import value_test
from connector.domain.phrases import PhraseBook
from connector.domain.scales import Scales
from connector.domain.signals_config import SignalsConfig
from connector.domain.speech import title_of, words_of
from connector.domain.spelling import Speller
from connector.domain.text import fold
from connector.domain.words import words_in
from mappings.records import Activity


@dataclass(frozen=True, slots=True)
class Ears:
    """What words are heard with: known spelling, the phrases looked for in words and in titles, the scales."""

    speller: Speller
    said: PhraseBook
    titled: PhraseBook
    scales: Scales


class Heard:
    """An activity, its words in known spelling, and the phrases found in it: meant by the customer, and in the title. Each
    is found out when a test first asks: page views have no words, and nobody asks for the title of an e-mail."""

    __slots__ = ("_ears", "_said", "_scale", "_text", "_titled", "_words", "activity")

    # Not cached_property: before Python 3.12 each takes a lock, which costs as much as what is looked for.

    def __init__(self, activity: Activity, ears: Ears) -> None:
        self.activity = activity
        self._ears = ears
        self._text: str | None = None
        self._words: Set[str] | None = None
        self._said: frozenset[str] | None = None
        self._titled: frozenset[str] | None = None
        self._scale: str | None = None

    @property
    def text(self) -> str:
        """The words as they are read."""
        if self._text is None:
            self._text = self._ears.speller.spelled(fold(words_of(self.activity)))
        return self._text

    @property
    def words(self) -> Set[str]:
        """Single words and pairs."""
        if self._words is None:
            self._words = words_in(self.text)
        return self._words

    @property
    def said(self) -> frozenset[str]:
        """Phrases that the customer said and did not refuse."""
        if self._said is None:
            self._said = self._ears.said.meant(self.text) if self.text else frozenset()
        return self._said

    @property
    def titled(self) -> frozenset[str]:
        """Phrases in what the thing is called."""
        if self._titled is None:
            title = fold(title_of(self.activity))
            self._titled = self._ears.titled.mentioned(title) if title else frozenset()
        return self._titled

    @property
    def scale(self) -> str:
        """The scale that holds."""
        if self._scale is None:
            self._scale = self._ears.scales.holding(self.said, self.words)
        return self._scale


Test = Callable[[Heard], bool]
Trigger = frozenset[str] | None
"""Phrases without any of which, said and meant, a test cannot hold; None where it can."""


class Asked(Protocol):
    """A part of the document that looks at activities."""

    @property
    def test(self) -> Test:
        """Its condition."""
        ...

    @property
    def trigger(self) -> Trigger:
        """What must have been said for it to hold."""
        ...


_Part = TypeVar("_Part", bound=Asked)


class Sieve(Generic[_Part]):
    """The parts that look at one kind of activity. Those that cannot hold without one of some phrases are looked at only
    when one of these was said: most texts say none, and most parts ask for words."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.parts = tuple(parts)
        self._always = tuple(nth for nth, part in enumerate(parts) if part.trigger is None)
        self._by_phrase: dict[str, list[int]] = {}
        for nth, part in enumerate(parts):
            for phrase in part.trigger or ():
                self._by_phrase.setdefault(phrase, []).append(nth)

    def holding(self, heard: Heard) -> list[_Part]:
        """The parts that hold, in the document's order."""
        asked: Iterable[int] = self._always
        if self._by_phrase and (said := heard.said):
            woken = {nth for phrase in said for nth in self._by_phrase.get(phrase, ())}
            asked = sorted(woken.union(asked)) if woken else asked
        return [part for part in map(self.parts.__getitem__, asked) if part.test(heard)]


def always(_heard: Heard) -> bool:
    return True


def compiled_test(node: ActivityTest, config: SignalsConfig) -> Test:
    if isinstance(node, EveryOf | SomeOf):
        return _tree(node, config)
    if isinstance(node, NoneSuch):
        inner = compiled_test(node.not_, config)
        return lambda heard: not inner(heard)
    if isinstance(node, Says):
        said = _words(node.text, config)
        return lambda heard: said(heard.said)
    if isinstance(node, Titled):
        titled = _words(node.title, config)
        return lambda heard: titled(heard.titled)
    if isinstance(node, GivesSignal):
        return _other(("signal", node.signal), config)
    if isinstance(node, GuardHolds):
        return _other(("guard", node.guard), config)
    return _plain(node)


def _other(name: Reference, config: SignalsConfig) -> Test:
    """Another part's condition, for the kinds that it looks at. Circles are refused before anything is compiled."""
    part = config.named()[name]
    kinds = frozenset(part.kinds)
    inner = compiled_test(part.when, config) if part.when else always
    return lambda heard: heard.activity.kind in kinds and inner(heard)


def _tree(node: EveryOf | SomeOf, config: SignalsConfig) -> Test:
    if isinstance(node, EveryOf):
        every = [compiled_test(child, config) for child in node.all]
        return lambda heard: all(test(heard) for test in every)
    some = [compiled_test(child, config) for child in node.any]
    return lambda heard: any(test(heard) for test in some)


def _plain(node: UrlHas | PropertyIs | Spoken | Weighs | HasWords) -> Test:
    if isinstance(node, UrlHas):
        parts = tuple(fold(part) for part in node.url)
        return lambda heard: bool(heard.activity.url) and _contains(fold(heard.activity.url), parts)
    if isinstance(node, PropertyIs):
        name, test = node.property, value_test(node)
        return lambda heard: test(heard.activity.properties.get(name))
    if isinstance(node, Weighs):
        scale = node.scale
        return lambda heard: scale == heard.scale
    if isinstance(node, HasWords):
        wanted = node.words
        return lambda heard: bool(heard.words) is wanted
    direction = node.direction
    return lambda heard: heard.activity.direction is direction


def _contains(text: str, parts: Iterable[str]) -> bool:
    return any(part in text for part in parts)


def _words(test: WordsTest, config: SignalsConfig) -> Callable[[frozenset[str]], bool]:
    wanted, unwanted = config.spelled(test.any_of), config.spelled(test.none_of)
    every = [config.spelled([item]) for item in test.all_of]

    def holds(found: frozenset[str]) -> bool:
        if wanted and wanted.isdisjoint(found):
            return False
        return unwanted.isdisjoint(found) and not any(part.isdisjoint(found) for part in every)

    return holds


def trigger_of(node: ActivityTest | None, config: SignalsConfig) -> Trigger:
    """What must have been said for a condition to hold: of parts that all must hold any one's, the fewest; of parts of which
    one must, all of theirs together."""
    if isinstance(node, Says):
        return config.spelled(node.text.any_of) or None
    if isinstance(node, EveryOf):
        needed = [found for child in node.all if (found := trigger_of(child, config)) is not None]
        return min(needed, key=len, default=None)
    if isinstance(node, SomeOf):
        each = [trigger_of(child, config) for child in node.any]
        known = [found for found in each if found is not None]
        return frozenset().union(*known) if len(known) == len(each) else None
    return None
