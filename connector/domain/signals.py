"""Reading activities: which declared signals an activity gives, and which guards take them away.

A pure function of the activity and the signals document, so its answer may be stored with the activity until either
changes. Knows no rows, no windows and no now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from connector.domain.conditions import value_test
from connector.domain.matrix_config import MatrixConfig
from connector.domain.phrases import PhraseBook
from connector.domain.signals_check import check_signals
from connector.domain.signals_config import (
    ActivityTest,
    EveryOf,
    GivesSignal,
    GuardHolds,
    NeedConfig,
    NoneSuch,
    PropertyIs,
    Reference,
    Says,
    SignalConfig,
    SignalsConfig,
    SomeOf,
    Spoken,
    Strength,
    Titled,
    UrlHas,
    WordsTest,
    words_tests,
)
from connector.domain.speech import from_customer, title_of, words_of
from connector.domain.text import fold
from connector.errors import ConfigError
from mappings.records import Activity, Kind

__all__ = [
    "Reading",
    "Signals",
    "SignalsConfig",
    "check_signals",
    "compile_signals",
    "match_activity",
    "read_activity",
]


@dataclass(frozen=True, slots=True)
class Heard:
    """An activity with the phrases found in it: meant by the customer, and in the thing's title."""

    activity: Activity
    said: frozenset[str]
    titled: frozenset[str]


Test = Callable[[Heard], bool]


@dataclass(frozen=True, slots=True)
class Signal:
    """A compiled signal."""

    id: str
    stage: str | None
    strength: Strength
    by_row: Mapping[str, Strength]
    test: Test

    def strength_in(self, names: tuple[str, ...]) -> Strength:
        """Its strength in a row that answers to these names: the row's own override, its group's, else its own."""
        return next((self.by_row[name] for name in names if name in self.by_row), self.strength)


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled guard."""

    id: str
    test: Test


@dataclass(frozen=True, slots=True)
class Alert:
    """Signals that together, within `within`, call for people at once in rows that answer to `rows`."""

    id: str
    rows: frozenset[str]
    signals: frozenset[str]
    within: timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """What an activity gives: signal ids, and the guards that took others away."""

    signals: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals document, compiled."""

    by_id: Mapping[str, Signal]
    by_kind: Mapping[Kind, tuple[Signal, ...]]
    guards: Mapping[Kind, tuple[Guard, ...]]
    said: PhraseBook
    titled: PhraseBook
    needs: tuple[NeedConfig, ...] = ()
    alerts: tuple[Alert, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def compile_signals(config: SignalsConfig, matrix: MatrixConfig) -> Signals:
    """The signals ready to read activities. Raises ConfigError with every problem that check_signals finds."""
    if problems := check_signals(config, matrix):
        raise ConfigError([f"signals: {problem}" for problem in problems])
    signals = [_signal(one, config) for one in config.signals]
    guards = [(guard.kinds, Guard(guard.id, _test(guard.when, config))) for guard in config.guards]
    said, titled = _phrases(config)
    kinds_of = {signal.id: signal.kinds for signal in config.signals}
    return Signals(
        by_id={signal.id: signal for signal in signals},
        by_kind={kind: tuple(s for s in signals if kind in kinds_of[s.id]) for kind in Kind},
        guards={kind: tuple(guard for kinds, guard in guards if kind in kinds) for kind in Kind},
        said=PhraseBook(said),
        titled=PhraseBook(titled),
        needs=config.needs,
        alerts=tuple(
            Alert(a.id, frozenset(a.rows), frozenset(a.signals), timedelta(days=a.days))
            for a in config.alerts
        ),
        labels={part.id: part.label for part in config.signals}
        | {guard.id: guard.label for guard in config.guards},
    )


def match_activity(signals: Signals, activity: Activity) -> tuple[str, ...]:
    """Ids of the signals that this activity gives, in the document's order; storable beside the activity."""
    return read_activity(signals, activity).signals


def read_activity(signals: Signals, activity: Activity) -> Reading:
    """The activity's signals, and the guards that held. A guard leaves negative signals standing."""
    candidates = signals.by_kind[activity.kind]
    if activity.planned or not candidates or not from_customer(activity):
        return Reading()
    heard = Heard(
        activity,
        signals.said.meant(fold(words_of(activity))),
        signals.titled.mentioned(fold(title_of(activity))),
    )
    found = [signal for signal in candidates if signal.test(heard)]
    guards = tuple(guard.id for guard in signals.guards[activity.kind] if guard.test(heard))
    if guards:
        found = [signal for signal in found if signal.strength is Strength.NEGATIVE]
    return Reading(tuple(signal.id for signal in found), guards)


def _signal(signal: SignalConfig, config: SignalsConfig) -> Signal:
    test = _test(signal.when, config) if signal.when else _always
    return Signal(signal.id, signal.stage, signal.strength, signal.by_row, test)


def _phrases(config: SignalsConfig) -> tuple[set[str], set[str]]:
    said: set[str] = set()
    titled: set[str] = set()
    for tree in [*(signal.when for signal in config.signals), *(guard.when for guard in config.guards)]:
        for is_title, words in words_tests(tree):
            (titled if is_title else said).update(config.spelled(words.mentioned()))
    return said, titled


def _always(_heard: Heard) -> bool:
    return True


def _test(node: ActivityTest, config: SignalsConfig) -> Test:
    if isinstance(node, EveryOf | SomeOf):
        return _tree(node, config)
    if isinstance(node, NoneSuch):
        inner = _test(node.not_, config)
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
    inner = _test(part.when, config) if part.when else _always
    return lambda heard: heard.activity.kind in kinds and inner(heard)


def _tree(node: EveryOf | SomeOf, config: SignalsConfig) -> Test:
    if isinstance(node, EveryOf):
        every = [_test(child, config) for child in node.all]
        return lambda heard: all(test(heard) for test in every)
    some = [_test(child, config) for child in node.any]
    return lambda heard: any(test(heard) for test in some)


def _plain(node: UrlHas | PropertyIs | Spoken) -> Test:
    if isinstance(node, UrlHas):
        parts = tuple(fold(part) for part in node.url)
        return lambda heard: bool(heard.activity.url) and _contains(fold(heard.activity.url), parts)
    if isinstance(node, PropertyIs):
        name, test = node.property, value_test(node)
        return lambda heard: test(heard.activity.properties.get(name))
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
