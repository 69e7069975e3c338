"""The keys by which a person is recognised across systems, and suggestions that only a person may answer.

Values come folded; what counts as a key (and what only as a suggestion) is decided by whoever matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_once, is_record, key_of, key_values, run_many
from mappings.records import RecordKey


@dataclass(frozen=True, slots=True)
class Identity:
    """One key of one record: `kind` is baton_id, email, mobile, wecom, ..."""

    kind: str
    value: str
    key: RecordKey
    lead_id: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two leads that may be one person."""

    id: int
    lead_a: str
    lead_b: str
    reason: str
    score: float
    state: str
    at: datetime


def put_identities(tx: Tx, key: RecordKey, *, lead_id: str, values: Iterable[tuple[str, str]]) -> None:
    """These (kind, value) keys, and no others, are the record's."""
    t = tables.identity
    tx.execute(delete(t).where(is_record(t, [key])))
    rows = [
        {"kind": kind, "value": value, **key_values(key), "lead_id": lead_id}
        for kind, value in dict.fromkeys(values)
        if value
    ]
    run_many(tx, t.insert(), rows)


def find_identities(tx: Tx, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Identity]]:
    """Who carries these (kind, value) keys. A key of two leads belongs to neither by itself: the caller looks."""
    t = tables.identity
    found: dict[tuple[str, str], list[Identity]] = {}
    for chunk in chunks(dict.fromkeys(values)):
        for row in tx.execute(select(t).where(tuple_(t.c.kind, t.c.value).in_(chunk))):
            identity = Identity(row.kind, row.value, key_of(row), row.lead_id)
            found.setdefault((row.kind, row.value), []).append(identity)
    return found


def drop_identities(tx: Tx, key: RecordKey) -> None:
    """The record is gone: its keys name nobody any more."""
    tx.execute(delete(tables.identity).where(is_record(tables.identity, [key])))


def suggest(tx: Tx, pair: tuple[str, str], *, reason: str, score: float, at: datetime) -> bool:
    """Put two leads before a person, once. False when the pair was suggested before, whatever the answer was."""
    first, second = sorted(pair)
    values = {"lead_a": first, "lead_b": second, "reason": reason, "score": score, "at": at}
    return insert_once(tx, tables.suggestion, values=values, key=("lead_a", "lead_b"))


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(row.id, row.lead_a, row.lead_b, row.reason, row.score, row.state, row.at)


def open_suggestions(tx: Tx, limit: int) -> list[Suggestion]:
    """Suggestions that wait, the likeliest first."""
    t = tables.suggestion
    query = select(t).where(t.c.state == "open").order_by(t.c.score.desc(), t.c.id).limit(limit)
    return [_suggestion(row) for row in tx.execute(query)]


def suggestion(tx: Tx, suggestion_id: int) -> Suggestion | None:
    """One suggestion."""
    t = tables.suggestion
    row = tx.execute(select(t).where(t.c.id == suggestion_id)).first()
    return None if row is None else _suggestion(row)


def answer_suggestion(tx: Tx, suggestion_id: int, *, state: str, at: datetime, by: str) -> bool:
    """Keep a person's answer, merged or refused. False when somebody answered before."""
    t = tables.suggestion
    statement = update(t).where(t.c.id == suggestion_id, t.c.state == "open")
    return tx.execute(statement.values(state=state, answered_at=at, answered_by=by)).rowcount > 0


def refused_pairs(tx: Tx, lead_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Pairs (in sorted order) among these leads that a person said are two."""
    t = tables.suggestion
    found: set[tuple[str, str]] = set()
    for chunk in chunks(lead_ids):
        query = select(t.c.lead_a, t.c.lead_b).where(t.c.state == "refused")
        for row in tx.execute(query.where(t.c.lead_a.in_(chunk) | t.c.lead_b.in_(chunk))):
            found.add((row.lead_a, row.lead_b))
    return found
