"""Reading activities: which declared signals an activity gives, and which guards take them away.

A pure function of the activity and the signals document, so its answer may be stored with the activity until either
changes. Knows no rows, no windows and no now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from connector.domain.activity_conditions import words_tests
from connector.domain.heard import Ears, Heard, Sieve, Test, Trigger, always, compiled_test, trigger_of
from connector.domain.matrix_config import MatrixConfig
from connector.domain.phrases import PhraseBook
from connector.domain.scales import Scales, Weighed
from connector.domain.signals_check import check_signals
from connector.domain.signals_config import NeedConfig, SignalConfig, SignalsConfig, Strength
from connector.domain.speech import from_customer
from connector.domain.spelling import Speller
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
class Signal:
    """A compiled signal."""

    id: str
    stage: str | None
    strength: Strength
    by_row: Mapping[str, Strength]
    test: Test
    phrases: frozenset[str] = frozenset()
    trigger: Trigger = None

    def strength_in(self, names: tuple[str, ...]) -> Strength:
        """Its strength in a row that answers to these names: the row's own override, its group's, else its own."""
        return next((self.by_row[name] for name in names if name in self.by_row), self.strength)


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled guard."""

    id: str
    test: Test
    trigger: Trigger = None


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


NOTHING_READ = Reading()
"""What most activities give."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals document, compiled."""

    by_id: Mapping[str, Signal]
    by_kind: Mapping[Kind, Sieve[Signal]]
    guards: Mapping[Kind, Sieve[Guard]]
    ears: Ears
    needs: tuple[NeedConfig, ...] = ()
    alerts: tuple[Alert, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def compile_signals(config: SignalsConfig, matrix: MatrixConfig) -> Signals:
    """The signals ready to read activities. Raises ConfigError with every problem that check_signals finds."""
    if problems := check_signals(config, matrix):
        raise ConfigError([f"signals: {problem}" for problem in problems])
    signals = [_signal(one, config) for one in config.signals]
    guards = [
        (guard.kinds, Guard(guard.id, compiled_test(guard.when, config), trigger_of(guard.when, config)))
        for guard in config.guards
    ]
    said, titled = _phrases(config)
    speller = _speller(config)
    kinds_of = {signal.id: signal.kinds for signal in config.signals}
    return Signals(
        by_id={signal.id: signal for signal in signals},
        by_kind={kind: Sieve([s for s in signals if kind in kinds_of[s.id]]) for kind in Kind},
        guards={kind: Sieve([guard for kinds, guard in guards if kind in kinds]) for kind in Kind},
        ears=Ears(
            speller,
            PhraseBook(said, speller.spelled),
            PhraseBook(titled),
            Scales(config.scales, {name: config.spelled([f"@{name}"]) for name in config.phrases}),
        ),
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
    if activity.planned or not candidates.parts or not from_customer(activity):
        return NOTHING_READ
    heard = Heard(activity, signals.ears)
    found = candidates.holding(heard)
    guards = tuple(guard.id for guard in signals.guards[activity.kind].holding(heard))
    if not (found or guards):
        return NOTHING_READ
    if guards:
        found = [signal for signal in found if signal.strength is Strength.NEGATIVE]
    return Reading(tuple(signal.id for signal in found), guards)


def weigh_activity(signals: Signals, activity: Activity) -> tuple[Weighed, ...]:
    """What each scale makes of the activity's words, finding by finding: why a signal that asks a scale is given or not."""
    heard = Heard(activity, signals.ears)
    return signals.ears.scales.weighed(heard.said, heard.words)


def words_heard(signals: Signals, activity: Activity, signal: str) -> tuple[str, ...]:
    """The phrases by which the activity gives this signal, as the document writes them; none where its kind, name or
    address does."""
    return tuple(sorted(signals.by_id[signal].phrases & Heard(activity, signals.ears).said))


def _speller(config: SignalsConfig) -> Speller:
    if config.slips is None:
        return Speller(config.spellings, (), (), 0)
    return Speller(config.spellings, config.vocabulary(), config.slips.real_words, config.slips.shortest)


def _signal(signal: SignalConfig, config: SignalsConfig) -> Signal:
    test = compiled_test(signal.when, config) if signal.when else always
    said = {item for titled, words in words_tests(signal.when) if not titled for item in words.mentioned()}
    phrases, trigger = config.spelled(said), trigger_of(signal.when, config)
    return Signal(signal.id, signal.stage, signal.strength, signal.by_row, test, phrases, trigger)


def _phrases(config: SignalsConfig) -> tuple[set[str], set[str]]:
    said: set[str] = set()
    titled: set[str] = set()
    for tree in [*(signal.when for signal in config.signals), *(guard.when for guard in config.guards)]:
        for is_title, words in words_tests(tree):
            (titled if is_title else said).update(config.spelled(words.mentioned()))
    said.update(config.spelled(f"@{name}" for scale in config.scales for name in scale.lists))
    return said, titled
