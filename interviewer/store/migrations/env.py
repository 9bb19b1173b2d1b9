"""Runs the migrations on the connection that `upgrades.upgrade` brings; Alembic loads this, never anybody else."""

from __future__ import annotations

from alembic import context

from interviewer.store.database import REVISIONS
from interviewer.store.tables import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    version_table=REVISIONS,
    # SQLite takes back a table too, now that the driver doesn't commit by itself.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
