"""Looks into the search index: each a SELECT that an index answers.

What a probe looks for is kept apart from how it looks, so that a statement is made once for all
searches that differ in their words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import count
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)

from dirserver.model.fields import PHONES, Field
from dirserver.model.record import record
from dirserver.store.index import beginnings, lines, trigram
from dirserver.store.tables import card_value

# Stands for a value in a statement: it may be there, or come only when the statement is run.
Bind: TypeAlias = Callable[[str], ColumnElement[str]]


def in_place(value: str) -> ColumnElement[str]:
    """Bind a value where it stands, for a statement that is run once."""
    return literal(value, Text)


class Named:
    """Binds values only when the statement is run, by the names v0, v1 and so on."""

    def __init__(self, first: int = 0) -> None:
        """Begin with the ``first``."""
        self._numbers = count(first)

    def __call__(self, _value: str) -> ColumnElement[str]:
        """Let the next value have its place."""
        return bindparam(f"v{next(self._numbers)}", "", Text)


def named(values: Sequence[str]) -> dict[str, str]:
    """Return values by the names that ``Named`` has given to their places."""
    return {f"v{at}": value for at, value in enumerate(values)}


class Source(StrEnum):
    """Which table is looked into."""

    # Enum hashes in Python, and each search looks for its statement by these.
    __hash__ = str.__hash__

    VALUES = "values"
    BEGINNINGS = "beginnings"


class Op(StrEnum):
    """How the values of the index compare with the one that is looked for."""

    __hash__ = str.__hash__

    ONE_OF = "one of"
    HEAD = "head"
    AT_LEAST = ">="
    AT_MOST = "<="
    BELOW = "<"
    LIKE = "like"
    CONTAINS = "contains"
    CONTAINS_SHORT = "contains what no trigram does"


# These are asked for one part, wherever it is.
_OF_PART = frozenset({Op.CONTAINS, Op.CONTAINS_SHORT})


@record
class Comparison:
    """One comparison; only ``ONE_OF`` has several values.

    ``HEAD`` is the group of what is looked for, and the first comparison with beginnings.
    """

    op: Op
    values: tuple[str, ...]


# Of these SQLite has an index in the order of the values, as PostgreSQL has of everything. Of all
# else it knows by the trigrams which cards to look at, or by ``beginnings``: so a write has half
# as much to put in its place.
_WHOLE = {Field.FULL_NAME, Field.MAIL, Field.UID, Field.MEMBER, Field.KIND, Field.BIRTHDAY}
ORDERED = frozenset(map(str, PHONES | _WHOLE))
IS_ORDERED = card_value.c.ordered == true()

Shape: TypeAlias = tuple[Source, tuple[str, ...], tuple[tuple[Op, int], ...]]


@record
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
        if (match := self._match(dialect)) is not None:
            yield match
        for one in self.comparisons:
            if one.op is Op.CONTAINS:
                yield from trigram.asked(one.values[0], dialect)
            elif one.op is Op.CONTAINS_SHORT:
                yield from trigram.asked_short(one.values[0], dialect)
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
            if dialect.name == "sqlite" and self.is_in_lines:
                return self._in_lines(books, dialect, bind)
            return [self._in_values(dialect, bind)]
        head, *bound = map(bind, self.values(dialect))

        def compare(value: ColumnElement[str]) -> list[ColumnElement[bool]]:
            values = iter(bound)
            return [
                _compared(value, one, self.fields, values, dialect) for one in self.comparisons[1:]
            ]

        return beginnings.selects(books, head, self.fields, compare, first)

    def each(self, bind: Bind, dialect: Dialect) -> Iterator[Select[int]]:
        """Yield SELECTs that find the same cards, one behind the other, where it ``is_in_order``.

        They are for SQLite: with a SELECT for each field, and for each of some values that are as
        good, it needs no table of these.
        """
        found, value = card_value.c.card_id, card_value.c.value
        bound = [[bind(one) for one in comparison.values] for comparison in self.comparisons]
        for name in self.fields:
            there = select(found).where(card_value.c.field == name, IS_ORDERED)
            if self._ops == (Op.ONE_OF,):
                yield from (there.where(value == one) for one in bound[0])
            else:
                yield there.where(
                    *(
                        _compared(value, one, (name,), iter(values), dialect)
                        for one, values in zip(self.comparisons, bound, strict=True)
                    )
                )

    def _in_values(self, dialect: Dialect, bind: Bind) -> Select[int]:
        bound = map(bind, self.values(dialect))
        conditions = [is_among(card_value.c.field, self.fields)]
        if self._match(dialect) is not None:
            conditions.append(card_value.c.card_id.in_(trigram.cards(self.fields, next(bound))))
        elif dialect.name == "sqlite" and self.is_ordered:
            conditions.append(IS_ORDERED)
        value = card_value.c.value
        conditions += [
            _compared(value, one, self.fields, bound, dialect) for one in self.comparisons
        ]
        return select(card_value.c.card_id).where(*conditions)

    @property
    def _ops(self) -> tuple[Op, ...]:
        return tuple([one.op for one in self.comparisons])

    @property
    def is_of_part(self) -> bool:
        """Whether it looks for what contains a part, and for nothing else."""
        return is_of_part(self._ops)

    @property
    def is_in_lines(self) -> bool:
        """Whether SQLite has what it looks at in ``lines``."""
        return self.is_of_part and all(name in lines.FIELDS for name in self.fields)

    def _in_lines(self, books: Sequence[int], dialect: Dialect, bind: Bind) -> list[Select[int]]:
        *asked, part = map(bind, self.values(dialect))
        found = trigram.in_lines(self.fields, books, asked, part)
        # What the index is behind with has no line, and is little.
        behind = select(card_value.c.card_id).where(
            card_value.c.card_id.in_(trigram.due()),
            is_among(card_value.c.field, self.fields),
            func.instr(card_value.c.value, part) > 0,
        )
        return [found, behind]

    @property
    def is_in_order(self) -> bool:
        """Whether nothing but the order of the values leads to what is looked for."""
        is_of_values = self.source is Source.VALUES
        return is_of_values and self.is_ordered and _OF_PART.isdisjoint(self._ops)

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the values leads to what is looked for."""
        return is_by_order(self.fields, self._ops)

    def _match(self, dialect: Dialect) -> str | None:
        """Return the match that finds the cards where no comparison does, if there is one."""
        if dialect.name != "sqlite" or self.source is not Source.VALUES:
            return None
        match self.comparisons:
            case (Comparison(Op.ONE_OF, values), *_) if not self.is_ordered:
                return trigram.among(values)
            case (Comparison(Op.AT_LEAST, (begin,)), Comparison(Op.BELOW), *rest) if (
                not self.is_ordered and all(one.op not in _OF_PART for one in rest)
            ):
                return trigram.beginning(begin)
            case _:
                return None


def is_of_part(ops: Sequence[Op]) -> bool:
    """Say whether such comparisons look for what contains a part, and for nothing else."""
    return len(ops) == 1 and ops[0] in _OF_PART


def is_by_order(fields: Sequence[str], ops: Sequence[Op]) -> bool:
    """Say whether the order of the values of ``fields`` leads to what such comparisons look for."""
    return fields[0] in ORDERED and (_OF_PART.isdisjoint(ops) or Op.AT_LEAST in ops)


def is_among(field: ColumnElement[str], names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a field is one of ``names``, which are part of the statement."""
    if len(names) == 1:
        return field == names[0]
    return field.in_(list(names))


def _compared(
    value: ColumnElement[str],
    one: Comparison,
    fields: Sequence[str],
    bound: Iterator[ColumnElement[str]],
    dialect: Dialect,
) -> ColumnElement[bool]:
    card_id = card_value.c.card_id
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
        case Op.CONTAINS | Op.CONTAINS_SHORT:
            is_short = one.op is Op.CONTAINS_SHORT
            found = trigram.contains(value, card_id, fields, bound, dialect, is_short=is_short)
            return and_(*found)
