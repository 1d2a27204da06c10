"""Meters: when each is looked at, and what it measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "meter_dates",
        sa.Column("meter_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("scheduled_at", MOMENT, nullable=False),
    )
    op.create_index("ix_meter_dates_due_at", "meter_dates", ["due_at"])
    op.create_table(
        "meter_samples",
        sa.Column("meter_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Not offered: restore a backup instead."""
    raise NotImplementedError("the schema only moves forward; restore a backup")
