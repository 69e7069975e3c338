"""A lead that sales has went from one rep to another: the fact, as part of its hand-off. Why it should, see reassign.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.domain.facts import Actor


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A lead that sales has went from one rep to another, within the same hand-off: no rejection, no cooldown, no count.
    `cause` is a word of `connector.domain.reassign.Cause`, `deadline` the one whose breach led to it. Under way until
    `assigned_at`, when the CRM's record has the new owner."""

    id: str
    at: datetime
    cause: str
    by: Actor
    from_owner: str
    to_owner: str
    deadline: str = ""
    assigned_at: datetime | None = None
