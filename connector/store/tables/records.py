"""Tables of what the systems say and of whom they speak: cursors, mirror, leads and accounts, activities, owners."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text

from connector.store.tables.base import (
    among,
    at,
    flag,
    lead_ref,
    maybe_at,
    metadata,
    one_of,
    record_key,
    serial,
    text,
)
from connector.store.types import Json, UtcDateTime, money_columns

cursor = Table(
    "cursor",
    metadata,
    Column("connection", String, primary_key=True),
    Column("object", String, primary_key=True),
    Column("lane", String, primary_key=True),
    maybe_at("since"),
    maybe_at("until"),
    text("after"),
    maybe_at("done_until"),
    at("updated_at"),
)

mirror = Table(
    "mirror",
    metadata,
    *record_key(),
    Column("fields", Json, nullable=False),
    Column("hash", String, nullable=False),
    at("modified_at"),
    at("learned_at"),
    text("state", default="active"),
    text("merged_into"),
    Column("pending", Boolean, nullable=False, default=True),
    among("state", "active", "archived", "deleted", "merged", "converted"),
)
Index(
    "ix_mirror_connection_object_remote_id_some",
    mirror.c.connection,
    mirror.c.object,
    mirror.c.remote_id,
    # SQLite uses a partial index only for a query with the same words, and SQLAlchemy asks it for `= 1`.
    sqlite_where=sql_text("pending = 1"),
    postgresql_where=sql_text("pending"),
)

account = Table(
    "account",
    metadata,
    Column("id", String, primary_key=True),
    at("created_at"),
    Column("merged_into", String, ForeignKey("account.id")),
)

account_link = Table(
    "account_link",
    metadata,
    *record_key(),
    Column("account_id", String, ForeignKey("account.id"), nullable=False, index=True),
    text("state", default="active"),
    at("since"),
    among("state", "active", "duplicate", "merged", "converted", "gone"),
)

account_key = Table(
    "account_key",
    metadata,
    Column("kind", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("account_id", String, ForeignKey("account.id"), nullable=False, index=True),
)

lead = Table(
    "lead",
    metadata,
    Column("id", String, primary_key=True),
    at("created_at"),
    Column("merged_into", String, ForeignKey("lead.id"), index=True),
    Column("account_id", String, ForeignKey("account.id"), index=True),
)

link = Table(
    "link",
    metadata,
    *record_key(),
    Column("lead_id", String, ForeignKey("lead.id"), nullable=False, index=True),
    text("state", default="active"),
    text("role"),
    at("since"),
    flag("by_baton"),
    Index("ix_link_remote_id", "connection", "remote_id"),
    among("state", "active", "duplicate", "merged", "converted", "gone"),
)

identity = Table(
    "identity",
    metadata,
    Column("kind", String, primary_key=True),
    Column("value", String, primary_key=True),
    *record_key(),
    Column("lead_id", String, ForeignKey("lead.id"), nullable=False, index=True),
    Index("ix_identity_record", "connection", "object", "remote_id"),
)

suggestion = Table(
    "suggestion",
    metadata,
    serial(),
    lead_ref("lead_a"),
    lead_ref("lead_b"),
    text("reason"),
    Column("score", Float, nullable=False, default=0.0),
    text("state", default="open"),
    at(),
    maybe_at("answered_at"),
    text("answered_by"),
    UniqueConstraint("lead_a", "lead_b"),
    one_of("state", "open", "merged", "refused"),
)

activity = Table(
    "activity",
    metadata,
    *record_key(),
    text("kind"),
    text("direction"),
    at("occurred_at"),
    at("recorded_at"),
    at("learned_at"),
    text("precision"),
    text("subject"),
    text("text"),
    text("url"),
    Column("properties", Json, nullable=False),
    text("author_id"),
    flag("planned"),
    flag("two_way"),
    flag("backfill"),
    text("email"),
    Column("person_ids", Json, nullable=False),
    text("hash"),
    Index("ix_activity_learned_at", "learned_at"),
)

activity_tie = Table(
    "activity_tie",
    metadata,
    *record_key(),
    Column("who", String, primary_key=True),
    lead_ref(nullable=True),
    Index("ix_activity_tie_lead_id", "lead_id"),
    Index("ix_activity_tie_who", "who", "connection"),
)

coverage = Table(
    "coverage",
    metadata,
    lead_ref(primary_key=True),
    Column("connection", String, primary_key=True),
    Column("kind", String, primary_key=True),
    text("state"),
    text("reason"),
    at("learned_at"),
)

fact_change = Table(
    "fact_change",
    metadata,
    serial(),
    *record_key(primary_key=False),
    text("field"),
    Column("old", Json),
    Column("new", Json),
    at("occurred_at"),
    maybe_at("recorded_at"),
    at("learned_at"),
    text("actor_id"),
    flag("seen"),
    text("hash"),
    UniqueConstraint(
        "connection", "object", "remote_id", "field", "occurred_at", "hash", name="uq_fact_change_once"
    ),
)

opportunity_link = Table(
    "opportunity_link",
    metadata,
    *record_key(),
    Column("account_id", String, ForeignKey("account.id"), index=True),
    maybe_at("created_at"),
    maybe_at("won_at"),
    maybe_at("lost_at"),
    *money_columns("amount"),
    text("stage"),
    text("owner_id"),
    flag("bypass"),
    at("learned_at"),
)

opportunity_lead = Table(
    "opportunity_lead",
    metadata,
    *record_key(),
    lead_ref(primary_key=True),
    text("picked_by"),
    Index("ix_opportunity_lead_lead_id", "lead_id"),
)

owner = Table(
    "owner",
    metadata,
    Column("connection", String, primary_key=True),
    Column("id", String, primary_key=True),
    text("name"),
    text("email"),
    Column("active", Boolean, nullable=False, default=True),
    flag("is_queue"),
    Column("learned_at", UtcDateTime, nullable=False),
    maybe_at("left_at"),
)

rep = Table(
    "rep",
    metadata,
    Column("connection", String, primary_key=True),
    Column("owner_id", String, primary_key=True),
    Column("capacity", Integer),
    Column("weight", Integer, nullable=False, default=1),
    Column("groups", Json, nullable=False),
    Column("away_from", Date),
    Column("away_to", Date),
    flag("is_manager"),
    flag("is_sdr"),
    maybe_at("last_given_at"),
    text("calendar"),
)
