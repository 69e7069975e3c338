"""Hand-offs keep who spoke with the customer before them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_attribution"
down_revision = "0008_buying_cycles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier hand-offs nobody is named."""
    op.add_column("handoff", sa.Column("sdr_id", sa.String(), nullable=False, server_default=""))
    op.add_column("handoff", sa.Column("contributors", sa.Text(), nullable=False, server_default="[]"))
