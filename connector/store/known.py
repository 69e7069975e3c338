"""Assembles `Known`, the whole input of a decision, for many leads in a number of queries that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from connector.domain.assessment import Qualification, Review
from connector.domain.buying_cycle import BuyingCycle
from connector.domain.facts import (
    AccountFacts,
    Actor,
    Answer,
    Episode,
    Known,
    LinkedRecord,
    Memory,
    StatusChange,
)
from connector.domain.reassignment import Absence
from connector.ports import RecordState
from connector.store import (
    accounts,
    activities,
    assessments,
    cycles,
    decisions,
    handoffs,
    links,
    mirror,
    owners,
    requests,
    tables,
)
from connector.store.engine import Tx
from connector.store.golden import golden_account, golden_person
from connector.store.links import Lead, Link
from connector.store.mirror import MirrorRow
from connector.store.writes import chunks, is_record, key_of
from mappings.records import Account, Opportunity, Person, RecordKey, Scalar, SystemRole

UTC_ZONE = ZoneInfo("UTC")

REACH = timedelta(days=3 * 366)
"""Activities older than this are left out: no window reaches further, and what they once showed is remembered."""

Read_co = TypeVar("Read_co", covariant=True)


class Reader(Protocol[Read_co]):
    """Reads a mirror row into one of our records."""

    def __call__(self, key: RecordKey, fields: Mapping[str, Scalar], modified_at: datetime) -> Read_co:
        """The record that the row states, in our words."""
        ...


@dataclass(frozen=True, slots=True)
class Readers:
    """What the mapping knows and the store does not.

    `account` reads an account's row, and of a lead's row what that states of its company. `answer` says a raw status in our
    words ("" when it says nothing). `status_fields` names the remote fields behind the status of an object. `role` is the
    part of a connection, `zone` whose days a departure is counted in. `own_users` are owner
    ids, by connection, under which Baton itself writes.
    """

    person: Reader[Person]
    account: Reader[Account]
    opportunity: Reader[Opportunity]
    answer: Callable[[RecordKey, str], str]
    status_fields: Callable[[str, str], Sequence[str]]
    role: Callable[[str], SystemRole]
    own_users: frozenset[tuple[str, str]] = frozenset()
    zone: ZoneInfo = UTC_ZONE


def known_of(tx: Tx, lead_ids: Sequence[str], readers: Readers, *, now: datetime) -> list[Known]:
    """All there is to know of these leads, in their order. A lead that was merged away or never was is left out."""
    found: list[Known] = []
    for chunk in chunks(dict.fromkeys(lead_ids)):
        batch = _load(tx, chunk, readers, now=now)
        found += [_known(batch, lead) for lead in batch.leads]
    return found


@dataclass(slots=True)
class _Batch:
    """Everything of a batch of leads, by lead id or account id."""

    readers: Readers
    leads: list[Lead]
    links: dict[str, list[Link]]
    rows: dict[RecordKey, MirrorRow]
    changes: dict[RecordKey, list[StatusChange]]
    account_rows: dict[str, list[MirrorRow]]
    account_episodes: dict[str, list[Episode]]
    deals: dict[str, list[Opportunity]]
    account_deals: dict[str, list[Opportunity]]
    activities: dict[str, Any]
    episodes: dict[str, tuple[Episode, ...]]
    requests: dict[str, Any]
    overrides: dict[str, Any]
    hand_sets: dict[tuple[str, str], Any]
    states: dict[str, decisions.LeadState]
    heard: dict[str, dict[str, list[datetime]]]
    sdrs: frozenset[str]
    absences: dict[str, Absence]
    reviews: dict[str, tuple[Review, ...]]
    qualifications: dict[str, tuple[Qualification, ...]]
    pool: dict[str, dict[str, datetime]]
    cycles: dict[str, tuple[BuyingCycle, ...]]


def _load(tx: Tx, lead_ids: Sequence[str], readers: Readers, *, now: datetime) -> _Batch:
    found = links.leads(tx, lead_ids)
    leads = [found[i] for i in lead_ids if i in found and found[i].merged_into is None]
    ids = [lead.id for lead in leads]
    account_ids = list(dict.fromkeys(lead.account_id for lead in leads if lead.account_id))
    linked = links.links_of(tx, ids)
    keys = [one.key for several in linked.values() for one in several]
    deals, account_deals = _opportunities(tx, ids, account_ids, readers=readers)
    return _Batch(
        readers=readers,
        leads=leads,
        links=linked,
        rows=mirror.mirrored(tx, keys),
        changes=_status_changes(tx, keys, readers),
        account_rows=_account_rows(tx, account_ids),
        account_episodes=handoffs.episodes_at(tx, account_ids),
        deals=deals,
        account_deals=account_deals,
        activities=activities.activities_of(tx, ids, since=now - REACH),
        episodes=handoffs.episodes_of(tx, ids),
        requests=requests.requests_of(tx, ids, answered=True),
        overrides=requests.overrides_of(tx, ids),
        hand_sets=requests.hand_sets_of(tx, ids),
        states=decisions.states(tx, ids),
        heard=activities.heard_at(tx, account_ids, since=now - REACH),
        sdrs=owners.sdr_ids(tx),
        absences=owners.absences(tx, readers.zone),
        reviews=assessments.reviews_of(tx, ids),
        qualifications=assessments.qualifications_of(tx, ids),
        pool=links.in_marketing(tx, account_ids),
        cycles=cycles.cycles_of(tx, [lead.account_id or lead.id for lead in leads]),
    )


def _account_rows(tx: Tx, account_ids: Sequence[str]) -> dict[str, list[MirrorRow]]:
    records = accounts.account_records(tx, account_ids)
    rows = mirror.mirrored(tx, [key for keys in records.values() for key in keys])
    return {account: [rows[key] for key in keys if key in rows] for account, keys in records.items()}


def _opportunities(
    tx: Tx, lead_ids: Sequence[str], account_ids: Sequence[str], *, readers: Readers
) -> tuple[dict[str, list[Opportunity]], dict[str, list[Opportunity]]]:
    """Opportunities by lead and by account, oldest first, closed when history says so."""
    t, named = tables.opportunity_link, tables.opportunity_lead
    same = and_(
        t.c.connection == named.c.connection, t.c.object == named.c.object, t.c.remote_id == named.c.remote_id
    )
    query = select(t, named.c.lead_id).join(named, same, isouter=True)
    stored = tx.execute(
        query.where(or_(t.c.account_id.in_(account_ids), named.c.lead_id.in_(lead_ids)))
    ).all()
    rows = mirror.mirrored(tx, [key_of(row) for row in stored])
    by_lead: dict[str, dict[RecordKey, Opportunity]] = {}
    by_account: dict[str, dict[RecordKey, Opportunity]] = {}
    for row in stored:
        mirrored = rows.get(key_of(row))
        if mirrored is None or mirrored.state is not RecordState.ACTIVE:
            continue
        read = readers.opportunity(mirrored.key, mirrored.fields, mirrored.modified_at)
        deal = replace(
            read, closed_at=(row.won_at if read.is_won else row.lost_at) if read.is_closed else None
        )
        by_lead.setdefault(row.lead_id, {})[deal.key] = deal
        by_account.setdefault(row.account_id, {})[deal.key] = deal
    return _in_order(by_lead), _in_order(by_account)


def _in_order(deals: dict[str, dict[RecordKey, Opportunity]]) -> dict[str, list[Opportunity]]:
    return {owner: sorted(mine.values(), key=_age) for owner, mine in deals.items()}


def _age(deal: Opportunity) -> tuple[bool, float, RecordKey]:
    began = deal.created_at or deal.modified_at
    return (began is None, began.timestamp() if began else 0.0, deal.key)


def _status_changes(
    tx: Tx, keys: Sequence[RecordKey], readers: Readers
) -> dict[RecordKey, list[StatusChange]]:
    """Status changes by record, oldest first. Where the system tells its history, what was only seen is left out."""
    t = tables.fact_change
    names: dict[tuple[str, str], list[RecordKey]] = {}
    for key in keys:
        names.setdefault((key.connection, key.object), []).append(key)
    parts = [
        and_(is_record(t, several), t.c.field.in_(list(readers.status_fields(connection, object_))))
        for (connection, object_), several in names.items()
    ]
    if not parts:
        return {}
    rows = tx.execute(select(t).where(or_(*parts)).order_by(t.c.occurred_at, t.c.id)).all()
    told = {key_of(row) for row in rows if not row.seen}
    actors = _Actors(tx, rows, readers)
    found: dict[RecordKey, list[StatusChange]] = {}
    for row in rows:
        key = key_of(row)
        if row.seen and key in told:
            continue
        change = StatusChange(
            row.occurred_at,
            _words(readers, key, row.old),
            _words(readers, key, row.new),
            actors.of(key.connection, row.actor_id),
        )
        found.setdefault(key, []).append(change)
    return found


def _words(readers: Readers, key: RecordKey, raw: Scalar) -> str:
    status = "" if raw is None else str(raw)
    return readers.answer(key, status) or status


class _Actors:
    """Who the users behind changes are: one query for a batch."""

    def __init__(self, tx: Tx, rows: Iterable[Any], readers: Readers) -> None:
        ids = sorted({row.actor_id for row in rows if row.actor_id})
        r = tables.rep
        found = tx.execute(select(r).where(r.c.owner_id.in_(ids))).all() if ids else ()
        self._kinds = {
            (row.connection, row.owner_id): "manager" if row.is_manager else "sdr" if row.is_sdr else "rep"
            for row in found
        }
        self._kinds |= dict.fromkeys(readers.own_users, "baton")

    def of(self, connection: str, owner_id: str) -> Actor:
        return Actor(self._kinds.get((connection, owner_id), "crm"), owner_id)


def _known(batch: _Batch, lead: Lead) -> Known:
    mine = batch.links.get(lead.id, [])
    episodes = _without_record(batch, mine, batch.episodes.get(lead.id, ()))
    records = _records(batch, mine, handed_over(episodes))
    state = batch.states.get(lead.id)
    account_deals = batch.account_deals.get(lead.account_id, []) if lead.account_id else []
    deals = {deal.key: deal for deal in (*account_deals, *batch.deals.get(lead.id, []))}
    return Known(
        lead_id=lead.id,
        created_at=lead.created_at,
        person=_person(batch, lead, mine, records=records),
        records=(*records, *_made_since(batch, mine, records, episodes)),
        account=_account(batch, lead, account_deals),
        activities=batch.activities.get(lead.id, ()),
        episodes=episodes,
        opportunities=tuple(sorted(deals.values(), key=_age)),
        requests=batch.requests.get(lead.id, ()),
        overrides=batch.overrides.get(lead.id, ()),
        persona_set=batch.hand_sets.get((lead.id, "persona")),
        stage_set=batch.hand_sets.get((lead.id, "stage")),
        role_set=batch.hand_sets.get((lead.id, "role")),
        memory=state.memory if state else Memory(),
        cycles=batch.cycles.get(lead.account_id or lead.id, ()),
        sdrs=batch.sdrs,
        absences=tuple(
            batch.absences[one] for one in sorted({e.owner_id for e in episodes}) if one in batch.absences
        ),
        reviews=batch.reviews.get(lead.id, ()),
        qualifications=batch.qualifications.get(lead.id, ()),
    )


_SHOWN = ("active", "converted", "duplicate")


def handed_over(episodes: Sequence[Episode]) -> tuple[RecordKey, ...]:
    """The CRM records that sales answers on, the latest hand-off's first: of every hand-off that sales did not reject, and
    of the latest in any case."""
    held = [one for one in episodes if one is episodes[-1] or one.answer is not Answer.REJECTED]
    return tuple(dict.fromkeys(one.crm for one in reversed(held) if one.crm is not None))


def _without_record(
    batch: _Batch, mine: Sequence[Link], episodes: tuple[Episode, ...]
) -> tuple[Episode, ...]:
    """The hand-offs, with the time since when the CRM has no record of the lead any more: somebody there deleted it."""
    in_crm = [one for one in mine if one.role is SystemRole.CRM]
    if any(one.state != "gone" and one.key in batch.rows for one in in_crm):
        return episodes
    gone = {one.key: one.since for one in in_crm if one.state == "gone"}
    return tuple(replace(one, crm_gone_at=gone.get(one.crm)) if one.crm in gone else one for one in episodes)


def _records(batch: _Batch, mine: Sequence[Link], held: Sequence[RecordKey]) -> tuple[LinkedRecord, ...]:
    """The lead's records, marketing's first, active ones before converted ones. Of duplicates only those that were handed
    over: what sales says there is sales' answer, whichever record is written."""
    seen = [one for one in mine if one.state != "duplicate" or one.key in held]
    shown = [one for one in seen if one.state in _SHOWN and one.key in batch.rows]
    shown.sort(
        key=lambda one: (_SHOWN.index(one.state), one.role is not SystemRole.MARKETING, one.since, one.key)
    )
    return tuple(_record(batch, one) for one in shown)


def _made_since(
    batch: _Batch, mine: Sequence[Link], shown: Sequence[LinkedRecord], episodes: Sequence[Episode]
) -> tuple[LinkedRecord, ...]:
    """The CRM's duplicates that somebody made after sales said no: whoever works there works on a lead that rests."""
    no = episodes[-1].rejection if episodes and episodes[-1].answer is Answer.REJECTED else None
    if no is None:
        return ()
    there = {one.key for one in shown}
    more = [one for one in mine if one.state == "duplicate" and one.role is SystemRole.CRM]
    read = [_record(batch, one) for one in more if one.key in batch.rows and one.key not in there]
    return tuple(one for one in read if one.created_at is not None and one.created_at > no.at)


def _record(batch: _Batch, one: Link) -> LinkedRecord:
    row = batch.rows[one.key]
    person = batch.readers.person(row.key, row.fields, row.modified_at)
    return LinkedRecord(
        key=one.key,
        role=one.role,
        person=person,
        answer=_words(batch.readers, one.key, person.status),
        changes=tuple(batch.changes.get(one.key, ())),
        by_baton=one.by_baton,
        created_at=person.created_at,
        read_at=row.learned_at,
    )


def _person(batch: _Batch, lead: Lead, mine: Sequence[Link], *, records: Sequence[LinkedRecord]) -> Person:
    if records:
        return golden_person([record.person for record in records])
    # All records are gone: what the last reads said of the person still stands for it.
    rows = [batch.rows[one.key] for one in mine if one.key in batch.rows]
    if rows:
        return golden_person([batch.readers.person(row.key, row.fields, row.modified_at) for row in rows])
    return Person(key=RecordKey("baton", "lead", lead.id))


def _account(batch: _Batch, lead: Lead, deals: Sequence[Opportunity]) -> AccountFacts:
    rows = batch.account_rows.get(lead.account_id, []) if lead.account_id else []
    rows = sorted(rows, key=lambda row: batch.readers.role(row.key.connection) is not SystemRole.MARKETING)
    linked = [one for one in batch.links.get(lead.id, []) if one.state == "active" and one.key in batch.rows]
    linked.sort(key=lambda one: (one.role is not SystemRole.MARKETING, one.since))
    spoken = [batch.readers.account(row.key, row.fields, row.modified_at) for row in rows]
    stated = [
        batch.readers.account(r.key, r.fields, r.modified_at) for r in (batch.rows[one.key] for one in linked)
    ]
    sales = [one.owner_id for one in spoken if batch.readers.role(one.key.connection) is SystemRole.CRM]
    colleagues = batch.account_episodes.get(lead.account_id, []) if lead.account_id else []
    others = tuple(episode for episode in colleagues if episode.lead_id != lead.id)
    return AccountFacts(
        account=golden_account([*spoken, *stated]),
        other_episodes=others,
        owner_id=next((owner for owner in sales if owner), ""),
        active_owner_id=_active_owner(deals, others),
        heard=_heard(batch, lead),
        pool_since=_pool_since(batch, lead),
    )


def _heard(batch: _Batch, lead: Lead) -> tuple[datetime, ...]:
    """When the lead's colleagues were heard."""
    there = batch.heard.get(lead.account_id, {}) if lead.account_id else {}
    return tuple(sorted(at for lead_id, times in there.items() if lead_id != lead.id for at in times))


def _pool_since(batch: _Batch, lead: Lead) -> datetime | None:
    """Since when marketing knows a colleague."""
    there = batch.pool.get(lead.account_id, {}) if lead.account_id else {}
    return min((at for lead_id, at in there.items() if lead_id != lead.id), default=None)


def _active_owner(deals: Sequence[Opportunity], others: Sequence[Episode]) -> str:
    """Who has the account's newest open opportunity, else its newest hand-off that sales did not reject."""
    selling = [deal.owner_id for deal in deals if not deal.is_closed and deal.owner_id]
    working = [one.owner_id for one in others if one.answer is not Answer.REJECTED and one.owner_id]
    return next(iter([*reversed(selling), *reversed(working)]), "")
