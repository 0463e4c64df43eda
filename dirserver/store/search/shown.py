"""Cards of a book of which only some are shown: which these are, and how that has changed.

The search index answers, so that it costs as much as what is shown, and not as all of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select

from dirserver.model.addressbook import Card
from dirserver.model.number import DialPlan
from dirserver.model.query import Query, regardless_of_links, resolve
from dirserver.store import cards
from dirserver.store.search.conditions import Asking, found_in, is_found
from dirserver.store.tables import card, change

_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Those cards of a book that ``query`` finds for one from whom ``hidden`` is kept."""

    book_id: int
    query: Query
    hidden: frozenset[str]
    plan: DialPlan


def names(connection: Connection, part: Part, hrefs: Iterable[str] | None = None) -> Iterator[str]:
    """Yield the names of the cards, of all or of those ``hrefs``, in their order.

    Of many that are named in another order, only those that are looked up together are sorted.
    """
    query, asking = resolve(part.query, part.hidden), _asking(connection, part)
    named = select(card.c.href).order_by(card.c.href)
    if hrefs is None:
        everything = named.where(found_in(query, asking))
        yield from connection.scalars(everything).all()
        return
    is_shown = is_found(query, asking)
    for batch in cards.batches(hrefs):
        some = card.c.addressbook_id == part.book_id, card.c.href.in_(batch), is_shown
        yield from connection.scalars(named.where(*some)).all()


def changed(
    connection: Connection, part: Part, since: int, held: int, *, alive: bool = False
) -> Iterator[tuple[int, str, Card | None]]:
    """Yield what changed after the revision ``since`` as revision, name and the card that it is.

    None stands for a card that is not shown, and that a client may have of up to the revision
    ``held``; with ``alive`` these are left out. What a card said back then is not looked at, so
    that there are some among them that never were shown.
    """
    shown, ever = _conditions(connection, part)
    is_there = and_(card.c.id.is_not(None), shown)
    told: ColumnElement[bool] = is_there
    if not alive:
        before = cards.was_there(connection, part.book_id, held)
        told = or_(is_there, and_(before, or_(change.c.revision > held, ever)))
    statement = (
        select(change.c.revision, change.c.href, case((is_there, 1), else_=0), *cards.LISTED)
        .outerjoin(card, cards.IS_OF_CHANGE)
        .where(change.c.addressbook_id == part.book_id, change.c.revision > since, told)
        .order_by(change.c.revision)
        .execution_options(yield_per=_ROWS)
    )
    with connection.execute(statement) as rows:
        for revision, href, is_shown, *listed in rows:
            yield revision, href, Card(*listed) if is_shown else None


def left_behind(
    connection: Connection, part: Part, start: int, held: int
) -> Iterator[tuple[int, str]]:
    """Yield what ``cards.left_behind`` does, of the cards that may have been shown."""
    _, ever = _conditions(connection, part)
    return cards.left_behind(connection, part.book_id, start, held, only=ever)


def _conditions(
    connection: Connection, part: Part
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions that a card is shown, and that it may have been.

    That it is if nothing is hidden, and no other card is shown in its place.
    """
    asking, ever = _asking(connection, part), regardless_of_links(part.query)
    return (
        is_found(resolve(part.query, part.hidden), asking),
        is_found(resolve(ever, frozenset()), asking),
    )


def _asking(connection: Connection, part: Part) -> Asking:
    return Asking([part.book_id], part.plan, connection.dialect)
