"""Reads pending rows by the mapping. A row that cannot be read is parked with its reason and does not hold up the others; it
is tried again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from connector.store import parked, recognition
from connector.store.engine import Tx
from connector.store.mirror import MirrorRow
from mappings.problems import Problem, Severity

T = TypeVar("T")

Read = Callable[[MirrorRow], tuple[T, tuple[Problem, ...]]]

RECORD, VALUE = "record", "value"
"""Kinds of parked things: a whole row, or values of one that were left out."""


def read_rows(
    tx: Tx, rows: Sequence[MirrorRow], read: Read[T], *, now: datetime
) -> tuple[list[tuple[MirrorRow, T]], int]:
    """The rows that can be read, each with what it states, and how many could not."""
    good: list[tuple[MirrorRow, T]] = []
    bad: dict[str, dict[str, str]] = {RECORD: {}, VALUE: {}}
    for row in rows:
        try:
            stated, problems = read(row)
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            bad[RECORD][str(row.key)] = type(error).__name__
            continue
        good.append((row, stated))
        if problems:
            faults = [f"{one.field}: {one.id}" for one in problems if one.severity is Severity.ERROR]
            if faults:
                bad[VALUE][str(row.key)] = "; ".join(faults)
    for kind, reasons in bad.items():
        _park(tx, kind, reasons, now=now)
        _resolve(tx, kind, [str(row.key) for row in rows if str(row.key) not in reasons], now=now)
    return good, len(bad[RECORD])


def _park(tx: Tx, kind: str, reasons: dict[str, str], *, now: datetime) -> None:
    for key, detail in reasons.items():
        parked.park(tx, parked.Trouble(kind, key, "not_readable", detail=detail), at=now)


def _resolve(tx: Tx, kind: str, keys: Sequence[str], *, now: datetime) -> None:
    """What was parked of these records has come right."""
    for key in recognition.waiting_keys(tx, kind, keys=keys):
        parked.resolve_key(tx, kind, key=key, at=now)
