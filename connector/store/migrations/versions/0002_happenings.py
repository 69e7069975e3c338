"""What people did, what changed, and what was bought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_happenings"
down_revision = "0001_records"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _activity()
    _activity_tie()
    _coverage()
    _fact_change()
    _opportunity_link()
    _opportunity_lead()


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("two_way", sa.Boolean(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("person_ids", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_activity"),
    )
    op.create_index("ix_activity_learned_at", "activity", ["learned_at"])


def _activity_tie() -> None:
    op.create_table(
        "activity_tie",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_activity_tie_lead_id_lead"),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", "who", name="pk_activity_tie"),
    )
    op.create_index("ix_activity_tie_lead_id", "activity_tie", ["lead_id"])
    op.create_index("ix_activity_tie_who", "activity_tie", ["who", "connection"])


def _coverage() -> None:
    op.create_table(
        "coverage",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_coverage_lead_id_lead"),
        sa.PrimaryKeyConstraint("lead_id", "connection", "kind", name="pk_coverage"),
    )


def _fact_change() -> None:
    op.create_table(
        "fact_change",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=True),
        sa.Column("learned_at", TIME, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fact_change"),
        sa.UniqueConstraint(
            "connection", "object", "remote_id", "field", "occurred_at", "hash", name="uq_fact_change_once"
        ),
    )


def _opportunity_link() -> None:
    op.create_table(
        "opportunity_link",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("won_at", TIME, nullable=True),
        sa.Column("lost_at", TIME, nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", sa.String(length=3), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("bypass", sa.Boolean(), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_opportunity_link_account_id_account"
        ),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_opportunity_link"),
    )
    op.create_index("ix_opportunity_link_account_id", "opportunity_link", ["account_id"])


def _opportunity_lead() -> None:
    op.create_table(
        "opportunity_lead",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("picked_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_opportunity_lead_lead_id_lead"),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", "lead_id", name="pk_opportunity_lead"),
    )
    op.create_index("ix_opportunity_lead_lead_id", "opportunity_lead", ["lead_id"])
