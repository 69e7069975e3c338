"""Which side is right when a field differs, and why: three values, two times, one rule. A tie is a verdict too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.document import Rule, SyncLine, Toward
from mappings.records import Scalar
from mappings.values import FieldType, Unreadable, same

Side = Scalar | Unreadable


class Winner(StrEnum):
    """`source`: its value is to be written to the target. `target`: the reverse. `nobody`: nothing is written."""

    SOURCE = "source"
    TARGET = "target"
    NOBODY = "nobody"


class Reason(StrEnum):
    """Why, in a word that the log and the preview show."""

    NOT_SYNCED = "not_synced"
    UNREADABLE = "unreadable"
    AGREE = "agree"
    NEVER_AGREED = "never_agreed"
    UNCHANGED = "unchanged"
    SOURCE_CHANGED = "source_changed"
    SOURCE_RESTORED = "source_restored"
    SOURCE_BLANK = "source_blank"
    SOURCE_WINS = "source_wins"
    SOURCE_NEWER = "source_newer"
    TARGET_BLANK = "target_blank"
    TARGET_CHANGED = "target_changed"
    TARGET_FILLED = "target_filled"
    TARGET_KEPT = "target_kept"
    TARGET_WINS = "target_wins"
    TARGET_NEWER = "target_newer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `after` says why the rule itself could not decide: `tie` or `no_times` of most recent."""

    winner: Winner
    reason: Reason
    after: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A field's direction and rule. Source is where it flows from; of a field that flows both ways, marketing."""

    direction: Toward
    rule: Rule
    fallback: Rule = Rule.TARGET_WINS

    @classmethod
    def of(cls, line: SyncLine) -> Flow:
        """The flow of a line of the document."""
        return cls(line.direction, line.rule, line.fallback)

    @property
    def both(self) -> bool:
        """Whether the target's value may be written to the source."""
        return self.direction is Toward.BOTH


@dataclass(frozen=True, slots=True)
class Sides:
    """The value both agreed on last, the two of now, and when each was set where its system tells.

    `met` False: the two were never compared before, there is no base. `apart`: what each said when they were first
    compared and did not agree; since then each is judged by what itself said.
    """

    base: Scalar
    source: Side
    target: Side
    source_at: datetime | None = None
    target_at: datetime | None = None
    type: FieldType = FieldType.TEXT
    met: bool = True
    apart: tuple[Scalar, Scalar] | None = None

    @property
    def bases(self) -> tuple[Scalar, Scalar]:
        """What the source is compared with, and the target."""
        return self.apart or (self.base, self.base)


def _blank(value: Side) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def judge(flow: Flow, sides: Sides) -> Verdict:
    """What is to be written, three-way on the base. A side that cannot be read is neither written nor written from."""
    source, target = sides.source, sides.target
    if flow.rule is Rule.DO_NOT_SYNC:
        return Verdict(Winner.NOBODY, Reason.NOT_SYNCED)
    if isinstance(source, Unreadable) or isinstance(target, Unreadable):
        return Verdict(Winner.NOBODY, Reason.UNREADABLE)
    if same(source, target, sides.type):
        return Verdict(Winner.NOBODY, Reason.AGREE)
    if not sides.met and not _blank(source) and not _blank(target):
        # Nobody can tell which of the two was there first, or whether they speak of one thing: nothing is overwritten.
        return Verdict(Winner.NOBODY, Reason.NEVER_AGREED)
    return _three_way(flow, sides, source, target)


def _three_way(flow: Flow, sides: Sides, source: Scalar, target: Scalar) -> Verdict:
    base, other = sides.bases
    source_changed = not same(base, source, sides.type)
    target_changed = not same(other, target, sides.type)
    if source_changed and target_changed:
        return _CONFLICT[flow.rule](flow, sides)
    if source_changed:
        return _only_source(flow, target)
    return _only_target(flow, source, target) if target_changed else Verdict(Winner.NOBODY, Reason.UNCHANGED)


def _only_source(flow: Flow, target: Side) -> Verdict:
    if flow.rule is Rule.TARGET_UNLESS_BLANK and not _blank(target):
        return Verdict(Winner.NOBODY, Reason.TARGET_FILLED)
    return Verdict(Winner.SOURCE, Reason.SOURCE_CHANGED)


def _only_target(flow: Flow, source: Side, target: Side) -> Verdict:
    if flow.rule is Rule.TARGET_UNLESS_BLANK and _blank(target):
        return Verdict(Winner.SOURCE, Reason.TARGET_BLANK)
    if flow.both:
        return Verdict(Winner.TARGET, Reason.TARGET_CHANGED)
    if flow.rule is not Rule.SOURCE_WINS:
        return Verdict(Winner.NOBODY, Reason.TARGET_KEPT)
    # What the source never had is no reason to clear what people wrote at the target.
    return (
        Verdict(Winner.NOBODY, Reason.SOURCE_BLANK)
        if _blank(source)
        else Verdict(Winner.SOURCE, Reason.SOURCE_RESTORED)
    )


def _kept(flow: Flow, reason: Reason, after: str = "") -> Verdict:
    return Verdict(Winner.TARGET if flow.both else Winner.NOBODY, reason, after)


def _source_wins(flow: Flow, sides: Sides) -> Verdict:
    return Verdict(Winner.SOURCE, Reason.SOURCE_WINS)


def _target_wins(flow: Flow, sides: Sides) -> Verdict:
    return _kept(flow, Reason.TARGET_WINS)


def _unless_blank(flow: Flow, sides: Sides) -> Verdict:
    if _blank(sides.target):
        return Verdict(Winner.SOURCE, Reason.TARGET_BLANK)
    return _kept(flow, Reason.TARGET_FILLED)


def _most_recent(flow: Flow, sides: Sides) -> Verdict:
    if sides.source_at is None or sides.target_at is None or sides.source_at == sides.target_at:
        after = "tie" if sides.source_at is not None and sides.target_at is not None else "no_times"
        decided = _CONFLICT[flow.fallback](flow, sides)
        return Verdict(decided.winner, decided.reason, after)
    if sides.source_at > sides.target_at:
        return Verdict(Winner.SOURCE, Reason.SOURCE_NEWER)
    return _kept(flow, Reason.TARGET_NEWER)


_CONFLICT: Mapping[Rule, Callable[[Flow, Sides], Verdict]] = {
    Rule.SOURCE_WINS: _source_wins,
    Rule.TARGET_WINS: _target_wins,
    Rule.TARGET_UNLESS_BLANK: _unless_blank,
    Rule.MOST_RECENT: _most_recent,
}
