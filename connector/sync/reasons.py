"""Whether a hand-off that waited is still to be carried out: sales may have answered meanwhile, the account may rest, the
customer may have withdrawn consent, or marketing may have deleted the person. Asks the store and the rules, never a remote
system."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from connector.domain.facts import Answer, Episode, Known
from connector.domain.recycling import cooldowns, not_lifted
from connector.domain.rules import Rules
from connector.domain.survey import survey
from connector.store import links
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from mappings.records import SystemRole

_LEFT = frozenset({"gone", "merged"})


class Against(StrEnum):
    """Why a hand-off is not carried out after all."""

    REJECTED = "rejected"
    COOLDOWN = "cooldown"
    CONSENT = "consent"
    GONE = "gone"


def gone_in_marketing(tx: Tx, lead_id: str) -> bool:
    """Whether marketing had a record of the person and has none left: nobody may be handed off whom marketing deleted."""
    mine = [one for one in links.links_of(tx, [lead_id]).get(lead_id, []) if one.role is SystemRole.MARKETING]
    return bool(mine) and all(one.state in _LEFT for one in mine)


def against(tx: Tx, known: Known, handoff: HandOff, *, rules: Rules, now: datetime) -> Against | None:
    """What speaks against beginning the remote part of a hand-off. An acceptance settles it: sales has the lead."""
    answer = answer_of(known, handoff, rules=rules, now=now)
    if answer is not Answer.OPEN:
        return Against.REJECTED if answer is Answer.REJECTED else None
    if gone_in_marketing(tx, known.lead_id):
        return Against.GONE
    if known.person.consent is False:
        return Against.CONSENT
    others = [one for one in known.episodes if one.id != handoff.id]
    running = cooldowns(rules.policies, others, known.account.other_episodes, now)
    # The override that let this very hand-off begin is spent, and still lifts what it lifted.
    granted = [replace(override, used=False) for override in known.overrides]
    return Against.COOLDOWN if not_lifted(running, granted) else None


def answer_of(known: Known, handoff: HandOff, *, rules: Rules, now: datetime) -> Answer:
    """What sales said to this hand-off, in the panel or on the record, as far as it was read."""
    here, _ = survey(known, rules, now)
    told: tuple[Episode, ...] = (*here.standing.episodes, *known.episodes)
    return next((one.answer for one in told if one.id == handoff.id), Answer.OPEN)
