"""Which cards a question chooses, as a SELECT: each person once, in order, as many as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    or_,
    select,
    union_all,
)

from dirserver.model.fields import Field
from dirserver.model.ordering import BY_NAME, Span
from dirserver.model.query import EVERYTHING, PERSONS, number_of_tests, resolve
from dirserver.store.search import ordering
from dirserver.store.search.conditions import (
    MOST_SELECTS,
    Asking,
    found_in,
    is_found,
    is_selective,
)
from dirserver.store.search.ordering import BoundPlace, Term
from dirserver.store.search.probes import IS_ORDERED, Bind, in_place
from dirserver.store.search.question import Question
from dirserver.store.tables import card, card_entry, card_value

_GROUPS = select(card_value.c.card_id).where(card_value.c.field == str(Field.KIND), IS_ORDERED)


def chosen(
    question: Question,
    dialect: Dialect,
    terms: Sequence[Term],
    span: Span,
    after: BoundPlace | None = None,
    bind: Bind = in_place,
    more: Sequence[str] = (),
) -> FromClause | None:
    """Return the cards of ``span`` that ``question`` finds, in their order, or None for none.

    ``after`` is the place that the span begins behind, as ``bind`` has it. Beside what tells a card
    from others and where it stands, these have ``more`` of the columns of ``card``.
    """
    if question.finds_once and is_of_all(question):
        cards: FromClause = _of_each_book(question, _columns(terms, more), terms, span, after)
    else:
        columns = _columns(terms, more)
        if not question.finds_once:
            listed = of_cards(question, dialect, columns, terms, span, after, bind)
            return None if listed is None else listed.subquery()
        selected = _selected(question, dialect, columns, terms, after, bind)
        if selected is None:
            return None
        cards = selected.subquery()
    sorted_by = [term.of(cards, at) for at, term in enumerate(terms)]
    return (
        select(cards)
        .order_by(*ordering.order_by(sorted_by))
        .limit(span.limit)
        .offset(span.skip or None)
        .subquery()
    )


def of_cards(
    question: Question,
    dialect: Dialect,
    columns: Sequence[ColumnElement[object]],
    terms: Sequence[Term],
    span: Span,
    after: BoundPlace | None,
    bind: Bind,
) -> Select[*tuple[object, ...]] | None:
    """Return these columns of the same cards where nobody is found once for several."""
    is_simple = _is_simple(question)
    if is_simple and _walks_through_books(question, span):
        return _merged(question, dialect, columns, terms, span, after, bind)
    by_name = question.order == BY_NAME and after is None and not span.backwards
    is_first = is_simple and by_name
    most = span.limit + span.skip if span.limit is not None and is_first else None
    selected = _selected(question, dialect, columns, terms, after, bind, most)
    if selected is None:
        return None
    by = ordering.order_by(terms)
    return selected.order_by(*by).limit(span.limit).offset(span.skip or None)


def _is_simple(question: Question) -> bool:
    """Say whether each book may be asked by itself.

    A statement has each test once for each book then, and to put that together and to compile it
    is done before any limit of time counts.
    """
    asked = question.resolved()
    return sum(len(books) * number_of_tests(query) for books, _, query in asked) <= MOST_SELECTS


def _walks_through_books(question: Question, span: Span) -> bool:
    """Say whether some of several books are wanted by name, and nothing else leads to them."""
    asked = question.resolved()
    if span.limit is None or not ordering.is_by_name(question.order):
        return False
    number = sum(len(books) for books, _, _ in asked)
    return number > 1 and not all(is_selective(query) for _, _, query in asked)


def _merged(
    question: Question,
    dialect: Dialect,
    columns: Sequence[ColumnElement[object]],
    terms: Sequence[Term],
    span: Span,
    after: BoundPlace | None,
    bind: Bind,
) -> Select[*tuple[object, ...]]:
    """Return what is the first of the first of each book.

    Each has its cards in order. To walk through all at once, a database would sort them.
    """
    most = (span.limit or 0) + span.skip
    behind = [] if after is None else [ordering.behind(terms, after)]
    shown = [column.label(f"shown_{at}") for at, column in enumerate(columns)]
    parts = []
    for books, _, query in question.resolved():
        condition = is_found(query, Asking(books, question.plan, dialect, bind))
        for book in books:
            first = (
                select(*shown, *ordering.labelled(terms))
                .where(card.c.addressbook_id == book, condition, *behind)
                .order_by(*ordering.order_by(terms))
                .limit(most)
                .subquery()
            )
            parts.append(select(first))
    merged = union_all(*parts).subquery()
    there = [term.of(merged, at) for at, term in enumerate(terms)]
    return (
        select(
            *(
                # By its name, which NULL has none of.
                merged.c[f"shown_{at}"].label(getattr(one, "name", None))
                for at, one in enumerate(columns)
            )
        )
        .order_by(*ordering.order_by(there))
        .limit(span.limit)
        .offset(span.skip or None)
    )


def is_of_all(question: Question) -> bool:
    """Say whether all cards of all the books are found, or all but those of groups."""
    asked = {resolve(question.query, hidden) for hidden, _ in question.scopes}
    return asked in ({EVERYTHING}, {PERSONS})


def is_of_whole_book(question: Question) -> bool:
    """Say the same where there is one book."""
    return [len(books) for _, books in question.scopes] == [1] and is_of_all(question)


def whole_book(
    question: Question, terms: Sequence[Term], span: Span, after: BoundPlace | None
) -> Select[Any]:
    """Return the cards of ``span`` in their one book, which are sorted by name, as brief rows.

    Since they come in their order, nothing is to be sorted that would have to be held for it.
    """
    ((_, (book,)),) = question.scopes
    behind = [] if after is None else [ordering.behind(terms, after)]
    # Where there is no group at all, not every card is asked whether it is one.
    kept = [or_(~_GROUPS.exists(), one) for one in _kept(question, card)]
    # SQLite begins with the cards, since it is their entries that might be missing.
    entries = card.outerjoin(card_entry, card_entry.c.card_id == card.c.id)
    return (
        select(card.c.addressbook_id, card.c.key, card_entry.c.attributes, card.c.sort_name)
        .select_from(entries)
        .where(card.c.addressbook_id == book, *behind, *kept)
        .order_by(*ordering.order_by(terms))
        .limit(span.limit)
        .offset(span.skip or None)
    )


def _kept(question: Question, cards: FromClause) -> list[ColumnElement[bool]]:
    """Return the condition for ``cards`` where ``is_of_all`` is true."""
    if any(resolve(question.query, hidden) == EVERYTHING for hidden, _ in question.scopes):
        return []
    return [cards.c.id.not_in(_GROUPS)]


def _of_each_book(
    question: Question,
    columns: Sequence[ColumnElement[object]],
    terms: Sequence[Term],
    span: Span,
    after: BoundPlace | None,
) -> FromClause:
    """Return the first cards of each book, as many as may be among the first of all.

    Each book has its cards in order; to rank all of them first would cost all of the books. Only
    where all cards are found can a look at the books tell who is found in a better one.
    """
    most = None if span.limit is None else span.limit + span.skip
    behind = [] if after is None else [ordering.behind(terms, after)]
    parts = []
    better: list[int] = []
    for book, _ in sorted(question.ranks, key=lambda ranked: ranked[1]):
        other = card.alias("other")
        copy = (
            select(other.c.id)
            .where(
                other.c.addressbook_id.in_(better),
                other.c.uid == card.c.uid,
                *_kept(question, other),
            )
            .exists()
        )
        once = [or_(card.c.uid == "", ~copy)] if better and not question.links_only else []
        if better and question.has_links:
            linked = (other.c.link_id == card.c.link_id, other.c.addressbook_id.in_(better))
            twin = select(other.c.id).where(*linked, *_kept(question, other)).exists()
            once.append(or_(card.c.link_id.is_(None), ~twin))
        first = (
            select(*columns)
            .where(card.c.addressbook_id == book, *once, *behind, *_kept(question, card))
            .order_by(*ordering.order_by(terms))
            .limit(most)
            .subquery()
        )
        parts.append(select(first))
        better.append(book)
    return union_all(*parts).subquery()


def which(question: Question, dialect: Dialect, bind: Bind) -> ColumnElement[bool]:
    """Return the condition that ``question`` finds a card, whoever else is found."""
    return or_(
        false(),
        *(
            and_(
                card.c.addressbook_id.in_(books),
                is_found(query, Asking(books, question.plan, dialect, bind)),
            )
            for books, _, query in question.resolved()
        ),
    )


def _columns(terms: Sequence[Term], more: Sequence[str] = ()) -> list[ColumnElement[object]]:
    # A column more may be one that the index by which cards are sorted does not have.
    own = (card.c.id, card.c.addressbook_id, card.c.key)
    return [*own, *(card.c[name] for name in more), *ordering.labelled(terms)]


def found(question: Question, dialect: Dialect, terms: Sequence[Term]) -> FromClause | None:
    """Return all cards that ``question`` finds, in any order, or None for none."""
    selected = _selected(question, dialect, _columns(terms), terms)
    return None if selected is None else selected.subquery()


def _selected(
    question: Question,
    dialect: Dialect,
    columns: Sequence[ColumnElement[object]],
    terms: Sequence[Term],
    after: BoundPlace | None = None,
    bind: Bind = in_place,
    first: int | None = None,
) -> Select[*tuple[object, ...]] | None:
    """Return the cards that ``question`` finds behind ``after``, or None for none.

    With ``first``, some may be missing that come by name behind so many others.
    """
    condition = _condition(question, dialect, bind, first)
    if condition is None:
        return None
    behind = [] if after is None else [ordering.behind(terms, after)]
    if not question.finds_once:
        return select(*columns).where(condition, *behind)
    rank = case(dict(question.ranks), value=card.c.addressbook_id)
    copies: list[ColumnElement[int]] = []
    if not question.links_only:
        copies.append(func.row_number().over(partition_by=_person(), order_by=(rank, card.c.key)))
    if question.has_links:
        copies.append(func.rank().over(partition_by=_linked(), order_by=rank))
    named = {f"copy_{at}": copy for at, copy in enumerate(copies)}
    labelled = [copy.label(name) for name, copy in named.items()]
    ranked = select(*columns, *labelled).where(condition).subquery()
    shown = [column for column in ranked.c if column.key not in named]
    if after is not None:
        there = [term.of(ranked, at) for at, term in enumerate(terms)]
        behind = [ordering.behind(there, after)]
    return select(*shown).where(*(ranked.c[name] == 1 for name in named), *behind)


def _person() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Return what is the same of two cards that are of one person: the UID, if there is one."""
    return card.c.uid, case((card.c.uid == "", card.c.key), else_="")


def _linked() -> tuple[ColumnElement[int | None], ColumnElement[str]]:
    """Return what is the same of two cards that are linked."""
    return card.c.link_id, case((card.c.link_id.is_(None), card.c.key), else_="")


def _condition(
    question: Question, dialect: Dialect, bind: Bind, first: int | None
) -> ColumnElement[bool] | None:
    conditions = [
        found_in(query, Asking(books, question.plan, dialect, bind, first))
        for books, _, query in question.resolved()
    ]
    return or_(*conditions) if conditions else None
