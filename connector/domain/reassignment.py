"""A lead that sales has goes from one rep to another, within its hand-off: the wish and the fact, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.domain.facts import Actor, Episode


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A lead that sales has went from one rep to another, within the same hand-off: no rejection, no cooldown, no count.
    `cause` is a word of `Cause`, `deadline` the one whose breach led to it. Under way until
    `assigned_at`, when the CRM's record has the new owner."""

    id: str
    at: datetime
    cause: str
    by: Actor
    from_owner: str
    to_owner: str
    deadline: str = ""
    assigned_at: datetime | None = None


def moving(episode: Episode) -> Reassignment | None:
    """The reassignment that is under way."""
    return next((one for one in episode.reassignments if one.assigned_at is None), None)


def held_since(episode: Episode) -> datetime | None:
    """Since when its present owner has it; None before sales has it at all."""
    times = [one.assigned_at for one in episode.reassignments if one.assigned_at]
    return max(times, default=episode.confirmed_at)


class Cause(StrEnum):
    """Why a lead goes to another rep."""

    RECLAIMED = "reclaimed"
    REP_AWAY = "rep_away"
    REP_LEFT = "rep_left"
    TRANSFERRED = "transferred"
    """Somebody gave the CRM's record to another rep by hand: a fact, recorded as it is."""


@dataclass(frozen=True, slots=True)
class Reassign:
    """A wish that the lead goes to another rep. `deadline` names the one whose breach is the cause. With TRANSFERRED it went
    to `to_owner` already; else routing chooses."""

    cause: Cause
    deadline: str = ""
    to_owner: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A rep is not there from `first` on, through `last`; `last` None: until somebody says otherwise. `left`: the CRM does
    not list them as active any more."""

    owner_id: str
    first: date
    last: date | None = None
    left: bool = False
