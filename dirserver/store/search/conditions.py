"""Model queries as SQL conditions over the search index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Exists,
    and_,
    false,
    not_,
    or_,
    select,
    true,
    union_all,
)

from dirserver.model.fields import Field
from dirserver.model.number import DialPlan
from dirserver.model.query import (
    EVERYTHING,
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Between,
    BookIs,
    Constant,
    Equals,
    InQuarantine,
    Keyed,
    KeyIs,
    LinkedIn,
    Moment,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.store.quarantine import is_held
from dirserver.store.same.links import is_linked
from dirserver.store.search.kinds import kept_as
from dirserver.store.search.probes import Bind, in_place, is_among
from dirserver.store.search.values import Test, probes
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value

# SQLite joins no more than 500 SELECTs into one.
MOST_SELECTS = 400


@dataclass(frozen=True, slots=True)
class Asking:
    """What a condition depends on beside what is asked.

    What is looked for, in ``books``, is as ``bind`` has it. With ``first``, of each book cards may
    be missing that come by name behind so many others that are found.
    """

    books: Sequence[int]
    plan: DialPlan
    dialect: Dialect
    bind: Bind = in_place
    first: int | None = None


def found_in(query: Query, asking: Asking) -> ColumnElement[bool]:
    """Return the condition that a card is in one of the books and that ``query`` finds it.

    ``query`` is resolved: nothing in it is undefined.
    """
    books, dialect = asking.books, asking.dialect
    book: ColumnElement[int] = card.c.addressbook_id
    if dialect.name == "sqlite" and is_selective(query):
        # SQLite would walk through the book and test each card; the sum keeps it from using
        # the index on the book, so that it begins with the few cards that the query finds.
        book = book + 0
    return and_(book.in_(books), _condition(query, asking))


def is_found(query: Query, asking: Asking) -> ColumnElement[bool]:
    """Return the condition that ``query``, which is resolved, finds a card that is in the books."""
    return _condition(query, asking)


def is_selective(query: Query) -> bool:
    """Say whether the search index names the cards, rather than the book."""
    match query:
        case (
            Equals() | Substring() | Anywhere() | Keyed() | AtLeast() | AtMost() | Below() | KeyIs()
        ):
            return True
        case And(parts):
            return any(map(is_selective, parts))
        case Or(parts):
            return all(map(is_selective, parts))
        case _:
            return False


def tests_in(query: Query) -> Sequence[Test] | None:
    """Return the tests of which one has to be true for ``query``, or None where it is not so."""
    match query:
        case Or(parts) if all(isinstance(part, Test) for part in parts):
            return cast("Sequence[Test]", parts)
        case _:
            return [query] if isinstance(query, Test) else None


def _condition(query: Query, asking: Asking) -> ColumnElement[bool]:
    if isinstance(query, And | Not):
        # What further conditions take away is not known yet.
        asking = replace(asking, first=None)
    match query:
        case Constant(value):
            return true() if value else false()
        case And(parts):
            return and_(*(_condition(part, asking) for part in parts))
        case Or(parts):
            return _any_of(parts, asking)
        case Not(Present(field)):
            return ~_has(field)
        case Not(part):
            return not_(_condition(part, asking))
        case KeyIs(key):
            return card.c.key == key if is_storable(key) else false()
        case BookIs(book_id):
            return card.c.addressbook_id == book_id
        case InQuarantine(books):
            return is_held(books)
        case LinkedIn(books, shown):
            return _is_linked(books, shown, asking)
        case Between():
            return _between(query)
        case Present(field):
            # Nearly every card has a name; to gather them all first would cost the whole book.
            return _has(field)
        case _:
            return _found_by([query], asking)


def _is_linked(books: Sequence[int], shown: Query, asking: Asking) -> ColumnElement[bool]:
    if shown == EVERYTHING:
        return is_linked(books)
    others = replace(asking, books=books, bind=in_place, first=None)
    found = select(card.c.link_id).where(card.c.link_id.is_not(None), found_in(shown, others))
    # These are other cards than those of which that is asked.
    return and_(card.c.link_id.is_not(None), card.c.link_id.in_(found.correlate(None)))


def _between(query: Between) -> ColumnElement[bool]:
    column = card.c.created if query.moment is Moment.CREATED else card.c.modified
    bounds: list[ColumnElement[bool]] = [true()]
    if query.start is not None:
        bounds.append(column >= query.start)
    if query.end is not None:
        bounds.append(column < query.end)
    return and_(*bounds)


def _any_of(parts: Sequence[Query], asking: Asking) -> ColumnElement[bool]:
    """Join alternatives; those that the index answers become one set of cards."""
    tests: list[Test] = []
    keys: list[str] = []
    others: list[ColumnElement[bool]] = []
    for part in parts:
        match part:
            case Equals() | Substring() | Anywhere() | Keyed() | AtLeast() | AtMost() | Below():
                tests.append(part)
            case KeyIs(key):
                keys.append(key)
            case _:
                others.append(_condition(part, asking))
    if keys:
        others.append(card.c.key.in_(list(filter(is_storable, keys))))
    if tests:
        others.append(_found_by(tests, asking))
    return or_(*others)


def _found_by(tests: Sequence[Test], asking: Asking) -> ColumnElement[bool]:
    # Whatever is found twice counts once for being in them.
    selects = [
        one
        for probe in probes(tests, asking.plan)
        for one in probe.selects(asking.books, asking.dialect, asking.bind, asking.first)
    ]
    chunks = [
        selects[start : start + MOST_SELECTS] for start in range(0, len(selects), MOST_SELECTS)
    ]
    return or_(
        false(),
        *(card.c.id.in_(chunk[0] if len(chunk) == 1 else union_all(*chunk)) for chunk in chunks),
    )


def _has(field: Field) -> Exists:
    kept = is_among(card_value.c.field, kept_as([field]))
    return select(card_value.c.card_id).where(kept, card_value.c.card_id == card.c.id).exists()
