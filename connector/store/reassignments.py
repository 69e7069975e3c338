"""Reassignments: rows by which a lead that sales has goes to another rep, each walked through named points.

A worker claims a row, does one remote step, and says so in a transaction of its own, as with hand-offs. The hand-off names
its new owner from the moment the CRM's record has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from connector.domain.facts import Actor
from connector.domain.reassignment import Reassignment
from connector.store import tables
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_once

CLAIMED, OWNER_ASSIGNED, DONE, WITHDRAWN = "claimed", "owner_assigned", "done", "withdrawn"


@dataclass(frozen=True, slots=True)
class Move:
    """One reassignment as a walk. `point` is the last step that is known to be done: claimed, owner_assigned, done; or
    withdrawn, where `error` says what stood in the way (empty: there was no reason for it any more)."""

    handoff_id: str
    what: Reassignment
    route: str = ""
    point: str = CLAIMED
    claim: str = ""
    attempts: int = 0
    error: str = ""


def begin_move(tx: Tx, move: Move) -> bool:
    """Open it, due at once; a `done` one is only recorded. False when another of this hand-off is under way: then nothing is
    written."""
    t, what = tables.reassignment, move.what
    mine = select(func.count()).where(t.c.handoff_id == move.handoff_id)
    if tx.execute(mine.where(t.c.point == CLAIMED)).scalar_one():
        return False
    values = {
        "id": what.id,
        "handoff_id": move.handoff_id,
        "nth": tx.execute(mine).scalar_one() + 1,
        "at": what.at,
        "cause": what.cause,
        "deadline": what.deadline,
        "actor_kind": what.by.kind,
        "actor_id": what.by.id,
        "from_owner": what.from_owner,
        "to_owner": what.to_owner,
        "route": move.route,
        "point": move.point,
        "assigned_at": what.assigned_at,
        "next_attempt_at": None if move.point == DONE else what.at,
    }
    begun = insert_once(tx, t, values=values, key=("handoff_id", "nth"))
    if begun and move.point == DONE:
        _give_to(tx, move)
    return begun


def _give_to(tx: Tx, move: Move) -> None:
    h = tables.handoff
    tx.execute(update(h).where(h.c.id == move.handoff_id).values(owner_id=move.what.to_owner))


def claim_moves(tx: Tx, claim: Claim, *, limit: int) -> list[Move]:
    """Take those that have a step to do now, the longest waiting first."""
    t = tables.reassignment
    free = or_(t.c.claim == "", t.c.claim_until < claim.at)
    query = select(t.c.id).where(t.c.next_attempt_at.is_not(None), t.c.next_attempt_at <= claim.at, free)
    chosen = query.order_by(t.c.next_attempt_at, t.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(tx.execute(chosen).scalars())
    tx.execute(update(t).where(t.c.id.in_(ids)).values(claim=claim.token, claim_until=claim.until))
    return [_move(row) for row in tx.execute(select(t).where(t.c.id.in_(ids)).order_by(t.c.at, t.c.id))]


def advance_move(tx: Tx, move: Move, *, point: str, at: datetime) -> bool:
    """Record that a step is done; the claim stays until the last. With `owner_assigned` the hand-off has its new owner.
    False when the claim was lost meanwhile: stop, another goes on."""
    values: dict[str, Any] = {"point": point, "attempts": 0, "error": ""}
    if point == OWNER_ASSIGNED:
        values["assigned_at"] = at
    if point == DONE:
        values |= _ENDED
    mine = _fenced(tx, move, values)
    if mine and point == OWNER_ASSIGNED:
        _give_to(tx, move)
    return mine


def try_move_later(tx: Tx, move: Move, *, at: datetime, error: str) -> bool:
    """Give the row back, due again at `at`. False when the claim was lost."""
    attempts = tables.reassignment.c.attempts + 1
    again = {"next_attempt_at": at, "claim": "", "claim_until": None, "error": error, "attempts": attempts}
    return _fenced(tx, move, again)


def withdraw_move(tx: Tx, move: Move, *, error: str = "") -> bool:
    """It goes no further, and the lead stays with who has it. False when the claim was lost."""
    return _fenced(tx, move, {**_ENDED, "point": WITHDRAWN, "error": error})


_ENDED: Mapping[str, Any] = {"next_attempt_at": None, "claim": "", "claim_until": None}


def _fenced(tx: Tx, move: Move, values: Mapping[str, Any]) -> bool:
    t = tables.reassignment
    mine = update(t).where(t.c.id == move.what.id, t.c.claim == move.claim)
    return tx.execute(mine.values(**values)).rowcount > 0


def moves_of(tx: Tx, handoff_ids: Sequence[str]) -> dict[str, list[Move]]:
    """Every reassignment of these hand-offs, withdrawn ones included, in their order."""
    t = tables.reassignment
    found: dict[str, list[Move]] = {}
    for chunk in chunks(handoff_ids):
        for row in tx.execute(select(t).where(t.c.handoff_id.in_(chunk)).order_by(t.c.handoff_id, t.c.nth)):
            found.setdefault(row.handoff_id, []).append(_move(row))
    return found


def reassignments_of(tx: Tx, handoff_ids: Sequence[str]) -> dict[str, tuple[Reassignment, ...]]:
    """The reassignments as rules see them, withdrawn ones left out."""
    return {
        handoff_id: tuple(move.what for move in moves if move.point != WITHDRAWN)
        for handoff_id, moves in moves_of(tx, handoff_ids).items()
    }


def given_since(tx: Tx, since: datetime) -> dict[str, int]:
    """How many leads each owner got from other reps since a moment: they count against capacity as new ones do."""
    t = tables.reassignment
    query = select(t.c.to_owner, func.count()).where(t.c.at >= since, t.c.point != WITHDRAWN)
    return dict(tx.execute(query.group_by(t.c.to_owner)).all())


def _move(row: Any) -> Move:
    what = Reassignment(
        id=row.id,
        at=row.at,
        cause=row.cause,
        by=Actor(row.actor_kind, row.actor_id),
        from_owner=row.from_owner,
        to_owner=row.to_owner,
        deadline=row.deadline,
        assigned_at=row.assigned_at,
    )
    return Move(row.handoff_id, what, row.route, row.point, row.claim, row.attempts, row.error)
