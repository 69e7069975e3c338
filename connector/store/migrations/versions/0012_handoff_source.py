"""What brought a lead, as it was known at its hand-off. Blank for hand-offs before this."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_handoff_source"
down_revision = "0011_merged_handoffs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for name in ("source", "campaign"):
        op.add_column("handoff", sa.Column(name, sa.String(), nullable=False, server_default=""))
