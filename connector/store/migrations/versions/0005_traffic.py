"""What goes in and out, and what ran."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005_traffic"
down_revision = "0004_handoffs"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _outbox()
    _field_state()
    _parked()
    _inbox()
    _hint()
    _value_table()
    _config_version()
    _run()
    _lease()
    _call_budget()
    _meta()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=True),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("claim_until", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'parked')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_outbox_lead_id_lead"),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_lane", "outbox", ["connection", "object", "state", "next_attempt_at"])
    op.create_index("ix_outbox_lead_id", "outbox", ["lead_id"])


def _field_state() -> None:
    op.create_table(
        "field_state",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Text(), nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("rewrites", sa.Integer(), nullable=False),
        sa.Column("rewrites_on", sa.Date(), nullable=True),
        sa.Column("parked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", "field", name="pk_field_state"),
    )


def _parked() -> None:
    op.create_table(
        "parked",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parked"),
    )
    op.create_index(
        "uq_parked_kind_key_some",
        "parked",
        ["kind", "key"],
        unique=True,
        **_some(sa.text("resolved_at IS NULL")),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("dedupe_key", name="uq_inbox_dedupe_key"),
    )
    op.create_index("ix_inbox_id_some", "inbox", ["id"], **_some(sa.text("done_at IS NULL")))
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])


def _hint() -> None:
    op.create_table(
        "hint",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_hint"),
    )


def _value_table() -> None:
    op.create_table(
        "value_table",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_value_table"),
    )


def _config_version() -> None:
    op.create_table(
        "config_version",
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("applied_at", TIME, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("section", "version", name="pk_config_version"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_job", "run", ["job", "started_at"])


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _call_budget() -> None:
    op.create_table(
        "call_budget",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "day", name="pk_call_budget"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def _some(rows: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": rows, "postgresql_where": rows}
