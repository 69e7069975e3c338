"""Conditions of the signals document, compiled into tests of what was heard in an activity.

Knows neither signals' stages nor guards' effects: only whether a condition holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

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
from connector.domain.signals_config import SignalsConfig
from connector.domain.text import fold
from mappings.records import Activity


@dataclass(frozen=True, slots=True)
class Heard:
    """An activity, its words in known spelling, and the phrases found in it: meant by the customer, and in the title."""

    activity: Activity
    words: Set[str]
    said: frozenset[str]
    titled: frozenset[str]
    scale: str = ""


Test = Callable[[Heard], bool]


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
