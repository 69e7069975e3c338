"""Leads that sales has go from one rep to another, each move a row of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_reassignment"
down_revision = "0014_value_units"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reassignment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("from_owner", sa.String(), nullable=False),
        sa.Column("to_owner", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("assigned_at", TIME, nullable=True),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("claim_until", TIME, nullable=True),
        sa.Column("next_attempt_at", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.CheckConstraint(
            "point IN ('claimed', 'owner_assigned', 'done', 'withdrawn')", name=op.f("ck_reassignment_point")
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_reassignment_handoff_id_handoff"),
        sa.PrimaryKeyConstraint("id", name="pk_reassignment"),
        sa.UniqueConstraint("handoff_id", "nth", name="uq_reassignment_once"),
    )
    rows = sa.text("next_attempt_at IS NOT NULL")
    op.create_index(
        "ix_reassignment_next_attempt_at_some",
        "reassignment",
        ["next_attempt_at"],
        sqlite_where=rows,
        postgresql_where=rows,
    )
