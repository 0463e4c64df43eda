"""Rows of a table as they are written: put in, put in or changed, taken out by their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Insert,
    Table,
    TextClause,
    bindparam,
    insert,
    text,
)

from dirserver.store.prepared import Found, Prepared

_LAST_ID = Prepared(text("SELECT last_insert_rowid()"))


class NewRow:
    """The INSERT of one row into a table whose ids the engine gives out."""

    def __init__(self, table: Table) -> None:
        """Prepare it for ``table``, whose primary key is one column."""
        (key,) = table.primary_key
        plain = insert_into(table, without=key.name)
        self._table = table
        # SQLite's driver knows the id by itself: RETURNING costs half as much again.
        self._statement = Prepared({"sqlite": plain, "postgresql": plain.returning(key)})

    def insert(self, connection: Connection, row: Mapping[str, object]) -> int:
        """Insert ``row`` and return its id."""
        cursor = self._statement.execute(connection, row)
        if connection.dialect.name == "sqlite":
            return int(cursor.lastrowid)
        return int(cast("Found", cursor.fetchone())[0])

    def insert_all(
        self, connection: Connection, rows: Sequence[Mapping[str, object]]
    ) -> Sequence[int]:
        """Insert ``rows`` and return their ids, in their order."""
        if not rows:
            return []
        if connection.dialect.name != "sqlite":
            returning = insert(self._table).returning(
                *self._table.primary_key, sort_by_parameter_order=True
            )
            return connection.scalars(returning, rows).all()
        # Nobody else writes, and each is given the next id (https://sqlite.org/autoinc.html).
        self._statement.each(connection, rows)
        last = int(cast("Found", _LAST_ID.row(connection))[0])
        return range(last - len(rows) + 1, last + 1)


class NewRows:
    """The INSERT of any number of rows into a table, of which each row has all columns.

    One whose key is there already is left out.
    """

    def __init__(self, table: Table) -> None:
        """Prepare it for ``table``."""
        self._table = table
        self._each = Prepared(_insert(table, "ON CONFLICT DO NOTHING"))
        self._all: Prepared | None = None

    def insert(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert ``rows``, whose values have the order of the columns."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            # Text that is to be read again would take as long as what it does with the rows.
            self._each.many(connection, rows)
        else:
            # PostgreSQL is far away, and so is told of all rows at once.
            self._all = self._all or self._at_once(connection.dialect)
            self._all.run(connection, rows=json.dumps(rows, ensure_ascii=False))

    def _at_once(self, dialect: Dialect) -> Prepared:
        table = self._table
        names = ", ".join(one.name for one in table.c)
        into = f"INSERT INTO {table.name} ({names}) {_selected(table.c, dialect)}"
        return Prepared(text(f"{into} ON CONFLICT DO NOTHING"))


class GoneRows:
    """The DELETE of any number of rows of a table by their primary keys."""

    def __init__(self, table: Table) -> None:
        """Prepare it for ``table``."""
        self._table = table
        names = [one.name for one in table.primary_key]
        types = (bindparam(one.name, type_=one.type) for one in table.primary_key)
        wanted = " AND ".join(f"{name} = :{name}" for name in names)
        words = f"DELETE FROM {table.name} WHERE {wanted}"  # noqa: S608 - names of ours
        self._each = Prepared(text(words).bindparams(*types))
        self._all: Prepared | None = None

    def delete(self, connection: Connection, keys: Sequence[tuple[object, ...]]) -> None:
        """Delete the rows that have ``keys``, whose values have the order of the columns."""
        if not keys:
            return
        if connection.dialect.name == "sqlite":
            self._each.many(connection, keys)
        else:
            self._all = self._all or self._at_once(connection.dialect)
            self._all.run(connection, rows=json.dumps(keys, ensure_ascii=False))

    def _at_once(self, dialect: Dialect) -> Prepared:
        table = self._table
        names = ", ".join(one.name for one in table.primary_key)
        found = _selected(table.primary_key, dialect)
        return Prepared(text(f"DELETE FROM {table.name} WHERE ({names}) IN ({found})"))  # noqa: S608 - names of ours


def _selected(columns: Iterable[Column[Any]], dialect: Dialect) -> str:
    """Return the SELECT of the values of ``columns`` out of ``:rows``, in JSON, on PostgreSQL."""
    taken = ", ".join(
        f"CAST(value ->> {at} AS {one.type.compile(dialect).partition(' ')[0]})"
        for at, one in enumerate(columns)
    )
    return f"SELECT {taken} FROM json_array_elements(CAST(:rows AS json)) AS said (value)"  # noqa: S608 - names of ours


def insert_into(table: Table, *, without: str = "") -> Insert:
    """Return the INSERT of a row that has all columns but one."""
    names = [one.name for one in table.c if one.name != without]
    return insert(table).values({name: bindparam(name) for name in names})


def insert_or_update(table: Table) -> TextClause:
    """Return the INSERT of a row that has all columns, which updates the one with the same key."""
    key = ", ".join(one.name for one in table.primary_key)
    others = [one.name for one in table.c if not one.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return _insert(table, f"ON CONFLICT ({key}) DO UPDATE SET {changes}")


def _insert(table: Table, otherwise: str) -> TextClause:
    """Return the INSERT of a row that has all columns, and what is done where its key is there.

    SQLite has taken over PostgreSQL's words for that. SQLAlchemy has them in the dialect of each
    alone, and that of an engine that is not in use takes 2 MB.
    """
    names = ", ".join(one.name for one in table.c)
    values = ", ".join(f":{one.name}" for one in table.c)
    words = f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608 - names of ours
    types = (bindparam(one.name, type_=one.type) for one in table.c)
    return text(f"{words} {otherwise}").bindparams(*types)
