"""The states of mirrored records and links are compared, not looked up in a list that SQLite builds for every row."""

from __future__ import annotations

from alembic import op

revision = "0013_states_compared"
down_revision = "0012_handoff_source"
branch_labels = None
depends_on = None

LINKED = ("active", "duplicate", "merged", "converted", "gone")
STATES = {
    "mirror": ("active", "archived", "deleted", "merged", "converted"),
    "link": LINKED,
    "account_link": LINKED,
}


def upgrade() -> None:
    """Say the same constraints in other words."""
    for table, words in STATES.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_state"), type_="check")
            batch.create_check_constraint(
                op.f(f"ck_{table}_state"), " OR ".join(f"state = '{word}'" for word in words)
            )
