"""What was decided, and where each lead stands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003_decisions"
down_revision = "0002_happenings"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _dirty()
    _decision()
    _lead_state()
    _cell_entry()
    _transition()
    _refusal()


def _dirty() -> None:
    op.create_table(
        "dirty",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_dirty_lead_id_lead"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_dirty"),
    )
    op.create_index("ix_dirty_due_at_some", "dirty", ["due_at"], **_some(sa.text("due_at IS NOT NULL")))


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_decision_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_lead_id", "decision", ["lead_id", "id"])


def _lead_state() -> None:
    op.create_table(
        "lead_state",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("step_since", TIME, nullable=True),
        sa.Column("persona", sa.String(), nullable=False),
        sa.Column("persona_candidate", sa.String(), nullable=False),
        sa.Column("persona_differs_since", TIME, nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("stage_since", TIME, nullable=True),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("cycle_opened_at", TIME, nullable=True),
        sa.Column("reconsider_at", TIME, nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", sa.String(length=3), nullable=True),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("decision_id", SERIAL, nullable=True),
        sa.Column("decision_hash", sa.String(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name="fk_lead_state_decision_id_decision"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_lead_state_lead_id_lead"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_lead_state"),
    )
    op.create_index("ix_lead_state_cell", "lead_state", ["cell"])
    op.create_index("ix_lead_state_step", "lead_state", ["step"])


def _cell_entry() -> None:
    op.create_table(
        "cell_entry",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("persona", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("entered_at", TIME, nullable=False),
        sa.Column("left_at", TIME, nullable=True),
        sa.Column("evidence_ids", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_cell_entry_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_cell_entry"),
        sa.UniqueConstraint("lead_id", "cycle", "cell", "entered_at", name="uq_cell_entry_once"),
    )
    op.create_index("ix_cell_entry_unit", "cell_entry", ["unit", "cycle"])
    op.create_index(
        "uq_cell_entry_lead_id_some",
        "cell_entry",
        ["lead_id"],
        unique=True,
        **_some(sa.text("left_at IS NULL")),
    )


def _transition() -> None:
    op.create_table(
        "transition",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("learned_at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("implied", sa.Boolean(), nullable=False),
        sa.Column("violation", sa.String(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_transition_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_transition"),
        sa.UniqueConstraint("lead_id", "old", "new", "occurred_at", name="uq_transition_once"),
    )
    op.create_index("ix_transition_occurred_at", "transition", ["occurred_at"])


def _refusal() -> None:
    op.create_table(
        "refusal",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_refusal_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_refusal"),
    )
    op.create_index("ix_refusal_lead_id", "refusal", ["lead_id", "at"])


def _some(rows: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": rows, "postgresql_where": rows}
