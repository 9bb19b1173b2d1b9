"""The steps from one shape of the tables to the next, run by Alembic; none is changed after a release."""
