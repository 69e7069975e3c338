"""Sales at work on a lead that was never handed over: facts all the same, which are recorded and flagged.

What began after the lead entered marketing's pool is a bypass, or breaks a cooldown of its account; what was there before
is only history.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from connector.domain.events import (
    BYPASS,
    COOLDOWN,
    RANK,
    REVERT,
    Dealt,
    Resting,
    Said,
    Standing,
    Visit,
    revocable,
)
from connector.domain.facts import Actor, Known, Step
from connector.domain.policies import PoliciesConfig
from mappings.records import SystemRole

CRM = Actor("crm")


class Unasked:
    """Reads what sales did with a lead of marketing's pool. `floor`: what happened up to then is history."""

    def __init__(self, known: Known, policies: PoliciesConfig, *, floor: datetime, rests: Resting) -> None:
        self.known = known
        self.reverts = policies.recycling.on_violation == "revert"
        self.floor = floor
        self.rests = rests
        self.visits: list[Visit] = []
        self.flags: set[str] = set()

    def standing(self, events: Sequence[Said | Dealt]) -> Standing:
        """Where sales stands with the lead after these events."""
        self._made_by_reps()
        for event in sorted(events, key=attrgetter("at")):
            if isinstance(event, Said) and event.word == "open":
                continue
            if isinstance(event, Said) and event.word in ("rejected", "disqualified"):
                self._give_up(event)
            else:
                self._go_on(event)
        held = bool(self.visits) and self.visits[-1].step is not Step.RECYCLED
        if held and any(visit.violation for visit in self.visits):
            self.flags.add(BYPASS)
        return Standing(visits=tuple(self.visits), held=held, flags=tuple(sorted(self.flags)))

    def _made_by_reps(self) -> None:
        """The CRM record that a person made for a lead of marketing's pool puts it into sales' pool, worked or not."""
        made = [
            created
            for record in self.known.records
            if record.role is SystemRole.CRM and not record.by_baton
            and (created := record.created_at or record.person.created_at) and created > self.floor
        ]  # fmt: skip
        if made and not self._to_be_undone(min(made), revocable=True):
            at = min(made)
            self.visits.append(Visit(Step.HANDED_OFF, at, CRM, BYPASS, self._violation(at)))

    def _violation(self, at: datetime) -> str:
        if at <= self.floor:
            return ""
        return COOLDOWN if self.rests(at) else BYPASS

    def _to_be_undone(self, at: datetime, *, revocable: bool) -> bool:
        """Whether this breaks a cooldown and is left to be undone; flags what breaks one."""
        if self._violation(at) != COOLDOWN:
            self.flags.discard(REVERT)
            return False
        self.flags.add(f"violation:{COOLDOWN}")
        if self.reverts and revocable:
            self.flags.add(REVERT)
            return True
        self.flags.discard(REVERT)
        return False

    def _go_on(self, event: Said | Dealt) -> None:
        if self._to_be_undone(event.at, revocable=revocable(event)):
            return
        visit = self._visit(event)
        last = self.visits[-1].step if self.visits else Step.RECYCLED
        if last is Step.RECYCLED or RANK[visit.step] > RANK[last]:
            self.visits.append(visit)

    def _visit(self, event: Said | Dealt) -> Visit:
        violation = self._violation(event.at)
        if isinstance(event, Dealt):
            rep = Actor("rep", event.deal.owner_id)
            return Visit(event.step, event.at, rep, str(event.step), violation)
        step = Step.SAL if event.word == "accepted" else Step.SQL
        return Visit(step, event.at, event.actor, event.word, violation)

    def _give_up(self, event: Said) -> None:
        """A rep who had the lead without a hand-off and gave it up returns it to marketing; there is nothing to answer."""
        self.flags.discard(REVERT)
        if self.visits and RANK.get(self.visits[-1].step, 0) in range(1, RANK[Step.REJECTED]):
            self.visits.append(Visit(Step.REJECTED, event.at, event.actor, event.word))
            self.visits.append(Visit(Step.RECYCLED, event.at, event.actor, event.word))
