"""Puts configuration documents in force: checked together, in versions, and with it only the leads decided again whom the
change can concern.

What is in force is in the database. An admin's folder and the shipped documents are taken up at the start only where they
themselves have changed since they were last taken, so that neither undoes what somebody applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connector.domain.facts import Message
from connector.domain.signals import Signals, compile_signals, read_activity
from connector.domain.touch import EVERYONE, NOBODY, Touch
from connector.errors import BatonError, ConfigError
from connector.store import activities, concerned, configs, dirty
from connector.store.configs import ConfigVersion
from connector.store.engine import Store, Tx
from connector.store.known import REACH
from connector.store.meta import recall, remember
from connector.store.types import digest
from connector.sync.results import NoProgress, Progress
from connector.sync.sections import SECTIONS, Documents, Text, checked, own, parsed, shipped, texts_from
from mappings.records import Activity

BEGAN = "began_at"
"""When this Baton first had rules in force: what sales did before is history, not a way past it."""

CHUNK = 500
"""Leads whose activities are read again at a time."""

SLACK = timedelta(minutes=10)
"""A lead decided while its activities were read again may have been decided on newer ones: it is decided once more. So much
older may a decision be that was under way then."""

TRIES = 5
"""How often somebody else may apply something between reading and writing."""


class UnknownVersionError(BatonError):
    """There is no such section or version."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `changed` are the sections with the version before (0: none) and now; `versions` those in force;
    `leads` how many are decided again, `everyone` whether that is all of them."""

    changed: Mapping[str, tuple[int, int]]
    versions: Mapping[str, int]
    leads: int = 0
    everyone: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """A change under way: what was in force when it was looked at, what is wanted, whom it concerns."""

    current: Mapping[str, ConfigVersion]
    wanted: Mapping[str, Text]
    touch: Touch
    read_differently: frozenset[str]
    warnings: tuple[str, ...]
    began: datetime


def texts_in_force(current: Mapping[str, ConfigVersion]) -> dict[str, Text]:
    """Every section's document: the version in force, the shipped one where nothing was ever applied."""
    return {name: _stored(current[name]) if name in current else shipped(name) for name in SECTIONS}


def _stored(version: ConfigVersion) -> Text:
    return version.document, f"{version.section} version {version.version}"


def put_in_force(
    store: Store,
    texts: Mapping[str, Text],
    *,
    at: datetime,
    by: str | Mapping[str, str],
    progress: Progress | None = None,
) -> Applied:
    """Put these documents in force after checking all sections together; one that says what it said keeps its version. The
    leads that the change can concern are decided again, no others. `by` may differ by section. Raises ConfigError with every
    problem; then nothing has changed."""
    for _ in range(TRIES):
        change = _look(store, texts, at=at, progress=progress or NoProgress())
        with store.begin() as tx:
            current = configs.current_configs(tx)
            if _numbers(current) != _numbers(change.current):
                continue  # somebody else applied something meanwhile: what was checked is not what would be in force
            for section, (text, _) in change.wanted.items():
                who = by if isinstance(by, str) else by[section]
                configs.apply_config(tx, section, document=text, at=at, by=who)
            if not current:
                remember(tx, BEGAN, value=at.isoformat())
            return _mark(tx, change, at=at)
    raise ConfigError(["somebody else is applying documents all the time: try again"])


def rehearse(store: Store, texts: Mapping[str, Text], *, at: datetime, progress: Progress) -> Applied:
    """What put_in_force would do. Raises ConfigError as it would."""
    change = _look(store, texts, at=at, progress=progress)
    with store.read() as tx:
        ids = _concerned(tx, change)
        leads = concerned.living(tx) if change.touch.everyone else len(ids)
    return _applied(change, {name: one.version for name, one in change.current.items()}, leads)


def _numbers(current: Mapping[str, ConfigVersion]) -> dict[str, int]:
    return {section: one.version for section, one in current.items()}


def _look(store: Store, texts: Mapping[str, Text], *, at: datetime, progress: Progress) -> _Change:
    with store.read() as tx:
        current = configs.current_configs(tx)
    wanted = {
        name: text for name, text in texts.items() if name not in current or current[name].document != text[0]
    }
    if not wanted:
        return _Change(current, {}, NOBODY, frozenset(), (), at)
    new, warnings = checked({**texts_in_force(current), **wanted})
    old = _old(current)
    touch = _touch(old, new, wanted) if old else EVERYONE
    if not current or touch.everyone or old is None:
        return _Change(current, wanted, touch if current else NOBODY, frozenset(), warnings, at)
    differently = _reading_differently(store, touch, (old, new), at=at, progress=progress)
    return _Change(current, wanted, touch, differently, warnings, at)


def _old(current: Mapping[str, ConfigVersion]) -> Documents | None:
    """The documents in force; None where this release cannot read them any more."""
    try:
        return parsed(texts_in_force(current))
    except ConfigError:
        return None


def _touch(old: Documents, new: Documents, sections: Mapping[str, Text]) -> Touch:
    touch = NOBODY
    for name in sections:
        if old.models[name] != new.models[name]:
            touch |= SECTIONS[name].touch(old, new)
    return touch


def _reading_differently(
    store: Store, touch: Touch, documents: tuple[Documents, Documents], *, at: datetime, progress: Progress
) -> frozenset[str]:
    """The leads with an activity that gives other signals than before, or one of those that weigh differently."""
    if not touch.kinds:
        return frozenset()
    old, new = (compile_signals(one.signals, one.matrix) for one in documents)
    found: set[str] = set()
    with store.read() as tx:
        progress.step("read again", concerned.living(tx))
    last = ""
    while True:
        with store.read() as tx:
            leads = concerned.leads_after(tx, last, limit=CHUNK)
            done = activities.activities_of(tx, leads, since=at - REACH, kinds=touch.kinds)
        if not leads:
            return frozenset(found)
        found |= {lead for lead, mine in done.items() if any(_differs(one, old, new, touch) for one in mine)}
        last = leads[-1]
        progress.advance(len(leads))


def _differs(activity: Activity, old: Signals, new: Signals, touch: Touch) -> bool:
    after = read_activity(new, activity)
    return read_activity(old, activity) != after or not touch.signals.isdisjoint(after.signals)


def _concerned(tx: Tx, change: _Change) -> set[str]:
    """Everybody who is to be decided again, short of all."""
    touch = change.touch
    ids = {*change.read_differently, *concerned.standing_in(tx, touch.personas, touch.cells)}
    if touch.kinds:
        ids |= concerned.decided_since(tx, change.began - SLACK)
    return ids


def _mark(tx: Tx, change: _Change, *, at: datetime) -> Applied:
    numbers = _numbers(configs.current_configs(tx))
    if change.touch.everyone:
        dirty.mark_all(tx, reason="rules", at=at)
        return _applied(change, numbers, concerned.living(tx))
    ids = _concerned(tx, change)
    dirty.mark(tx, sorted(ids), reason="rules", at=at)
    return _applied(change, numbers, len(ids))


def _applied(change: _Change, numbers: Mapping[str, int], leads: int) -> Applied:
    before = _numbers(change.current)
    changed = {name: (before.get(name, 0), numbers.get(name, 0)) for name in change.wanted}
    return Applied(changed, numbers, leads, change.touch.everyone, change.warnings)


def roll_back(
    store: Store, section: str, version: int, *, at: datetime, by: str, progress: Progress | None = None
) -> Applied:
    """Put an earlier version's text in force again, as a new version. Raises UnknownVersionError, and ConfigError where it
    does not fit the other sections any more."""
    text = text_of(store, section, version)
    return put_in_force(store, {section: text}, at=at, by=by, progress=progress)


def text_of(store: Store, section: str, version: int | None = None) -> Text:
    """One version of a section, or the one in force. Raises UnknownVersionError."""
    if section not in SECTIONS:
        raise UnknownVersionError(f"there is no section {section!r}; known are {', '.join(SECTIONS)}")
    with store.read() as tx:
        if version is None:
            return texts_in_force(configs.current_configs(tx))[section]
        found = configs.config_version(tx, section, version=version)
    if found is None:
        raise UnknownVersionError(
            f"{section} has no version {version}; see `baton config versions {section}`"
        )
    return _stored(found)


# What stands outside the database


FOLDER, SHIPPED = "folder", "shipped"


def take_up(store: Store, folder: Path | None, *, at: datetime) -> tuple[Message, ...]:
    """Take up, at the start, what changed outside: documents of the folder and of this release. Gives what was not taken:
    something else was applied since and stays in force. Raises ConfigError where a document to be taken is wrong; then
    nothing has changed."""
    texts, origin = texts_from(folder), _origins(folder)
    with store.read() as tx:
        current = configs.current_configs(tx)
        bases = {name: recall(tx, _base(origin(name), name)) for name in texts}
    verdicts = {name: _judge(texts[name][0], current.get(name), bases[name], origin(name)) for name in texts}
    wanted = {name: texts[name] for name, verdict in verdicts.items() if verdict == "take"}
    notes = [
        _ignored(current[name], texts[name])
        for name, verdict in verdicts.items()
        if verdict == "conflict" and origin(name) == FOLDER
    ]
    if wanted:
        notes += _take(store, wanted, origin, at=at, new=frozenset(texts) - frozenset(current))
    agree(store, folder)
    return tuple(notes)


def _origins(folder: Path | None) -> Callable[[str], str]:
    return lambda section: FOLDER if own(folder, section) else SHIPPED


def _ignored(version: ConfigVersion, text: Text) -> Message:
    said = {"section": version.section, "path": text[1], "version": str(version.version), "by": version.by}
    return Message("config.folder_ignored", said)


def _take(
    store: Store,
    wanted: Mapping[str, Text],
    origin: Callable[[str], str],
    *,
    at: datetime,
    new: frozenset[str],
) -> list[Message]:
    """Take what is wanted. New shipped documents that do not fit what the firm made its own are left: an upgrade must not
    stop the start."""
    by = {name: origin(name) for name in wanted}
    needed = {name: text for name, text in wanted.items() if by[name] == FOLDER or name in new}
    try:
        put_in_force(store, wanted, at=at, by=by)
    except ConfigError:
        if len(needed) == len(wanted):
            raise
        if needed:
            put_in_force(store, needed, at=at, by=by)
        return [Message("config.shipped_ignored", {"section": name}) for name in wanted if name not in needed]
    return []


def _judge(text: str, current: ConfigVersion | None, base: str | None, origin: str) -> str:
    """Three ways: what is in force, what stands outside now, and what stood there when both last agreed (`base`)."""
    if current is None:
        return "take"
    if current.document == text or base == digest(text):
        return "keep"
    if base is None:
        return "take" if current.by in (SHIPPED, "start") else "keep" if origin == SHIPPED else "conflict"
    return "take" if base == digest(current.document) else "conflict"


def agree(store: Store, folder: Path | None) -> None:
    """Remember which documents outside say what is in force: from here on a change of them is news."""
    texts, origin = texts_from(folder), _origins(folder)
    with store.read() as tx:
        current = configs.current_configs(tx)
        agreed = {
            _base(origin(name), name): digest(text)
            for name, (text, _) in texts.items()
            if name in current and current[name].document == text
        }
        fresh = {key: value for key, value in agreed.items() if recall(tx, key) != value}
    if fresh:
        with store.begin() as tx:
            for key, value in fresh.items():
                remember(tx, key, value=value)


def _base(origin: str, section: str) -> str:
    return f"config:{origin}:{section}"
