"""Who took back what was set by hand, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_undone_by_hand"
down_revision = "0016_deadlines"
branch_labels = None
depends_on = None

_COLUMNS = ("ended_kind", "ended_id", "ended_reason")


def upgrade() -> None:
    """Add the columns; so far only a later setting ended an earlier one, and that says who and why."""
    for name in _COLUMNS:
        op.add_column("hand_set", sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("hand_set") as batch:
        for name in _COLUMNS:
            batch.alter_column(name, server_default=None)
