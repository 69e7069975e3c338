"""Empties the outbox: claims rows of one lane in batches, writes them, and settles each row by its own result.

No transaction is open during a remote call. What was sent is remembered before it is sent, so that a crash in between
only means that the same values are sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.errors import (
    AccessDeniedError,
    QuotaSpentError,
    RateLimitedError,
    RecordConvertedError,
    RecordGoneError,
    RemoteError,
    TryLaterError,
)
from connector.ports import FieldWriter, RemoteSystem, Write, WriteResult
from connector.store import dirty, field_states, inbox, mirror, outbox, parked
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.outbox import Lane, Outgoing
from connector.store.parked import Trouble
from connector.store.writes import chunks
from connector.sync.brake import brake, release
from connector.sync.engine import Engine
from connector.sync.lanes import counted
from connector.sync.plan import LAST_SYNCED
from connector.sync.pull import Shelf, take_rows
from connector.sync.reading import fields_of
from connector.sync.results import Counts, RoundResult
from connector.sync.trouble import note_trouble
from mappings.own_fields import own_values
from mappings.records import RecordKey

CLAIM_FOR = timedelta(minutes=10)
"""Longer than any batch takes with its retries; a worker that slept longer is fenced off."""

MAX_ATTEMPTS = 12
"""With doubling waits that is more than two days of trying before a person is asked."""


def deliver_all(engine: Engine, result: RoundResult, *, force: bool = False) -> None:
    """Write whatever is due in every lane. Trouble with one connection does not stop the other; a lane that would overwrite
    too much waits, unless a person forces it."""
    with engine.store.read() as tx:
        lanes = [lane for lane in outbox.lanes(tx, engine.now()) if lane.due]
    for connection in dict.fromkeys(lane.connection for lane in lanes):
        if connection in result.stopped:
            continue
        try:
            for lane in lanes:
                if lane.connection == connection and _may_write(engine, lane, result, force=force):
                    _deliver_lane(engine, connection, lane.object, result)
        except RemoteError as trouble:
            note_trouble(result, connection, trouble)


def _may_write(engine: Engine, lane: Lane, result: RoundResult, *, force: bool) -> bool:
    if force:
        release(engine, lane.connection, lane.object)
        return True
    held = [str(one) for one in brake(engine, lane.connection, lane.object)]
    result.trouble += [one for one in held if one not in result.trouble]
    return not held


def _deliver_lane(engine: Engine, connection: str, object: str, result: RoundResult) -> None:
    system = engine.system(connection)
    counts = result.of(connection, object)
    for rows in _claimed(engine, system, object, counts):
        before = system.calls
        try:
            _deliver_batch(engine, system, rows, counts)
        finally:
            counts.calls += system.calls - before
        engine.progress.advance(len(rows))


def _claimed(engine: Engine, system: RemoteSystem, object: str, counts: Counts) -> Iterator[list[Outgoing]]:
    """The due rows in batches, each with the time of writing beside what else is to be written."""
    while True:
        now = engine.now()
        claim = Claim(engine.new_id(), now, now + CLAIM_FOR)
        batch = system.capabilities.write_batch
        with engine.store.begin() as tx:
            claimed = outbox.claim_outgoing(tx, system.connection, object=object, claim=claim, limit=batch)
        if not claimed:
            return
        rows = _looked_at(engine, system, claimed, counts)
        with engine.store.begin() as tx:
            rows = _stamped(engine, tx, rows)
            writes = {row.key: row.wanted for row in rows}
            field_states.record_sent(tx, writes, at=now, day=now.astimezone(engine.zone).date())
        if rows:
            yield rows


def _looked_at(
    engine: Engine, system: RemoteSystem, rows: Sequence[Outgoing], counts: Counts
) -> list[Outgoing]:
    with counted(system, counts):
        try:
            return _still_right(engine, system, rows, counts)
        except RemoteError as trouble:
            _give_back(engine, rows, trouble)
            raise


def _stamped(engine: Engine, tx: Tx, rows: Sequence[Outgoing]) -> list[Outgoing]:
    """*Last synced* beside the wanted fields, on records where it can be seen. It is no part of what is wanted: else the
    same values would be wanted otherwise every time."""
    if not rows:
        return []
    key = rows[0].key
    stamp = own_values(
        engine.mapping, engine.side(key.connection), key.object, {LAST_SYNCED: engine.now()}, render=str
    )
    seen = mirror.mirrored(tx, [row.key for row in rows])
    parked_ones = field_states.parked_fields(tx, [row.key for row in rows])
    return [
        replace(row, wanted={**row.wanted, **stamp})
        if row.key in seen and stamp.keys() <= seen[row.key].fields.keys() - parked_ones.get(row.key, set())
        else row
        for row in rows
    ]


def _still_right(
    engine: Engine, system: RemoteSystem, rows: Sequence[Outgoing], counts: Counts
) -> list[Outgoing]:
    """Of claimed rows, those that may be sent. One that was tried before was planned some time ago: its record is read
    again, and what somebody wrote there since is not overwritten but decided anew."""
    again = [row for row in rows if row.attempts]
    if not again:
        return list(rows)
    shelf = Shelf.of(engine, system, again[0].key.object)
    fields = fields_of(engine, shelf.connection, shelf.object)
    found = {}
    for part in chunks([row.key.id for row in again], system.capabilities.read_batch):
        found.update({one.id: one for one in system.fetch(shelf.object, part, fields)})
    with engine.store.begin() as tx:
        before = mirror.mirrored(tx, [row.key for row in again])
        take_rows(tx, shelf, list(found.values()), counts=counts, now=engine.now())
        held = set()
        for row in outbox.still_mine(tx, again):
            if row.key in before and row.key.id in found:
                then, now = before[row.key].fields, found[row.key.id].fields
                changed = [name for name in row.wanted if name in now and now[name] != then.get(name)]
                if changed:
                    held.add(row.key)
                    _leave_to_people(engine, tx, row, changed)
    return [row for row in rows if row.key not in held]


def _leave_to_people(engine: Engine, tx: Tx, row: Outgoing, changed: Sequence[str]) -> None:
    """Somebody wrote fields that this row would write: it goes on without them, and its lead is decided again."""
    at = engine.now()
    outbox.try_later(tx, [row], at=at, reason="changed_meanwhile")
    outbox.leave_out(tx, row.key, fields=changed, at=at)
    dirty.mark(tx, [row.lead_id] if row.lead_id else [], reason="changed_meanwhile", at=at)


def _deliver_batch(engine: Engine, system: FieldWriter, rows: Sequence[Outgoing], counts: Counts) -> None:
    writes = [Write(row.key.id, row.wanted, ref=row.key.id) for row in rows]
    try:
        results = system.write(rows[0].key.object, writes)
    except RemoteError as trouble:
        _put_back(engine, rows, trouble)
        raise
    with engine.store.begin() as tx:
        mine = {row.key for row in outbox.still_mine(tx, rows)}
        done: list[Outgoing] = []
        for row, outcome in zip(rows, results, strict=True):
            if row.key not in mine:
                continue
            if outcome.error is None:
                _accepted(tx, row, outcome)
                done.append(row)
            else:
                _refused(engine, tx, row, error=outcome.error, counts=counts)
        outbox.delivered(tx, done)
        _agree_anew(engine, tx, done)
    counts.written += len(done)


def _agree_anew(engine: Engine, tx: Tx, rows: Sequence[Outgoing]) -> None:
    """Leads whose records got values of the other side are looked at once more: only then both are known to agree, and
    whoever changes one of them next is known to have changed it."""
    own = own_names(engine, rows[0].key.connection) if rows else frozenset()
    leads = [row.lead_id for row in rows if row.lead_id and not own.issuperset(row.wanted)]
    dirty.mark(tx, leads, reason="kept_in_step", at=engine.now())


def own_names(engine: Engine, connection: str) -> frozenset[str]:
    """What Baton's own fields are called in this connection."""
    side = engine.side(connection)
    return frozenset(own.names[side] for own in engine.mapping.own_fields.values() if side in own.names)


def _accepted(tx: Tx, row: Outgoing, outcome: WriteResult) -> None:
    values = {name: outcome.accepted.get(name, value) for name, value in row.wanted.items()}
    field_states.record_accepted(tx, {row.key: values})
    mirror.take_accepted(tx, row.key, fields=values, modified_at=outcome.modified_at)


def _refused(engine: Engine, tx: Tx, row: Outgoing, *, error: Exception, counts: Counts) -> None:
    now = engine.now()
    if isinstance(error, TryLaterError) and row.attempts + 1 < MAX_ATTEMPTS:
        field_states.uncount_sent(tx, row.key, fields=list(row.wanted))
        outbox.try_later(tx, [row], at=now + back_off(row.attempts), reason="try_later", detail=_code(error))
        return
    counts.refused += 1
    counts.parked += 1
    if isinstance(error, RecordGoneError | RecordConvertedError):
        # Whatever became of it, the record is read again; the link then says where the values belong.
        inbox.give_hints(tx, [row.key], at=now)
    field_states.undo_sent(tx, row.key, fields=list(row.wanted))
    faulty = [name for name in row.wanted if name in getattr(error, "fields", ())]
    if not faulty:
        outbox.park_outgoing(tx, row, reason=reason_of(error), detail=_code(error))
        return
    _park_fields(tx, row.key, faulty, error=error, at=now)
    outbox.try_later(tx, [row], at=now, reason="fields_parked", detail=_code(error))
    outbox.leave_out(tx, row.key, fields=faulty, at=now)


def _park_fields(tx: Tx, key: RecordKey, fields: Sequence[str], *, error: Exception, at: datetime) -> None:
    for name in fields:
        field_states.park_field(tx, key, field=name, at=at)
        parked.park(tx, Trouble("field", f"{key}:{name}", reason_of(error), _code(error)), at=at)


def _put_back(engine: Engine, rows: Sequence[Outgoing], trouble: RemoteError) -> None:
    with engine.store.begin() as tx:
        for row in rows:
            field_states.uncount_sent(tx, row.key, fields=list(row.wanted))
    _give_back(engine, rows, trouble)


def _give_back(engine: Engine, rows: Sequence[Outgoing], trouble: RemoteError) -> None:
    attempts = max(row.attempts for row in rows)
    with engine.store.begin() as tx:
        due = resume_at(engine.now(), trouble, attempts)
        outbox.try_later(tx, rows, at=due, reason=reason_of(trouble), detail=_code(trouble))


def resume_at(now: datetime, trouble: Exception, attempts: int) -> datetime:
    """When to try again after trouble with a whole call: as the system says, else with growing patience."""
    if isinstance(trouble, RateLimitedError) and trouble.retry_after is not None:
        return now + trouble.retry_after
    if isinstance(trouble, QuotaSpentError | AccessDeniedError):
        return now + timedelta(hours=1)
    return now + back_off(attempts)


def back_off(attempts: int) -> timedelta:
    """30 seconds, doubled with every attempt, six hours at most."""
    doubled: int = 30 << min(attempts, 12)
    return min(timedelta(seconds=doubled), timedelta(hours=6))


def reason_of(error: Exception) -> str:
    """The code under which a refusal is parked and counted: the error's own name in words."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _code(error: Exception) -> str:
    """What the vendor calls it, and the fields at fault; never its text, which may hold personal data."""
    fields = ", ".join(getattr(error, "fields", ()))
    return " ".join(part for part in (getattr(error, "code", ""), fields) if part)


def park_loops(tx: Tx, key: RecordKey, fields: Sequence[str], *, at: datetime) -> None:
    """Stop writing fields that somebody keeps changing back, and say so."""
    for name in fields:
        field_states.park_field(tx, key, field=name, at=at)
        parked.park(tx, Trouble("field", f"{key}:{name}", "loop"), at=at)
