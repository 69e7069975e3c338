"""Tables of time that runs for somebody: who got a lead from whom, which deadlines ran, and who is to be told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from connector.store.tables.base import at, count, maybe_at, metadata, one_of, partial_index, text

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
