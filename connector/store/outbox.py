"""What each remote record should say and does not yet: one row per record, the wanted state, fenced by generation.

Workers claim rows of one lane (connection, object) in batches. A row that was wanted otherwise while it was under way
stays pending with its newer state; a worker that lost its claim settles nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, func, or_, select, update

from connector.store import tables
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_into, is_record, key_of, key_values, run_many
from mappings.records import RecordKey, Scalar


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a record should say where it differs, whole: it replaces what was wanted of the record before."""

    key: RecordKey
    fields: Mapping[str, Scalar]
    lead_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row of the outbox. `reason` is a code, `detail` for the admin, without personal data."""

    key: RecordKey
    lead_id: str | None
    wanted: Mapping[str, Scalar]
    generation: int
    claim: str
    attempts: int
    state: str
    reason: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Lane:
    """How much waits in one lane."""

    connection: str
    object: str
    due: int
    parked: int


def want(tx: Tx, wanted: Iterable[Wanted], *, at: datetime) -> None:
    """Put what records should say. Nothing wanted withdraws the row. A parked row is tried again only when something
    else is wanted than what was refused; rows that say the same already are left alone."""
    for chunk in chunks({one.key: one for one in wanted}.values()):
        before = outgoing(tx, [one.key for one in chunk])
        _withdraw(tx, [one.key for one in chunk if not one.fields and one.key in before])
        new = [one for one in chunk if one.fields and not _same(before.get(one.key), one)]
        run_many(tx, _putting(tx), [_values(one, at) for one in new])


def _same(before: Outgoing | None, one: Wanted) -> bool:
    return before is not None and dict(before.wanted) == dict(one.fields) and before.lead_id == one.lead_id


def _values(one: Wanted, at: datetime) -> dict[str, Any]:
    return {
        **key_values(one.key),
        "lead_id": one.lead_id,
        "wanted": dict(one.fields),
        "generation": 1,
        "next_attempt_at": at,
        "since": at,
    }


def _putting(tx: Tx) -> Any:
    t = tables.outbox
    statement = insert_into(tx, t)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=list(t.primary_key.columns),
        set_={
            "lead_id": new.lead_id,
            "wanted": new.wanted,
            "generation": t.c.generation + 1,
            "next_attempt_at": new.next_attempt_at,
            # A row under way keeps its age; one that was parked starts anew.
            "since": case((t.c.state == "parked", new.since), else_=t.c.since),
            "attempts": 0,
            "state": "pending",
            "reason": "",
            "detail": "",
        },
    )


def _withdraw(tx: Tx, keys: Sequence[RecordKey]) -> None:
    if keys:
        tx.execute(delete(tables.outbox).where(is_record(tables.outbox, keys)))


def waiting_in(tx: Tx, connection: str, *, object: str) -> int:
    """How many rows of a lane are to be written, now or later."""
    t = tables.outbox
    lane = (t.c.connection == connection, t.c.object == object, t.c.state == "pending")
    return tx.execute(select(func.count()).where(*lane)).scalar_one()


def stream_outgoing(tx: Tx, connection: str, *, object: str) -> Iterator[Outgoing]:
    """The rows of a lane that are to be written, by id; the transaction must stay open meanwhile."""
    t = tables.outbox
    lane = (t.c.connection == connection, t.c.object == object, t.c.state == "pending")
    rows = tx.execute(select(t).where(*lane).order_by(t.c.remote_id).execution_options(yield_per=1000))
    yield from map(_outgoing, rows)


def claim_outgoing(tx: Tx, connection: str, *, object: str, claim: Claim, limit: int) -> list[Outgoing]:
    """Take rows of a lane that are due, the longest due first. Rows whose claim ran out are taken over."""
    t = tables.outbox
    lane = (t.c.connection == connection, t.c.object == object, t.c.state == "pending")
    free = or_(t.c.claim == "", t.c.claim_until < claim.at)
    query = select(t.c.remote_id).where(*lane, t.c.next_attempt_at <= claim.at, free)
    chosen = query.order_by(t.c.next_attempt_at, t.c.remote_id).limit(limit).with_for_update(skip_locked=True)
    ids = list(tx.execute(chosen).scalars())
    rows: dict[str, Outgoing] = {}
    for chunk in chunks(ids):
        mine = (t.c.connection == connection, t.c.object == object, t.c.remote_id.in_(chunk))
        tx.execute(update(t).where(*mine).values(claim=claim.token, claim_until=claim.until))
        rows.update((row.remote_id, _outgoing(row)) for row in tx.execute(select(t).where(*mine)))
    return [rows[remote_id] for remote_id in ids]


def _fence(statement: Any) -> Any:
    t = tables.outbox
    return (
        statement.where(t.c.connection == bindparam("b_connection"), t.c.object == bindparam("b_object"))
        .where(t.c.remote_id == bindparam("b_id"))
        .where(t.c.claim == bindparam("b_claim"))
    )


def _fence_values(row: Outgoing) -> dict[str, Any]:
    key = row.key
    return {"b_connection": key.connection, "b_object": key.object, "b_id": key.id, "b_claim": row.claim}


def still_mine(tx: Tx, rows: Sequence[Outgoing]) -> list[Outgoing]:
    """Those of the claimed rows whose claim still holds. Record results for these only."""
    current = outgoing(tx, [row.key for row in rows])
    return [row for row in rows if row.key in current and current[row.key].claim == row.claim]


def delivered(tx: Tx, rows: Sequence[Outgoing]) -> None:
    """These rows are done. One that was wanted otherwise meanwhile stays pending and free."""
    t = tables.outbox
    gone = _fence(delete(t)).where(t.c.generation == bindparam("b_generation"))
    run_many(tx, gone, [{**_fence_values(row), "b_generation": row.generation} for row in rows])
    run_many(tx, _fence(update(t)).values(claim="", claim_until=None), [_fence_values(row) for row in rows])


def try_later(tx: Tx, rows: Sequence[Outgoing], *, at: datetime, reason: str, detail: str = "") -> None:
    """Give rows back, due again at `at`. One that was wanted otherwise meanwhile is due at once."""
    t = tables.outbox
    same = t.c.generation == bindparam("b_generation")
    statement = _fence(update(t)).values(
        claim="",
        claim_until=None,
        attempts=case((same, t.c.attempts + 1), else_=0),
        next_attempt_at=case(
            (same, bindparam("b_at", type_=t.c.next_attempt_at.type)), else_=t.c.next_attempt_at
        ),
        reason=reason,
        detail=detail,
    )
    run_many(
        tx, statement, [{**_fence_values(row), "b_generation": row.generation, "b_at": at} for row in rows]
    )


def park_outgoing(tx: Tx, row: Outgoing, *, reason: str, detail: str = "") -> None:
    """Refused for good: keep the row with its reason, for a person to mend and replay. One that was wanted otherwise
    meanwhile stays pending."""
    t = tables.outbox
    parked = _fence(update(t)).where(t.c.generation == bindparam("b_generation"))
    values = {"state": "parked", "reason": reason, "detail": detail, "attempts": t.c.attempts + 1}
    tx.execute(parked.values(**values), {**_fence_values(row), "b_generation": row.generation})
    tx.execute(_fence(update(t)).values(claim="", claim_until=None), _fence_values(row))


def leave_out(tx: Tx, key: RecordKey, *, fields: Sequence[str], at: datetime) -> None:
    """These fields are wanted no more, what else is wanted now is due at once; nothing else withdraws the row."""
    row = outgoing(tx, [key]).get(key)
    if row is not None:
        rest = {name: value for name, value in row.wanted.items() if name not in fields}
        want(tx, [Wanted(key, rest, row.lead_id)], at=at)


def replay_outgoing(tx: Tx, keys: Sequence[RecordKey], *, at: datetime) -> int:
    """Try parked rows again. Gives how many there were."""
    t = tables.outbox
    count = 0
    for chunk in chunks(dict.fromkeys(keys)):
        statement = update(t).where(is_record(t, chunk), t.c.state == "parked")
        fresh = {"state": "pending", "attempts": 0, "next_attempt_at": at, "reason": "", "detail": ""}
        count += tx.execute(statement.values(**fresh)).rowcount
    return count


def withdraw(tx: Tx, key: RecordKey) -> None:
    """Nothing is wanted of this record any more: it is gone, converted, or no longer ours."""
    _withdraw(tx, [key])


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(
        key=key_of(row),
        lead_id=row.lead_id,
        wanted=row.wanted,
        generation=row.generation,
        claim=row.claim,
        attempts=row.attempts,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        since=row.since,
    )


def outgoing(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, Outgoing]:
    """What waits for these records."""
    t = tables.outbox
    found: dict[RecordKey, Outgoing] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            found[key_of(row)] = _outgoing(row)
    return found


def parked_outgoing(tx: Tx, limit: int) -> list[Outgoing]:
    """Parked rows, the oldest first."""
    t = tables.outbox
    query = (
        select(t).where(t.c.state == "parked").order_by(t.c.since, t.c.connection, t.c.object, t.c.remote_id)
    )
    return [_outgoing(row) for row in tx.execute(query.limit(limit))]


def lanes(tx: Tx, now: datetime) -> list[Lane]:
    """Every lane in which something waits, with what is due now and what is parked."""
    t = tables.outbox
    is_due = (t.c.state == "pending") & (t.c.next_attempt_at <= now)
    query = select(
        t.c.connection,
        t.c.object,
        func.sum(case((is_due, 1), else_=0)),
        func.sum(case((t.c.state == "parked", 1), else_=0)),
    )
    grouped = query.group_by(t.c.connection, t.c.object).order_by(t.c.connection, t.c.object)
    return [Lane(*row) for row in tx.execute(grouped)]
