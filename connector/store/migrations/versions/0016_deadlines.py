"""Deadlines as they ran, who is to be told of what, and whose working time a rep has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_deadlines"
down_revision = "0015_reassignment"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("rep", sa.Column("calendar", sa.String(), nullable=False, server_default=""))
    _deadline()
    _notice()


def _deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("met_at", TIME, nullable=True),
        sa.Column("breached", sa.Boolean(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_deadline_lead_id_lead"),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_deadline_handoff_id_handoff"),
        sa.PrimaryKeyConstraint("id", name="pk_deadline"),
        sa.UniqueConstraint("lead_id", "name", "since", name="uq_deadline_once"),
    )
    op.create_index("ix_deadline_owner_id", "deadline", ["owner_id", "due_at"])
    _some("deadline", "lead_id", "ended_at IS NULL")


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.String(), nullable=True),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("to_kind", sa.String(), nullable=False),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.CheckConstraint("to_kind IN ('rep', 'sdr', 'manager')", name=op.f("ck_notice_to_kind")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_notice_lead_id_lead"),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_notice_handoff_id_handoff"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint(
            "lead_id", "kind", "deadline", "since", "to_kind", "to_id", name="uq_notice_once"
        ),
    )
    _some("notice", "id", "told_at IS NULL")


def _some(table: str, column: str, rows: str) -> None:
    where = sa.text(rows)
    name = f"ix_{table}_{column}_some"
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
