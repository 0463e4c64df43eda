"""Model orders as SQL: what to sort by, and what is behind a place.

The least value of a field is looked up in the search index, card by card; the full name has a
column, and an index of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    UnaryExpression,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
)

from dirserver.model.fields import NAMES, PHONES, Field, is_hidden
from dirserver.model.ordering import Fact, Order, Place, SortKey
from dirserver.store.index.pieces import LEAST
from dirserver.store.search.probes import Bind
from dirserver.store.tables import card, card_value

_FACTS = {Fact.KEY: card.c.key, Fact.CREATED: card.c.created, Fact.MODIFIED: card.c.modified}


def _without_digraphs(value: ColumnElement[str]) -> ColumnElement[str]:
    for two, one in (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")):
        value = func.replace(value, literal_column(f"'{two}'"), literal_column(f"'{one}'"))
    return value


# Müller is also indexed as Mueller, and sorted as Muller: as by name, whatever is sorted by.
_plain = card_value.alias("plain")
_IS_WITH_DIGRAPHS = exists(
    select(_plain.c.value).where(
        _plain.c.card_id == card_value.c.card_id,
        _plain.c.field == card_value.c.field,
        func.length(_plain.c.value) < func.length(card_value.c.value),
        _without_digraphs(_plain.c.value) == _without_digraphs(card_value.c.value),
    )
).correlate(card_value)


BoundPlace: TypeAlias = tuple[ColumnElement[Any] | None, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an order: an expression over ``card``, and which way it goes."""

    value: ColumnElement[object]
    reverse: bool
    may_be_missing: bool

    def of(self, rows: FromClause, at: int) -> Term:
        """Return the term as a column of what was selected with ``labelled``."""
        return replace(self, value=rows.c[f"place_{at}"])


def is_by_name(order: Order) -> bool:
    """Say whether it is the name that counts first, and then the key."""
    return not order or (len(order) == 1 and order[0].by is Field.FULL_NAME)


def terms(order: Order, scopes: Sequence[tuple[frozenset[str], Sequence[int]]]) -> list[Term]:
    """Return what to sort by, for books that are grouped by what is hidden in them.

    It ends with the name and the key, which go the way of the first sort key: then an index
    can be walked along in either direction.
    """
    reverse = bool(order) and order[0].reverse
    found = [_term(key, scopes) for key in order]
    there = {key.by for key in order}
    if Field.FULL_NAME not in there:
        found.append(Term(card.c.sort_name, reverse, may_be_missing=False))
    if Fact.KEY not in there:
        found.append(Term(card.c.key, reverse, may_be_missing=False))
    return found


def _term(key: SortKey, scopes: Sequence[tuple[frozenset[str], Sequence[int]]]) -> Term:
    if isinstance(key.by, Fact):
        return Term(_FACTS[key.by], key.reverse, may_be_missing=False)
    if key.by is Field.FULL_NAME:
        return Term(card.c.sort_name, key.reverse, may_be_missing=False)
    # A name in other letters comes behind its spelling in Latin ones.
    pick = func.max if key.by in NAMES else func.min
    least: ColumnElement[object] = (
        select(pick(card_value.c.value))
        .where(
            card_value.c.card_id == card.c.id,
            card_value.c.field == str(key.by),
            # As what is no number has it, and what a long text goes on with.
            card_value.c.value >= LEAST,
            true() if key.by in PHONES else not_(_IS_WITH_DIGRAPHS),
        )
        .scalar_subquery()
    )
    hiding = [book for hidden, books in scopes if is_hidden(key.by, hidden) for book in books]
    if hiding:
        # What is hidden must not be told by the order either.
        least = case((card.c.addressbook_id.in_(hiding), null()), else_=least)
    return Term(least, key.reverse, may_be_missing=True)


def turned(found: Sequence[Term]) -> list[Term]:
    """Return the terms that sort the other way round."""
    return [replace(term, reverse=not term.reverse) for term in found]


def labelled(found: Sequence[Term]) -> list[ColumnElement[object]]:
    """Return the values of the terms, to be selected and found again with ``Term.of``."""
    return [term.value.label(f"place_{at}") for at, term in enumerate(found)]


def order_by(found: Sequence[Term]) -> list[UnaryExpression[object]]:
    """Return what to order by; what is missing is behind everything else, or before it."""
    parts = []
    for term in found:
        part = term.value.desc() if term.reverse else term.value.asc()
        if term.may_be_missing:
            part = part.nulls_first() if term.reverse else part.nulls_last()
        parts.append(part)
    return parts


def shape(place: Place) -> Hashable:
    """Return what a statement depends on: of texts, only that they are some."""
    return tuple([str if isinstance(value, str) else value for value in place])


def texts(place: Place) -> list[str]:
    """Return what ``bound`` binds, in its order."""
    return [value for value in place if isinstance(value, str)]


def bound(place: Place, bind: Bind) -> BoundPlace:
    """Return a place as SQL, with its texts as ``bind`` has them."""
    return tuple(
        [
            bind(value) if isinstance(value, str) else None if value is None else literal(value)
            for value in place
        ]
    )


def behind(found: Sequence[Term], place: BoundPlace) -> ColumnElement[bool]:
    """Return the condition that a card is behind ``place``, which has a value for each term."""
    if len({term.reverse for term in found}) == 1 and not any(
        term.may_be_missing for term in found
    ):
        # Compared as a whole, so that an index finds the place.
        here = tuple_(*(term.value for term in found))
        there = tuple_(*place)
        return here < there if found[0].reverse else here > there
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for term, value in zip(found, place, strict=True):
        beyond = _beyond(term, value)
        if beyond is not None:
            ways.append(and_(*equal, beyond))
        equal.append(term.value.is_(None) if value is None else term.value == value)
    return or_(*ways)


def _beyond(term: Term, value: ColumnElement[Any] | None) -> ColumnElement[bool] | None:
    """Return the condition that the term's value is behind this one; None if none can be."""
    if term.reverse:
        return term.value.is_not(None) if value is None else term.value < value
    if value is None:
        return None
    beyond = term.value > value
    return or_(beyond, term.value.is_(None)) if term.may_be_missing else beyond


def before(term: Term, value: object) -> ColumnElement[bool]:
    """Return the condition that a card comes before the first that ``value`` stands for."""
    if term.reverse:
        later = term.value > value
        return or_(later, term.value.is_(None)) if term.may_be_missing else later
    return and_(true(), term.value < value)
