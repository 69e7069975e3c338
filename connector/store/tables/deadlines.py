"""Tables of time that runs for somebody: who got a lead from whom, which deadlines ran, and who is to be told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from connector.store.tables.base import (
    at,
    count,
    flag,
    lead_ref,
    maybe_at,
    metadata,
    one_of,
    partial_index,
    serial,
    text,
)

reassignment = Table(
    "reassignment",
    metadata,
    Column("id", String, primary_key=True),
    Column("handoff_id", String, ForeignKey("handoff.id"), nullable=False),
    Column("nth", Integer, nullable=False),
    at(),
    text("cause"),
    text("deadline"),
    text("actor_kind"),
    text("actor_id"),
    text("from_owner"),
    text("to_owner"),
    text("route"),
    text("point", default="claimed"),
    maybe_at("assigned_at"),
    text("claim"),
    maybe_at("claim_until"),
    maybe_at("next_attempt_at"),
    count("attempts"),
    text("error"),
    one_of("point", "claimed", "owner_assigned", "done", "withdrawn"),
    UniqueConstraint("handoff_id", "nth", name="uq_reassignment_once"),
)
partial_index(reassignment, "next_attempt_at", where=reassignment.c.next_attempt_at.is_not(None))

deadline = Table(
    "deadline",
    metadata,
    serial(),
    lead_ref(),
    Column("handoff_id", String, ForeignKey("handoff.id")),
    text("name"),
    text("owner_id"),
    at("since"),
    at("due_at"),
    maybe_at("met_at"),
    flag("breached"),
    maybe_at("ended_at"),
    UniqueConstraint("lead_id", "name", "since", name="uq_deadline_once"),
    Index("ix_deadline_owner_id", "owner_id", "due_at"),
)
partial_index(deadline, "lead_id", where=deadline.c.ended_at.is_(None))

notice = Table(
    "notice",
    metadata,
    serial(),
    at(),
    text("kind"),
    lead_ref(),
    Column("handoff_id", String, ForeignKey("handoff.id")),
    text("deadline"),
    at("since"),
    maybe_at("due_at"),
    text("to_kind"),
    text("to_id"),
    maybe_at("told_at"),
    one_of("to_kind", "rep", "sdr", "manager"),
    UniqueConstraint("lead_id", "kind", "deadline", "since", "to_kind", "to_id", name="uq_notice_once"),
)
partial_index(notice, "id", where=notice.c.told_at.is_(None))
