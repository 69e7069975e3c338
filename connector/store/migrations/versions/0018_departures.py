"""Since when owners are not active any more: their untouched leads go to others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_departures"
down_revision = "0017_undone_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who was gone before is found gone at the next reading."""
    op.add_column("owner", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
