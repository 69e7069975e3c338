"""Empties the outbox: claims rows of one lane in batches, writes them, and settles each row by its own result.

No transaction is open during a remote call. What was sent is remembered before it is sent, so that a crash in between
only means that the same values are sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from connector.ports import FieldWriter, Write, WriteResult
from connector.store import field_states, inbox, mirror, outbox, parked
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.outbox import Outgoing, Wanted
from connector.store.parked import Trouble
from connector.sync.engine import Engine
from connector.sync.results import Counts, RoundResult
from mappings.records import RecordKey, Scalar

CLAIM_FOR = timedelta(minutes=10)
"""Longer than any batch takes with its retries; a worker that slept longer is fenced off."""

MAX_ATTEMPTS = 12
"""With doubling waits that is more than two days of trying before a person is asked."""


def deliver_all(engine: Engine, result: RoundResult) -> None:
    """Write whatever is due in every lane. Trouble with one connection does not stop the other."""
    with engine.store.read() as tx:
        lanes = [lane for lane in outbox.lanes(tx, engine.now()) if lane.due]
    for connection in dict.fromkeys(lane.connection for lane in lanes):
        try:
            for lane in lanes:
                if lane.connection == connection:
                    _deliver_lane(engine, connection, lane.object, result)
        except RemoteError as trouble:
            result.trouble.append(str(trouble))


def _deliver_lane(engine: Engine, connection: str, object: str, result: RoundResult) -> None:
    system = engine.system(connection)
    counts = result.of(connection, object)
    for rows in _claimed(engine, connection, object, system.capabilities.write_batch):
        before = system.calls
        try:
            _deliver_batch(engine, system, rows, counts)
        finally:
            counts.calls += system.calls - before
        engine.progress.advance(len(rows))


def _claimed(engine: Engine, connection: str, object: str, batch: int) -> Iterator[list[Outgoing]]:
    while True:
        now = engine.now()
        claim = Claim(engine.new_id(), now, now + CLAIM_FOR)
        with engine.store.begin() as tx:
            rows = outbox.claim_outgoing(tx, connection, object=object, claim=claim, limit=batch)
            writes = {row.key: row.wanted for row in rows}
            field_states.record_sent(tx, writes, at=now, day=now.astimezone(engine.zone).date())
        if not rows:
            return
        yield rows


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
                _refused(tx, row, error=outcome.error, counts=counts, now=engine.now())
        outbox.delivered(tx, done)
    counts.written += len(done)


def _accepted(tx: Tx, row: Outgoing, outcome: WriteResult) -> None:
    values = {name: outcome.accepted.get(name, value) for name, value in row.wanted.items()}
    field_states.record_accepted(tx, {row.key: values})
    mirror.take_accepted(tx, row.key, fields=values, modified_at=outcome.modified_at)


def _refused(tx: Tx, row: Outgoing, *, error: Exception, counts: Counts, now: datetime) -> None:
    if isinstance(error, TryLaterError) and row.attempts + 1 < MAX_ATTEMPTS:
        outbox.try_later(tx, [row], at=now + back_off(row.attempts), reason="try_later", detail=_code(error))
        return
    counts.refused += 1
    if isinstance(error, RecordGoneError | RecordConvertedError):
        # Whatever became of it, the record is read again; the link then says where the values belong.
        inbox.give_hints(tx, [row.key], at=now)
    field_states.undo_sent(tx, row.key, fields=list(row.wanted))
    counts.parked += 1
    if rest := _without_faults(row, error):
        _park_fields(tx, row.key, [name for name in row.wanted if name not in rest], error=error, at=now)
        outbox.try_later(tx, [row], at=now, reason="fields_parked", detail=_code(error))
        outbox.want(tx, [Wanted(row.key, rest, row.lead_id)], at=now)
        return
    outbox.park_outgoing(tx, row, reason=reason_of(error), detail=_code(error))


def _without_faults(row: Outgoing, error: Exception) -> dict[str, Scalar]:
    """What can still be written when the system names the fields at fault; empty when it names none, or all."""
    faults = getattr(error, "fields", ())
    named = [name for name in row.wanted if name in faults]
    return {name: value for name, value in row.wanted.items() if name not in faults} if named else {}


def _park_fields(tx: Tx, key: RecordKey, fields: Sequence[str], *, error: Exception, at: datetime) -> None:
    for name in fields:
        field_states.park_field(tx, key, field=name, at=at)
        parked.park(tx, Trouble("field", f"{key}:{name}", reason_of(error), _code(error)), at=at)


def _put_back(engine: Engine, rows: Sequence[Outgoing], trouble: RemoteError) -> None:
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
