"""Leads and their links: which remote record is which lead. Whether two records are one person is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_new, is_record, key_of, key_values, upsert
from mappings.records import RecordKey, SystemRole


@dataclass(frozen=True, slots=True)
class Lead:
    """One person at one company. `merged_into` is the lead that took this one's place."""

    id: str
    created_at: datetime
    merged_into: str | None
    account_id: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """Baton's statement that a record is one of its leads. `state`: active, duplicate, merged, converted or gone."""

    key: RecordKey
    lead_id: str
    state: str
    role: SystemRole
    since: datetime
    by_baton: bool


def new_lead(tx: Tx, lead_id: str, *, at: datetime, account_id: str | None = None) -> None:
    """Begin a lead. The caller makes the id; beginning it twice is harmless."""
    tx.execute(insert_new(tx, tables.lead), {"id": lead_id, "created_at": at, "account_id": account_id})


def leads(tx: Tx, lead_ids: Sequence[str]) -> dict[str, Lead]:
    """These leads, as far as they exist, merged ones included."""
    t = tables.lead
    found: dict[str, Lead] = {}
    for chunk in chunks(lead_ids):
        for row in tx.execute(select(t).where(t.c.id.in_(chunk))).mappings():
            found[row["id"]] = Lead(**row)
    return found


def count_leads(tx: Tx) -> int:
    """How many leads there are, merged ones left out."""
    t = tables.lead
    return tx.execute(select(func.count()).where(t.c.merged_into.is_(None))).scalar_one()


def live_lead(tx: Tx, lead_id: str) -> str | None:
    """The lead that this id stands for today, through every merge; None when it never existed."""
    t = tables.lead
    current: str | None = lead_id
    while current is not None:
        row = tx.execute(select(t.c.merged_into).where(t.c.id == current)).first()
        if row is None:
            return None
        if row.merged_into is None:
            return current
        current = row.merged_into
    return None


def all_lead_ids(tx: Tx) -> Iterator[str]:
    """Every lead that was not merged away, by id."""
    t = tables.lead
    query = select(t.c.id).where(t.c.merged_into.is_(None)).order_by(t.c.id)
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield row.id


def set_account(tx: Tx, lead_id: str, *, account_id: str | None) -> bool:
    """Put the lead at an account. False when it was there already."""
    t = tables.lead
    now_at = t.c.account_id.is_not_distinct_from(account_id)
    done = tx.execute(update(t).where(t.c.id == lead_id, ~now_at).values(account_id=account_id))
    return done.rowcount > 0


def leads_at(tx: Tx, account_ids: Sequence[str]) -> dict[str, list[str]]:
    """The leads of these accounts, merged ones left out."""
    t = tables.lead
    found: dict[str, list[str]] = {}
    for chunk in chunks(account_ids):
        query = select(t.c.account_id, t.c.id).where(t.c.account_id.in_(chunk), t.c.merged_into.is_(None))
        for row in tx.execute(query.order_by(t.c.account_id, t.c.id)):
            found.setdefault(row.account_id, []).append(row.id)
    return found


def in_marketing(tx: Tx, account_ids: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """The leads of these accounts that have a record in marketing's system, each with when it began, by account."""
    t, record = tables.lead, tables.link
    found: dict[str, dict[str, datetime]] = {}
    for chunk in chunks(account_ids):
        query = select(t.c.account_id, t.c.id, t.c.created_at).join(record, record.c.lead_id == t.c.id)
        there = query.where(t.c.account_id.in_(chunk), record.c.role == SystemRole.MARKETING.value)
        for account, lead_id, at in tx.execute(there.distinct()):
            found.setdefault(account, {})[lead_id] = at
    return found


def link(tx: Tx, key: RecordKey, *, lead_id: str, role: SystemRole, at: datetime) -> None:
    """Say that this record is that lead, as active. A record linked before moves; who made it stays known."""
    values = {**key_values(key), "lead_id": lead_id, "role": role.value, "since": at, "state": "active"}
    tx.execute(upsert(tx, tables.link, update=("lead_id", "role", "since", "state")), values)


def mark_made_by_baton(tx: Tx, key: RecordKey) -> None:
    """Remember that Baton created this record."""
    tx.execute(update(tables.link).where(is_record(tables.link, [key])).values(by_baton=True))


def set_link_state(tx: Tx, key: RecordKey, *, state: str, at: datetime) -> bool:
    """Say what became of a link. False when it was so already, or there is no such link."""
    t = tables.link
    done = tx.execute(update(t).where(is_record(t, [key]), t.c.state != state).values(state=state, since=at))
    return done.rowcount > 0


def _link(row: Any) -> Link:
    return Link(key_of(row), row.lead_id, row.state, SystemRole(row.role), row.since, row.by_baton)


def links_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, list[Link]]:
    """The links of these leads in every state, by since and key."""
    t = tables.link
    order = (t.c.since, t.c.connection, t.c.object, t.c.remote_id)
    found: dict[str, list[Link]] = {}
    for chunk in chunks(lead_ids):
        for row in tx.execute(select(t).where(t.c.lead_id.in_(chunk)).order_by(*order)):
            found.setdefault(row.lead_id, []).append(_link(row))
    return found


def links(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, Link]:
    """The links of these records, as far as there are any."""
    t = tables.link
    found: dict[RecordKey, Link] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            found[key_of(row)] = _link(row)
    return found
