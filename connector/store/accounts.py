"""Accounts, the records that stand for them, and the keys by which a company is known (registered id, domain, name)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, null, or_, select, tuple_, update

from connector.store import tables
from connector.store.cycles import join_units
from connector.store.engine import Tx
from connector.store.types import money_values
from connector.store.value_units import mark_stale, merge_units
from connector.store.writes import (
    chunks,
    insert_into,
    insert_new,
    is_record,
    key_of,
    key_values,
    run_many,
    upsert,
)
from mappings.records import Opportunity, RecordKey


def new_account(tx: Tx, account_id: str, *, at: datetime) -> None:
    """Begin an account. The caller makes the id; beginning it twice is harmless."""
    tx.execute(insert_new(tx, tables.account), {"id": account_id, "created_at": at})


def link_account(tx: Tx, key: RecordKey, *, account_id: str, at: datetime) -> None:
    """Say that this record is that account, as active. A record linked before moves."""
    values = {**key_values(key), "account_id": account_id, "since": at, "state": "active"}
    tx.execute(upsert(tx, tables.account_link, update=("account_id", "since", "state")), values)


def set_account_link_state(tx: Tx, key: RecordKey, *, state: str, at: datetime) -> None:
    """Say what became of an account's record (gone, merged, ...)."""
    t = tables.account_link
    tx.execute(update(t).where(is_record(t, [key]), t.c.state != state).values(state=state, since=at))


def accounts_of(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, str]:
    """The accounts that these records stand for."""
    t = tables.account_link
    found: dict[RecordKey, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            found[key_of(row)] = row.account_id
    return found


def account_records(tx: Tx, account_ids: Sequence[str]) -> dict[str, list[RecordKey]]:
    """The active records of these accounts, oldest link first."""
    t = tables.account_link
    found: dict[str, list[RecordKey]] = {}
    for chunk in chunks(dict.fromkeys(account_ids)):
        query = select(t).where(t.c.account_id.in_(chunk), t.c.state == "active")
        for row in tx.execute(query.order_by(t.c.since, t.c.connection, t.c.object, t.c.remote_id)):
            found.setdefault(row.account_id, []).append(key_of(row))
    return found


def put_account_keys(tx: Tx, account_id: str, *, keys: Iterable[tuple[str, str]]) -> None:
    """Let these (kind, value) keys name the account. A key that names another account stays with it."""
    rows = [{"kind": kind, "value": value, "account_id": account_id} for kind, value in keys if value]
    run_many(tx, insert_new(tx, tables.account_key), rows)


def accounts_by_key(tx: Tx, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The accounts that these (kind, value) keys name."""
    t = tables.account_key
    found: dict[tuple[str, str], str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(tuple_(t.c.kind, t.c.value).in_(chunk))):
            found[row.kind, row.value] = row.account_id
    return found


def merge_accounts(tx: Tx, survivor: str, *, loser: str) -> None:
    """One company was two accounts: everything of the loser goes to the survivor, whose id both stand for."""
    merge_units(tx, survivor, loser=loser)
    for table in (tables.account_link, tables.account_key, tables.lead, tables.opportunity_link):
        tx.execute(update(table).where(table.c.account_id == loser).values(account_id=survivor))
    tx.execute(update(tables.account).where(tables.account.c.id == loser).values(merged_into=survivor))
    join_units(tx, {loser: survivor})


def save_opportunity(
    tx: Tx, opportunity: Opportunity, *, account_id: str | None, lead_ids: Sequence[str], learned_at: datetime
) -> None:
    """Store whose an opportunity is and what became of it. `closed_at` None on a closed one keeps the time known before;
    a contact picked by the rep stays."""
    won, lost = opportunity.is_closed and opportunity.is_won, opportunity.is_closed and not opportunity.is_won
    values = {
        **key_values(opportunity.key),
        "account_id": account_id,
        "created_at": opportunity.created_at,
        "won_at": opportunity.closed_at if won else None,
        "lost_at": opportunity.closed_at if lost else None,
        **money_values("amount", opportunity.amount),
        "stage": opportunity.stage,
        "owner_id": opportunity.owner_id,
        "learned_at": learned_at,
    }
    t = tables.opportunity_link
    mark_stale(tx, (*_units_of(tx, [opportunity.key]), account_id, *lead_ids))
    statement = insert_into(tx, t)
    new = {name: statement.excluded[name] for name in tuple(values)[3:]}
    new["won_at"] = func.coalesce(new["won_at"], t.c.won_at) if won else null()
    new["lost_at"] = func.coalesce(new["lost_at"], t.c.lost_at) if lost else null()
    tx.execute(statement.on_conflict_do_update(index_elements=list(t.primary_key.columns), set_=new), values)
    _set_opportunity_leads(tx, opportunity.key, lead_ids=lead_ids)


def _units_of(tx: Tx, keys: Sequence[RecordKey]) -> list[str]:
    """The account and the leads that these opportunities belonged to so far."""
    of_account, of_lead = tables.opportunity_link, tables.opportunity_lead
    accounts = select(of_account.c.account_id).where(is_record(of_account, keys))
    leads = select(of_lead.c.lead_id).where(is_record(of_lead, keys))
    return [*filter(None, tx.execute(accounts).scalars()), *tx.execute(leads).scalars()]


def _set_opportunity_leads(tx: Tx, key: RecordKey, *, lead_ids: Iterable[str]) -> None:
    t = tables.opportunity_lead
    ids = list(dict.fromkeys(lead_ids))
    tx.execute(delete(t).where(is_record(t, [key]), t.c.lead_id.not_in(ids), t.c.picked_by == ""))
    run_many(tx, insert_new(tx, t), [{**key_values(key), "lead_id": lead_id} for lead_id in ids])


def pick_lead(tx: Tx, key: RecordKey, *, lead_id: str, by: str) -> None:
    """Somebody or something other than the deal's own contacts says that this lead belongs to it; it stays."""
    values = {**key_values(key), "lead_id": lead_id, "picked_by": by}
    tx.execute(upsert(tx, tables.opportunity_lead, update=("picked_by",)), values)


def closings(tx: Tx, keys: Sequence[RecordKey]) -> set[RecordKey]:
    """Those of these opportunities of which it is known when they were won or lost."""
    t = tables.opportunity_link
    found: set[RecordKey] = set()
    for chunk in chunks(dict.fromkeys(keys)):
        known = or_(t.c.won_at.is_not(None), t.c.lost_at.is_not(None))
        found.update(key_of(row) for row in tx.execute(select(t).where(is_record(t, chunk), known)))
    return found


def drop_opportunities(tx: Tx, keys: Sequence[RecordKey]) -> set[str]:
    """These opportunities were deleted: they count for nobody. Gives the leads concerned."""
    leads: set[str] = set()
    for chunk in chunks(dict.fromkeys(keys)):
        t = tables.opportunity_lead
        mark_stale(tx, _units_of(tx, chunk))
        leads.update(tx.execute(select(t.c.lead_id).where(is_record(t, chunk))).scalars())
        tx.execute(delete(t).where(is_record(t, chunk)))
        tx.execute(delete(tables.opportunity_link).where(is_record(tables.opportunity_link, chunk)))
    return leads
