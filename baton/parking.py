"""What waits for a person, from the three places where it waits, and what happens when somebody has it tried again or calls
it dealt with. Knows no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.domain.facts import Message
from connector.store import dirty, field_states, handoffs, inbox, links, mirror, outbox, parked
from connector.store.engine import Tx
from connector.sync.engine import Engine
from mappings.records import RecordKey

OUTBOX = "outbox"
"""The kind of a record that its system refused as a whole; its id is the record's key."""

BY = "command line"
EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. `id` is a number, or the record's key in the outbox; `text` says why in words, `to_do` what
    a person does about it; `replay` whether Baton can try it again."""

    id: str
    kind: str
    key: str
    reason: str
    detail: str
    text: str
    to_do: str
    replay: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """What could not be tried again, and why, in words."""

    id: str
    text: str


def waiting(engine: Engine, kind: str = "", *, limit: int = EVERYTHING) -> list[Waiting]:
    """What waits, of one kind or all, the oldest first."""
    with engine.store.read() as tx:
        rows: list[parked.Parked | outbox.Outgoing] = []
        if kind != OUTBOX:
            rows += parked.waiting_parked(tx, kind, limit=limit)
        if kind in ("", OUTBOX):
            rows += outbox.parked_outgoing(tx, limit)
    found = [
        _refused(engine, one) if isinstance(one, outbox.Outgoing) else _parked(engine, one) for one in rows
    ]
    return sorted(found, key=lambda one: (one.at, one.id))[:limit]


def _parked(engine: Engine, row: parked.Parked) -> Waiting:
    return Waiting(
        id=str(row.id),
        kind=row.kind,
        key=row.key,
        reason=row.reason,
        detail=row.detail,
        text=first_said(engine, f"parked.{row.reason}", f"problem.{row.reason}", otherwise=row.reason),
        to_do=_to_do(engine, row.kind, row.reason),
        replay=row.kind in _REPLAYS,
        at=row.at,
    )


def _refused(engine: Engine, row: outbox.Outgoing) -> Waiting:
    return Waiting(
        id=str(row.key),
        kind=OUTBOX,
        key=str(row.key),
        reason=row.reason,
        detail=row.detail,
        text=first_said(engine, f"parked.{row.reason}", otherwise=row.reason),
        to_do=_to_do(engine, OUTBOX, row.reason),
        replay=True,
        at=row.since,
    )


def _to_do(engine: Engine, kind: str, reason: str) -> str:
    return first_said(engine, f"parked.to_do.{kind}.{reason}", f"parked.to_do.{kind}", otherwise="")


def first_said(
    engine: Engine, *messages: str, otherwise: str, params: Mapping[str, str | int] | None = None
) -> str:
    """The first of these messages that the catalogue has, in the language of the settings."""
    for message in messages:
        said = engine.render(Message(message, params or {}), engine.locale)
        if said != message:
            return said
    return otherwise


def replay(engine: Engine, rows: Iterable[Waiting]) -> tuple[list[str], list[Left]]:
    """Have these tried again, each in a transaction of its own: the ids of those that will be, and those left with why."""
    again: list[str] = []
    left: list[Left] = []
    for one in rows:
        refusal = _once_more(engine, one)
        if refusal:
            left.append(Left(one.id, engine.render(Message(refusal), engine.locale)))
        else:
            again.append(one.id)
    return again, left


def _once_more(engine: Engine, one: Waiting) -> str:
    """The id of the message that says why not; empty when it will be tried."""
    now = engine.now()
    with engine.store.begin() as tx:
        if one.kind == OUTBOX:
            tried = outbox.replay_outgoing(tx, [RecordKey.parse(one.key)], at=now)
            return "" if tried else "parked.gone"
        if one.kind not in _REPLAYS:
            return "parked.not_replayable"
        # First resolved: what is in the way still parks it anew.
        if not parked.resolve_parked(tx, [int(one.id)], at=now, by=BY):
            return "parked.gone"
        refusal = _REPLAYS[one.kind](engine, tx, one.key, now)
        if refusal:
            parked.park(tx, _trouble(one), at=one.at)
        return refusal


def _trouble(one: Waiting) -> parked.Trouble:
    return parked.Trouble(one.kind, one.key, one.reason, one.detail)


def _hand_off(engine: Engine, tx: Tx, key: str, now: datetime) -> str:
    failed = handoffs.handoff(tx, key)
    if failed is None:
        return "parked.gone"
    others = [
        one for one in handoffs.handoffs_of(tx, [failed.lead_id]).get(failed.lead_id, []) if one.id != key
    ]
    if any(one.point != handoffs.FAILED and one.answer != "rejected" for one in others):
        return "parked.other_hand_off"
    return "" if handoffs.replay_handoff(tx, key, at=now) else "parked.gone"


def _field(engine: Engine, tx: Tx, key: str, now: datetime) -> str:
    record, _, field = key.rpartition(":")
    field_states.unpark_field(tx, RecordKey.parse(record), field=field)
    _mark(tx, RecordKey.parse(record), now)
    return ""


def _record(engine: Engine, tx: Tx, key: str, now: datetime) -> str:
    """Read it again, for somebody will have mended it, and match it again, should nothing but Baton's rules be new."""
    record = RecordKey(*key.split(":", 3)[:3])  # of a single value, the field stands behind
    inbox.give_hints(tx, [record], at=now)
    mirror.match_again(tx, record)
    _mark(tx, record, now)
    return ""


def _lead(engine: Engine, tx: Tx, key: str, now: datetime) -> str:
    dirty.mark(tx, [key], reason="replayed", at=now)
    return ""


def _mark(tx: Tx, record: RecordKey, now: datetime) -> None:
    link = links.links(tx, [record]).get(record)
    if link is not None:
        dirty.mark(tx, [link.lead_id], reason="replayed", at=now)


_REPLAYS: Mapping[str, Callable[[Engine, Tx, str, datetime], str]] = {
    "hand_off": _hand_off,
    "field": _field,
    "record": _record,
    "value": _record,
    "lead": _lead,
}
"""How each kind is tried again; the answer is the id of a refusal, or empty."""


def settle(engine: Engine, one: Waiting) -> str:
    """A person dealt with it, or gives it up. The id of a refusal, or empty."""
    if one.kind == "field":
        return "parked.field_stays"  # forgotten here, it would stay unwritten and nobody could tell why
    with engine.store.begin() as tx:
        if one.kind == OUTBOX:
            outbox.withdraw(tx, RecordKey.parse(one.key))
            return ""
        done = parked.resolve_parked(tx, [int(one.id)], at=engine.now(), by=BY)
        return "" if done else "parked.gone"
