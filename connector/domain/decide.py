"""The one question: what should be true of this lead now? Everything else in this folder answers a part of it.

Pure: the same facts, rules and moment give the same decision, and it holds until `reconsider_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.domain.absence import reroute
from connector.domain.assess import owed
from connector.domain.deadlines import Watch, watch
from connector.domain.decision import Decision, GateResult
from connector.domain.events import OWNER, REVERT_OWNER, Visit
from connector.domain.facts import Actor, Known, LinkedRecord, Step
from connector.domain.gate import check_gate
from connector.domain.handoff import at_point, closed, compared, strong_in_cooldown, verdict
from connector.domain.lifecycle import transitions
from connector.domain.reassignment import Cause, Reassign
from connector.domain.recycling import rejected, resubmission
from connector.domain.rules import Rules
from connector.domain.situation import Situation
from connector.domain.survey import changed_at, first_interaction, survey
from connector.domain.value import value_of
from connector.domain.wanted import next_action, wanted_fields
from mappings.records import SystemRole

BATON = Actor("baton")
_ENDED = frozenset({Step.WON, Step.LOST, Step.DISQUALIFIED})


def decide(known: Known, rules: Rules, now: datetime) -> Decision:
    """What should be true of the lead at `now`, under these rules. Raises nothing: what is odd becomes a flag."""
    here, reconsider_at = survey(known, rules, now)
    reroutes, reroutes_at = reroute(here, known.absences)
    gate = check_gate(here)
    handoff = verdict(here, gate)
    visits = (*here.standing.visits, *_marketing(here, gate))
    watched = watch(here, visits)
    turns = [at for at in (reconsider_at, watched.turns_at, *reroutes_at) if at]
    step = visits[-1].step if visits else Step.NEW
    return Decision(
        persona=here.persona,
        role=here.role,
        stage=here.stage,
        cell=here.cell,
        evidence=here.evidence,
        step=step,
        gate=gate,
        handoff=handoff,
        value=value_of(rules.values, here.cell),
        transitions=transitions(here.known.memory, visits),
        answers=here.standing.answers,
        cooldown_until=here.blocking[0].ends if here.blocking else None,
        rejections=here.standing.rejections,
        next_action=next_action(here, step, handoff),
        wanted=wanted_fields(here, step, handoff),
        versions=rules.versions,
        reconsider_at=min(turns, default=None),
        flags=_flags(here, watched),
        cycle=here.cycle.number,
        cycle_opened_at=here.cycle.opened_at,
        cycles=tuple(row for row in here.cycle.rows if row not in known.cycles),
        deadlines=watched.deadlines,
        reassign=_to_another(watched.reassign, reroutes),
        role_computed=here.role_computed,
        role_set=here.known.role_set,
    )


def _to_another(watched: Reassign | None, absent: Reassign | None) -> Reassign | None:
    """Which wish counts: what somebody did by hand is a fact, and whoever is away missed no deadline through their fault."""
    by_hand = watched is not None and watched.cause is Cause.TRANSFERRED
    return watched if by_hand else absent or watched


def _marketing(here: Situation, gate: Sequence[GateResult]) -> tuple[Visit, ...]:
    """The steps on marketing's side, after whatever sales did: none while sales has the lead or nothing is left to do.
    A hand-off that is under way but not confirmed keeps the lead an MQL."""
    memory, standing = here.known.memory, here.standing
    if standing.held and standing.episode and not standing.visits:
        return (Visit(Step.MQL, standing.episode.requested_at, BATON, "gate_passed"),)
    if standing.held or (standing.visits and standing.visits[-1].step in _ENDED):
        return ()
    if memory.step in _ENDED and not here.cycle.is_new and not standing.visits:
        return (Visit(memory.step, memory.step_since or here.known.created_at, BATON, "remembered"),)
    returned = bool(standing.visits)
    began = () if returned else _begun(here)
    if not (returned or began):
        return ()
    at = max([changed_at(here), *(visit.at for visit in standing.visits[-1:])])
    if _qualifies(here, gate):
        return (*began, Visit(Step.MQL, at, BATON, "gate_passed"))
    if memory.step is Step.MQL and not here.cycle.is_new:
        return (Visit(Step.RECYCLED if returned else Step.MAL, at, BATON, "no_longer_qualified"),)
    return began


def _begun(here: Situation) -> tuple[Visit, ...]:
    """MAL: an interaction and something to reach the person by. What was reached once is not taken back."""
    memory, person = here.known.memory, here.known.person
    if here.cycle.is_new:
        return (Visit(Step.MAL, here.cycle.opened_at or here.now, BATON, "new_cycle"),)
    if memory.step in (Step.MAL, Step.MQL):
        return (Visit(Step.MAL, memory.step_since or here.known.created_at, BATON, "remembered"),)
    if memory.step is not Step.NEW:
        return (Visit(Step.MAL, changed_at(here), BATON, "withdrawn"),)
    first = first_interaction(here)
    reachable = person.email or person.mobile or person.phone or person.wecom_id
    return (Visit(Step.MAL, first, BATON, "interaction"),) if first and reachable else ()


def _qualifies(here: Situation, gate: Sequence[GateResult]) -> bool:
    """Marketing qualified: at its hand-off point, the gate passed, and nothing left over from a rejection."""
    missing = resubmission(here.policies, here.known, here.episode, compared(here))
    return all(result.passed for result in gate) and at_point(here) and not missing and not [*closed(here)]


def _flags(here: Situation, watched: Watch) -> tuple[str, ...]:
    """What a person should look at: irregular facts, alerts of the signals, a customer who came back early."""
    flags = {*here.standing.flags, *here.stage.flags}
    flags.update(f"breach:{one.name}" for one in watched.deadlines if one.missed)
    if not here.standing.held and strong_in_cooldown(here):
        flags.add("strong_evidence_in_cooldown")
    if any(_unmapped(here, record) for record in here.known.records):
        flags.add("status_unknown")
    if owed(here):
        flags.add("sql_criteria_owed")
    if _owner_changed(here):
        flags.add(OWNER)
        if here.policies.recycling.on_violation == "revert":
            flags.add(REVERT_OWNER)
    return tuple(sorted(flags))


def _unmapped(here: Situation, record: LinkedRecord) -> bool:
    """Whether sales' system states a status that no map knows: it answers nothing until somebody says what it means."""
    sales = record.role is SystemRole.CRM
    return sales and bool(record.answer) and not here.policies.answer_word(record.answer)


def _owner_changed(here: Situation) -> bool:
    """Whether somebody gave the record to another rep while the lead rests: to whom it goes next is not theirs to say."""
    episode = here.episode
    rejection = rejected(episode) if episode else None
    if not episode or not rejection or not any(one.rejection == rejection for one in here.cooldowns):
        return False
    theirs = {episode.owner_id, rejection.rep_id} - {""}
    owners = [record.person.owner_id for record in here.known.records if record.key == episode.crm]
    return bool(theirs) and any(owner and owner not in theirs for owner in owners)
