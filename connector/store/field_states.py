"""Per record and field: the value both sides last agreed on, what Baton sent, and how the system took it.

Conflicts are judged three-way with it, an echo is known by it, and a field that is written over and over is caught.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, select, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import Json
from connector.store.writes import chunks, insert_into, is_record, key_of, key_values, run_many, upsert
from mappings.records import RecordKey, Scalar


@dataclass(frozen=True, slots=True)
class FieldState:
    """`rewrites` counts what was sent on the day `rewrites_on`. `parked_at`: the field is no longer written, for a person
    to look at. None is also the value of a blank field; a state that exists was sent or agreed at least once."""

    field: str
    base: Scalar = None
    sent: Scalar = None
    accepted: Scalar = None
    sent_at: datetime | None = None
    rewrites: int = 0
    rewrites_on: date | None = None
    parked_at: datetime | None = None


def field_states(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, dict[str, FieldState]]:
    """What is remembered of these records, by field."""
    t = tables.field_state
    found: dict[RecordKey, dict[str, FieldState]] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            found.setdefault(key_of(row), {})[row.field] = _state(row)
    return found


def _state(row: Any) -> FieldState:
    return FieldState(
        field=row.field,
        base=row.base,
        sent=row.sent,
        accepted=row.accepted,
        sent_at=row.sent_at,
        rewrites=row.rewrites,
        rewrites_on=row.rewrites_on,
        parked_at=row.parked_at,
    )


def record_sent(tx: Tx, writes: Mapping[RecordKey, Mapping[str, Scalar]], *, at: datetime, day: date) -> None:
    """Remember what is about to be sent, before it is sent, and count it for the day."""
    t = tables.field_state
    statement = insert_into(tx, t)
    new = statement.excluded
    counting = statement.on_conflict_do_update(
        index_elements=list(t.primary_key.columns),
        set_={
            "sent": new.sent,
            "sent_at": new.sent_at,
            "rewrites": case((t.c.rewrites_on == new.rewrites_on, t.c.rewrites + 1), else_=1),
            "rewrites_on": new.rewrites_on,
        },
    )
    rows = [
        {**key_values(key), "field": name, "sent": value, "sent_at": at, "rewrites": 1, "rewrites_on": day}
        for key, fields in writes.items()
        for name, value in fields.items()
    ]
    run_many(tx, counting, rows)


def record_accepted(tx: Tx, values: Mapping[RecordKey, Mapping[str, Scalar]]) -> None:
    """The system took these values, in its own form: both sides agree on them."""
    _set(tx, values, columns=("accepted", "base"))


def record_agreed(tx: Tx, values: Mapping[RecordKey, Mapping[str, Scalar]]) -> None:
    """Both sides hold these values without Baton having sent them."""
    _set(tx, values, columns=("base",))


def _set(tx: Tx, values: Mapping[RecordKey, Mapping[str, Scalar]], *, columns: Sequence[str]) -> None:
    rows = [
        {**key_values(key), "field": name, **dict.fromkeys(columns, value)}
        for key, fields in values.items()
        for name, value in fields.items()
    ]
    run_many(tx, upsert(tx, tables.field_state, update=columns), rows)


def undo_sent(tx: Tx, key: RecordKey, *, fields: Sequence[str]) -> None:
    """The system refused these fields: nothing was sent, and nothing counts."""
    t = tables.field_state
    none = bindparam("b_none", None, type_=Json())
    mine = update(t).where(is_record(t, [key]), t.c.field.in_(list(fields)))
    tx.execute(mine.values(sent=none, sent_at=None, rewrites=_one_less()))


def overtaken(tx: Tx, key: RecordKey, *, fields: Sequence[str]) -> None:
    """Somebody put another value there, and it stands: should the sent one come back, it is not ours. What was sent how
    often is remembered all the same."""
    t = tables.field_state
    tx.execute(update(t).where(is_record(t, [key]), t.c.field.in_(list(fields))).values(sent_at=None))


def uncount_sent(tx: Tx, key: RecordKey, *, fields: Sequence[str]) -> None:
    """Nobody knows whether these fields were taken, and they will be sent again: only the next time counts."""
    t = tables.field_state
    mine = update(t).where(is_record(t, [key]), t.c.field.in_(list(fields)))
    tx.execute(mine.values(rewrites=_one_less()))


def _one_less() -> Any:
    t = tables.field_state
    return case((t.c.rewrites > 0, t.c.rewrites - 1), else_=0)


def parked_fields(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, set[str]]:
    """The fields of these records that are not written until a person looked at them."""
    t = tables.field_state
    found: dict[RecordKey, set[str]] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk), t.c.parked_at.is_not(None))):
            found.setdefault(key_of(row), set()).add(row.field)
    return found


def park_field(tx: Tx, key: RecordKey, *, field: str, at: datetime) -> None:
    """Write this field no more until `unpark_field`."""
    t = tables.field_state
    tx.execute(update(t).where(is_record(t, [key]), t.c.field == field).values(parked_at=at))


def unpark_field(tx: Tx, key: RecordKey, *, field: str) -> None:
    """Write this field again, with a fresh count."""
    t = tables.field_state
    same = update(t).where(is_record(t, [key]), t.c.field == field)
    tx.execute(same.values(parked_at=None, rewrites=0))


def forget_fields(tx: Tx, key: RecordKey) -> None:
    """The record is gone: nothing was agreed on it."""
    tx.execute(delete(tables.field_state).where(is_record(tables.field_state, [key])))
