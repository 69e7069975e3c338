"""Buying cycles belong to the account: one story for all its contacts, begun from what each lead knew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_buying_cycles"
down_revision = "0007_merged_rejections"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table and fill it with the latest cycle of every unit, as its leads stand in it."""
    op.create_table(
        "buying_cycle",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("deal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "number", name="pk_buying_cycle"),
    )
    op.execute(
        """
        INSERT INTO buying_cycle (unit, number, opened_at, closed_at, closed_by, deal)
        SELECT unit, cycle, MIN(opened), CASE WHEN MIN(ended) = 1 THEN MAX(closed) END,
               CASE WHEN MIN(ended) = 0 THEN '' WHEN MAX(won) = 1 THEN 'won' ELSE 'lost' END, ''
        FROM (
            SELECT COALESCE(l.account_id, l.id) AS unit, s.cycle AS cycle,
                   COALESCE(s.cycle_opened_at, s.step_since) AS opened, s.step_since AS closed,
                   CASE WHEN s.step IN ('won', 'lost') THEN 1 ELSE 0 END AS ended,
                   CASE WHEN s.step = 'won' THEN 1 ELSE 0 END AS won
            FROM lead_state s JOIN lead l ON l.id = s.lead_id
            WHERE l.merged_into IS NULL AND COALESCE(s.cycle_opened_at, s.step_since) IS NOT NULL
        ) AS stands
        WHERE cycle = (
            SELECT MAX(t.cycle) FROM lead_state t JOIN lead m ON m.id = t.lead_id
            WHERE m.merged_into IS NULL AND COALESCE(m.account_id, m.id) = stands.unit
        )
        GROUP BY unit, cycle
        """
    )
