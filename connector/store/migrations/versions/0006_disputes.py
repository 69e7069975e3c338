"""Who set a rejection, and the note of a manager's finding about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_disputes"
down_revision = "0005_traffic"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier rejections nobody knows who set them."""
    for name in ("found_note", "said_by"):
        op.add_column("rejection", sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("rejection") as batch:
        for name in ("found_note", "said_by"):
            batch.alter_column(name, server_default=None)
