"""Walks hand-offs through their recovery points: the CRM record, its owner, the note, the marketing record.

Each step is harmless when repeated and is recorded in a transaction of its own before the next begins, so that whoever
comes after a crash goes on from the last point that is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.facts import Known
from connector.errors import (
    DuplicateRecordError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.ports import NewLead, RecordState, RemoteRow, Write
from connector.store import dirty, handoffs, links, mirror, parked
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from connector.store.known import known_of
from connector.store.parked import Trouble
from connector.sync.answers import reopened
from connector.sync.deliver import reason_of, resume_at
from connector.sync.engine import Engine
from connector.sync.note import note_for
from connector.sync.readers import readers_for
from connector.sync.results import RoundResult
from mappings.fields import remote_fields
from mappings.records import ObjectRole, RecordKey, Scalar, SystemRole
from mappings.writing import creation_values

CLAIM_FOR = timedelta(minutes=10)
BATCH = 50
MAX_ATTEMPTS = 8


def walk_due(engine: Engine, result: RoundResult) -> None:
    """Take every hand-off that has a step to do as far as it goes."""
    while True:
        now = engine.now()
        claim = Claim(engine.new_id(), now, now + CLAIM_FOR)
        with engine.store.begin() as tx:
            claimed = handoffs.claim_handoffs(tx, claim, limit=BATCH)
        if not claimed:
            return
        for handoff in claimed:
            _walk(engine, handoff, result)
            engine.progress.advance(1)


def _walk(engine: Engine, handoff: HandOff, result: RoundResult) -> None:
    calls = engine.crm.calls
    current: HandOff | None = handoff
    try:
        while current is not None and current.point != handoffs.DONE:
            current = _STEPS[current.point](engine, current)
        if current is not None:
            result.handed_off += 1
    except RemoteError as trouble:
        _later_or_never(engine, current or handoff, trouble, result)
    except (ValueError, TypeError, KeyError) as fault:
        # A shape that nobody foresaw: this hand-off waits and is parked in the end, the others go on.
        unforeseen = TryLaterError(engine.crm.connection, f"hand-off: {type(fault).__name__}")
        _later_or_never(engine, current or handoff, unforeseen, result)
    finally:
        counts = result.of(engine.crm.connection, "hand_off")
        counts.calls += engine.crm.calls - calls


def _later_or_never(engine: Engine, handoff: HandOff, trouble: RemoteError, result: RoundResult) -> None:
    """Passing trouble waits; a refusal, or trouble without end, fails the hand-off and is parked for a person."""
    now = engine.now()
    refused = isinstance(trouble, RecordRefusedError)
    with engine.store.begin() as tx:
        if refused or handoff.attempts + 1 >= MAX_ATTEMPTS:
            handoffs.fail_handoff(tx, handoff, error=reason_of(trouble))
            detail = " ".join(part for part in (trouble.code, *getattr(trouble, "fields", ())) if part)
            parked.park(tx, Trouble("hand_off", handoff.id, reason_of(trouble), detail), at=now)
            dirty.mark(tx, [handoff.lead_id], reason="hand_off_failed", at=now)
            result.of(engine.crm.connection, "hand_off").parked += 1
        else:
            due = resume_at(now, trouble, handoff.attempts)
            handoffs.try_handoff_later(tx, handoff, at=due, error=reason_of(trouble))
    if not refused:
        result.trouble.append(str(trouble))


def _advanced(engine: Engine, handoff: HandOff, point: str) -> HandOff | None:
    """Record a point in its own transaction; None when another worker took the row meanwhile."""
    with engine.store.begin() as tx:
        mine = handoffs.advance(tx, handoff, point=point, at=engine.now())
    return replace(handoff, point=point) if mine else None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the hand-off needs to know of the lead: its CRM record, if any, and what a new one is given. `ours`: this very
    hand-off made the record, died before it could say so, and the record was read since."""

    existing: RecordKey | None
    new: NewLead
    ours: bool


def _look(engine: Engine, handoff: HandOff) -> _Found:
    with engine.store.read() as tx:
        known = known_of(tx, [handoff.lead_id], readers_for(engine, tx), now=engine.now())[0]
        mine = links.links_of(tx, [known.lead_id]).get(known.lead_id, [])
        rows = mirror.mirrored(tx, [link.key for link in mine])
    side = engine.side(engine.crm.connection)
    lead_object = lead_objects(engine)[0]
    fields, _ = creation_values(
        engine.mapping, known.person, known.account.account, system=side, object=lead_object
    )
    fields |= _own_at_creation(engine, known.lead_id, lead_object)
    open_ones = [
        link.key
        for link in mine
        if link.role is SystemRole.CRM
        and link.state == "active"
        and link.key in rows
        and rows[link.key].state is RecordState.ACTIVE
    ]
    open_ones.sort(key=lambda key: (lead_objects(engine).index(key.object), len(key.id), key.id))
    new = NewLead(known.lead_id, handoff.id, fields, handoff.owner_id, known.person.key)
    existing = open_ones[0] if open_ones else None
    return _Found(existing, new, _made_since(known, existing, handoff.requested_at))


def _made_since(known: Known, key: RecordKey | None, asked: datetime) -> bool:
    """Whether the record came to be after the hand-off was asked for. Some systems state whole seconds."""
    made = next((record.created_at for record in known.records if record.key == key), None)
    return made is not None and made >= asked.replace(microsecond=0)


def _own_at_creation(engine: Engine, lead_id: str, object: str) -> dict[str, Scalar]:
    own = engine.mapping.own_fields.get("baton_id")
    side = engine.side(engine.crm.connection)
    return {own.names[side]: lead_id} if own and side in own.names else {}


def lead_objects(engine: Engine) -> tuple[str, ...]:
    """The CRM's objects that hold people, in the mapping's order: the lead first, then the contact."""
    return engine.mapping.objects(engine.side(engine.crm.connection), ObjectRole.LEAD)


def _crm_record(engine: Engine, handoff: HandOff) -> HandOff | None:
    """Find or make the record. An existing one is opened again; the first of a lead is made exactly once."""
    found = _look(engine, handoff)
    key = found.existing
    if key is None:
        key = _open(engine, found.new)
    elif not _reopened(engine, key):
        # It went away since it was read: the next attempt sees that.
        raise RecordGoneError(engine.crm.connection, "the record to hand off is gone")
    rows = list(engine.crm.fetch(key.object, [key.id], _fields(engine, key.object)))
    known = replace(handoff, crm=key)
    with engine.store.begin() as tx:
        _adopt(engine, tx, known, rows, made=found.existing is None or found.ours)
        mine = handoffs.advance(tx, known, point="crm_record_known", at=engine.now())
    return replace(known, point="crm_record_known") if mine else None


def _fields(engine: Engine, object: str) -> tuple[str, ...]:
    return remote_fields(engine.mapping, engine.side(engine.crm.connection), object)


def _open(engine: Engine, new: NewLead) -> RecordKey:
    try:
        return engine.crm.open_lead(new)
    except DuplicateRecordError as duplicate:
        adopted = _only_unlinked(engine, duplicate)
        if adopted is None:
            raise
        return adopted


def _only_unlinked(engine: Engine, duplicate: DuplicateRecordError) -> RecordKey | None:
    """The one record that the CRM says exists already, if Baton knows it as nobody else's."""
    keys = [RecordKey(engine.crm.connection, lead_objects(engine)[0], id_) for id_ in duplicate.existing_ids]
    if len(keys) != 1:
        return None
    with engine.store.read() as tx:
        return None if links.links(tx, keys) else keys[0]


def _reopened(engine: Engine, key: RecordKey) -> bool:
    fields = reopened(engine.mapping, engine.side(key.connection), key.object)
    if not fields:
        return True
    outcome = engine.crm.write(key.object, [Write(key.id, fields, ref=key.id)])[0]
    if outcome.error is not None and isinstance(outcome.error, RemoteError):
        if isinstance(outcome.error, RecordGoneError):
            return False
        raise outcome.error
    return True


def _adopt(engine: Engine, tx: Tx, handoff: HandOff, rows: list[RemoteRow], *, made: bool) -> None:
    """Link the record and mirror what it says, so that Baton's values are planned for it at once."""
    key, now = handoff.crm, engine.now()
    if key is None:
        return
    links.link(tx, key, lead_id=handoff.lead_id, role=SystemRole.CRM, at=now)
    if made:
        links.mark_made_by_baton(tx, key)
    mine = [row for row in rows if row.id == key.id]
    mirror.take(tx, key.connection, object=key.object, rows=mine, learned_at=now)
    dirty.mark(tx, [handoff.lead_id], reason="hand_off", at=now)


def _assign(engine: Engine, handoff: HandOff) -> HandOff | None:
    if handoff.owner_id and handoff.crm is not None:
        engine.crm.assign(handoff.crm, handoff.owner_id)
    return _advanced(engine, handoff, "owner_assigned")


def _note(engine: Engine, handoff: HandOff) -> HandOff | None:
    if handoff.crm is not None:
        title, body = note_for(engine, handoff)
        engine.crm.note(handoff.crm, title, body)
    return _advanced(engine, handoff, "noted")


def _confirm(engine: Engine, handoff: HandOff) -> HandOff | None:
    """The hand-off counts from here. The marketing record is marked through the outbox, by the decision that follows."""
    now = engine.now()
    with engine.store.begin() as tx:
        mine = handoffs.advance(tx, handoff, point="confirmed_back", at=now)
        if mine:
            dirty.mark(tx, [handoff.lead_id], reason="handed_off", at=now)
            for earlier in handoffs.handoffs_of(tx, [handoff.lead_id])[handoff.lead_id]:
                parked.resolve_key(tx, "hand_off", key=earlier.id, at=now)
    return replace(handoff, point="confirmed_back") if mine else None


def _finish(engine: Engine, handoff: HandOff) -> HandOff | None:
    return _advanced(engine, handoff, handoffs.DONE)


_STEPS: Mapping[str, Callable[[Engine, HandOff], HandOff | None]] = {
    "claimed": _crm_record,
    "crm_record_known": _assign,
    "owner_assigned": _note,
    "noted": _confirm,
    "confirmed_back": _finish,
}
