"""Tables of what goes in and out and of running: outbox, inbox, parked rows, versions of configuration, runs, budgets."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, Text

from connector.store.tables.base import (
    at,
    count,
    lead_ref,
    maybe_at,
    metadata,
    one_of,
    partial_index,
    record_key,
    serial,
    text,
)
from connector.store.types import Json

outbox = Table(
    "outbox",
    metadata,
    *record_key(),
    lead_ref(nullable=True),
    Column("wanted", Json, nullable=False),
    Column("generation", BigInteger, nullable=False, default=1),
    text("claim"),
    maybe_at("claim_until"),
    count("attempts"),
    at("next_attempt_at"),
    text("state", default="pending"),
    text("reason"),
    text("detail"),
    at("since"),
    one_of("state", "pending", "parked"),
    Index("ix_outbox_lane", "connection", "object", "state", "next_attempt_at"),
    Index("ix_outbox_lead_id", "lead_id"),
)

field_state = Table(
    "field_state",
    metadata,
    *record_key(),
    Column("field", String, primary_key=True),
    Column("base", Json),
    Column("sent", Json),
    Column("accepted", Json),
    maybe_at("sent_at"),
    count("rewrites"),
    Column("rewrites_on", Date),
    maybe_at("parked_at"),
)

parked = Table(
    "parked",
    metadata,
    serial(),
    text("kind"),
    text("key"),
    text("reason"),
    text("detail"),
    Column("payload", Json),
    at(),
    maybe_at("resolved_at"),
    text("resolved_by"),
)
partial_index(parked, "kind", "key", where=parked.c.resolved_at.is_(None), unique=True)

inbox = Table(
    "inbox",
    metadata,
    serial(),
    text("connection"),
    text("kind"),
    Column("dedupe_key", String, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    at("received_at"),
    maybe_at("done_at"),
    text("error"),
    Index("ix_inbox_received_at", "received_at"),
)
partial_index(inbox, "id", where=inbox.c.done_at.is_(None))

hint = Table("hint", metadata, *record_key(), at())

value_table = Table(
    "value_table",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    at("as_of"),
    maybe_at("published_at"),
    text("published_by"),
    Column("document", Json, nullable=False),
)

config_version = Table(
    "config_version",
    metadata,
    Column("section", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    at("applied_at"),
    text("by"),
)

run = Table(
    "run",
    metadata,
    serial(),
    text("job"),
    text("why"),
    at("started_at"),
    maybe_at("ended_at"),
    text("outcome", default="running"),
    Column("counts", Json, nullable=False),
    text("error"),
    Index("ix_run_job", "job", "started_at"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    text("holder"),
    at("until"),
)

call_budget = Table(
    "call_budget",
    metadata,
    Column("connection", String, primary_key=True),
    Column("day", Date, primary_key=True),
    count("used"),
    Column("limit", Integer),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Json),
)
