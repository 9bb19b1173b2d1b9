"""The tables as they are after the newest migration; never creates one itself.

Each row keeps a record whole, as JSON; its other columns repeat what rows are found and sorted by. `interviews` and
`drafts` are what people said. `marks` is derived from `interviews` and can be made again. `gradings` only ever grows.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, String, Table, Text

__all__ = ["HEAD", "TABLES", "drafts", "gradings", "interviews", "marks"]

HEAD = "0002"
"""The newest revision in `migrations/versions`, known here so that a database at it is opened without Alembic."""

TABLES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of_interview() -> Column[str]:
    return Column(
        "interview_id", String(22), ForeignKey("interviews.interview_id", ondelete="CASCADE"), primary_key=True
    )


interviews = Table(
    "interviews",
    TABLES,
    Column("interview_id", String(22), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("touched", Double, nullable=False),
    Column("summary", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "owner", "started"),
)
"""One row an interview: `summary` is its `Saved`, `document` the whole `Interview`; `touched` is when it was saved."""

drafts = Table(
    "drafts",
    TABLES,
    Column("interview_id", String(22), primary_key=True),
    Column("touched", Double, nullable=False),
    Column("draft", Text, nullable=False),
)
"""What is typed but not sent, as a JSON string: PostgreSQL keeps no NUL in a text. Its interview may be unsaved yet."""

marks = Table(
    "marks",
    TABLES,
    _of_interview(),
    Column("question_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("at", Double, nullable=False),
    Column("mode", Text, nullable=False),
    Column("band", Integer),
    Column("decider", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Index(None, "owner", "question_id", "at"),
)
"""One row a graded attempt: `mark` is its `Marked`."""

gradings = Table(
    "gradings",
    TABLES,
    _of_interview(),
    Column("question_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("grade_hash", String(64), primary_key=True),
    Column("made_at", Double, nullable=False),
    Column("answer_hash", Text, nullable=False),
    Column("decider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt_hash", Text, nullable=False),
    Column("rubric_hash", Text, nullable=False),
    Column("grade", Text, nullable=False),
)
"""One row a finished grade, by the SHA-256 of its JSON: `grade` is the `Grade`."""
