"""Since when a lead that sales rejected was merged with another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_merged_rejections"
down_revision = "0006_disputes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier merges nobody knows."""
    op.add_column("rejection", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
