"""Statements that were made before, for searches that differ from them in their words alone.

What telephones ask all day long goes past SQLAlchemy's layers on SQLite, where these would cost
several times what the database does: a statement is compiled once, and from then on given to the
driver as it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Dialect, LargeBinary, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import SQLCompiler

from dirserver.store.snapshots import driver_of

# Telephones ask in a few ways; whoever asks in ever new ones is not to fill the memory.
_MOST = 256
_ROWS = 200

Row: TypeAlias = Sequence[Any]


class Statement:
    """A SELECT that is run again and again with other values, bound as v0, v1 and so on."""

    def __init__(self, select: Select[Any], dialect: Dialect) -> None:
        """Compile ``select``."""
        self._select = select.execution_options(yield_per=_ROWS)
        self._is_sqlite = dialect.name == "sqlite"
        if self._is_sqlite:
            compiled = select.compile(
                dialect=cast("DefaultDialect", dialect),
                compile_kwargs={"render_postcompile": True},
            )
            self._text = compiled.string
            self._names = tuple(compiled.positiontup or ())
            self._fixed = _fixed(compiled, dialect)
            types = [column.type.dialect_impl(dialect) for column in select.selected_columns]
            found = [one.result_processor(dialect, None) for one in types]
            self._converted = [
                (at, convert)
                for at, (one, convert) in enumerate(zip(types, found, strict=True))
                # Bytes are bytes already.
                if convert is not None and not isinstance(one, LargeBinary)
            ]

    def run(self, connection: Connection, values: Sequence[str]) -> Iterator[Row]:
        """Yield the rows."""
        bound = {f"v{at}": value for at, value in enumerate(values)}
        if not self._is_sqlite:
            with connection.execute(self._select, bound) as rows:
                yield from rows
            return
        fixed = self._fixed
        given = [bound[name] if name in bound else fixed[name] for name in self._names]
        cursor = driver_of(connection).execute(self._text, given)
        try:
            yield from self._convert(cursor) if self._converted else cursor
        finally:
            cursor.close()

    def _convert(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Make of SQLite's values what SQLAlchemy makes of them."""
        for row in rows:
            values = list(row)
            for at, convert in self._converted:
                values[at] = convert(values[at])
            yield values


def _fixed(compiled: SQLCompiler, dialect: Dialect) -> Mapping[str, object]:
    """Return the values that belong to the statement itself, as the driver takes them."""
    found: dict[str, object] = {}
    for name, value in compiled.construct_params(escape_names=False).items():
        bind = compiled.binds.get(name)
        given = None if bind is None else bind.type.dialect_impl(dialect).bind_processor(dialect)
        found[name] = value if given is None else given(value)
    return found


class Statements:
    """The statements of the last searches, by their shapes. Safe in threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Statement] = OrderedDict()

    def get(self, shape: Hashable) -> Statement | None:
        """Return the statement for ``shape``, or None when it must be made."""
        with self._lock:
            statement = self._kept.get(shape)
            if statement is not None:
                self._kept.move_to_end(shape)
            return statement

    def put(self, shape: Hashable, statement: Statement) -> None:
        """Keep the statement for ``shape``."""
        with self._lock:
            self._kept[shape] = statement
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
