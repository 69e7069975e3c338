"""Walks hand-offs through their recovery points: the CRM record, its owner, the note, the marketing record.

Each step is harmless when repeated and is recorded in a transaction of its own before the next begins, so that whoever
comes after a crash goes on from the last point that is known to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from connector.domain.facts import Answer, Known
from connector.errors import (
    DuplicateRecordError,
    RecordChangedError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
)
from connector.ports import NewLead, RemoteRow, Write
from connector.store import dirty, handoffs, inbox, links, mirror, parked, requests
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from connector.store.known import known_of
from connector.store.parked import Trouble
from connector.sync.answers import reopened
from connector.sync.crm_records import (
    MAX_ATTEMPTS,
    UNFORESEEN,
    UnforeseenError,
    due_after,
    lead_objects,
    open_records,
)
from connector.sync.deliver import reason_of
from connector.sync.engine import Engine
from connector.sync.note import note_for
from connector.sync.readers import readers_for
from connector.sync.reasons import Against, against, answer_of
from connector.sync.results import RoundResult
from connector.sync.trouble import note_trouble
from mappings.fields import remote_fields
from mappings.records import RecordKey, Scalar, SystemRole
from mappings.writing import creation_values

CLAIM_FOR = timedelta(minutes=10)
BATCH = 50


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
    try:
        current = _as_of_now(engine, handoff)
        while current is not None and current.point != handoffs.DONE:
            current = _step(engine, current, result)
        if current is not None:
            result.handed_off += 1
    finally:
        counts = result.of(engine.crm.connection, "hand_off")
        counts.calls += engine.crm.calls - calls


def _as_of_now(engine: Engine, handoff: HandOff) -> HandOff | None:
    """The hand-off with the lead that its lead is today; one whose lead is no more comes to nothing."""
    with engine.store.begin() as tx:
        live = links.live_lead(tx, handoff.lead_id)
        if live is None:
            handoffs.fail_handoff(tx, handoff, error=handoffs.WITHDRAWN)
            return None
    return replace(handoff, lead_id=live)


def _step(engine: Engine, handoff: HandOff, result: RoundResult) -> HandOff | None:
    """The next step, whatever comes of it. None when the hand-off goes no further in this round."""
    try:
        return _STEPS[handoff.point](engine, handoff)
    except RemoteError as trouble:
        return _troubled(engine, handoff, trouble, result)
    except UNFORESEEN as fault:
        unforeseen = UnforeseenError(engine.crm.connection, f"hand-off: {type(fault).__name__}")
        return _troubled(engine, handoff, unforeseen, result)


_OPTIONAL = {"crm_record_known": ("owner", "owner_assigned"), "owner_assigned": ("note", "noted")}
"""Steps past the record, by the point before them: what they are called, and the point after them."""


def _troubled(engine: Engine, handoff: HandOff, trouble: RemoteError, result: RoundResult) -> HandOff | None:
    """Passing trouble waits, however long it lasts. A refusal ends a hand-off that sales does not have yet; once sales has
    the record it counts, and what was refused is left to a person."""
    if not isinstance(trouble, RecordRefusedError):
        note_trouble(result, engine.crm.connection, trouble, name="hand_off")
    if not _is_final(handoff, trouble):
        _try_later(engine, handoff, trouble)
        return None
    result.of(engine.crm.connection, "hand_off").parked += 1
    if handoff.point in _OPTIONAL:
        return _leave_out(engine, handoff, trouble)
    _fail(engine, handoff, trouble)
    return None


def _is_final(handoff: HandOff, trouble: RemoteError) -> bool:
    """Whether the same call would end the same way for good. Nothing is given up once sales' system has everything."""
    if handoff.point in ("noted", "confirmed_back"):
        return False
    if isinstance(trouble, RecordRefusedError):
        return True
    if isinstance(trouble, RecordGoneError) and handoff.point in _OPTIONAL:
        return True
    lasting = isinstance(trouble, UnforeseenError | RecordGoneError | RecordChangedError)
    return lasting and handoff.attempts + 1 >= MAX_ATTEMPTS


def _try_later(engine: Engine, handoff: HandOff, trouble: RemoteError) -> None:
    """Give it back for later; what waits long is shown to people, and tried on."""
    now = engine.now()
    with engine.store.begin() as tx:
        due = due_after(now, trouble, handoff.attempts)
        mine = handoffs.try_handoff_later(tx, handoff, at=due, error=reason_of(trouble))
        if mine and handoff.attempts + 1 >= MAX_ATTEMPTS:
            parked.park(tx, _trouble(handoff, trouble, waits="waits"), at=now)


def _trouble(handoff: HandOff, trouble: RemoteError, *, step: str = "", waits: str = "") -> Trouble:
    """What is shown to people: the vendor's code and the fields at fault, never its text."""
    parts = (step, waits, trouble.code, *getattr(trouble, "fields", ()))
    key = f"{handoff.id}:{step}" if step else handoff.id
    return Trouble("hand_off", key, reason_of(trouble), " ".join(part for part in parts if part))


def _leave_out(engine: Engine, handoff: HandOff, trouble: RemoteError) -> HandOff | None:
    """Sales has the record: the hand-off goes on without this step, so that what sales says of it is heard."""
    step, point = _OPTIONAL[handoff.point]
    left = replace(handoff, owner_id=_owner_on_record(engine, handoff)) if step == "owner" else handoff
    onward = _advanced(engine, left, point)
    if onward is not None:
        with engine.store.begin() as tx:
            parked.park(tx, _trouble(handoff, trouble, step=step), at=engine.now())
    return onward


def _owner_on_record(engine: Engine, handoff: HandOff) -> str:
    """Who has the record, while it could not be given to whom it was meant for."""
    with engine.store.read() as tx:
        knowns = known_of(tx, [handoff.lead_id], readers_for(engine, tx), now=engine.now())
    records = (record for known in knowns for record in known.records)
    return next((record.person.owner_id for record in records if record.key == handoff.crm), "")


def _fail(engine: Engine, handoff: HandOff, trouble: RemoteError) -> None:
    now = engine.now()
    with engine.store.begin() as tx:
        if not handoffs.fail_handoff(tx, handoff, error=reason_of(trouble)):
            return
        if handoff.request_id:
            requests.let_ask_again(tx, handoff.request_id, outcome=handoffs.FAILED)
        parked.park(tx, _trouble(handoff, trouble), at=now)
        dirty.mark(tx, [handoff.lead_id], reason="hand_off_failed", at=now)


def _withdraw(engine: Engine, handoff: HandOff, why: Against) -> None:
    """Carry it no further. A no of sales stands on it; else the lead is decided anew, and a click that led here is answered
    with what speaks against it now."""
    now = engine.now()
    with engine.store.begin() as tx:
        rejected = why is Against.REJECTED
        end = handoffs.stop_handoff if rejected else partial(handoffs.fail_handoff, error=handoffs.WITHDRAWN)
        if not end(tx, handoff):
            return
        if handoff.request_id and not rejected:
            requests.let_ask_again(tx, handoff.request_id, outcome=handoffs.WITHDRAWN)
            if why is not Against.GONE:
                requests.wait_again(tx, handoff.request_id, outcomes=(handoffs.WITHDRAWN,))
        parked.resolve_key(tx, "hand_off", key=handoff.id, at=now)
        dirty.mark(tx, [handoff.lead_id], reason="withdrawn", at=now)


def _advanced(engine: Engine, handoff: HandOff, point: str) -> HandOff | None:
    """Record a point in its own transaction; None when another worker took the row meanwhile."""
    with engine.store.begin() as tx:
        mine = handoffs.advance(tx, handoff, point=point, at=engine.now())
    return replace(handoff, point=point, attempts=0) if mine else None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the hand-off needs to know of the lead: its CRM record, if any, and what a new one is given. `ours`: this very
    hand-off made the record, died before it could say so, and the record was read since."""

    existing: RecordKey | None
    new: NewLead
    ours: bool
    against: Against | None
    answered: bool


def _look(engine: Engine, handoff: HandOff) -> _Found:
    now = engine.now()
    with engine.store.read() as tx:
        known = known_of(tx, [handoff.lead_id], readers_for(engine, tx), now=now)[0]
        rules = engine.rules(tx)
        why = against(tx, known, handoff, rules=rules, now=now)
        answer = answer_of(known, handoff, rules=rules, now=now)
        mine = links.links_of(tx, [known.lead_id]).get(known.lead_id, [])
        rows = mirror.mirrored(tx, [link.key for link in mine])
    side = engine.side(engine.crm.connection)
    lead_object = lead_objects(engine)[0]
    fields, _ = creation_values(
        engine.mapping, known.person, known.account.account, system=side, object=lead_object
    )
    fields |= _own_at_creation(engine, known.lead_id, lead_object)
    open_ones = open_records(engine, mine, rows)
    new = NewLead(known.lead_id, handoff.id, fields, handoff.owner_id, known.person.key)
    existing = open_ones[0] if open_ones else None
    ours = _made_since(known, existing, handoff.requested_at)
    begun = ours or handoff.crm is not None
    return _Found(
        existing,
        new,
        ours,
        # What sales sees already is not taken back by anything but sales' own no.
        against=why if why is Against.REJECTED or not begun else None,
        answered=answer is Answer.ACCEPTED and _shown(known, existing) not in ("rejected", "disqualified"),
    )


def _shown(known: Known, key: RecordKey | None) -> str:
    return next((record.answer for record in known.records if record.key == key), "")


def _made_since(known: Known, key: RecordKey | None, asked: datetime) -> bool:
    """Whether the record came to be after the hand-off was asked for. Some systems state whole seconds."""
    made = next((record.created_at for record in known.records if record.key == key), None)
    return made is not None and made >= asked.replace(microsecond=0)


def _own_at_creation(engine: Engine, lead_id: str, object: str) -> dict[str, Scalar]:
    own = engine.mapping.own_fields.get("baton_id")
    side = engine.side(engine.crm.connection)
    return {own.names[side]: lead_id} if own and side in own.names else {}


def _crm_record(engine: Engine, handoff: HandOff) -> HandOff | None:
    """Find or make the record, unless something speaks against it by now. An existing one is opened again, once; the first
    of a lead is made exactly once."""
    found = _look(engine, handoff)
    if found.against is not None:
        _withdraw(engine, handoff, found.against)
        return None
    key = found.existing
    if key is None:
        key = _open(engine, found.new)
    elif not found.answered and not found.ours and handoff.crm != key:
        # Opened once: whatever stands there afterwards is what sales said to this hand-off.
        again = _open_again(engine, handoff, key)
        if again is None:
            return None
        handoff = again
    rows = list(engine.crm.fetch(key.object, [key.id], _fields(engine, key.object)))
    known = replace(handoff, crm=key)
    with engine.store.begin() as tx:
        _adopt(engine, tx, known, rows, made=found.existing is None or found.ours)
        mine = handoffs.advance(tx, known, point="crm_record_known", at=engine.now())
    return replace(known, point="crm_record_known", attempts=0) if mine else None


def _open_again(engine: Engine, handoff: HandOff, key: RecordKey) -> HandOff | None:
    if not _reopened(engine, key):
        # It went away since it was read: it is read again, and the next attempt sees that.
        with engine.store.begin() as tx:
            inbox.give_hints(tx, [key], at=engine.now())
        raise RecordGoneError(engine.crm.connection, "the record to hand off is gone")
    return _advanced(engine, replace(handoff, crm=key), handoff.point)


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
