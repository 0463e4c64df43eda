"""A database that fails, at its driver: so what goes past SQLAlchemy's layers meets it, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from sqlalchemy import Connection, event

from dirserver.store.engine import Store

BEGIN, STATEMENT, COMMIT = "begin", "statement", "commit"


class Faults:
    """What goes wrong with the database of a store, after so many times that it went well."""

    def __init__(self, store: Store) -> None:
        """Be there whenever ``store`` asks for anything, from now on."""
        self._point = ""
        self._after = 0
        self._calls = [0]
        self._store = store
        # Those that are open know nothing of it.
        store.close()
        if store.is_sqlite:
            event.listen(store.engine, "do_connect", self._with_sqlite)
        else:
            event.listen(store.engine, "do_connect", self._with_postgresql)
            event.listen(store.engine, "begin", lambda one: self._hang_up(one, BEGIN))
            event.listen(store.engine, "commit", lambda one: self._hang_up(one, COMMIT))

    @contextmanager
    def at(self, point: str, after: int) -> Iterator[list[int]]:
        """Let what is asked at ``point`` fail, but so often before; yield how often it was."""
        self._point, self._after, self._calls = point, after, [0]
        try:
            yield self._calls
        finally:
            self._point = ""

    def is_due(self, point: str) -> bool:
        """Say whether it is to fail this time."""
        if point != self._point:
            return False
        self._calls[0] += 1
        return self._calls[0] > self._after

    def _with_sqlite(self, _dialect: object, _record: object, _given: object, named: Any) -> None:
        faults = self

        def meet(point: str) -> None:
            if faults.is_due(point):
                raise sqlite3.OperationalError("disk I/O error in SELECT secret")

        def meet_statement(statement: str) -> None:
            meet(BEGIN if statement.startswith("BEGIN") else STATEMENT)

        class FaultyCursor(sqlite3.Cursor):
            def execute(self, statement: str, *values: Any) -> Self:
                meet_statement(statement)
                return super().execute(statement, *values)

            def executemany(self, statement: str, rows: Any, /) -> Self:
                meet_statement(statement)
                return super().executemany(statement, rows)

        class FaultyConnection(sqlite3.Connection):
            def cursor(self, *_factory: Any) -> Any:
                return super().cursor(FaultyCursor)

            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
                meet_statement(statement)
                return super().execute(statement, *values)

            def commit(self) -> None:
                meet(COMMIT)
                super().commit()

        named["factory"] = FaultyConnection

    def _with_postgresql(
        self, _dialect: object, _record: object, _given: object, named: Any
    ) -> None:
        faults = self

        class FaultyCursor(psycopg.Cursor[Any]):
            def execute(self, *arguments: Any, **options: Any) -> Any:
                if faults.is_due(STATEMENT):
                    self.connection.close()
                return super().execute(*arguments, **options)

            def executemany(self, *arguments: Any, **options: Any) -> None:
                if faults.is_due(STATEMENT):
                    self.connection.close()
                super().executemany(*arguments, **options)

        named["cursor_factory"] = FaultyCursor

    def _hang_up(self, connection: Connection, point: str) -> None:
        driver = connection.connection.driver_connection
        if self.is_due(point) and driver is not None:
            driver.close()
