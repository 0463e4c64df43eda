"""Statements that were made before, for searches that differ from them in their words alone.

What telephones ask all day long goes past SQLAlchemy's layers on SQLite, where these would cost
several times what the database does: a statement is compiled once, and from then on given to the
driver as it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select

from dirserver.store.prepared import Found, Prepared
from dirserver.store.search.probes import named

# Telephones ask in a few ways; whoever asks in ever new ones is not to fill the memory.
_MOST = 256
_Kind = TypeVar("_Kind")


class Statement:
    """A SELECT that is run again and again with other values, bound as v0, v1 and so on."""

    def __init__(self, select: Select[Any], most: int, *, is_short: bool = False) -> None:
        """Prepare ``select``, of which ``most`` rows are wanted at once.

        Where it ``is_short``, it finds little, or is limited to that.
        """
        self._most = most
        self._is_short = is_short
        self._select = select.execution_options(yield_per=most)
        self._prepared = Prepared(select)

    def run(self, connection: Connection, values: Sequence[str]) -> Iterator[Sequence[Found]]:
        """Yield the rows, as many at once as were wanted; where that is little, all at once."""
        bound = named(values)
        if self._is_short:
            rows = self._prepared.rows(connection, **bound)
            return iter((rows,) if rows else ())
        if connection.dialect.name == "sqlite":
            return self._prepared.found(connection, bound, repeat(self._most))
        return self._walk(connection, bound)

    def _walk(self, connection: Connection, bound: Mapping[str, str]) -> Iterator[Sequence[Found]]:
        # PostgreSQL's driver would hold all that is found. To have it bit by bit, it declares a
        # cursor, asks for each bit and closes it, which little is not worth.
        with connection.execute(self._select, bound) as rows:
            yield from map(_plain, rows.partitions())


class Statements(Generic[_Kind]):
    """The statements of the last searches, by their shapes. Safe in threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kind] = OrderedDict()

    def get(self, shape: Hashable) -> _Kind | None:
        """Return the statement for ``shape``, or None when it must be made."""
        with self._lock:
            statement = self._kept.get(shape)
            if statement is not None:
                self._kept.move_to_end(shape)
            return statement

    def put(self, shape: Hashable, statement: _Kind) -> None:
        """Keep the statement for ``shape``."""
        with self._lock:
            self._kept[shape] = statement
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)


def _plain(rows: Sequence[Row[Any]]) -> list[Found]:
    return list(map(tuple, rows))
