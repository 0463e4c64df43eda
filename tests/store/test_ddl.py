"""The DDL of the tables as people read it: ``schema/tables.sql``.

It is rewritten, after a change to dirserver/store/tables.py, by

    pytest tests/store/test_ddl.py --update-golden
"""

from __future__ import annotations

import pytest
from sqlalchemy import URL, Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from dirserver.store import schema
from dirserver.store.index import trigram
from dirserver.store.tables import metadata
from dirserver.store.trail import appendonly

HEADER = """\
-- The tables of dirserver, as they follow from dirserver/store/tables.py; to be read, not run.
-- The migrations in schema/migrations make the same. After a change:
-- pytest tests/store/test_ddl.py --update-golden
"""
ENGINES: list[tuple[str, Dialect, tuple[str, ...]]] = [
    ("SQLite", URL.create("sqlite").get_dialect()(), (*trigram.SQLITE, *appendonly.SQLITE)),
    (
        "PostgreSQL",
        URL.create("postgresql+psycopg").get_dialect()(),
        (*trigram.POSTGRESQL, *appendonly.POSTGRESQL),
    ),
]


def ddl() -> str:
    """Return the DDL for each engine, one statement after the other."""
    parts = [HEADER]
    for name, dialect, further in ENGINES:
        parts.append(f"\n\n-- {name}\n")
        for table in metadata.sorted_tables:
            parts.append(_statement(str(CreateTable(table).compile(dialect=dialect))))
            parts += [
                _statement(str(CreateIndex(index).compile(dialect=dialect)))
                for index in sorted(table.indexes, key=lambda index: str(index.name))
            ]
        parts += map(_statement, further)
    return "".join(parts)


def _statement(text: str) -> str:
    lines = (line.replace("\t", "    ").rstrip() for line in text.strip().splitlines())
    return "\n" + "\n".join(lines) + ";\n"


def test_the_golden_ddl_is_that_of_the_tables(request: pytest.FixtureRequest) -> None:
    golden = schema.schema_directory() / "tables.sql"
    if request.config.getoption("--update-golden"):
        golden.write_text(ddl(), encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == ddl()
