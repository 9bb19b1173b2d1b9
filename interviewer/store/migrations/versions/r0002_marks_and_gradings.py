"""What is derived from interviews: marks for a history, and every grade ever made.

The store fills them from the interviews that are there, as it does after every migration.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Makes the two tables."""
    op.create_table(
        "marks",
        sa.Column("interview_id", sa.String(22), nullable=False),
        sa.Column("question_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("latest", sa.Boolean, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("band", sa.Integer, nullable=True),
        sa.Column("decider", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("interview_id", "question_id", "attempt", name="pk_marks"),
        _of_interview("fk_marks_interview_id"),
    )
    op.create_index("ix_marks_owner_question_id_at", "marks", ["owner", "question_id", "at"])
    op.create_table(
        "gradings",
        sa.Column("interview_id", sa.String(22), nullable=False),
        sa.Column("question_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("grade_hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("answer_hash", sa.Text, nullable=False),
        sa.Column("decider", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("prompt_hash", sa.Text, nullable=False),
        sa.Column("rubric_hash", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("interview_id", "question_id", "attempt", "grade_hash", name="pk_gradings"),
        _of_interview("fk_gradings_interview_id"),
    )


def _of_interview(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["interview_id"], ["interviews.interview_id"], name=name, ondelete="CASCADE")
