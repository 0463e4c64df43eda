"""Alembic's entry point: dirserver hands over a connection that is in a transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
