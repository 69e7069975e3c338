"""What was decided and where each lead stands. Decisions, cell entries, transitions and refusals are only ever added to;
the lead's state is their projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, func, select, update

from connector.domain.decision import Decision, Transition, Versions
from connector.domain.facts import Actor, Memory, Message, Step
from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import digest, money_from, money_values
from connector.store.writes import chunks, insert_new, insert_once, run_many, upsert
from mappings.records import Money

UNVERSIONED = Versions()
"""Taken under nothing yet."""


@dataclass(frozen=True, slots=True)
class LeadState:
    """Where a lead stands: what the next decision remembers, and what lists and reports show."""

    lead_id: str
    memory: Memory
    cell: str = ""
    role: str = ""
    reconsider_at: datetime | None = None
    value: Money | None = None
    versions: Versions = UNVERSIONED
    decision_id: int | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CellEntry:
    """A lead's stay in a cell. `unit` is the account, or the lead where it has none: the unit of every figure."""

    lead_id: str
    unit: str
    cycle: int
    persona: str
    stage: str
    cell: str
    entered_at: datetime
    left_at: datetime | None = None
    evidence_ids: tuple[str, ...] = ()
    versions: Versions = UNVERSIONED
    learned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was refused, with every reason."""

    lead_id: str
    at: datetime
    actor: Actor
    command: str
    reasons: tuple[Message, ...]


# Built once: every decision passes here, and to build a statement costs more than to execute it.
_LAST_HASH = select(tables.lead_state.c.decision_hash).where(
    tables.lead_state.c.lead_id == bindparam("b_lead")
)
_APPEND = tables.decision.insert().returning(tables.decision.c.id)
_STANDS = (tables.cell_entry.c.lead_id == bindparam("b_lead"), tables.cell_entry.c.left_at.is_(None))
_OPEN_ENTRY = select(
    tables.cell_entry.c.cell, tables.cell_entry.c.cycle, tables.cell_entry.c.entered_at
).where(*_STANDS)
_LEAVE = update(tables.cell_entry).where(*_STANDS).values(left_at=bindparam("b_left"))


def content_hash(decision: Decision) -> str:
    """Equal for decisions that say the same, under whatever versions and with whatever next look."""
    return digest(replace(decision, versions=Versions(), reconsider_at=None, cycles=()))


def record_decision(tx: Tx, lead_id: str, *, decision: Decision, at: datetime) -> int | None:
    """Append the decision if it says something else than the last one; its id, or None when nothing changed."""
    s = tables.lead_state
    content = content_hash(decision)
    last = tx.execute(_LAST_HASH, {"b_lead": lead_id}).scalar()
    if last == content:
        return None
    values = {"lead_id": lead_id, "at": at, "document": decision, "hash": content}
    decision_id: int = tx.execute(_APPEND, values).scalar_one()
    known = {
        "lead_id": lead_id,
        "decision_id": decision_id,
        "decision_hash": content,
        "versions": {},
        "updated_at": at,
    }
    tx.execute(upsert(tx, s, update=("decision_id", "decision_hash")), known)
    return decision_id


def decisions_of(tx: Tx, lead_id: str, *, limit: int = 50) -> list[tuple[int, datetime, dict[str, Any]]]:
    """(id, at, document) of a lead's decisions, the newest first."""
    t = tables.decision
    query = select(t).where(t.c.lead_id == lead_id).order_by(t.c.id.desc()).limit(limit)
    return [(row.id, row.at, row.document) for row in tx.execute(query)]


def save_state(tx: Tx, state: LeadState, *, at: datetime) -> None:
    """Store where a lead stands. `decision_id` and `memory.answered_requests` are kept elsewhere and not written here."""
    memory = state.memory
    values = {
        "lead_id": state.lead_id,
        "step": memory.step.value,
        "step_since": memory.step_since,
        "persona": memory.persona,
        "persona_candidate": memory.persona_candidate,
        "persona_differs_since": memory.persona_differs_since,
        "stage": memory.stage,
        "stage_since": memory.stage_since,
        "cell": state.cell,
        "role": state.role,
        "cycle": memory.cycle,
        "cycle_opened_at": memory.cycle_opened_at,
        "reconsider_at": state.reconsider_at,
        **money_values("value", state.value),
        "versions": _stated(state.versions),
        "updated_at": at,
    }
    tx.execute(upsert(tx, tables.lead_state, update=tuple(values)[1:]), values)


@lru_cache(maxsize=64)
def _stated(versions: Versions) -> Mapping[str, Any]:
    """Versions as their document; the same for thousands of leads."""
    return MappingProxyType(asdict(versions))


def _state(row: Any, answered: frozenset[str]) -> LeadState:
    memory = Memory(
        step=Step(row.step),
        step_since=row.step_since,
        persona=row.persona,
        persona_candidate=row.persona_candidate,
        persona_differs_since=row.persona_differs_since,
        stage=row.stage,
        stage_since=row.stage_since,
        cycle=row.cycle,
        cycle_opened_at=row.cycle_opened_at,
        answered_requests=answered,
    )
    return LeadState(
        lead_id=row.lead_id,
        memory=memory,
        cell=row.cell,
        role=row.role,
        reconsider_at=row.reconsider_at,
        value=money_from(row.value_minor, row.value_currency),
        versions=Versions(**row.versions),
        decision_id=row.decision_id,
        updated_at=row.updated_at,
    )


def states(tx: Tx, lead_ids: Sequence[str]) -> dict[str, LeadState]:
    """Where these leads stand; one that was never decided is absent. Two queries per 500 leads."""
    t, r = tables.lead_state, tables.request
    found: dict[str, LeadState] = {}
    for chunk in chunks(lead_ids):
        answered: dict[str, set[str]] = {}
        query = select(r.c.lead_id, r.c.id).where(r.c.lead_id.in_(chunk), r.c.answered_at.is_not(None))
        for lead_id, request_id in tx.execute(query):
            answered.setdefault(lead_id, set()).add(request_id)
        for row in tx.execute(select(t).where(t.c.lead_id.in_(chunk))):
            found[row.lead_id] = _state(row, frozenset(answered.get(row.lead_id, ())))
    return found


def enter_cell(tx: Tx, entry: CellEntry, *, at: datetime) -> bool:
    """Record that a lead came to a cell, and left the one it was in at that moment. False when it stands there already
    in the same cycle, or exactly this entry is known."""
    t = tables.cell_entry
    open_now = tx.execute(_OPEN_ENTRY, {"b_lead": entry.lead_id}).first()
    if open_now is not None:
        if (open_now.cell, open_now.cycle) == (entry.cell, entry.cycle):
            return False
        if entry.entered_at <= open_now.entered_at:
            # Back where older evidence puts it (a stage set by hand was taken off): it came there now, not then.
            entry = replace(entry, entered_at=max(at, open_now.entered_at))
        leave_cell(tx, entry.lead_id, left_at=entry.entered_at)
    values = {one.name: getattr(entry, one.name) for one in fields(entry)}
    values |= {
        "evidence_ids": list(entry.evidence_ids),
        "versions": _stated(entry.versions),
        "learned_at": entry.learned_at or at,
    }
    return insert_once(tx, t, values=values, key=("lead_id", "cycle", "cell", "entered_at"))


def leave_cell(tx: Tx, lead_id: str, *, left_at: datetime) -> bool:
    """Record that the lead left the cell it stood in. False when it stood in none."""
    return tx.execute(_LEAVE, {"b_lead": lead_id, "b_left": left_at}).rowcount > 0


def cell_entries_of(tx: Tx, lead_id: str) -> list[CellEntry]:
    """A lead's way through the matrix, oldest first."""
    t = tables.cell_entry
    query = select(t).where(t.c.lead_id == lead_id).order_by(t.c.entered_at, t.c.id)
    return [_entry(row) for row in tx.execute(query)]


def _entry(row: Any) -> CellEntry:
    return CellEntry(
        lead_id=row.lead_id,
        unit=row.unit,
        cycle=row.cycle,
        persona=row.persona,
        stage=row.stage,
        cell=row.cell,
        entered_at=row.entered_at,
        left_at=row.left_at,
        evidence_ids=tuple(row.evidence_ids),
        versions=Versions(**row.versions),
        learned_at=row.learned_at,
    )


def add_transitions(
    tx: Tx, lead_id: str, *, transitions: Sequence[Transition], versions: Versions, learned_at: datetime
) -> None:
    """Append steps of the life cycle; one that is there already is not doubled."""
    rows = [
        {
            "lead_id": lead_id,
            "old": step.old.value,
            "new": step.new.value,
            "occurred_at": step.occurred_at,
            "learned_at": learned_at,
            "actor_kind": step.actor.kind,
            "actor_id": step.actor.id,
            "cause": step.cause,
            "implied": step.implied,
            "violation": step.violation,
            "versions": _stated(versions),
        }
        for step in transitions
    ]
    run_many(tx, insert_new(tx, tables.transition, key=("lead_id", "old", "new", "occurred_at")), rows)


def transitions_of(tx: Tx, lead_id: str) -> list[tuple[Transition, datetime]]:
    """A lead's steps, each with the time it was learned, in the order they were recorded."""
    t = tables.transition
    query = select(t).where(t.c.lead_id == lead_id).order_by(t.c.occurred_at, t.c.id)
    return [(_transition(row), row.learned_at) for row in tx.execute(query)]


def _transition(row: Any) -> Transition:
    actor = Actor(row.actor_kind, row.actor_id)
    step = (Step(row.old), Step(row.new), row.occurred_at, actor, row.cause)
    return Transition(*step, implied=row.implied, violation=row.violation)


@dataclass(frozen=True, slots=True)
class Bypass:
    """A step that sales took past the hand-off: when, by whom, and where the lead stands today."""

    lead_id: str
    at: datetime
    learned_at: datetime
    actor: Actor
    violation: str
    step: Step
    cell: str
    cycle: int


_PAST_HAND_OFF = ("bypass",)


def bypasses(tx: Tx, *, since: datetime | None, limit: int) -> list[Bypass]:
    """The first bypass of each lead that took one (of `since` or later), the latest first."""
    t, s = tables.transition, tables.lead_state
    first = select(func.min(t.c.id)).where(t.c.violation.in_(_PAST_HAND_OFF)).group_by(t.c.lead_id)
    query = select(t, s.c.step, s.c.cell, s.c.cycle).join(s, s.c.lead_id == t.c.lead_id)
    query = query.where(t.c.id.in_(first)).order_by(t.c.learned_at.desc(), t.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(t.c.learned_at >= since)
    return [
        Bypass(
            row.lead_id,
            row.occurred_at,
            row.learned_at,
            Actor(row.actor_kind, row.actor_id),
            row.violation,
            Step(row.step),
            row.cell,
            row.cycle,
        )
        for row in tx.execute(query)
    ]


def standing(tx: Tx) -> dict[str, int]:
    """How many leads stand in each cell today, by cell as it was last decided."""
    t = tables.lead_state
    query = select(t.c.cell, func.count()).group_by(t.c.cell)
    return dict(tx.execute(query).all())


def add_refusal(tx: Tx, refusal: Refusal) -> None:
    """Append a refused attempt."""
    values = {
        "lead_id": refusal.lead_id,
        "at": refusal.at,
        "actor_kind": refusal.actor.kind,
        "actor_id": refusal.actor.id,
        "command": refusal.command,
        "reasons": list(refusal.reasons),
    }
    tx.execute(tables.refusal.insert(), values)


def refusals_of(tx: Tx, lead_id: str, *, limit: int = 50) -> list[Refusal]:
    """Refused attempts at a lead, the newest first."""
    t = tables.refusal
    query = select(t).where(t.c.lead_id == lead_id).order_by(t.c.at.desc(), t.c.id.desc()).limit(limit)
    return [_refusal(row) for row in tx.execute(query)]


def latest_refusals(tx: Tx, command: str) -> list[Refusal]:
    """The last refusal of that command for each lead."""
    t = tables.refusal
    last = select(func.max(t.c.id)).where(t.c.command == command).group_by(t.c.lead_id)
    return [_refusal(row) for row in tx.execute(select(t).where(t.c.id.in_(last)).order_by(t.c.id))]


def _refusal(row: Any) -> Refusal:
    actor = Actor(row.actor_kind, row.actor_id)
    reasons = tuple(_message(reason) for reason in row.reasons)
    return Refusal(row.lead_id, row.at, actor, row.command, reasons)


def _message(stored: dict[str, Any]) -> Message:
    params = {
        name: _message(value) if isinstance(value, dict) else value
        for name, value in stored["params"].items()
    }
    return Message(stored["id"], params)
