"""What people did, and whose it is. An activity can belong to several leads (a meeting), or to nobody yet: it waits by the
person's id or e-mail and is tied when that person appears."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.meta import recall, remember
from connector.store.types import digest
from connector.store.writes import chunks, insert_new, is_record, key_of, key_values, run_many, upsert
from mappings.addresses import email_key
from mappings.records import Activity, Direction, Kind, Precision, RecordKey

_CONTENT = (
    "kind", "direction", "occurred_at", "recorded_at", "learned_at", "precision", "subject", "text", "url",
    "properties", "author_id", "planned", "two_way", "backfill", "email", "person_ids", "hash",
)  # fmt: skip


@dataclass(slots=True)
class Kept:
    """What a page of activities changed. `leads` have new or changed ones and are to be marked dirty."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    leads: set[str] = field(default_factory=set)


def by_person(person_id: str) -> str:
    """How an activity waits for a person known by vendor id (in the activity's own connection)."""
    return f"id:{person_id}"


def by_email(folded: str) -> str:
    """How an activity waits for a person known by e-mail, as `mappings.addresses.email_key` has it (in any connection)."""
    return f"email:{folded}"


def keep_activities(tx: Tx, activities: Sequence[Activity]) -> Kept:
    """Store activities and tie them to the leads they name. Idempotent by key.

    What was known first stays: `occurred_at` and `learned_at` of an activity that comes again (a conversion re-stamps
    them), except that a planned one gets its times when it has happened.
    """
    kept = Kept()
    for chunk in chunks({a.key: a for a in activities}.values()):
        before = _stored(tx, [a.key for a in chunk])
        rows = [row for a in chunk if (row := _row(a, before.get(a.key), kept=kept)) is not None]
        run_many(tx, upsert(tx, tables.activity, update=_CONTENT), rows)
        written = {(r["connection"], r["object"], r["remote_id"]) for r in rows}
        fresh = [a for a in chunk if (a.key.connection, a.key.object, a.key.id) in written]
        kept.leads |= _tie_all(tx, fresh)
    return kept


def _stored(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, Any]:
    t = tables.activity
    query = select(
        t.c.connection,
        t.c.object,
        t.c.remote_id,
        t.c.hash,
        t.c.planned,
        t.c.occurred_at,
        t.c.learned_at,
        t.c.backfill,
    )
    return {key_of(row): row for row in tx.execute(query.where(is_record(t, keys)))}


def _row(activity: Activity, before: Any, *, kept: Kept) -> dict[str, Any] | None:
    """The row to write, or None when its content is known."""
    content: dict[str, Any] = {
        "kind": activity.kind.value,
        "direction": activity.direction.value if activity.direction else "",
        "precision": activity.precision.value,
        "subject": activity.subject,
        "text": activity.text,
        "url": activity.url,
        "properties": dict(activity.properties),
        "author_id": activity.author_id,
        "planned": activity.planned,
        "two_way": activity.two_way,
        "email": activity.email,
        "person_ids": list(activity.person_ids),
    }
    moves = activity.planned or (before is not None and before.planned)
    content["hash"] = digest([content, activity.occurred_at if activity.planned else None])
    if before is not None and before.hash == content["hash"]:
        kept.unchanged += 1
        return None
    first = before if before is not None and not moves else activity
    kept.new += before is None
    kept.changed += before is not None
    times = {"occurred_at": first.occurred_at, "learned_at": first.learned_at, "backfill": first.backfill}
    return {**key_values(activity.key), **content, **times, "recorded_at": activity.recorded_at}


def _tie_all(tx: Tx, activities: Sequence[Activity]) -> set[str]:
    """Make the ties of these activities what they name now. Gives the leads concerned, before and after."""
    waits = {a.key: _waits(a) for a in activities}
    if not waits:
        return set()
    found = _leads_by_person(tx, activities) | _leads_by_email(tx, waits)
    t = tables.activity_tie
    named = is_record(t, waits)
    concerned: set[str] = set(
        tx.execute(select(t.c.lead_id).where(named, t.c.lead_id.is_not(None))).scalars()
    )
    tx.execute(delete(t).where(named))
    rows = [
        {**key_values(key), "who": who, "lead_id": _lead(found, key, who)}
        for key, whos in waits.items()
        for who in whos
    ]
    run_many(tx, insert_new(tx, t), rows)
    return concerned | {lead_id for row in rows if (lead_id := row["lead_id"]) is not None}


def _waits(activity: Activity) -> list[str]:
    whos = [by_person(person_id) for person_id in dict.fromkeys(activity.person_ids) if person_id]
    folded = email_key(activity.email) if activity.email else ""
    return whos or ([by_email(folded)] if folded else [])


def _lead(found: Mapping[tuple[str, str], str], key: RecordKey, who: str) -> str | None:
    return found.get(("" if who.startswith("email:") else key.connection, who))


def _leads_by_person(tx: Tx, activities: Sequence[Activity]) -> dict[tuple[str, str], str]:
    t = tables.link
    wanted: dict[str, dict[str, None]] = {}
    for activity in activities:
        wanted.setdefault(activity.key.connection, {}).update(dict.fromkeys(activity.person_ids))
    found: dict[tuple[str, str], str] = {}
    for connection, ids in wanted.items():
        for chunk in chunks(ids):
            query = select(t.c.remote_id, t.c.lead_id).where(
                t.c.connection == connection, t.c.remote_id.in_(chunk)
            )
            found.update(((connection, by_person(row.remote_id)), row.lead_id) for row in tx.execute(query))
    return found


def _leads_by_email(tx: Tx, waits: Mapping[RecordKey, list[str]]) -> dict[tuple[str, str], str]:
    """Leads by e-mail, where the address is one lead's only."""
    t = tables.identity
    emails = {
        who.removeprefix("email:") for whos in waits.values() for who in whos if who.startswith("email:")
    }
    owners: dict[str, set[str]] = {}
    for chunk in chunks(sorted(emails)):
        query = select(t.c.value, t.c.lead_id).where(t.c.kind == "email", t.c.value.in_(chunk))
        for row in tx.execute(query):
            owners.setdefault(row.value, set()).add(row.lead_id)
    return {("", by_email(email)): min(leads) for email, leads in owners.items() if len(leads) == 1}


def tie(tx: Tx, key: RecordKey, *, lead_id: str, emails: Sequence[str] = ()) -> bool:
    """This record is this lead: its waiting activities are too, also those that moved from another lead. `emails` are
    folded and this lead's alone. True when an activity changed hands: the lead is to be marked dirty."""
    t = tables.activity_tie
    whose = and_(t.c.connection == key.connection, t.c.who == by_person(key.id))
    if emails:
        whose = or_(whose, t.c.who.in_([by_email(email) for email in emails]))
    other = t.c.lead_id.is_distinct_from(lead_id)
    return tx.execute(update(t).where(whose, other).values(lead_id=lead_id)).rowcount > 0


def waiting_for(tx: Tx, object: str) -> list[tuple[str, str]]:
    """By which person ids activities of an object wait for somebody: (connection, person id), each once."""
    t = tables.activity_tie
    query = select(t.c.connection, t.c.who).where(t.c.lead_id.is_(None), t.c.object == object).distinct()
    return [(row.connection, row.who.removeprefix("id:")) for row in tx.execute(query)]


def tie_many(tx: Tx, connection: str, *, leads: Mapping[str, str]) -> set[str]:
    """The same for many records of a connection, remote id → lead id. Gives the leads whose activities changed."""
    t = tables.activity_tie
    waiting: dict[str, str] = {}
    for chunk in chunks(leads):
        whos = [by_person(remote_id) for remote_id in chunk]
        query = select(t.c.who, t.c.lead_id).where(t.c.connection == connection, t.c.who.in_(whos)).distinct()
        for row in tx.execute(query):
            remote_id = row.who.removeprefix("id:")
            if row.lead_id != leads[remote_id]:
                waiting[row.who] = leads[remote_id]
    statement = update(t).where(t.c.connection == connection, t.c.who == bindparam("b_who"))
    rows = [{"b_who": who, "b_lead": lead_id} for who, lead_id in waiting.items()]
    run_many(tx, statement.values(lead_id=bindparam("b_lead")), rows)
    return set(waiting.values())


def _activity(row: Any) -> Activity:
    return Activity(
        key=key_of(row),
        kind=Kind(row.kind),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        learned_at=row.learned_at,
        direction=Direction(row.direction) if row.direction else None,
        precision=Precision(row.precision),
        subject=row.subject,
        text=row.text,
        url=row.url,
        person_ids=tuple(row.person_ids),
        email=row.email,
        author_id=row.author_id,
        planned=row.planned,
        two_way=row.two_way,
        backfill=row.backfill,
        properties=row.properties,
    )


def activities_of(
    tx: Tx, lead_ids: Sequence[str], *, since: datetime | None = None, kinds: Collection[Kind] = ()
) -> dict[str, tuple[Activity, ...]]:
    """The activities of these leads (of `since` or later, of these kinds or of all) by (occurred_at, key)."""
    found: dict[str, dict[RecordKey, Activity]] = {}
    for lead_id, activity in _tied(tx, lead_ids, since=since, kinds=kinds):
        found.setdefault(lead_id, {})[activity.key] = activity
    return {
        lead_id: tuple(sorted(mine.values(), key=lambda a: (a.occurred_at, a.key)))
        for lead_id, mine in found.items()
    }


def _tied(
    tx: Tx, lead_ids: Sequence[str], *, since: datetime | None, kinds: Collection[Kind]
) -> Iterator[tuple[str, Activity]]:
    t, tied = tables.activity, tables.activity_tie
    same = and_(
        t.c.connection == tied.c.connection, t.c.object == tied.c.object, t.c.remote_id == tied.c.remote_id
    )
    for chunk in chunks(lead_ids):
        query = select(tied.c.lead_id, t).join(t, same).where(tied.c.lead_id.in_(chunk))
        if since is not None:
            query = query.where(t.c.occurred_at >= since)
        if kinds:
            query = query.where(t.c.kind.in_(sorted(kind.value for kind in kinds)))
        for row in tx.execute(query):
            yield row.lead_id, _activity(row)


def heard_at(tx: Tx, account_ids: Sequence[str], *, since: datetime) -> dict[str, dict[str, list[datetime]]]:
    """When somebody was heard or spoken with (nothing we only sent or plan), by account and lead, at most twice a day: for
    accounts with several leads, of `since` or later."""
    t, tied, lead = tables.activity, tables.activity_tie, tables.lead
    same = and_(
        t.c.connection == tied.c.connection, t.c.object == tied.c.object, t.c.remote_id == tied.c.remote_id
    )
    several = select(lead.c.account_id).group_by(lead.c.account_id).having(func.count() > 1)
    spoken = and_(t.c.planned.is_(False), or_(t.c.direction != Direction.OUT.value, t.c.two_way.is_(True)))
    found: dict[str, dict[str, list[datetime]]] = {}
    for chunk in chunks(account_ids):
        crowded = several.where(lead.c.account_id.in_(chunk))
        query = select(lead.c.account_id, lead.c.id, t.c.occurred_at).join(tied, tied.c.lead_id == lead.c.id)
        query = query.join(t, same).where(lead.c.account_id.in_(crowded), spoken, t.c.occurred_at >= since)
        for account, lead_id, at in tx.execute(query.order_by(lead.c.id, t.c.occurred_at)):
            _thin(found.setdefault(account, {}).setdefault(lead_id, []), at)
    return found


def _thin(times: list[datetime], at: datetime) -> None:
    """Of each day only the first and the last: pauses are counted in days."""
    if len(times) > 1 and times[-2].date() == at.date():
        times[-1] = at
    else:
        times.append(at)


def activities(tx: Tx, keys: Sequence[RecordKey]) -> dict[RecordKey, Activity]:
    """These activities, as far as they are known: the evidence behind an old decision."""
    t = tables.activity
    found: dict[RecordKey, Activity] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        found.update(
            (key_of(row), _activity(row)) for row in tx.execute(select(t).where(is_record(t, chunk)))
        )
    return found


def drop_activities(tx: Tx, keys: Sequence[RecordKey]) -> set[str]:
    """These activities were deleted where they happened. Gives the leads concerned."""
    t = tables.activity_tie
    leads: set[str] = set()
    for chunk in chunks(dict.fromkeys(keys)):
        named = is_record(t, chunk)
        leads.update(tx.execute(select(t.c.lead_id).where(named, t.c.lead_id.is_not(None))).scalars())
        tx.execute(delete(t).where(named))
        tx.execute(delete(tables.activity).where(is_record(tables.activity, chunk)))
    return leads


def set_coverage(
    tx: Tx, lead_id: str, *, connection: str, states: Mapping[str, tuple[str, str]], at: datetime
) -> None:
    """Store, per kind, whether its activities can be seen for this lead: kind → (state, reason)."""
    rows = [
        {
            "lead_id": lead_id,
            "connection": connection,
            "kind": kind,
            "state": state,
            "reason": reason,
            "learned_at": at,
        }
        for kind, (state, reason) in states.items()
    ]
    run_many(tx, upsert(tx, tables.coverage, update=("state", "reason", "learned_at")), rows)


def coverage_of(tx: Tx, lead_id: str) -> list[tuple[str, str, str, str]]:
    """(connection, kind, state, reason) of a lead, for the panel."""
    t = tables.coverage
    query = select(t).where(t.c.lead_id == lead_id).order_by(t.c.connection, t.c.kind)
    return [(row.connection, row.kind, row.state, row.reason) for row in tx.execute(query)]


def set_connection_coverage(tx: Tx, connection: str, *, states: Mapping[str, tuple[str, str]]) -> None:
    """Store what a connection can see at all: kind → (full, partial or none; reason)."""
    remember(tx, f"coverage:{connection}", value={kind: list(state) for kind, state in states.items()})


def connection_coverage(tx: Tx, connection: str) -> list[tuple[str, str, str, str]]:
    """(connection, kind, state, reason) as the last reading showed."""
    stored = recall(tx, f"coverage:{connection}") or {}
    return [(connection, kind, state, reason) for kind, (state, reason) in sorted(stored.items())]
