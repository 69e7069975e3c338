"""Stops a plan that would overwrite or clear too much of a field at once, before anything of it is written.

A wrong mapping, a broken import or a matrix that no account matches any more shows as one field that is to change on very
many records. First fills do not count, nor do fields that change as a matter of course.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from connector.store import mirror, outbox, parked
from connector.store.engine import Tx
from connector.store.parked import Trouble
from connector.store.writes import chunks
from connector.sync.engine import Engine
from connector.sync.reading import types_of
from mappings.records import Scalar
from mappings.values import FieldType, same

SHARE = Fraction(3, 10)
"""More than this share of a field's filled values is not overwritten or cleared without a person's word."""

FEW = 50
"""Fields with fewer filled values are never held back: there a handful of leads is already a large share."""

MOVING = frozenset(
    {
        "value_now",
        "value_explained",
        "value_at_handoff",
        "handoff_status",
        "why_not",
        "eligible_from",
        "cooldown_until",
        "rejection_count",
        "next_action",
        "stage_since",
        "last_synced",
    }
)
"""Own fields that many records change at once in the ordinary course: somebody publishes a value table, time passes,
sales answers. What places a lead (cell, persona, stage, its id) and what people wrote is guarded."""


@dataclass(frozen=True, slots=True)
class Held:
    """A field that trips the brake: on how many records its value would be overwritten or cleared, of how many."""

    connection: str
    object: str
    field: str
    overwrites: int
    filled: int

    def __str__(self) -> str:
        return (
            f"{self.connection} {self.object}: {self.field} would be overwritten or cleared on {self.overwrites} of"
            f" {self.filled} records, so nothing was written to {self.object}; if that is meant: baton sync --force"
        )


def brake(engine: Engine, connection: str, object: str) -> list[Held]:
    """The fields for which this lane of the outbox must wait for a person's word; none: write on. What is held is parked
    as `brake` until a plan passes or is forced."""
    with engine.store.read() as tx:
        held = _held(engine, tx, connection, object)
        waiting = bool(held) or bool(parked.waiting_parked(tx, "brake", limit=1))
    if waiting:
        with engine.store.begin() as tx:
            _tell(engine, tx, f"{connection}:{object}", held)
    return held


def release(engine: Engine, connection: str, object: str) -> None:
    """A person gave the word: what was parked for this lane is settled."""
    with engine.store.begin() as tx:
        _tell(engine, tx, f"{connection}:{object}", [])


def _tell(engine: Engine, tx: Tx, key: str, held: list[Held]) -> None:
    if held:
        detail = ", ".join(f"{one.field} {one.overwrites}/{one.filled}" for one in held)
        parked.park(tx, Trouble("brake", key, "mass_overwrite", detail), at=engine.now())
    else:
        parked.resolve_key(tx, "brake", key=key, at=engine.now())


def _held(engine: Engine, tx: Tx, connection: str, object: str) -> list[Held]:
    if outbox.waiting_in(tx, connection, object=object) <= SHARE * FEW:
        return []
    overwrites = _overwrites(engine, tx, connection, object)
    suspect = {field: count for field, count in overwrites.items() if count > SHARE * FEW}
    if not suspect:
        return []
    filled: Counter[str] = Counter()
    for row in mirror.stream(tx, connection, object=object):
        filled.update(field for field in suspect if _is_filled(row.fields.get(field)))
    return [
        Held(connection, object, field, count, filled[field])
        for field, count in sorted(suspect.items())
        if filled[field] >= FEW and count > SHARE * filled[field]
    ]


def _overwrites(engine: Engine, tx: Tx, connection: str, object: str) -> Counter[str]:
    """On how many records each guarded field would lose the value it has."""
    moving = _moving(engine, connection)
    types = types_of(engine, connection, object)
    counts: Counter[str] = Counter()
    for chunk in chunks(outbox.stream_outgoing(tx, connection, object=object)):
        rows = mirror.mirrored(tx, [one.key for one in chunk])
        for one in chunk:
            row = rows.get(one.key)
            if row is not None:
                counts.update(_lost(one.wanted, row.fields, types).difference(moving))
    return counts


def _lost(
    wanted: Mapping[str, Scalar], fields: Mapping[str, Scalar], types: Mapping[str, FieldType]
) -> set[str]:
    return {
        name
        for name, value in wanted.items()
        if _is_filled(fields.get(name)) and not same(fields[name], value, types.get(name, FieldType.TEXT))
    }


def _is_filled(value: Scalar) -> bool:
    return value is not None and value != ""


def _moving(engine: Engine, connection: str) -> set[str]:
    side = engine.side(connection)
    own = engine.mapping.own_fields
    return {own[word].names[side] for word in MOVING if word in own and side in own[word].names}
