"""Bulk reads and writes of matching: what a batch of records needs to know of keys and links, and what it adds to them.

It stores what was recognised. Who is whom is decided by whoever matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, select, update

from connector.store import tables
from connector.store.activities import by_email
from connector.store.cycles import join_units
from connector.store.engine import Tx
from connector.store.identities import Identity
from connector.store.mirror import LIVE
from connector.store.writes import chunks, insert_new, is_record, key_of, key_values, run_many, upsert
from mappings.records import RecordKey, SystemRole


@dataclass(frozen=True, slots=True)
class NewLink:
    """A record that was recognised as a lead."""

    key: RecordKey
    lead_id: str
    state: str = "active"


def begin_leads(tx: Tx, begun: Mapping[str, datetime]) -> None:
    """Begin these leads, id → since when there is somebody to speak of."""
    rows = [{"id": lead_id, "created_at": at} for lead_id, at in begun.items()]
    run_many(tx, insert_new(tx, tables.lead), rows)


def link_records(tx: Tx, new: Iterable[NewLink], *, role: SystemRole, at: datetime) -> None:
    """Say which leads these records are. One linked before moves; whether Baton made it stays known."""
    rows = [
        {**key_values(one.key), "lead_id": one.lead_id, "state": one.state, "role": role.value, "since": at}
        for one in new
    ]
    run_many(tx, upsert(tx, tables.link, update=("lead_id", "role", "since", "state")), rows)


def identities_of_records(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, list[Identity]]:
    """The keys that these records carry."""
    t = tables.identity
    found: dict[RecordKey, list[Identity]] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        for row in tx.execute(select(t).where(is_record(t, chunk))):
            key = key_of(row)
            found.setdefault(key, []).append(Identity(row.kind, row.value, key, row.lead_id))
    return found


def recall_unlinked(tx: Tx, connection: str, *, object: str) -> int:
    """Have the live records of a person object that are nobody's matched again. Gives how many there were."""
    t, link = tables.mirror, tables.link
    linked = exists().where(*(link.c[name] == t.c[name] for name in ("connection", "object", "remote_id")))
    lost = update(t).where(t.c.connection == connection, t.c.object == object, t.c.state.in_(LIVE), ~linked)
    return tx.execute(lost.where(~t.c.pending).values(pending=True)).rowcount


def identities_of_leads(tx: Tx, lead_ids: Iterable[str]) -> dict[str, list[Identity]]:
    """Every key that a record of these leads carries."""
    t = tables.identity
    found: dict[str, list[Identity]] = {}
    for chunk in chunks(dict.fromkeys(lead_ids)):
        for row in tx.execute(select(t).where(t.c.lead_id.in_(chunk))):
            identity = Identity(row.kind, row.value, key_of(row), row.lead_id)
            found.setdefault(row.lead_id, []).append(identity)
    return found


def change_identities(tx: Tx, *, gone: Iterable[Identity], new: Iterable[Identity]) -> None:
    """Take keys from records and give them others."""
    t = tables.identity
    bound = [
        t.c[name] == bindparam(f"b_{name}") for name in ("kind", "value", "connection", "object", "remote_id")
    ]
    run_many(
        tx,
        delete(t).where(*bound),
        [{f"b_{name}": value for name, value in _identity(one).items() if name != "lead_id"} for one in gone],
    )
    run_many(tx, upsert(tx, t, update=("lead_id",)), [_identity(one) for one in new])


def _identity(one: Identity) -> dict[str, str]:
    return {"kind": one.kind, "value": one.value, **key_values(one.key), "lead_id": one.lead_id}


def tie_emails(tx: Tx, emails: Mapping[str, str]) -> set[str]:
    """Activities that wait by these folded addresses are those leads', address → lead. Gives the leads that got any."""
    t = tables.activity_tie
    waiting: dict[str, str] = {}
    for chunk in chunks(emails):
        query = select(t.c.who, t.c.lead_id).where(t.c.who.in_([by_email(one) for one in chunk])).distinct()
        for row in tx.execute(query):
            lead_id = emails[row.who.removeprefix("email:")]
            if row.lead_id != lead_id:
                waiting[row.who] = lead_id
    statement = update(t).where(t.c.who == bindparam("b_who")).values(lead_id=bindparam("b_lead"))
    run_many(tx, statement, [{"b_who": who, "b_lead": lead_id} for who, lead_id in waiting.items()])
    return set(waiting.values())


def set_accounts(tx: Tx, places: Mapping[str, str | None]) -> None:
    """Put these leads at their accounts; the cycles of one that had none are the account's now."""
    t = tables.lead
    statement = update(t).where(t.c.id == bindparam("b_lead")).values(account_id=bindparam("b_account"))
    run_many(
        tx, statement, [{"b_lead": lead_id, "b_account": account} for lead_id, account in places.items()]
    )
    join_units(tx, {lead_id: account for lead_id, account in places.items() if account})


def waiting_keys(tx: Tx, kind: str, *, keys: Iterable[str]) -> set[str]:
    """Which of these things of a kind are parked."""
    t = tables.parked
    found: set[str] = set()
    for chunk in chunks(dict.fromkeys(keys)):
        query = select(t.c.key).where(t.c.kind == kind, t.c.key.in_(chunk), t.c.resolved_at.is_(None))
        found.update(tx.execute(query).scalars())
    return found


def begin_accounts(tx: Tx, account_ids: Iterable[str], *, at: datetime) -> None:
    """Begin these accounts."""
    rows = [{"id": account_id, "created_at": at} for account_id in account_ids]
    run_many(tx, insert_new(tx, tables.account), rows)


def link_account_records(tx: Tx, new: Mapping[RecordKey, str], *, at: datetime) -> None:
    """Say which accounts these records are, as active."""
    rows = [
        {**key_values(key), "account_id": account_id, "since": at, "state": "active"}
        for key, account_id in new.items()
    ]
    run_many(tx, upsert(tx, tables.account_link, update=("account_id", "since", "state")), rows)


def name_accounts(tx: Tx, names: Mapping[tuple[str, str], str]) -> None:
    """Let these (kind, value) keys name those accounts. A key that names another account stays with it."""
    rows = [{"kind": kind, "value": value, "account_id": account} for (kind, value), account in names.items()]
    run_many(tx, insert_new(tx, tables.account_key), rows)
