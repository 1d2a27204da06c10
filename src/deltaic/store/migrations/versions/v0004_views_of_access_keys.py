"""Access keys remember the view of the scope in which they were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; keys that are there already go on meaning the configured view."""
    op.add_column("access_keys", sa.Column("view_name", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Not offered: restore a backup instead."""
    raise NotImplementedError("the schema only moves forward; restore a backup")
