"""What the JSON files of earlier versions held: interviews and drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Makes the first two tables."""
    op.create_table(
        "interviews",
        sa.Column("interview_id", sa.String(22), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("touched", sa.Double, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("interview_id", name="pk_interviews"),
    )
    op.create_index("ix_interviews_owner_started", "interviews", ["owner", "started"])
    op.create_table(
        "drafts",
        sa.Column("interview_id", sa.String(22), nullable=False),
        sa.Column("touched", sa.Double, nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("interview_id", name="pk_drafts"),
    )
