"""Users and queues of each system, and what Baton's admin says of them as reps: capacity, groups, absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from connector.domain.reassignment import Absence
from connector.store import tables
from connector.store.engine import Tx
from connector.store.meta import recall, remember
from connector.store.writes import run_many, upsert
from mappings.records import Owner, RecordKey


@dataclass(frozen=True, slots=True)
class Rep:
    """One who can own records, with the settings that routing asks for. `capacity` None: the policy's default a day."""

    connection: str
    owner_id: str
    name: str = ""
    email: str = ""
    active: bool = True
    is_queue: bool = False
    capacity: int | None = None
    weight: int = 1
    groups: tuple[str, ...] = ()
    away_from: date | None = None
    away_to: date | None = None
    is_manager: bool = False
    is_sdr: bool = False
    last_given_at: datetime | None = None
    calendar: str = ""


def save_owners(tx: Tx, owners: Iterable[Owner], *, learned_at: datetime) -> None:
    """Store owners as their system lists them."""
    rows = [
        {
            "connection": owner.key.connection,
            "id": owner.key.id,
            "name": owner.name,
            "email": owner.email,
            "active": owner.active,
            "is_queue": owner.is_queue,
            "learned_at": learned_at,
        }
        for owner in owners
    ]
    run_many(tx, upsert(tx, tables.owner, update=("name", "email", "active", "is_queue", "learned_at")), rows)


def retire_owners(tx: Tx, connection: str, *, before: datetime) -> None:
    """Owners that the last full list did not name any more own nothing from now on."""
    t = tables.owner
    tx.execute(update(t).where(t.c.connection == connection, t.c.learned_at < before).values(active=False))


def note_leavers(tx: Tx, connection: str, *, at: datetime) -> list[str]:
    """Remember since when owners are not active any more, and forget it of those who came back. Gives who left just now."""
    t = tables.owner
    back = update(t).where(t.c.connection == connection, t.c.active, t.c.left_at.is_not(None))
    tx.execute(back.values(left_at=None))
    gone = update(t).where(t.c.connection == connection, ~t.c.active, t.c.left_at.is_(None))
    return list(tx.execute(gone.values(left_at=at).returning(t.c.id)).scalars())


def absences(tx: Tx, zone: ZoneInfo) -> dict[str, Absence]:
    """Owners who are away, or will be, and those who left, by id. A departure counts from its day in that zone."""
    t, r = tables.owner, tables.rep
    away = select(r.c.owner_id, r.c.away_from, r.c.away_to).where(r.c.away_from.is_not(None))
    found = {row.owner_id: Absence(row.owner_id, row.away_from, row.away_to) for row in tx.execute(away)}
    left = select(t.c.id, t.c.left_at).where(~t.c.active, t.c.left_at.is_not(None))
    for row in tx.execute(left):
        found[row.id] = Absence(row.id, row.left_at.astimezone(zone).date(), left=True)
    return found


def leads_with(tx: Tx, owner_id: str) -> list[str]:
    """The leads of which this owner has a hand-off that sales did not reject."""
    t = tables.handoff
    query = select(t.c.lead_id).where(
        t.c.owner_id == owner_id, t.c.answer != "rejected", t.c.point != "failed"
    )
    return list(tx.execute(query.distinct()).scalars())


def _rep(row: Any) -> Rep:
    return Rep(
        connection=row.connection,
        owner_id=row.id,
        name=row.name,
        email=row.email,
        active=row.active,
        is_queue=row.is_queue,
        capacity=row.capacity,
        weight=1 if row.weight is None else row.weight,
        groups=tuple(row.groups or ()),
        away_from=row.away_from,
        away_to=row.away_to,
        is_manager=bool(row.is_manager),
        is_sdr=bool(row.is_sdr),
        last_given_at=row.last_given_at,
        calendar=row.calendar or "",
    )


def reps(tx: Tx, connection: str) -> list[Rep]:
    """Every owner of a connection with its settings, by id."""
    t, r = tables.owner, tables.rep
    columns = [column for column in r.columns if column.name not in {"connection", "owner_id"}]
    same = (r.c.connection == t.c.connection) & (r.c.owner_id == t.c.id)
    query = select(t, *columns).join(r, same, isouter=True).where(t.c.connection == connection)
    return [_rep(row) for row in tx.execute(query.order_by(t.c.id))]


def owners(tx: Tx, connection: str) -> list[Owner]:
    """Every owner of a connection as its system lists it."""
    return [
        Owner(RecordKey(connection, "owner", rep.owner_id), rep.name, rep.email, rep.active, rep.is_queue)
        for rep in reps(tx, connection)
    ]


def set_own_user(tx: Tx, connection: str, *, owner_id: str) -> None:
    """Remember under which owner id Baton itself writes there."""
    remember(tx, f"{_OWN_USER}{connection}", value=owner_id)


def own_users(tx: Tx, connections: Iterable[str]) -> frozenset[tuple[str, str]]:
    """(connection, owner id) of Baton itself, where it is known."""
    found = ((connection, recall(tx, f"{_OWN_USER}{connection}")) for connection in connections)
    return frozenset((connection, str(owner_id)) for connection, owner_id in found if owner_id)


_OWN_USER = "own_user:"


def names(tx: Tx) -> dict[str, str]:
    """Owner ids of every connection with the name that people know."""
    t = tables.owner
    return {row.id: row.name for row in tx.execute(select(t.c.id, t.c.name)) if row.name}


def sdr_ids(tx: Tx) -> frozenset[str]:
    """Owner ids that an admin named SDRs."""
    t = tables.rep
    return frozenset(tx.execute(select(t.c.owner_id).where(t.c.is_sdr)).scalars())


def save_rep(tx: Tx, rep: Rep) -> None:
    """Store the settings of a rep (not what its system says of it)."""
    values = {
        "connection": rep.connection,
        "owner_id": rep.owner_id,
        "capacity": rep.capacity,
        "weight": rep.weight,
        "groups": list(rep.groups),
        "away_from": rep.away_from,
        "away_to": rep.away_to,
        "is_manager": rep.is_manager,
        "is_sdr": rep.is_sdr,
        "calendar": rep.calendar,
    }
    tx.execute(upsert(tx, tables.rep, update=tuple(values)[2:]), values)


def calendars(tx: Tx) -> dict[tuple[str, str], str]:
    """The calendars of reps who do not work as the firm does, by connection and owner id."""
    r = tables.rep
    query = select(r.c.connection, r.c.owner_id, r.c.calendar).where(r.c.calendar != "")
    return {(row.connection, row.owner_id): row.calendar for row in tx.execute(query)}


def given(tx: Tx, connection: str, *, owner_id: str, at: datetime) -> None:
    """This owner has just been given a lead: the round robin goes on from here."""
    values = {"connection": connection, "owner_id": owner_id, "groups": [], "last_given_at": at}
    tx.execute(upsert(tx, tables.rep, update=("last_given_at",)), values)


def load_since(tx: Tx, connection: str, *, since: datetime) -> dict[str, int]:
    """How many leads each owner was given since a moment (the start of the rep's day), those included whose CRM record is
    still to be made: what capacity is held against."""
    t = tables.handoff
    query = select(t.c.owner_id, func.count()).where(
        func.coalesce(t.c.crm_connection, connection) == connection,
        t.c.owner_id != "",
        t.c.requested_at >= since,
        t.c.point != "failed",
    )
    return dict(tx.execute(query.group_by(t.c.owner_id)).all())
