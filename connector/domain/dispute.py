"""The truth about a rejection (还原真相): an SDR contests it, a manager calls the customer and records what was found.

Found against the rep, the rejection and its cooldown count no more; otherwise it stands. Knows no CRM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.domain.facts import Actor, Dispute, Episode, Finding, Known, Message, Rejection

MANAGERS = frozenset({"manager", "admin"})
_CONTESTANTS = MANAGERS | {"sdr"}


@dataclass(frozen=True, slots=True)
class Contest:
    """An SDR says that sales' latest no (or that of `handoff_id`) does not hold, and why."""

    by: Actor
    note: str
    handoff_id: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """A manager who spoke with the customer says where the cause of sales' latest no (or that of `handoff_id`) lay."""

    by: Actor
    finding: str
    note: str
    handoff_id: str = ""


@dataclass(frozen=True, slots=True)
class Contested:
    """To be stored: the rejection of this hand-off is contested."""

    handoff_id: str
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    """To be stored: the finding about the rejection of this hand-off. `annuls`: it does not hold."""

    handoff_id: str
    at: datetime
    by: str
    finding: Finding
    note: str

    @property
    def annuls(self) -> bool:
        """Whether the rejection and its cooldown count no more."""
        return self.finding is Finding.REP


def contest(command: Contest, known: Known, now: datetime) -> Contested | tuple[Message, ...] | None:
    """What is to be stored, None when it is stored already, or every reason against it."""
    episode, no = _doubted(known, command.handoff_id)
    said = Dispute(contested_by=named(command.by), contest_note=command.note)
    if episode and no and _same(no.dispute, said):
        return None
    messages = [*_unsaid(command.note)]
    if command.by.kind not in _CONTESTANTS:
        messages.append(Message("command.sdr_only"))
    messages += _closed(no)
    if no and not no.dispute.finding and no.dispute.contested_at:
        messages.append(Message("command.already_contested"))
    if messages or episode is None:
        return tuple(messages)
    return Contested(episode.id, now, said.contested_by, command.note)


def settle(command: Settle, known: Known, now: datetime) -> Found | tuple[Message, ...] | None:
    """What is to be stored, None when it is stored already, or every reason against it. A manager may look into a
    rejection that nobody contested."""
    episode, no = _doubted(known, command.handoff_id)
    said = (command.finding, named(command.by), command.note)
    if episode and no and (no.dispute.finding, no.dispute.found_by, no.dispute.found_note) == said:
        return None
    messages = [*_unsaid(command.note)]
    if command.by.kind not in MANAGERS:
        messages.append(Message("command.finding_manager_only"))
    if command.finding not in set(Finding):
        params = {"finding": command.finding, "known": ", ".join(Finding)}
        messages.append(Message("command.finding_unknown", params))
    messages += _closed(no)
    if messages or episode is None:
        return tuple(messages)
    return Found(episode.id, now, said[1], Finding(command.finding), command.note)


def named(actor: Actor) -> str:
    """Who it was, as a dispute keeps it: the owner id, or the part they play."""
    return actor.id or actor.kind


def _doubted(known: Known, handoff_id: str) -> tuple[Episode | None, Rejection | None]:
    rejected = [e for e in known.episodes if e.rejection and handoff_id in ("", e.id)]
    return (rejected[-1], rejected[-1].rejection) if rejected else (None, None)


def _same(stored: Dispute, said: Dispute) -> bool:
    mine = (stored.contested_by, stored.contest_note)
    return stored.contested_at is not None and mine == (said.contested_by, said.contest_note)


def _unsaid(note: str) -> Iterator[Message]:
    if not note.strip():
        yield Message("command.note_required")


def _closed(no: Rejection | None) -> Iterator[Message]:
    if no is None:
        yield Message("command.never_rejected")
    elif no.dispute.finding:
        yield Message("command.already_found")
