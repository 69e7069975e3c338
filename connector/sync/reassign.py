"""Gives a lead that sales has to another rep: chosen and recorded in a local transaction, then walked on the CRM's record.

`begin` is what a rule's wish becomes: a row `reassignment`, one at a time for a hand-off. `walk_due` moves the owner of the
same CRM record, tells the new owner in a note, and is done; each step is harmless when repeated and committed before the
next, so that a crash or a lost answer still moves the owner once and leaves one note. The hand-off names its new owner from
the moment the record has it. If sales answered no meanwhile, or made a deal of it, the wish is withdrawn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain.decision import Decision
from connector.domain.facts import Actor, Episode, Known, Message
from connector.domain.reassign import movable, offers
from connector.domain.reassignment import Reassign, Reassignment
from connector.domain.rules import Rules
from connector.domain.survey import survey
from connector.errors import RecordChangedError, RecordGoneError, RecordRefusedError, RemoteError
from connector.store import dirty, handoffs, inbox, links, mirror, owners, parked, reassignments
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.known import known_of
from connector.store.parked import Trouble
from connector.store.reassignments import Move
from connector.sync.crm_records import MAX_ATTEMPTS, UNFORESEEN, UnforeseenError, due_after, open_records
from connector.sync.deliver import reason_of
from connector.sync.engine import Engine
from connector.sync.outcome import RETRY, find_route, owner_of
from connector.sync.readers import readers_for
from connector.sync.results import RoundResult
from connector.sync.trouble import note_trouble
from mappings.fields import remote_fields
from mappings.records import RecordKey

BATON = Actor("baton")
CLAIM_FOR = timedelta(minutes=10)
BATCH = 50
KIND = "reassignment"
"""The kind under which what could not be moved is parked, by the hand-off's id."""


def begin(
    engine: Engine, tx: Tx, known: Known, *, decision: Decision, wish: Reassign, rules: Rules
) -> bool | None:
    """Record that the lead goes to another rep; the walk follows. True when it was recorded, None when nothing is to be
    moved or a move is under way, False when nobody else can take it or the CRM refused it within a day (then it is parked,
    and the lead is to be looked at again later)."""
    now = engine.now()
    episode = _movable(known, rules, now)
    if episode is None or episode.moving is not None:
        return None
    moves = reassignments.moves_of(tx, [episode.id]).get(episode.id, [])
    if moves and moves[-1].error and moves[-1].what.at > now - RETRY:
        return False
    for verdict in offers(decision.handoff, episode):
        chosen = find_route(engine, tx, verdict, rules, now=now)
        owner_id = owner_of(engine, tx, chosen)
        if owner_id and owner_id not in verdict.not_to:
            what = Reassignment(
                engine.new_id(), now, wish.cause, BATON, episode.owner_id, owner_id, wish.deadline
            )
            begun = reassignments.begin_move(tx, Move(episode.id, what, chosen.cause))
            owners.given(tx, engine.crm.connection, owner_id=owner_id, at=now)
            return begun or None
    parked.park(tx, Trouble(KIND, episode.id, "nobody_eligible"), at=now)
    return False


def _movable(known: Known, rules: Rules, now: datetime) -> Episode | None:
    return movable(survey(known, rules, now)[0])


def walk_due(engine: Engine, result: RoundResult) -> None:
    """Take every reassignment that has a step to do as far as it goes."""
    while True:
        now = engine.now()
        claim = Claim(engine.new_id(), now, now + CLAIM_FOR)
        with engine.store.begin() as tx:
            claimed = reassignments.claim_moves(tx, claim, limit=BATCH)
        if not claimed:
            return
        for move in claimed:
            _walk(engine, move, result)


def _walk(engine: Engine, move: Move, result: RoundResult) -> None:
    before = engine.crm.calls
    try:
        _steps(engine, move, result)
    except UNFORESEEN as fault:
        trouble = UnforeseenError(engine.crm.connection, f"{KIND}: {type(fault).__name__}")
        _troubled(engine, move, trouble, result)
    finally:
        result.of(engine.crm.connection, KIND).calls += engine.crm.calls - before


def _steps(engine: Engine, move: Move, result: RoundResult) -> None:
    at = move
    try:
        if at.point == reassignments.CLAIMED:
            if not _assign(engine, at):
                return
            at = replace(at, point=reassignments.OWNER_ASSIGNED, attempts=0)
        _tell(engine, at)
        _finish(engine, at)
        result.reassigned += 1
    except RemoteError as trouble:
        _troubled(engine, at, trouble, result)


def _assign(engine: Engine, move: Move) -> bool:
    """Move the owner, unless there is no reason for it any more. False: stop here."""
    key = _record_to_move(engine, move)
    if key is None or not _still_theirs(engine, move, key):
        with engine.store.begin() as tx:
            reassignments.withdraw_move(tx, move)
            _look_again(tx, move, at=engine.now())
            inbox.give_hints(tx, [key] if key else [], at=engine.now())
        return False
    engine.crm.assign(key, move.what.to_owner)
    with engine.store.begin() as tx:
        mine = reassignments.advance_move(tx, move, point=reassignments.OWNER_ASSIGNED, at=engine.now())
        if mine:
            _look_again(tx, move, at=engine.now())
            inbox.give_hints(tx, [key], at=engine.now())
    return mine


def _record_to_move(engine: Engine, move: Move) -> RecordKey | None:
    """The record that sales works on, if the lead may still be moved: what sales said meanwhile counts."""
    now = engine.now()
    with engine.store.read() as tx:
        handoff = handoffs.handoff(tx, move.handoff_id)
        live = links.live_lead(tx, handoff.lead_id) if handoff else None
        if handoff is None or live is None:
            return None
        known = known_of(tx, [live], readers_for(engine, tx), now=now)[0]
        episode = _movable(known, engine.rules(tx), now)
        linked = links.links_of(tx, [live]).get(live, [])
        records = open_records(engine, linked, mirror.mirrored(tx, [one.key for one in linked]))
    if episode is None or episode.id != move.handoff_id:
        return None
    return handoff.crm if handoff.crm in records else next(iter(records), None)


def _still_theirs(engine: Engine, move: Move, key: RecordKey) -> bool:
    """Whether the record is, at this moment, as it was when the move was decided: somebody who gave it to another rep by
    hand, or sales' no, come first. (The new owner may stand there from a try whose answer was lost.)"""
    fields = remote_fields(engine.mapping, engine.side(key.connection), key.object)
    row = next((row for row in engine.crm.fetch(key.object, [key.id], fields) if row.id == key.id), None)
    if row is None:
        return False
    with engine.store.read() as tx:
        readers = readers_for(engine, tx)
    person = readers.person(key, row.fields, row.modified_at)
    said_no = readers.answer(key, person.status) in ("rejected", "disqualified")
    return not said_no and person.owner_id in (move.what.from_owner, move.what.to_owner)


def _tell(engine: Engine, move: Move) -> None:
    """Leave a note for the new owner, once."""
    with engine.store.read() as tx:
        handoff = handoffs.handoff(tx, move.handoff_id)
    if handoff is not None and handoff.crm is not None:
        title, body = _note(engine, move)
        engine.crm.note(handoff.crm, title, body)


def _finish(engine: Engine, move: Move) -> None:
    with engine.store.begin() as tx:
        reassignments.advance_move(tx, move, point=reassignments.DONE, at=engine.now())
        parked.resolve_key(tx, KIND, key=move.handoff_id, at=engine.now())


def _note(engine: Engine, move: Move) -> tuple[str, str]:
    """Title and body; the title is the same whenever the same move is told, so that it is told once."""
    what = move.what
    params = {"deadline_id": what.deadline or "other", "owner_id": what.from_owner}
    lines = (Message(f"reassigned.{what.cause}", params), Message("note.reassigned.no_rejection"))
    title = engine.render(Message("note.reassigned", {"move": what.id[:8]}), engine.locale)
    return title, "\n".join(engine.render(line, engine.locale) for line in lines)


def _troubled(engine: Engine, move: Move, trouble: RemoteError, result: RoundResult) -> None:
    """Passing trouble waits. A refusal leaves the lead with who has it, for a person; a refused note leaves the note out."""
    if not isinstance(trouble, RecordRefusedError):
        note_trouble(result, engine.crm.connection, trouble, name=KIND)
    now, waits_long = engine.now(), move.attempts + 1 >= MAX_ATTEMPTS
    lasting = isinstance(trouble, UnforeseenError | RecordChangedError) and waits_long
    final = lasting or isinstance(trouble, RecordRefusedError | RecordGoneError)
    with engine.store.begin() as tx:
        if final or waits_long:
            parked.park(tx, Trouble(KIND, move.handoff_id, reason_of(trouble), trouble.code), at=now)
        if not final:
            due = due_after(now, trouble, move.attempts)
            reassignments.try_move_later(tx, move, at=due, error=reason_of(trouble))
            return
        result.of(engine.crm.connection, KIND).parked += 1
        if move.point == reassignments.OWNER_ASSIGNED:
            reassignments.advance_move(tx, move, point=reassignments.DONE, at=now)
        elif reassignments.withdraw_move(tx, move, error=reason_of(trouble)):
            _look_again(tx, move, at=now)


def _look_again(tx: Tx, move: Move, *, at: datetime) -> None:
    handoff = handoffs.handoff(tx, move.handoff_id)
    if handoff is not None:
        dirty.mark(tx, [handoff.lead_id], reason=KIND, at=at)
