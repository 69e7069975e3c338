"""Tables of what was decided: which leads wait, decisions, where a lead stands, and the history that figures rest on."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from connector.store.tables.base import (
    at,
    count,
    flag,
    lead_ref,
    maybe_at,
    metadata,
    one_of,
    partial_index,
    record_key,
    serial,
    text,
)
from connector.store.types import Json, money_columns

dirty = Table(
    "dirty",
    metadata,
    lead_ref(primary_key=True),
    text("reason"),
    Column("generation", BigInteger, nullable=False, default=1),
    maybe_at("since"),
    maybe_at("due_at"),
)
partial_index(dirty, "due_at", where=dirty.c.due_at.is_not(None))

decision = Table(
    "decision",
    metadata,
    serial(),
    lead_ref(),
    at(),
    Column("document", Json, nullable=False),
    Column("hash", String, nullable=False),
    Index("ix_decision_lead_id", "lead_id", "id"),
)

lead_state = Table(
    "lead_state",
    metadata,
    lead_ref(primary_key=True),
    text("step", default="new"),
    maybe_at("step_since"),
    text("persona"),
    text("persona_candidate"),
    maybe_at("persona_differs_since"),
    text("stage"),
    maybe_at("stage_since"),
    text("cell"),
    text("role"),
    Column("cycle", Integer, nullable=False, default=1),
    maybe_at("cycle_opened_at"),
    maybe_at("reconsider_at"),
    *money_columns("value"),
    Column("versions", Json, nullable=False),
    Column("decision_id", ForeignKey("decision.id")),
    text("decision_hash"),
    at("updated_at"),
    Index("ix_lead_state_cell", "cell"),
    Index("ix_lead_state_step", "step"),
)

buying_cycle = Table(
    "buying_cycle",
    metadata,
    Column("unit", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    at("opened_at"),
    maybe_at("closed_at"),
    text("closed_by"),
    text("deal"),
)

cell_entry = Table(
    "cell_entry",
    metadata,
    serial(),
    lead_ref(),
    Column("unit", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    text("persona"),
    text("stage"),
    text("cell"),
    at("entered_at"),
    maybe_at("left_at"),
    Column("evidence_ids", Json, nullable=False),
    Column("versions", Json, nullable=False),
    at("learned_at"),
    UniqueConstraint("lead_id", "cycle", "cell", "entered_at", name="uq_cell_entry_once"),
    Index("ix_cell_entry_unit", "unit", "cycle"),
)
partial_index(cell_entry, "lead_id", where=cell_entry.c.left_at.is_(None), unique=True)

transition = Table(
    "transition",
    metadata,
    serial(),
    lead_ref(),
    text("old"),
    text("new"),
    at("occurred_at"),
    at("learned_at"),
    text("actor_kind"),
    text("actor_id"),
    text("cause"),
    flag("implied"),
    text("violation"),
    Column("versions", Json, nullable=False),
    UniqueConstraint("lead_id", "old", "new", "occurred_at", name="uq_transition_once"),
    Index("ix_transition_occurred_at", "occurred_at"),
)

refusal = Table(
    "refusal",
    metadata,
    serial(),
    lead_ref(),
    at(),
    text("actor_kind"),
    text("actor_id"),
    text("command"),
    Column("reasons", Json, nullable=False),
    Index("ix_refusal_lead_id", "lead_id", "at"),
)

request = Table(
    "request",
    metadata,
    Column("id", String, primary_key=True),
    Column("lead_id", String, ForeignKey("lead.id"), nullable=False, index=True),
    at(),
    text("actor_kind"),
    text("actor_id"),
    *record_key(primary_key=False, nullable=True),
    maybe_at("answered_at"),
    text("outcome"),
)

handoff = Table(
    "handoff",
    metadata,
    Column("id", String, primary_key=True),
    lead_ref(),
    Column("cycle", Integer, nullable=False),
    Column("request_id", ForeignKey("request.id"), unique=True),
    at("requested_at"),
    text("actor_kind"),
    text("actor_id"),
    text("cause"),
    text("point", default="claimed"),
    Column("crm_connection", String),
    Column("crm_object", String),
    Column("crm_id", String),
    text("owner_id"),
    text("route"),
    text("cell"),
    text("stage_at"),
    text("source"),
    text("campaign"),
    *money_columns("value"),
    Column("explained", Json, nullable=False),
    Column("versions", Json, nullable=False),
    Column("evidence_ids", Json, nullable=False),
    text("sdr_id"),
    Column("contributors", Json, nullable=False, default=list),
    Column("merged_into", ForeignKey("handoff.id")),
    maybe_at("confirmed_at"),
    text("answer", default="open"),
    maybe_at("answered_at"),
    text("claim"),
    maybe_at("claim_until"),
    maybe_at("next_attempt_at"),
    count("attempts"),
    text("error"),
    one_of(
        "point", "claimed", "crm_record_known", "owner_assigned", "noted", "confirmed_back", "done", "failed"
    ),
    one_of("answer", "open", "accepted", "rejected"),
    Index("ix_handoff_lead_id", "lead_id", "requested_at"),
    Index("ix_handoff_owner_id", "owner_id", "requested_at"),
    Index("ix_handoff_crm", "crm_connection", "crm_object", "crm_id"),
)
partial_index(handoff, "next_attempt_at", where=handoff.c.next_attempt_at.is_not(None))
partial_index(
    handoff,
    "lead_id",
    "cycle",
    where=(handoff.c.answer != "rejected") & (handoff.c.point != "failed") & handoff.c.merged_into.is_(None),
    unique=True,
)

rejection = Table(
    "rejection",
    metadata,
    Column("handoff_id", ForeignKey("handoff.id"), primary_key=True),
    at(),
    text("rep_id"),
    text("reason"),
    text("note"),
    Column("until", Date),
    flag("return_to_me"),
    at("learned_at"),
    Column("annulled", Boolean, nullable=False, default=False),
    maybe_at("contested_at"),
    text("contested_by"),
    text("contest_note"),
    text("finding"),
    maybe_at("found_at"),
    text("found_by"),
    text("found_note"),
    text("said_by"),
    maybe_at("merged_at"),
    Index("ix_rejection_at", "at"),
)

review = Table(
    "review",
    metadata,
    serial(),
    Column("lead_id", String, ForeignKey("lead.id"), nullable=False, index=True),
    at(),
    text("actor_kind"),
    text("actor_id"),
    Column("accepted", Boolean, nullable=False),
    text("note"),
)

qualification = Table(
    "qualification",
    metadata,
    Column("handoff_id", ForeignKey("handoff.id"), primary_key=True),
    at(),
    text("actor_kind"),
    text("actor_id"),
    Column("criteria", Json, nullable=False),
)

override_grant = Table(
    "override_grant",
    metadata,
    serial(),
    Column("lead_id", String, ForeignKey("lead.id"), nullable=False, index=True),
    at(),
    text("actor_kind"),
    text("actor_id"),
    text("reason"),
    Column("handoff_id", ForeignKey("handoff.id")),
    maybe_at("used_at"),
)

hand_set = Table(
    "hand_set",
    metadata,
    serial(),
    lead_ref(),
    text("what"),
    text("value"),
    text("reason"),
    text("actor_kind"),
    text("actor_id"),
    at(),
    maybe_at("ended_at"),
    text("ended_kind"),
    text("ended_id"),
    text("ended_reason"),
    one_of("what", "persona", "stage", "role"),
)
partial_index(hand_set, "lead_id", "what", where=hand_set.c.ended_at.is_(None), unique=True)

value_unit = Table(
    "value_unit",
    metadata,
    Column("unit", String, primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("persona", String, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("entered_on", Date, nullable=False),
    Column("won_on", Date),
    Column("lost_on", Date),
    Column("amounts", Json, nullable=False),
)

value_lead = Table(
    "value_lead",
    metadata,
    lead_ref(primary_key=True),
    Column("unit", String, nullable=False),
)

value_stale = Table("value_stale", metadata, Column("unit", String, primary_key=True))
