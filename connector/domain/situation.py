"""Everything that has been established about a lead before it is judged: what gate, hand-off and wanted values look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.cycle import Cycle
from connector.domain.decision import Evidence, PersonaVerdict, StageVerdict
from connector.domain.events import Standing
from connector.domain.facts import Episode, Known
from connector.domain.policies import PoliciesConfig
from connector.domain.recycling import Cooldown
from connector.domain.rules import Rules


@dataclass(frozen=True, slots=True)
class Situation:
    """One lead at one moment. `known` is reduced to the current cycle; `cell` is the hand-off's as long as sales has the
    lead. `cooldowns` are those that run, `blocking` those among them that no override lifts."""

    known: Known
    rules: Rules
    now: datetime
    cycle: Cycle
    standing: Standing
    persona: PersonaVerdict
    role: str
    role_computed: str
    stage: StageVerdict
    cell: str
    evidence: tuple[Evidence, ...]
    cooldowns: tuple[Cooldown, ...] = ()
    blocking: tuple[Cooldown, ...] = ()

    @property
    def policies(self) -> PoliciesConfig:
        """The policies in force."""
        return self.rules.policies

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """Every hand-off of the lead, in earlier cycles too, with what sales has said of those of this cycle."""
        now = {episode.id for episode in self.standing.episodes}
        return (*(e for e in self.known.episodes if e.id not in now), *self.standing.episodes)

    @property
    def episode(self) -> Episode | None:
        """The latest hand-off of this cycle."""
        return self.standing.episode

    @property
    def counting(self) -> tuple[Evidence, ...]:
        """The evidence that speaks for a stage."""
        return counting(self.evidence)


def counting(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Evidence for something: neither cancelled nor itself the cancelling kind."""
    return tuple(e for e in evidence if e.counts and e.strength != "negative")
