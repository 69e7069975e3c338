"""Establishes what a decision rests on: cycle, persona, role, stage, sales' standing, cooldowns - and when it can change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from connector.domain.cycle import Cycle, current_cycle, evidence_within, opened, speaks, within
from connector.domain.decision import Evidence, PersonaVerdict, StageVerdict
from connector.domain.events import Standing
from connector.domain.facts import Known
from connector.domain.matrix import cell_of, place_persona, role_of
from connector.domain.recycling import cooldown_end, cooldowns, not_lifted
from connector.domain.rules import Rules
from connector.domain.situation import Situation, counting
from connector.domain.stage import place_stage
from connector.domain.standing import read_standing

Placed = tuple[StageVerdict, tuple[Evidence, ...], datetime | None]


def survey(known: Known, rules: Rules, now: datetime) -> tuple[Situation, datetime | None]:
    """The situation at `now`, and the earliest instant at which it can be another without new input."""
    persona, persona_turn = place_persona(rules.matrix, known, now)
    cycle, (stage, evidence, stage_turn) = _cycle_and_stage(known, rules, persona_id=persona.id, now=now)
    present = within(known, cycle)
    standing = read_standing(present, rules.policies, cycle)
    cycle = _begun(cycle, stage, evidence, standing)
    persona, stage = _fixed(present, standing, persona=persona, stage=stage)
    own = (*(e for e in known.episodes if e.cycle != cycle.number), *standing.episodes)
    running = cooldowns(rules.policies, own, known.account.other_episodes, now)
    title_role = role_of(rules.matrix, known.person.title)
    here = Situation(
        known=present,
        rules=rules,
        now=now,
        cycle=cycle,
        standing=standing,
        persona=persona,
        role=known.role_set.value if known.role_set else title_role,
        role_computed=title_role,
        stage=stage,
        cell=cell_of(persona.id, stage.id),
        evidence=evidence,
        cooldowns=running,
        blocking=not_lifted(running, known.overrides),
    )
    turns = [persona_turn, stage_turn, cycle.changes_at, *(c.ends for c in running), *_ahead(known, now)]
    return here, min((turn for turn in turns if turn and turn > now), default=None)


def _cycle_and_stage(known: Known, rules: Rules, *, persona_id: str, now: datetime) -> tuple[Cycle, Placed]:
    """The cycle with its own evidence. Activity alone opens no cycle: its first evidence does."""
    cycle = current_cycle(known, rules.policies.cycle, now)
    placed = _stage(known, cycle, rules, persona_id=persona_id, now=now)
    first = min((e.at for e in counting(placed[1])), default=None)
    if first and (cycle.opens or cycle.rows):
        return opened(cycle, first), placed
    if cycle.otherwise is None:
        return cycle, placed
    return cycle.otherwise, _stage(known, cycle.otherwise, rules, persona_id=persona_id, now=now)


def _stage(known: Known, cycle: Cycle, rules: Rules, *, persona_id: str, now: datetime) -> Placed:
    reduced = evidence_within(known, cycle)
    return place_stage(rules.matrix, rules.signals, reduced, persona_id=persona_id, now=now)


def _begun(cycle: Cycle, stage: StageVerdict, evidence: tuple[Evidence, ...], standing: Standing) -> Cycle:
    """The first cycle of an account opens with the first evidence, a stage set by hand, or sales at work."""
    if cycle.opened_at is not None:
        return cycle
    times = [e.at for e in counting(evidence)] + [visit.at for visit in standing.visits[:1]]
    times += [e.requested_at for e in standing.episodes[:1]] + ([stage.hand_set.at] if stage.hand_set else [])
    return opened(cycle, min(times)) if times else cycle


def _fixed(
    known: Known, standing: Standing, *, persona: PersonaVerdict, stage: StageVerdict
) -> tuple[PersonaVerdict, StageVerdict]:
    """From hand-off to its close the cell is the hand-off's; what would be computed stays visible beside it."""
    episode = standing.episode
    if not standing.held or episode is None or "/" not in episode.cell:
        return persona, stage
    persona_id, _, stage_id = episode.cell.partition("/")
    memory = known.memory
    if stage.id != stage_id:
        since = memory.stage_since if memory.stage == stage_id else episode.requested_at
        stage = replace(stage, id=stage_id, since=since)
    if persona.hand_set or persona.candidate or persona.computed == persona_id:
        return replace(persona, id=persona_id), stage
    # What the facts have come to say stays remembered, or it would have to stand for its days again.
    stood = memory.persona_differs_since if memory.persona_candidate == persona.computed else None
    return replace(persona, id=persona_id, candidate=persona.computed, differs_since=stood), stage


def _ahead(known: Known, now: datetime) -> Iterator[datetime]:
    """Instants of facts that a clock ahead of ours dated into the future."""
    for activity in known.activities:
        yield from (at for at in (activity.occurred_at, activity.recorded_at) if at > now)
    yield from (at for at in known.account.heard if at > now)


def first_interaction(here: Situation) -> datetime | None:
    """When the customer was first seen or heard in this cycle."""
    times = (a.occurred_at for a in here.known.activities if speaks(a) and a.occurred_at <= here.now)
    return min(times, default=None)


def changed_at(here: Situation) -> datetime:
    """When the latest thing happened that a change found now can come from: the time at which it took effect, however
    late it is decided."""
    past = [instant for instant in _instants(here) if instant <= here.now]
    floor = here.known.memory.step_since
    return max([*past, *([floor] if floor else [])], default=here.now)


def _instants(here: Situation) -> Iterator[datetime]:
    known, memory = here.known, here.known.memory
    matrix = here.rules.matrix
    ages = memory.stage in matrix.stages and memory.persona in matrix.personas
    window = matrix.window(memory.persona, memory.stage) if ages else None
    for activity in known.activities:
        yield activity.occurred_at
        if window:
            yield activity.occurred_at + window
    for episode in (*here.standing.episodes, *known.account.other_episodes):
        if episode.rejection:
            yield from filter(None, (episode.rejection.at, cooldown_end(here.policies, episode.rejection)))
    yield from (override.at for override in known.overrides)
    yield from (hand_set.at for hand_set in (known.persona_set, known.stage_set, known.role_set) if hand_set)
    account = known.account.account
    modified = (
        known.person.modified_at,
        account.modified_at if account else None,
        memory.persona_differs_since,
    )
    yield from (at for at in (*modified, known.created_at) if at)
