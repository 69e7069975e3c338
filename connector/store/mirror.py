"""Baton's copy of what each system says, written by every read. It knows vendor field names, not what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, or_, select, update

from connector.ports import RecordState, RemoteRow
from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import from_json, packed_fields
from connector.store.writes import (
    LOOKUP,
    TimeWriter,
    chunks,
    insert_for,
    is_record,
    key_of,
    key_values,
    run_many,
    run_raw,
)
from mappings.records import RecordKey, Scalar

_COLUMNS = (
    "connection", "object", "remote_id", "fields", "hash", "modified_at", "learned_at", "state", "merged_into", "pending",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """One record as last read. `pending`: changed since it was last matched."""

    key: RecordKey
    fields: Mapping[str, Scalar]
    hash: str
    modified_at: datetime
    learned_at: datetime
    state: RecordState
    merged_into: str
    pending: bool


@dataclass(slots=True)
class Taken:
    """What a read changed. `changed`: remote id → the fields before. `waiting`: those of them that were pending before
    this read. `stale`: rows older than what is here, left out."""

    new: list[str] = field(default_factory=list)
    changed: dict[str, Mapping[str, Scalar]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    unchanged: int = 0
    stale: int = 0


class Packed(NamedTuple):
    """A row on its way in: its fields as JSON text, with the hash of its content. A row is packed as soon as it is read,
    so that many can wait for one transaction while only their text is held."""

    id: str
    modified_at: datetime
    text: str
    hash: str
    state: RecordState
    merged_into: str

    def row(self) -> RemoteRow:
        """The row as it was read."""
        return RemoteRow(self.id, self.modified_at, from_json(self.text), self.state, self.merged_into)


def pack(row: RemoteRow) -> Packed:
    """The row ready to be stored. Raises TypeError when some value is no JSON value."""
    id_, modified_at, fields, state, merged_into = row
    text = packed_fields(fields)
    content = blake2b(text, digest_size=16)
    if state is not RecordState.ACTIVE or merged_into:
        content.update(f"{state.value}|{merged_into}".encode())
    return Packed(id_, modified_at, text.decode(), content.hexdigest(), state, merged_into)


def take(tx: Tx, connection: str, *, object: str, rows: Sequence[RemoteRow], learned_at: datetime) -> Taken:
    """`take_packed` for rows that were not packed before. Raises TypeError before anything is written."""
    return take_packed(tx, connection, object=object, rows=list(map(pack, rows)), learned_at=learned_at)


def take_packed(
    tx: Tx, connection: str, *, object: str, rows: Sequence[Packed], learned_at: datetime
) -> Taken:
    """Store a page. A row whose content is known costs no write; one older than the stored row is left out, unless it
    says that the record is gone. New and changed rows are pending until `settle`.

    Each row must carry all fields asked for: a field that is absent here is forgotten.
    """
    taken = Taken()
    writes: dict[str, Packed] = {}
    touched: list[dict[str, Any]] = []
    known: dict[str, tuple[str, datetime]] = {}
    for chunk in chunks(rows):
        # What an earlier chunk brought is known already, and not yet in the table.
        asked = {row.id: row for row in chunk if row.id not in known}
        found = _known(tx, connection, object=object, ids=list(asked))
        if not found and len(asked) == len(chunk):
            # A first load: nothing is known, and no record comes twice.
            taken.new += asked
            writes.update(asked)
            known.update((id_, (row.hash, row.modified_at)) for id_, row in asked.items())
            continue
        known.update(found)
        for coming in chunk:
            _sort(coming, known, taken=taken, writes=writes, touched=touched)
    if len(writes) > len(taken.new):
        new = set(taken.new)
        _note_before(tx, connection, object=object, ids=[i for i in writes if i not in new], taken=taken)
    _write(tx, RecordKey(connection, object, ""), list(writes.values()), learned_at=learned_at)
    _touch(tx, connection, object=object, rows=touched)
    return taken


def _known(tx: Tx, connection: str, *, object: str, ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    if not ids or _is_new_ground(tx, connection, object=object, ids=ids):
        return {}
    # One statement for every number of ids: a list that is padded costs less than a statement that is built anew.
    asked = dict(zip(_LOOKED_UP, ids, strict=False)) | dict.fromkeys(_LOOKED_UP[len(ids) :], ids[-1])
    found = tx.execute(_LOOK_UP, {"b_connection": connection, "b_object": object, **asked})
    return {row.remote_id: (row.hash, row.modified_at) for row in found}


def _is_new_ground(tx: Tx, connection: str, *, object: str, ids: Sequence[str]) -> bool:
    """Whether no record lies between the smallest and the largest of these ids: a first load mostly comes in the order of
    ids, and then one look spares a page of them. Only where the database orders text as Python does."""
    if tx.dialect.name != "sqlite":
        return False
    between = {"b_connection": connection, "b_object": object, "b_first": min(ids), "b_last": max(ids)}
    return tx.execute(_BETWEEN, between).first() is None


_BETWEEN = (
    select(tables.mirror.c.remote_id)
    .where(
        tables.mirror.c.connection == bindparam("b_connection"),
        tables.mirror.c.object == bindparam("b_object"),
        tables.mirror.c.remote_id.between(bindparam("b_first"), bindparam("b_last")),
    )
    .limit(1)
)
_LOOKED_UP = tuple(f"b_{number}" for number in range(LOOKUP))
_LOOK_UP = select(tables.mirror.c.remote_id, tables.mirror.c.hash, tables.mirror.c.modified_at).where(
    tables.mirror.c.connection == bindparam("b_connection"),
    tables.mirror.c.object == bindparam("b_object"),
    tables.mirror.c.remote_id.in_([bindparam(name) for name in _LOOKED_UP]),
)


def _sort(
    coming: Packed,
    known: dict[str, tuple[str, datetime]],
    *,
    taken: Taken,
    writes: dict[str, Packed],
    touched: list[dict[str, Any]],
) -> None:
    """Put one row where it belongs, and remember it as known for a second row of the same record."""
    before = known.get(coming.id)
    if before is not None and coming.modified_at < before[1] and coming.state is RecordState.ACTIVE:
        taken.stale += 1
        return
    known[coming.id] = (coming.hash, coming.modified_at)
    if before is None:
        taken.new.append(coming.id)
        writes[coming.id] = coming
    elif before[0] != coming.hash or coming.id in writes:
        writes[coming.id] = coming
    else:
        taken.unchanged += 1
        if before[1] != coming.modified_at:
            touched.append({"b_id": coming.id, "b_at": coming.modified_at})


def _note_before(tx: Tx, connection: str, *, object: str, ids: Sequence[str], taken: Taken) -> None:
    t = tables.mirror
    for chunk in chunks(ids):
        query = select(t.c.remote_id, t.c.fields, t.c.pending)
        found = tx.execute(
            query.where(t.c.connection == connection, t.c.object == object, t.c.remote_id.in_(chunk))
        )
        for row in found:
            taken.changed[row.remote_id] = row.fields
            if row.pending:
                taken.waiting.add(row.remote_id)


def _write(tx: Tx, lane: RecordKey, coming: Sequence[Packed], *, learned_at: datetime) -> None:
    if not coming:
        return
    time = TimeWriter(tx)
    learned = time(learned_at)
    place = (lane.connection, lane.object)
    rows = (
        (*place, id_, text, hash_, time(at), learned, state.value, merged_into, True)
        for id_, at, text, hash_, state, merged_into in coming
    )
    run_raw(tx, _putting(tx.dialect.name), columns=_COLUMNS, rows=rows)


@lru_cache(maxsize=2)
def _putting(dialect: str) -> Any:
    t = tables.mirror
    statement = insert_for(dialect, t)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=list(t.primary_key.columns),
        set_={column: new[column] for column in _COLUMNS[3:]},
        # Repeats the rule of `_sort` for a reader that was overtaken by another process.
        where=or_(new.modified_at >= t.c.modified_at, new.state != literal_column("'active'")),
    )


def _touch(tx: Tx, connection: str, *, object: str, rows: Sequence[dict[str, Any]]) -> None:
    t = tables.mirror
    statement = (
        update(t)
        .where(t.c.connection == connection, t.c.object == object, t.c.remote_id == bindparam("b_id"))
        .where(t.c.modified_at < bindparam("b_at"))
        .values(modified_at=bindparam("b_at"))
    )
    run_many(tx, statement, rows)


def take_accepted(
    tx: Tx, key: RecordKey, *, fields: Mapping[str, Scalar], modified_at: datetime | None
) -> bool:
    """Lay values that a system has just accepted over its row, so that they are not planned again before the next read.
    Does not make the row pending. False when there is no such row."""
    t = tables.mirror
    row = tx.execute(select(t).where(is_record(t, [key])).with_for_update()).first()
    if row is None:
        return False
    merged = {**row.fields, **fields}
    time = max(row.modified_at, modified_at or row.modified_at)
    coming = pack(RemoteRow(key.id, time, merged, RecordState(row.state), row.merged_into))
    tx.execute(update(t).where(is_record(t, [key])).values(fields=merged, hash=coming.hash, modified_at=time))
    return True


def _mirror_row(row: Any) -> MirrorRow:
    return MirrorRow(
        key=key_of(row),
        fields=row.fields,
        hash=row.hash,
        modified_at=row.modified_at,
        learned_at=row.learned_at,
        state=RecordState(row.state),
        merged_into=row.merged_into,
        pending=row.pending,
    )


def mirrored(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, MirrorRow]:
    """The rows of these records, as far as they are known."""
    t = tables.mirror
    found: dict[RecordKey, MirrorRow] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            found[key_of(row)] = _mirror_row(row)
    return found


def pending(tx: Tx, connection: str, *, object: str, limit: int) -> list[MirrorRow]:
    """Rows that wait to be matched, by id. Settle them in the same transaction."""
    t = tables.mirror
    query = select(t).where(t.c.connection == connection, t.c.object == object, t.c.pending)
    return [_mirror_row(row) for row in tx.execute(query.order_by(t.c.remote_id).limit(limit))]


def settle(tx: Tx, rows: Sequence[MirrorRow]) -> None:
    """These rows are matched. One that was read anew meanwhile stays pending."""
    t = tables.mirror
    statement = (
        update(t)
        .where(t.c.connection == bindparam("b_connection"), t.c.object == bindparam("b_object"))
        .where(t.c.remote_id == bindparam("b_id"), t.c.hash == bindparam("b_hash"))
        .values(pending=False)
    )
    run_many(tx, statement, [{**_bound(row.key), "b_hash": row.hash} for row in rows])


def calm(tx: Tx, connection: str, *, object: str, ids: Sequence[str]) -> None:
    """These rows only repeat what Baton wrote: nothing about them waits to be matched."""
    t = tables.mirror
    for chunk in chunks(ids):
        same = update(t).where(t.c.connection == connection, t.c.object == object, t.c.remote_id.in_(chunk))
        tx.execute(same.values(pending=False))


def _bound(key: RecordKey) -> dict[str, str]:
    return {"b_connection": key.connection, "b_object": key.object, "b_id": key.id}


def make_pending(tx: Tx, connection: str, *, object: str) -> None:
    """Match every row of this object again, after its mapping changed."""
    t = tables.mirror
    tx.execute(update(t).where(t.c.connection == connection, t.c.object == object).values(pending=True))


def match_again(tx: Tx, key: RecordKey) -> bool:
    """Match this row again, as it was read last. False when there is none."""
    return (
        tx.execute(update(tables.mirror).where(is_record(tables.mirror, [key])).values(pending=True)).rowcount
        > 0
    )


def stream(tx: Tx, connection: str, *, object: str) -> Iterator[MirrorRow]:
    """Every row of an object by id, read in pieces; the transaction must stay open meanwhile."""
    t = tables.mirror
    after = ""
    while True:
        query = select(t).where(t.c.connection == connection, t.c.object == object, t.c.remote_id > after)
        page = tx.execute(query.order_by(t.c.remote_id).limit(LOAD)).all()
        yield from map(_mirror_row, page)
        if len(page) < LOAD:
            return
        after = page[-1].remote_id


LIVE = ("active", "converted")
"""States in which a record is still listed by its system."""

LOAD = 1000
"""How many rows `stream` holds at a time."""


def live_ids(tx: Tx, connection: str, *, object: str) -> Iterator[str]:
    """Ids of the records that live (a converted one still does), for comparing with the system's own list."""
    t = tables.mirror
    query = select(t.c.remote_id).where(
        t.c.connection == connection, t.c.object == object, t.c.state.in_(LIVE)
    )
    for row in tx.execute(query.order_by(t.c.remote_id).execution_options(yield_per=LOAD)):
        yield row.remote_id


def count(tx: Tx, connection: str, *, object: str) -> int:
    """How many records live, converted ones among them, as systems count them."""
    t = tables.mirror
    query = select(func.count()).where(
        t.c.connection == connection, t.c.object == object, t.c.state.in_(LIVE)
    )
    return tx.execute(query).scalar_one()


def forget(tx: Tx, key: RecordKey) -> None:
    """Drop the row of an erased person."""
    t = tables.mirror
    tx.execute(t.delete().where(*(t.c[name] == value for name, value in key_values(key).items())))
