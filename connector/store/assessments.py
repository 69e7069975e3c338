"""What people judged of leads: marketing's reviews, and what reps stated to qualify them. Reviews are only added to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from connector.domain.assessment import Qualification, Review
from connector.domain.facts import Actor
from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, upsert


def keep(tx: Tx, lead_id: str, said: Review | Qualification) -> None:
    """Keep what somebody judged of a lead, or of one of its hand-offs."""
    if isinstance(said, Review):
        _add_review(tx, lead_id, said)
    else:
        _save_qualification(tx, said)


def _add_review(tx: Tx, lead_id: str, review: Review) -> None:
    values = {
        "lead_id": lead_id,
        "at": review.at,
        "actor_kind": review.by.kind,
        "actor_id": review.by.id,
        "accepted": review.accepted,
        "note": review.note,
    }
    tx.execute(tables.review.insert(), values)


def reviews_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, tuple[Review, ...]]:
    """The reviews of these leads, oldest first."""
    t = tables.review
    found: dict[str, list[Review]] = {}
    for chunk in chunks(lead_ids):
        for row in tx.execute(select(t).where(t.c.lead_id.in_(chunk)).order_by(t.c.at, t.c.id)):
            by = Actor(row.actor_kind, row.actor_id)
            found.setdefault(row.lead_id, []).append(Review(row.at, by, row.accepted, row.note))
    return {lead_id: tuple(reviews) for lead_id, reviews in found.items()}


def _save_qualification(tx: Tx, said: Qualification) -> None:
    """Stated again, the newest words stand, and the first time."""
    values = {
        "handoff_id": said.handoff_id,
        "at": said.at,
        "actor_kind": said.by.kind,
        "actor_id": said.by.id,
        "criteria": dict(said.criteria),
    }
    statement = upsert(tx, tables.qualification, update=("criteria", "actor_kind", "actor_id"))
    tx.execute(statement, values)


def qualifications_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, tuple[Qualification, ...]]:
    """What was stated of the hand-offs of these leads, oldest first."""
    t, h = tables.qualification, tables.handoff
    found: dict[str, list[Qualification]] = {}
    for chunk in chunks(lead_ids):
        query = select(t, h.c.lead_id).join(h, h.c.id == t.c.handoff_id).where(h.c.lead_id.in_(chunk))
        for row in tx.execute(query.order_by(t.c.at, t.c.handoff_id)):
            by = Actor(row.actor_kind, row.actor_id)
            one = Qualification(row.handoff_id, row.at, by, row.criteria)
            found.setdefault(row.lead_id, []).append(one)
    return {lead_id: tuple(several) for lead_id, several in found.items()}
