"""Looks into the search index: each a SELECT that an index answers.

What a probe looks for is kept apart from how it looks, so that a statement is made once for all
searches that differ in their words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TypeAlias

from sqlalchemy import ColumnElement, Dialect, Select, Text, and_, bindparam, literal, or_, select

from dirserver.store import beginnings, trigram
from dirserver.store.tables import card_value

# Stands for a value in a statement: it may be there, or come only when the statement is run.
Bind: TypeAlias = Callable[[str], ColumnElement[str]]


def in_place(value: str) -> ColumnElement[str]:
    """Bind a value where it stands, for a statement that is run once."""
    return literal(value, Text)


class Named:
    """Binds values only when the statement is run, by the names v0, v1 and so on."""

    def __init__(self) -> None:
        """Begin with the first."""
        self._numbers = count()

    def __call__(self, _value: str) -> ColumnElement[str]:
        """Let the next value have its place."""
        return bindparam(f"v{next(self._numbers)}", "", Text)


class Source(Enum):
    """Which table is looked into."""

    VALUES = "values"
    BEGINNINGS = "beginnings"


class Op(Enum):
    """How the values of the index compare with the one that is looked for."""

    ONE_OF = "one of"
    HEAD = "head"
    AT_LEAST = ">="
    AT_MOST = "<="
    BELOW = "<"
    LIKE = "like"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; only ``ONE_OF`` has several values.

    ``HEAD`` is the group of what is looked for, and the first comparison with beginnings.
    """

    op: Op
    values: tuple[str, ...]


Shape: TypeAlias = tuple[Source, tuple[str, ...], tuple[tuple[Op, int], ...]]


@dataclass(frozen=True, slots=True)
class Probe:
    """The ids of the cards that have a value of one of ``fields`` of which all comparisons hold."""

    source: Source
    fields: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def shape(self) -> Shape:
        """What the SELECT depends on."""
        kinds = tuple([(one.op, len(one.values)) for one in self.comparisons])
        return self.source, self.fields, kinds

    def values(self, dialect: Dialect) -> Iterator[str]:
        """Yield what the SELECT is run with, in the order in which ``select`` binds it."""
        for one in self.comparisons:
            if one.op is Op.CONTAINS:
                yield trigram.pattern(one.values[0], dialect)
            else:
                yield from one.values

    def selects(
        self, books: Sequence[int], dialect: Dialect, bind: Bind, first: int | None = None
    ) -> list[Select[int]]:
        """Return the SELECTs that find the cards, with their values as ``bind`` has them.

        Cards that are not in ``books`` may be among them; with ``first``, of each book cards may
        be missing that come behind so many others that are found.
        """
        if self.source is Source.VALUES:
            return [self._in_values(dialect, bind)]
        head, *bound = map(bind, self.values(dialect))

        def compare(value: ColumnElement[str]) -> list[ColumnElement[bool]]:
            values = iter(bound)
            return [_compared(value, one, values, dialect) for one in self.comparisons[1:]]

        return beginnings.selects(books, head, self.fields, compare, first)

    def _in_values(self, dialect: Dialect, bind: Bind) -> Select[int]:
        table = card_value
        field: ColumnElement[str] = table.c.field
        ops = {one.op for one in self.comparisons}
        if dialect.name == "sqlite" and Op.CONTAINS in ops and Op.AT_LEAST not in ops:
            # SQLite would walk through all values of the field, and look for each in the other
            # index; so it begins with the few that are in that one.
            field = field.concat("")
        bound = map(bind, self.values(dialect))
        conditions = [_compared(table.c.value, one, bound, dialect) for one in self.comparisons]
        return select(table.c.card_id).where(is_among(field, self.fields), *conditions)


def is_among(field: ColumnElement[str], names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a field is one of ``names``, which are part of the statement."""
    if len(names) == 1:
        return field == names[0]
    return field.in_(list(names))


def _compared(
    value: ColumnElement[str],
    one: Comparison,
    bound: Iterator[ColumnElement[str]],
    dialect: Dialect,
) -> ColumnElement[bool]:
    match one.op:
        case Op.ONE_OF | Op.HEAD:
            return or_(*[value == next(bound) for _ in one.values])
        case Op.AT_LEAST:
            return value >= next(bound)
        case Op.AT_MOST:
            return value <= next(bound)
        case Op.BELOW:
            return value < next(bound)
        case Op.LIKE:
            return value.like(next(bound), escape="\\")
        case Op.CONTAINS:
            return and_(trigram.contains(value, card_value.c.id, next(bound), dialect))
