"""Marketing's reviews of leads, and what reps stated to qualify them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_assessments"
down_revision = "0009_attribution"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "review",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_review_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
    )
    op.create_index("ix_review_lead_id", "review", ["lead_id"])
    op.create_table(
        "qualification",
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_qualification_handoff_id_handoff"),
        sa.PrimaryKeyConstraint("handoff_id", name="pk_qualification"),
    )
