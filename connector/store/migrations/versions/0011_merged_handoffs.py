"""Two hand-offs of what turned out to be one lead: one counts, the other is part of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_merged_handoffs"
down_revision = "0010_assessments"
branch_labels = None
depends_on = None

OPEN = "answer != 'rejected' AND point != 'failed' AND merged_into IS NULL"
INDEX = "uq_handoff_lead_id_cycle_some"


def upgrade() -> None:
    """Add the column, and let the index that keeps a lead to one hand-off per cycle leave merged ones out."""
    with op.batch_alter_table("handoff") as batch:
        batch.drop_index(INDEX)
        batch.add_column(sa.Column("merged_into", sa.String(), nullable=True))
        batch.create_foreign_key("fk_handoff_merged_into_handoff", "handoff", ["merged_into"], ["id"])
    op.create_index(
        INDEX,
        "handoff",
        ["lead_id", "cycle"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
