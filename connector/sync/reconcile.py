"""Compares, nightly, how many records each system has with how many Baton knows. A difference is shown, and the object is
read again from the beginning; what then is nowhere to be found waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from connector.errors import BatonError
from connector.ports import Page, RecordSource, Window
from connector.store import mirror, parked, recognition
from connector.store.writes import chunks
from connector.sync.engine import Engine
from connector.sync.inbox import gone_rows
from connector.sync.lanes import counted
from connector.sync.pull import Shelf, take_rows
from connector.sync.reading import fields_of, objects_of, record_objects
from connector.sync.results import Counts, RoundResult
from connector.sync.trouble import Guard
from mappings.records import ObjectRole, RecordKey

BRAKE_SHARE, BRAKE_FROM = 0.3, 10
"""More than this share vanished, of at least so many: that is a permission that went away, not people who left."""


class TooManyVanishedError(BatonError):
    """Most records of an object are nowhere to be found."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One object: how many records its system has and how many Baton knew. `vanished` were found nowhere."""

    connection: str
    object: str
    remote: int
    known: int
    vanished: int = 0

    @property
    def differs(self) -> bool:
        """Whether the object had to be read again."""
        return self.remote != self.known


def reconcile(engine: Engine, result: RoundResult) -> list[Comparison]:
    """Compare every object of both systems, and mend what differs. People whose link was lost are matched again."""
    _recall(engine)
    guard = Guard(result)
    rows: list[Comparison] = []
    for system in engine.systems:
        for name in record_objects(engine, system.connection):
            counts = result.of(system.connection, name)
            guard.run(
                system.connection, name, partial(_compare, engine, system, name, counts=counts, rows=rows)
            )
    for row in rows:
        if row.differs:
            result.trouble.append(
                f"{row.connection} {row.object}: the system has {row.remote}, Baton knew {row.known}; "
                f"read again, {row.vanished} vanished"
            )
    return rows


def _recall(engine: Engine) -> None:
    with engine.store.begin() as tx:
        for system in engine.systems:
            for name in objects_of(engine, system.connection, ObjectRole.LEAD):
                recognition.recall_unlinked(tx, system.connection, object=name)


def _compare(
    engine: Engine, system: RecordSource, object: str, *, counts: Counts, rows: list[Comparison]
) -> None:
    with counted(system, counts):
        remote = system.count(object)
        with engine.store.read() as tx:
            known = mirror.count(tx, system.connection, object=object)
        vanished = _mend(engine, system, object, counts=counts) if remote != known else 0
    rows.append(Comparison(system.connection, object, remote, known, vanished))


def _mend(engine: Engine, system: RecordSource, object: str, *, counts: Counts) -> int:
    """Read everything once more and set aside what is not there. Moves no cursor."""
    shelf = Shelf.of(engine, system, object)
    fields = fields_of(engine, system.connection, object)
    begun = Window(None, system.now() - system.capabilities.clock_lag)
    seen: set[str] = set()
    for page in system.changed(object, begun, fields):
        seen.update(row.id for row in page.rows)
        _take(shelf, page, counts)
    with engine.store.read() as tx:
        missing = [id_ for id_ in mirror.live_ids(tx, system.connection, object=object) if id_ not in seen]
    _refuse_flood(len(missing), len(seen), object)
    lost = list(_lost(shelf, system, missing, counts=counts))
    _set_aside(shelf, lost, counts)
    return len(lost)


def _take(shelf: Shelf, page: Page, counts: Counts) -> None:
    """The list is read from the records themselves: one that lives there lives, whatever was heard of it before."""
    live = [row for row in page.rows if row.state.value in mirror.LIVE]
    with shelf.engine.store.begin() as tx:
        known = mirror.mirrored(tx, [shelf.key(row.id) for row in live])
        for key, row in known.items():
            if row.state.value not in mirror.LIVE:
                mirror.forget(tx, key)
        take_rows(tx, shelf, page.rows, counts=counts, now=shelf.engine.now())


def _refuse_flood(missing: int, seen: int, object: str) -> None:
    if missing >= BRAKE_FROM and missing > BRAKE_SHARE * (missing + seen):
        raise TooManyVanishedError(
            f"{missing} of {missing + seen} {object} are not listed any more: nothing was changed; "
            "see to the permissions of this connection"
        )


def _lost(shelf: Shelf, system: RecordSource, ids: Sequence[str], *, counts: Counts) -> Iterator[RecordKey]:
    """Of records that a list did not show, those that cannot be read by id either. The others came or moved meanwhile."""
    fields = fields_of(shelf.engine, shelf.connection, shelf.object)
    for part in chunks(ids, system.capabilities.read_batch):
        rows = list(system.fetch(shelf.object, part, fields))
        with shelf.engine.store.begin() as tx:
            take_rows(tx, shelf, rows, counts=counts, now=shelf.engine.now())
        found = {row.id for row in rows}
        yield from (shelf.key(id_) for id_ in part if id_ not in found)


def _set_aside(shelf: Shelf, lost: Sequence[RecordKey], counts: Counts) -> None:
    """Nobody can tell by polling whether a vanished person was deleted for privacy: a person decides whether to erase."""
    now = shelf.engine.now()
    for part in chunks(lost):
        with shelf.engine.store.begin() as tx:
            take_rows(tx, shelf, gone_rows(tx, part), counts=Counts(), now=now)
            for key in part:
                parked.park(tx, parked.Trouble("vanished", str(key), "not_found"), at=now)
    counts.parked += len(lost)
