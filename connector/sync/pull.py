"""Reads records into the mirror, page by page: rows and cursor in one transaction, none open across a call.

It compares and stores; what a record means, and whose it is, is asked later, of the rows left pending here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from connector.ports import Page, RecordSource, RecordState, RemoteRow, Window
from connector.store import cursors, facts, field_states, mirror, parked
from connector.store.cursors import Cursor
from connector.store.engine import Tx
from connector.store.field_states import FieldState
from connector.store.mirror import Packed
from connector.sync.engine import Engine
from connector.sync.lanes import GONE, POLL, ask_for, counted, cursor_of, open_window
from connector.sync.reading import fields_of, history_fields, record_objects, tells_history, types_of
from connector.sync.results import Counts, RoundResult
from connector.sync.trouble import EmptySourceError, Guard
from connector.sync.windows import hour_turned, reached
from mappings.records import FieldChange, RecordKey, Scalar
from mappings.values import FieldType, same


@dataclass(frozen=True, slots=True)
class Shelf:
    """One object of one connection, with what its rows are compared by. `noticed` are the fields whose changes only
    Baton's own comparison tells."""

    engine: Engine
    connection: str
    object: str
    types: Mapping[str, FieldType]
    noticed: Sequence[str]

    @classmethod
    def of(cls, engine: Engine, system: RecordSource, object: str) -> Shelf:
        """The shelf of an object as it is mapped now."""
        tells = tells_history(engine, system, object)
        noticed = () if tells else history_fields(engine, system.connection, object)
        return cls(engine, system.connection, object, types_of(engine, system.connection, object), noticed)

    def key(self, id_: str) -> RecordKey:
        """The key of one of its records."""
        return RecordKey(self.connection, self.object, id_)


def pull(engine: Engine, result: RoundResult) -> None:
    """Read what changed in both systems, and once an hour what disappeared."""
    guard = Guard(result)
    for system in engine.systems:
        for name in record_objects(engine, system.connection):
            guard.run(system.connection, name, partial(pull_object, engine, system, name, result))
            guard.run(system.connection, name, partial(pull_gone, engine, system, name, result))


def pull_object(engine: Engine, system: RecordSource, object: str, result: RoundResult) -> None:
    """Read one object from where its cursor stands. Killed at any moment and run again, it ends in the same state.

    Raises EmptySourceError when a system that had rows lists none, and RemoteError; pages stored before count.
    """
    shelf = Shelf.of(engine, system, object)
    fields = fields_of(engine, system.connection, object)
    ask_for(engine, system.connection, object, fields)
    cursor = cursor_of(engine, system.connection, object, POLL)
    counts = result.of(system.connection, object)
    engine.progress.step(f"{system.connection} {object}")
    with counted(system, counts):
        window = open_window(engine, system, cursor)
        pages = system.changed(object, window, fields)
        _read(shelf, _checked(shelf, pages, window), window=window, cursor=cursor, counts=counts)


def pull_gone(engine: Engine, system: RecordSource, object: str, result: RoundResult) -> None:
    """Read once an hour which records disappeared. Those never heard of stay unknown."""
    shelf = Shelf.of(engine, system, object)
    cursor = cursor_of(engine, system.connection, object, GONE)
    if cursor.until is None and not hour_turned(cursor.updated_at, engine.now()):
        return
    counts = result.of(system.connection, object)
    with counted(system, counts):
        window = open_window(engine, system, cursor)
        pages = (_known(shelf, page) for page in system.gone(object, window))
        _read(shelf, pages, window=window, cursor=cursor, counts=counts)


def _checked(shelf: Shelf, pages: Iterator[Page], window: Window) -> Iterator[Page]:
    """The pages, unless the first of a full load is empty where the mirror has rows."""
    first = window.since is None and not window.after
    for page in pages:
        if first and not page.rows and page.after is None:
            _refuse_emptiness(shelf)
        first = first and not page.rows
        yield page


def _refuse_emptiness(shelf: Shelf) -> None:
    with shelf.engine.store.read() as tx:
        held = mirror.count(tx, shelf.connection, object=shelf.object)
    if held:
        raise EmptySourceError(
            f"the system lists no {shelf.object}, where it had {held}: nothing was changed; see to its permissions"
        )


def _known(shelf: Shelf, page: Page) -> Page:
    with shelf.engine.store.read() as tx:
        held = mirror.mirrored(tx, [shelf.key(row.id) for row in page.rows])
    return Page([row for row in page.rows if shelf.key(row.id) in held], page.after)


AT_ONCE = 1_000
"""Rows from which pages are stored: a transaction and its look-ups cost as much for a hundred rows as for a thousand, and a
process that is killed reads so many again."""
PAGES_AT_ONCE = 10
"""The same in pages: empty ones cost their call too."""


@dataclass(slots=True)
class _Part:
    """What is stored in one transaction: rows, the ids of those that no JSON text can hold, and the place behind them."""

    rows: list[Packed] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    after: str | None = ""
    pages: int = 0

    def add(self, rows: Sequence[RemoteRow]) -> None:
        try:
            self.rows += [mirror.pack(row) for row in rows]
        except TypeError:
            for row in rows:
                self._add_one(row)

    def _add_one(self, row: RemoteRow) -> None:
        try:
            self.rows.append(mirror.pack(row))
        except TypeError:
            self.refused.append(row.id)

    @property
    def full(self) -> bool:
        return self.after is None or len(self.rows) >= AT_ONCE or self.pages >= PAGES_AT_ONCE


def _parts(pages: Iterator[Page]) -> Iterator[_Part]:
    """Small pages together. When a read breaks off, or is told to stop, what came before is given first."""
    part = _Part()
    try:
        for page in pages:
            part.add(page.rows)
            part.after = page.after
            part.pages += 1
            if part.full:
                yield part
                part = _Part()
    except GeneratorExit:
        raise
    except BaseException:
        if part.pages:
            yield part
        raise
    if part.pages:
        yield part


def _read(shelf: Shelf, pages: Iterator[Page], *, window: Window, cursor: Cursor, counts: Counts) -> None:
    engine = shelf.engine
    for part in _parts(pages):
        cursor = reached(cursor, window, part.after)
        now = engine.now()
        with engine.store.begin() as tx:
            _take(tx, shelf, part, counts=counts, now=now)
            cursors.save_cursor(tx, cursor, at=now)
        engine.progress.advance(len(part.rows))
        if part.after is None:
            return
    # A source that ends without saying so has nothing more in the window.
    with engine.store.begin() as tx:
        cursors.save_cursor(tx, reached(cursor, window, None), at=engine.now())


def take_rows(tx: Tx, shelf: Shelf, rows: Sequence[RemoteRow], *, counts: Counts, now: datetime) -> None:
    """Lay rows into the mirror. Those that differ wait to be matched, unless they only repeat what Baton wrote: then the
    mirror takes them all the same. A row that cannot be stored is parked, the others of its page are not."""
    part = _Part()
    part.add(rows)
    _take(tx, shelf, part, counts=counts, now=now)


def _take(tx: Tx, shelf: Shelf, part: _Part, *, counts: Counts, now: datetime) -> None:
    for id_ in part.refused:
        parked.park(tx, parked.Trouble("record", str(shelf.key(id_)), "not_storable"), at=now)
    rows = part.rows
    taken = mirror.take_packed(tx, shelf.connection, object=shelf.object, rows=rows, learned_at=now)
    counts.parked += len(part.refused)
    counts.read += len(rows)
    counts.changed += len(taken.new) + len(taken.changed)
    if taken.changed:
        coming = {one.id: one.row() for one in rows if one.id in taken.changed}
        echoes = _echoes(tx, shelf, coming, taken.changed)
        counts.echoes += len(echoes)
        mirror.calm(tx, shelf.connection, object=shelf.object, ids=sorted(echoes - taken.waiting))
        facts.add_changes(tx, _noticed(shelf, coming, taken.changed), learned_at=now, seen=True)


def _echoes(
    tx: Tx, shelf: Shelf, coming: Mapping[str, RemoteRow], before: Mapping[str, Mapping[str, Scalar]]
) -> set[str]:
    """Ids of rows in which nothing changed but fields that now hold what Baton wrote there."""
    active = [id_ for id_, row in coming.items() if row.state is RecordState.ACTIVE]
    states = field_states.field_states(tx, [shelf.key(id_) for id_ in active])
    return {
        id_
        for id_ in active
        if (mine := states.get(shelf.key(id_)))
        and _is_echo(shelf.types, coming[id_].fields, before[id_], mine)
    }


def _is_echo(
    types: Mapping[str, FieldType],
    now: Mapping[str, Scalar],
    before: Mapping[str, Scalar],
    mine: Mapping[str, FieldState],
) -> bool:
    if now.keys() != before.keys():
        return False
    differing = [name for name, value in now.items() if value != before[name]]
    return bool(differing) and all(
        (state := mine.get(name)) is not None and _is_ours(state, now[name], types.get(name, FieldType.TEXT))
        for name in differing
    )


def _is_ours(state: FieldState, value: Scalar, type_: FieldType) -> bool:
    if state.sent_at is None:
        return False
    return same(value, state.sent, type_) or (
        state.accepted is not None and same(value, state.accepted, type_)
    )


def _noticed(
    shelf: Shelf, coming: Mapping[str, RemoteRow], before: Mapping[str, Mapping[str, Scalar]]
) -> list[FieldChange]:
    """Changes of facts that the system keeps no history of, as far as the row has the field on both occasions."""
    return [
        FieldChange(shelf.key(id_), name, before[id_][name], row.fields[name], row.modified_at)
        for id_, row in coming.items()
        for name in shelf.noticed
        if name in row.fields and name in before[id_] and row.fields[name] != before[id_][name]
    ]
