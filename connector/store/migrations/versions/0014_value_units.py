"""What each unit contributes to a value table, so that a day's changes cost a day's work. Filled by the next estimate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_value_units"
down_revision = "0013_states_compared"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "value_unit",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("persona", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("won_on", sa.Date(), nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=True),
        sa.Column("amounts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "cycle", "persona", "stage", name=op.f("pk_value_unit")),
    )
    op.create_table(
        "value_lead",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_value_lead_lead_id_lead")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_value_lead")),
    )
    op.create_table(
        "value_stale",
        sa.Column("unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_value_stale")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("value_stale", "value_lead", "value_unit"):
        op.drop_table(name)
