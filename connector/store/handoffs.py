"""Hand-offs: rows that walk from a request to the answer of sales through named recovery points.

A worker claims a row, does one remote step, and says so in a transaction of its own; whoever comes after a crash goes on
from the last point. Which step comes next, and whether a hand-off may begin at all, is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update

from connector.domain.decision import EpisodeAnswer, Versions
from connector.domain.facts import Actor, Answer, Episode, Rejection
from connector.domain.reassignment import Reassignment
from connector.store import tables
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.owners import calendars
from connector.store.reassignments import reassignments_of
from connector.store.rejections import record_rejection, rejections_of
from connector.store.types import money_from, money_values
from connector.store.writes import chunks, insert_into
from mappings.records import Money, RecordKey

DONE = "done"
FAILED = "failed"
WITHDRAWN = "withdrawn"
"""The `error` of a hand-off that came to nothing because there was no reason for it any more."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """One hand-off. `point` is the last step that is known to be done: claimed (with `crm`: that record is open again),
    crm_record_known, owner_assigned, noted, confirmed_back, done; or failed. `cell`, `value`, `versions`,
    `evidence_ids`, `source`, `campaign`, `sdr_id` (of record) and `contributors` are frozen at its request. `merged_into`:
    that hand-off counts in its place, for two leads were one."""

    id: str
    lead_id: str
    cycle: int
    requested_at: datetime
    requested_by: Actor
    request_id: str | None = None
    cause: str = ""
    point: str = "claimed"
    crm: RecordKey | None = None
    owner_id: str = ""
    route: str = ""
    cell: str = ""
    stage_at: str = ""
    source: str = ""
    campaign: str = ""
    value: Money | None = None
    explained: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, object] = field(default_factory=dict)
    evidence_ids: tuple[str, ...] = ()
    confirmed_at: datetime | None = None
    answer: Answer = Answer.OPEN
    answered_at: datetime | None = None
    claim: str = ""
    attempts: int = 0
    next_attempt_at: datetime | None = None
    error: str = ""
    sdr_id: str = ""
    contributors: tuple[Mapping[str, object], ...] = ()
    merged_into: str = ""


def frozen_versions(versions: Versions) -> dict[str, object]:
    """Versions as a hand-off keeps them."""
    return asdict(versions)


def begin_handoff(tx: Tx, handoff: HandOff) -> bool:
    """Open a hand-off, due at its request. False when one that sales did not reject is there for this lead and cycle, or
    this request or id was used before: then nothing is written. This is what makes a click count once."""
    values = {
        "id": handoff.id,
        "lead_id": handoff.lead_id,
        "cycle": handoff.cycle,
        "request_id": handoff.request_id,
        "requested_at": handoff.requested_at,
        "actor_kind": handoff.requested_by.kind,
        "actor_id": handoff.requested_by.id,
        "cause": handoff.cause,
        "point": handoff.point,
        **_crm_values(handoff.crm),
        "owner_id": handoff.owner_id,
        "route": handoff.route,
        "cell": handoff.cell,
        "stage_at": handoff.stage_at,
        "source": handoff.source,
        "campaign": handoff.campaign,
        **money_values("value", handoff.value),
        "explained": handoff.explained,
        "versions": handoff.versions,
        "evidence_ids": list(handoff.evidence_ids),
        "sdr_id": handoff.sdr_id,
        "contributors": list(handoff.contributors),
        "next_attempt_at": handoff.next_attempt_at or handoff.requested_at,
    }
    t = tables.handoff
    statement = insert_into(tx, t).on_conflict_do_nothing().values(**values).returning(t.c.id)
    return tx.execute(statement).first() is not None


def _crm_values(crm: RecordKey | None) -> dict[str, str | None]:
    if crm is None:
        return {"crm_connection": None, "crm_object": None, "crm_id": None}
    return {"crm_connection": crm.connection, "crm_object": crm.object, "crm_id": crm.id}


def claim_handoffs(tx: Tx, claim: Claim, *, limit: int) -> list[HandOff]:
    """Take hand-offs that have a step to do now, the longest waiting first."""
    t = tables.handoff
    free = or_(t.c.claim == "", t.c.claim_until < claim.at)
    query = select(t.c.id).where(t.c.next_attempt_at.is_not(None), t.c.next_attempt_at <= claim.at, free)
    chosen = query.order_by(t.c.next_attempt_at, t.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(tx.execute(chosen).scalars())
    tx.execute(update(t).where(t.c.id.in_(ids)).values(claim=claim.token, claim_until=claim.until))
    order = (t.c.next_attempt_at, t.c.id)
    return [_handoff(row) for row in tx.execute(select(t).where(t.c.id.in_(ids)).order_by(*order))]


def advance(tx: Tx, handoff: HandOff, *, point: str, at: datetime) -> bool:
    """Record that a step is done, with the record and the owner that `handoff` now names; the claim stays. False when the
    claim was lost meanwhile: stop, another goes on.

    Point `confirmed_back` dates the hand-off; `done` ends it.
    """
    values: dict[str, Any] = {"point": point, "attempts": 0, "error": "", "owner_id": handoff.owner_id}
    values |= _crm_values(handoff.crm)
    if point == "confirmed_back":
        values["confirmed_at"] = at
    if point == DONE:
        values |= {"next_attempt_at": None, "claim": "", "claim_until": None}
    return _fenced(tx, handoff, values)


def _fenced(tx: Tx, handoff: HandOff, values: Mapping[str, Any]) -> bool:
    t = tables.handoff
    mine = update(t).where(t.c.id == handoff.id, t.c.claim == handoff.claim)
    return tx.execute(mine.values(**values)).rowcount > 0


def try_handoff_later(tx: Tx, handoff: HandOff, *, at: datetime, error: str) -> bool:
    """Give the row back, due again at `at`. `error` carries no personal data. False when the claim was lost."""
    t = tables.handoff
    again = {
        "next_attempt_at": at,
        "claim": "",
        "claim_until": None,
        "error": error,
        "attempts": t.c.attempts + 1,
    }
    return _fenced(tx, handoff, again)


def fail_handoff(tx: Tx, handoff: HandOff, *, error: str) -> bool:
    """Give up: nothing was handed off, the lead and the click are free for another. False when the claim was lost."""
    return _fenced(tx, handoff, {**_ENDED, "point": FAILED, "request_id": None, "error": error})


_ENDED: Mapping[str, Any] = {"next_attempt_at": None, "claim": "", "claim_until": None}


def withdraw_handoff(tx: Tx, handoff_id: str) -> None:
    """There is no reason for this hand-off any more: whoever works on it stops, and the lead is free for another."""
    t = tables.handoff
    ended = {**_ENDED, "point": FAILED, "request_id": None, "error": WITHDRAWN}
    tx.execute(update(t).where(t.c.id == handoff_id).values(**ended))


def stop_handoff(tx: Tx, handoff: HandOff) -> bool:
    """Sales said no before everything was done: the hand-off and its answer stand, the rest of it is left undone. False
    when the claim was lost."""
    return _fenced(tx, handoff, {**_ENDED, "point": DONE, "error": WITHDRAWN})


def replay_handoff(tx: Tx, handoff_id: str, *, at: datetime) -> bool:
    """Go on with a failed hand-off from the beginning; every step looks before it acts. False when it did not fail."""
    t = tables.handoff
    failed = update(t).where(t.c.id == handoff_id, t.c.point == FAILED)
    fresh = {"point": "claimed", "next_attempt_at": at, "attempts": 0, "error": "", **_crm_values(None)}
    return tx.execute(failed.values(**fresh)).rowcount > 0


def record_answer(tx: Tx, answer: EpisodeAnswer, *, learned_at: datetime) -> bool:
    """Record what sales said. False when this answer is known. A rejection after an acceptance replaces it."""
    t = tables.handoff
    other = update(t).where(t.c.id == answer.handoff_id, t.c.answer != answer.answer.value)
    changed = tx.execute(other.values(answer=answer.answer.value, answered_at=answer.at)).rowcount > 0
    if answer.rejection is not None:
        changed |= record_rejection(tx, answer.handoff_id, rejection=answer.rejection, learned_at=learned_at)
    return changed


def _handoff(row: Any) -> HandOff:
    crm = RecordKey(row.crm_connection, row.crm_object, row.crm_id) if row.crm_id else None
    return HandOff(
        id=row.id,
        lead_id=row.lead_id,
        cycle=row.cycle,
        requested_at=row.requested_at,
        requested_by=Actor(row.actor_kind, row.actor_id),
        request_id=row.request_id,
        cause=row.cause,
        point=row.point,
        crm=crm,
        owner_id=row.owner_id,
        route=row.route,
        cell=row.cell,
        stage_at=row.stage_at,
        source=row.source,
        campaign=row.campaign,
        value=money_from(row.value_minor, row.value_currency),
        explained=row.explained,
        versions=row.versions,
        evidence_ids=tuple(row.evidence_ids),
        confirmed_at=row.confirmed_at,
        answer=Answer(row.answer),
        answered_at=row.answered_at,
        claim=row.claim,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        error=row.error,
        sdr_id=row.sdr_id,
        contributors=tuple(row.contributors),
        merged_into=row.merged_into or "",
    )


def handoff(tx: Tx, handoff_id: str) -> HandOff | None:
    """One hand-off."""
    t = tables.handoff
    row = tx.execute(select(t).where(t.c.id == handoff_id)).first()
    return None if row is None else _handoff(row)


def handoffs_by_id(tx: Tx, ids: Sequence[str]) -> dict[str, HandOff]:
    """These hand-offs, by id."""
    t = tables.handoff
    return {one.id: one for chunk in chunks(ids) for one in _select(tx, select(t).where(t.c.id.in_(chunk)))}


def handoffs_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, list[HandOff]]:
    """Every hand-off of these leads, failed ones included, by request."""
    t = tables.handoff
    found: dict[str, list[HandOff]] = {}
    for chunk in chunks(lead_ids):
        for one in _select(tx, select(t).where(t.c.lead_id.in_(chunk))):
            found.setdefault(one.lead_id, []).append(one)
    return found


def _select(tx: Tx, query: Select[Any]) -> list[HandOff]:
    t = tables.handoff
    return [_handoff(row) for row in tx.execute(query.order_by(t.c.requested_at, t.c.id))]


def handoffs_between(tx: Tx, start: datetime, *, end: datetime) -> list[HandOff]:
    """Hand-offs requested in `start <= t < end` that did not fail: what a period's figures count."""
    t = tables.handoff
    return _select(
        tx, select(t).where(t.c.requested_at >= start, t.c.requested_at < end, t.c.point != FAILED)
    )


def open_handoffs(tx: Tx, limit: int) -> list[HandOff]:
    """Hand-offs without an answer, the oldest first: what an SLA is held against. Merged ones count with another."""
    t = tables.handoff
    counts = (t.c.answer == "open", t.c.point != FAILED, t.c.merged_into.is_(None))
    return _select(tx, select(t).where(*counts).limit(limit))


def count_handoffs(tx: Tx) -> list[tuple[str, str, int]]:
    """(point, answer, how many) of every hand-off."""
    t = tables.handoff
    query = select(t.c.point, t.c.answer, func.count()).group_by(t.c.point, t.c.answer)
    return [(row[0], row[1], row[2]) for row in tx.execute(query.order_by(t.c.point, t.c.answer))]


def episodes_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, tuple[Episode, ...]]:
    """The hand-offs of these leads as rules see them, failed and merged ones left out, by request: three queries per 500."""
    found: dict[str, tuple[Episode, ...]] = {}
    for chunk in chunks(lead_ids):
        mine = handoffs_of(tx, chunk)
        after = _After(tx, [one.id for several in mine.values() for one in several])
        for lead_id, several in mine.items():
            found[lead_id] = tuple(
                after.episode(h) for h in several if h.point != FAILED and not h.merged_into
            )
    return found


def episodes_at(tx: Tx, account_ids: Sequence[str]) -> dict[str, list[Episode]]:
    """The hand-offs of every lead at these accounts, failed ones left out, by request. Three queries per 500 accounts."""
    t, lead = tables.handoff, tables.lead
    found: dict[str, list[Episode]] = {}
    for chunk in chunks(account_ids):
        query = (
            select(t, lead.c.account_id)
            .join(lead, lead.c.id == t.c.lead_id)
            .where(lead.c.account_id.in_(chunk))
        )
        counts = (t.c.point != FAILED, t.c.merged_into.is_(None))
        rows = tx.execute(query.where(*counts).order_by(t.c.requested_at, t.c.id)).all()
        after = _After(tx, [row.id for row in rows])
        for row in rows:
            found.setdefault(row.account_id, []).append(after.episode(_handoff(row)))
    return found


class _After:
    """What happened to hand-offs after their request: rejections, other owners."""

    def __init__(self, tx: Tx, handoff_ids: Sequence[str]) -> None:
        self._rejections: Mapping[str, Rejection] = rejections_of(tx, handoff_ids)
        self._reassigned: Mapping[str, tuple[Reassignment, ...]] = reassignments_of(tx, handoff_ids)
        self._calendars = calendars(tx) if handoff_ids else {}

    def episode(self, one: HandOff) -> Episode:
        """The hand-off as rules see it."""
        return Episode(
            id=one.id,
            lead_id=one.lead_id,
            cycle=one.cycle,
            requested_at=one.requested_at,
            requested_by=one.requested_by,
            confirmed_at=one.confirmed_at,
            owner_id=one.owner_id,
            cell=one.cell,
            value=one.value,
            explained=one.explained,
            answer=one.answer,
            answered_at=one.answered_at,
            rejection=self._rejections.get(one.id),
            stage_at=one.stage_at,
            evidence_ids=one.evidence_ids,
            crm=one.crm,
            reassignments=self._reassigned.get(one.id, ()),
            calendar=self._calendars.get((one.crm.connection, one.owner_id), "") if one.crm else "",
        )
