"""Statements of every request: put together and compiled once, then run by the driver alone.

SQLAlchemy's layers between a statement and the driver take three times as long as a small
statement itself. What they are needed for is kept: types, errors, and one text for each engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    String,
    Text,
    bindparam,
    column,
    text,
)
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import ReturnsRows

from dirserver.store.utctime import UTCTime

Found: TypeAlias = tuple[Any, ...]
_Process: TypeAlias = Callable[[Any], Any]
# One for all engines, or one for each by its name.
Statements: TypeAlias = ClauseElement | Mapping[str, ClauseElement]

# No driver takes it for a value.
_MISSING = object()
# How each engine takes any number of values as one parameter.
_VALUES = {
    "sqlite": "SELECT value FROM json_each(:{name})",
    "postgresql": "SELECT CAST(value AS {type})"
    " FROM json_array_elements_text(CAST(:{name} AS json))",
}


def among(
    values: ColumnElement[int] | ColumnElement[str], name: str, *, is_optional: bool = False
) -> dict[str, ColumnElement[bool]]:
    """Return, for each engine, the condition that an id, or a text, is in the parameter ``name``.

    That is to be what ``listed`` makes of them. Where it ``is_optional`` there are none without it,
    as it has to be beside lists that are written out, for which a compiler wants all values.
    """
    kind = "TEXT" if isinstance(values.type, String) else "BIGINT"
    found = {engine: text(one.format(name=name, type=kind)) for engine, one in _VALUES.items()}
    if is_optional:
        nothing = bindparam(name, listed(()), Text)
        found = {engine: one.bindparams(nothing) for engine, one in found.items()}
    return {
        engine: values.in_(one.columns(column("value", values.type)))
        for engine, one in found.items()
    }


def listed(values: Iterable[int | str]) -> str:
    """Return ``values`` as one parameter.

    Of texts, PostgreSQL takes those that are in UTF-8 and have no NUL, as for any parameter.
    """
    return json.dumps(list(values))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in the words of one engine.

    ``names`` are its parameters, in their order where they have no names for the driver;
    ``given`` are the values that it brings along.
    """

    text: str
    names: tuple[str, ...]
    is_positional: bool
    given: Mapping[str, object]
    binding: Mapping[str, _Process]
    reading: tuple[tuple[int, _Process], ...]
    # Where parameters have no names: those values in their places, and whose places these are.
    ready: tuple[object, ...]
    places: Mapping[str, tuple[int, ...]]
    # Where all of several values come with the call: what takes them, and what some become.
    take: Callable[[Mapping[str, object]], Sequence[object]] | None
    processed: tuple[tuple[int, _Process], ...]

    def bound(self, values: Mapping[str, object]) -> Any:
        """Return ``values`` as the driver takes them."""
        if self.is_positional:
            return self._in_place(values)
        ready: dict[str, object] = {}
        for name in self.names:
            if name not in values:
                ready[name] = self.given[name]
            elif name in self.binding:
                ready[name] = self.binding[name](values[name])
            else:
                ready[name] = values[name]
        return ready

    def _in_place(self, values: Mapping[str, object]) -> Sequence[object]:
        if not values:
            return self.ready
        if self.take is not None:
            ready = list(self.take(values))
            for at, process in self.processed:
                ready[at] = process(ready[at])
            return ready
        ready = list(self.ready)
        for name, value in values.items():
            if name in self.binding:
                value = self.binding[name](value)
            for at in self.places.get(name, ()):
                ready[at] = value
        return ready

    def read(self, row: Found) -> Found:
        """Return a row of the driver's as its columns' types have it."""
        if not self.reading:
            return row
        values = list(row)
        for at, process in self.reading:
            values[at] = process(values[at])
        return tuple(values)


class Prepared:
    """A statement of which only the values change from one request to the next."""

    def __init__(self, statements: Statements) -> None:
        """Prepare one statement for all engines, or one for each by its name.

        It may have no parameters that expand; see ``among``.
        """
        self._statements = statements
        self._compiled: dict[str, _Compiled] = {}

    def row(self, connection: Connection, **values: object) -> Found | None:
        """Return the first row that is found, or None."""
        row: Found | None = self.execute(connection, values).fetchone()
        compiled = self._for(connection.dialect)
        return compiled.read(row) if row is not None and compiled.reading else row

    def rows(self, connection: Connection, **values: object) -> list[Found]:
        """Return all rows that are found."""
        rows: list[Found] = list(self.execute(connection, values).fetchall())
        compiled = self._for(connection.dialect)
        return list(map(compiled.read, rows)) if compiled.reading else rows

    def some(
        self, connection: Connection, values: Mapping[str, object], most: int
    ) -> Sequence[Found]:
        """Return the first ``most`` of the rows that are found."""
        cursor = self.execute(connection, values)
        rows = cursor.fetchmany(most)
        cursor.close()
        compiled = self._for(connection.dialect)
        return list(map(compiled.read, rows)) if compiled.reading else rows

    def iterate(self, connection: Connection, **values: object) -> Iterator[Found]:
        """Yield the rows that are found, one by one where the driver goes from row to row."""
        rows = cast("Iterable[Found]", self.execute(connection, values))
        compiled = self._for(connection.dialect)
        yield from map(compiled.read, rows) if compiled.reading else rows

    def run(self, connection: Connection, **values: object) -> None:
        """Have the statement do what it does."""
        self.execute(connection, values)

    def each(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Have it done with the values of each of ``rows``."""
        compiled = self._for(connection.dialect)
        bound = list(map(compiled.bound, rows))
        cursor = connection.connection.cursor()
        if len(bound) == 1:
            _guarded(connection, compiled, cursor.execute, bound[0])
        elif bound:
            _guarded(connection, compiled, cursor.executemany, bound)

    def many(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Have it done with each of ``rows``: values in their order, as the driver takes them."""
        cursor = connection.connection.cursor()
        _guarded(connection, self._for(connection.dialect), cursor.executemany, rows)

    def execute(self, connection: Connection, values: Mapping[str, object]) -> DBAPICursor:
        """Return the driver's cursor on what is found."""
        compiled = self._for(connection.dialect)
        cursor = connection.connection.cursor()
        _guarded(connection, compiled, cursor.execute, compiled.bound(values))
        return cursor

    def found(
        self,
        connection: Connection,
        values: Mapping[str, object],
        steps: Iterable[int],
    ) -> Generator[Sequence[Found]]:
        """Yield the rows that are found, as the driver has them, in ``steps`` of so many at most.

        There are no more than these have room for.
        """
        cursor = self.execute(connection, values)
        compiled = self._for(connection.dialect)
        try:
            for wanted in steps:
                rows = cursor.fetchmany(wanted)
                if rows:
                    yield list(map(compiled.read, rows)) if compiled.reading else rows
                if len(rows) < wanted:
                    return
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        # Two threads may compile it at once, and then either is as good.
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statements, dialect)
        return compiled


def _compile(statements: Statements, dialect: Dialect) -> _Compiled:
    found = statements[dialect.name] if isinstance(statements, Mapping) else statements
    compiled = cast(
        "SQLCompiler",
        found.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}),
    )
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    positions = compiled.positiontup
    binding = {
        # One moment goes into most of what a transaction writes.
        name: lru_cache(maxsize=4)(process) if isinstance(bind.type, UTCTime) else process
        for name, bind in binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    given = {
        name: binding.get(name, _as_it_is)(value)
        for name, value in compiled.params.items()
        if value is not None or not (name in binds and binds[name].required)
    }
    columns = list(found.exported_columns) if isinstance(found, ReturnsRows) else []
    reading = [
        (at, process)
        for at, one in enumerate(columns)
        # Bytes are bytes already.
        if not isinstance(one.type, LargeBinary)
        and (process := one.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]
    names = tuple(compiled.params if positions is None else positions)
    places: dict[str, tuple[int, ...]] = {}
    for at, name in enumerate(names):
        places[name] = (*places.get(name, ()), at)
    return _Compiled(
        str(compiled),
        names,
        positions is not None,
        given,
        binding,
        tuple(reading),
        tuple([given.get(name, _MISSING) for name in names]),
        places,
        itemgetter(*names) if len(names) > 1 and not given else None,
        tuple([(at, binding[name]) for at, name in enumerate(names) if name in binding]),
    )


def _as_it_is(value: Any) -> Any:
    return value


def _guarded(
    connection: Connection, compiled: _Compiled, execute: Callable[[str, Any], Any], bound: Any
) -> None:
    """Execute, with the driver's errors as SQLAlchemy has them, which callers know."""
    try:
        execute(compiled.text, bound)
    except Exception as error:
        dialect = connection.dialect
        base = dialect.loaded_dbapi.Error
        if not isinstance(error, base):
            raise
        gone = dialect.is_disconnect(error, connection.connection, None)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            compiled.text,
            None,
            error,
            base,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=dialect,
        ) from error
