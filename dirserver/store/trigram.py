"""The trigram index over ``card_value``: what makes "contains" as fast as "begins with".

The one thing that has no common SQL: SQLite has the FTS5 tokenizer ``trigram``, PostgreSQL
the extension pg_trgm. Both hold every value of ``card_value`` and follow it by themselves.
"""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    literal_column,
    select,
    text,
)
from sqlalchemy.sql import column, table

# Shorter parts have no trigram; they are found by looking at the values themselves.
SHORTEST = 3

# Values are folded already, and nobody asks how long they are.
SQLITE = (
    "CREATE VIRTUAL TABLE card_value_trigram USING fts5("
    "value, content='card_value', content_rowid='id', columnsize=0, "
    "tokenize='trigram case_sensitive 1')",
    "CREATE TRIGGER card_value_inserted AFTER INSERT ON card_value BEGIN "
    "INSERT INTO card_value_trigram (rowid, value) VALUES (new.id, new.value); END",
    "CREATE TRIGGER card_value_deleted AFTER DELETE ON card_value BEGIN "
    "INSERT INTO card_value_trigram (card_value_trigram, rowid, value) "
    "VALUES ('delete', old.id, old.value); END",
)
POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_card_value_trigram ON card_value USING gin (value gin_trgm_ops)",
)

_trigram = table("card_value_trigram", column("rowid"), column("value"))


def create(connection: Connection) -> None:
    """Create the index for the engine that ``connection`` leads to."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.execute(text(statement))


def pattern(part: str, dialect: Dialect) -> str:
    """Return what ``contains`` is run with, to find the values that contain ``part``."""
    if dialect.name == "sqlite":
        return '"' + part.replace('"', '""') + '"'
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def contains(
    values: ColumnElement[str],
    ids: ColumnElement[int],
    asked: ColumnElement[str],
    dialect: Dialect,
) -> ColumnElement[bool]:
    """Return the condition that a value contains a part, for which ``asked`` is its ``pattern``.

    The part has at least ``SHORTEST`` characters.
    """
    if dialect.name == "sqlite":
        return ids.in_(_matching_rows(asked))
    return values.like(asked, escape="\\")


def _matching_rows(asked: ColumnElement[str]) -> Select[tuple[int]]:
    # The table's own name stands for all of its columns (https://sqlite.org/fts5.html section 3).
    whole = literal_column(_trigram.name, String)
    return select(_trigram.c.rowid).where(whole.op("MATCH", is_comparison=True)(asked))
