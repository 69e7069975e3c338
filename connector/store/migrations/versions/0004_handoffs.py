"""What was handed off, and what sales answered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004_handoffs"
down_revision = "0003_decisions"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _request()
    _handoff()
    _rejection()
    _override_grant()
    _hand_set()


def _request() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=True),
        sa.Column("object", sa.String(), nullable=True),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_request_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
    )
    op.create_index("ix_request_lead_id", "request", ["lead_id"])


POINTS = (
    "point IN ('claimed', 'crm_record_known', 'owner_assigned', 'noted', 'confirmed_back', 'done', 'failed')"
)


def _handoff() -> None:
    op.create_table(
        "handoff",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("crm_connection", sa.String(), nullable=True),
        sa.Column("crm_object", sa.String(), nullable=True),
        sa.Column("crm_id", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("stage_at", sa.String(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", sa.String(length=3), nullable=True),
        sa.Column("explained", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("evidence_ids", sa.Text(), nullable=False),
        sa.Column("confirmed_at", TIME, nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("claim_until", TIME, nullable=True),
        sa.Column("next_attempt_at", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.CheckConstraint("answer IN ('open', 'accepted', 'rejected')", name=op.f("ck_handoff_answer")),
        sa.CheckConstraint(POINTS, name=op.f("ck_handoff_point")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_handoff_lead_id_lead"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_handoff_request_id_request"),
        sa.PrimaryKeyConstraint("id", name="pk_handoff"),
        sa.UniqueConstraint("request_id", name="uq_handoff_request_id"),
    )
    _handoff_indexes()


def _handoff_indexes() -> None:
    op.create_index("ix_handoff_crm", "handoff", ["crm_connection", "crm_object", "crm_id"])
    op.create_index("ix_handoff_lead_id", "handoff", ["lead_id", "requested_at"])
    op.create_index(
        "ix_handoff_next_attempt_at_some",
        "handoff",
        ["next_attempt_at"],
        **_some(sa.text("next_attempt_at IS NOT NULL")),
    )
    op.create_index("ix_handoff_owner_id", "handoff", ["owner_id", "requested_at"])
    op.create_index(
        "uq_handoff_lead_id_cycle_some",
        "handoff",
        ["lead_id", "cycle"],
        unique=True,
        **_some(sa.text("answer != 'rejected' AND point != 'failed'")),
    )


def _rejection() -> None:
    op.create_table(
        "rejection",
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("rep_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("return_to_me", sa.Boolean(), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.Column("annulled", sa.Boolean(), nullable=False),
        sa.Column("contested_at", TIME, nullable=True),
        sa.Column("contested_by", sa.String(), nullable=False),
        sa.Column("contest_note", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("found_at", TIME, nullable=True),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_rejection_handoff_id_handoff"),
        sa.PrimaryKeyConstraint("handoff_id", name="pk_rejection"),
    )
    op.create_index("ix_rejection_at", "rejection", ["at"])


def _override_grant() -> None:
    op.create_table(
        "override_grant",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.String(), nullable=True),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_override_grant_handoff_id_handoff"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_override_grant_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_override_grant"),
    )
    op.create_index("ix_override_grant_lead_id", "override_grant", ["lead_id"])


def _hand_set() -> None:
    op.create_table(
        "hand_set",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("what IN ('persona', 'stage', 'role')", name=op.f("ck_hand_set_what")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_hand_set_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_hand_set"),
    )
    op.create_index(
        "uq_hand_set_lead_id_what_some",
        "hand_set",
        ["lead_id", "what"],
        unique=True,
        **_some(sa.text("ended_at IS NULL")),
    )


def _some(rows: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": rows, "postgresql_where": rows}
