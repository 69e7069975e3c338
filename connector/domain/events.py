"""What happened on sales' side, as values: statuses in our words, answers, deals, and the steps that they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connector.domain.decision import EpisodeAnswer
from connector.domain.facts import Actor, Episode, LinkedRecord, Step
from connector.domain.recycling import rejected
from mappings.records import Opportunity

BYPASS, COOLDOWN, REVERT, RECORD_GONE = "bypass", "cooldown", "revert", "crm_record_gone"
OWNER, REVERT_OWNER = "violation:owner", "revert_owner"

Resting = Callable[[datetime], bool]
"""Whether the lead rested at an instant: a cooldown of its own or of its account ran, and no manager had lifted it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A step that facts show, when, by whom and why."""

    step: Step
    at: datetime
    actor: Actor
    cause: str
    violation: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where sales stands with the lead in this cycle. `episode` is its latest hand-off with the answers folded in;
    `held` means that sales has it now (or has closed it)."""

    episodes: tuple[Episode, ...] = ()
    answers: tuple[EpisodeAnswer, ...] = ()
    visits: tuple[Visit, ...] = ()
    held: bool = False
    flags: tuple[str, ...] = ()

    @property
    def episode(self) -> Episode | None:
        """The latest hand-off of the cycle."""
        return self.episodes[-1] if self.episodes else None

    @property
    def rejections(self) -> int:
        """How often sales said no in this cycle, annulled rejections left out."""
        return sum(rejected(episode) is not None for episode in self.episodes)


@dataclass(frozen=True, slots=True)
class Said:
    """A CRM status in our words."""

    at: datetime
    word: str
    actor: Actor
    record: LinkedRecord


@dataclass(frozen=True, slots=True)
class Dealt:
    """An opportunity was opened, won or lost."""

    at: datetime
    deal: Opportunity
    step: Step


@dataclass(frozen=True, slots=True)
class Answered:
    """Sales accepted the hand-off, or qualified the lead, as recorded on it."""

    at: datetime
    actor: Actor
    step: Step = Step.SAL


Event = Said | Answered | Dealt


def revocable(event: Event) -> bool:
    """Whether what was done in the CRM can be undone there: a status can, a conversion and a deal cannot."""
    return isinstance(event, Said) and event.word != "converted"


RANK = {
    Step.HANDED_OFF: 1, Step.SAL: 2, Step.SQL: 3, Step.REJECTED: 4, Step.OPPORTUNITY: 5, Step.LOST: 6, Step.WON: 7,
}  # fmt: skip
"""How far a step goes within one hand-off; a later event of a lower rank takes nothing back."""
