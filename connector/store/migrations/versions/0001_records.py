"""What the systems say, and of whom they speak."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_records"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _cursor()
    _mirror()
    _account()
    _account_link()
    _account_key()
    _lead()
    _link()
    _identity()
    _suggestion()
    _owner()
    _rep()


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("done_until", TIME, nullable=True),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "lane", name="pk_cursor"),
    )


def _mirror() -> None:
    op.create_table(
        "mirror",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("modified_at", TIME, nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("merged_into", sa.String(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'archived', 'deleted', 'merged', 'converted')", name=op.f("ck_mirror_state")
        ),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_mirror"),
    )
    op.create_index(
        "ix_mirror_connection_object_remote_id_some",
        "mirror",
        ["connection", "object", "remote_id"],
        sqlite_where=sa.text("pending = 1"),
        postgresql_where=sa.text("pending"),
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["account.id"], name="fk_account_merged_into_account"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )


def _account_link() -> None:
    op.create_table(
        "account_link",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'duplicate', 'merged', 'converted', 'gone')",
            name=op.f("ck_account_link_state"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_link_account_id_account"),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_account_link"),
    )
    op.create_index("ix_account_link_account_id", "account_link", ["account_id"])


def _account_key() -> None:
    op.create_table(
        "account_key",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_key_account_id_account"),
        sa.PrimaryKeyConstraint("kind", "value", name="pk_account_key"),
    )
    op.create_index("ix_account_key_account_id", "account_key", ["account_id"])


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_lead_account_id_account"),
        sa.ForeignKeyConstraint(["merged_into"], ["lead.id"], name="fk_lead_merged_into_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_lead"),
    )
    op.create_index("ix_lead_account_id", "lead", ["account_id"])
    op.create_index("ix_lead_merged_into", "lead", ["merged_into"])


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("by_baton", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'duplicate', 'merged', 'converted', 'gone')", name=op.f("ck_link_state")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_link_lead_id_lead"),
        sa.PrimaryKeyConstraint("connection", "object", "remote_id", name="pk_link"),
    )
    op.create_index("ix_link_lead_id", "link", ["lead_id"])
    op.create_index("ix_link_remote_id", "link", ["connection", "remote_id"])


def _identity() -> None:
    op.create_table(
        "identity",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_identity_lead_id_lead"),
        sa.PrimaryKeyConstraint("kind", "value", "connection", "object", "remote_id", name="pk_identity"),
    )
    op.create_index("ix_identity_lead_id", "identity", ["lead_id"])
    op.create_index("ix_identity_record", "identity", ["connection", "object", "remote_id"])


def _suggestion() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_a", sa.String(), nullable=False),
        sa.Column("lead_b", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'merged', 'refused')", name=op.f("ck_suggestion_state")),
        sa.ForeignKeyConstraint(["lead_a"], ["lead.id"], name="fk_suggestion_lead_a_lead"),
        sa.ForeignKeyConstraint(["lead_b"], ["lead.id"], name="fk_suggestion_lead_b_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion"),
        sa.UniqueConstraint("lead_a", "lead_b", name="uq_suggestion_lead_a_lead_b"),
    )


def _owner() -> None:
    op.create_table(
        "owner",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("is_queue", sa.Boolean(), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("connection", "id", name="pk_owner"),
    )


def _rep() -> None:
    op.create_table(
        "rep",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("away_from", sa.Date(), nullable=True),
        sa.Column("away_to", sa.Date(), nullable=True),
        sa.Column("is_manager", sa.Boolean(), nullable=False),
        sa.Column("is_sdr", sa.Boolean(), nullable=False),
        sa.Column("last_given_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("connection", "owner_id", name="pk_rep"),
    )
