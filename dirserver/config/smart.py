"""Smart books: which books a query may name, and what such a book cannot have beside it."""

from __future__ import annotations

from collections.abc import Iterator

from dirserver.config.faults import Inspection, nearest, shown
from dirserver.config.grants import Access
from dirserver.config.schema import Book, Draft
from dirserver.model.smart.condition import BookName, books_named
from dirserver.model.smart.misspelt import place
from dirserver.model.smart.parsing import parse

_PERSONAL = "personal"


def check(draft: Draft, inspection: Inspection) -> None:
    """Refuse queries that name books which cannot be asked, and what smart books cannot have."""
    smart = {book.slug for book in draft.books if book.query}
    for book in draft.books:
        if not book.query:
            continue
        at = inspection.place_of(book)
        for named in books_named(parse(book.query).condition):
            if sentence := _why_not(named, smart, draft, inspection):
                where = f"{place(book.query, named.at)}: {sentence}"
                inspection.refuse(at.at("query"), where, shown(book.query))
        for key in _idle_keys(book):
            sentence = "a smart book has no cards of its own; say it of the books that it shows"
            inspection.refuse(at.at(key), sentence)
        _check_grants(book, inspection)
    for user in draft.users:
        if user.default_book in smart:
            sentence = "a smart book takes no new cards; name a book that has cards of its own"
            at = inspection.place_of(user).at("default_book")
            inspection.refuse(at, sentence, shown(user.default_book))


def _why_not(named: BookName, smart: set[str], draft: Draft, inspection: Inspection) -> str:
    """Say why a book cannot be asked; nothing if it can."""
    if named.name in smart:
        return f"{shown(named.name)} is a smart book, and a query asks books that have cards"
    books = set(inspection.names.get("books", ()))
    if draft.organisation is None or draft.organisation.personal_books:
        books.add(_PERSONAL)
    if named.name in books:
        return ""
    meant = nearest(named.name, sorted(books - smart))
    hint = f"did you mean {shown(meant)}?" if meant else "name one of the books"
    return f"there is no book {shown(named.name)}; {hint}"


def _idle_keys(book: Book) -> Iterator[str]:
    if book.standards is not None:
        yield "standards"
    if book.ldap_shows:
        yield "ldap_shows"


def _check_grants(book: Book, inspection: Inspection) -> None:
    for grant in book.grants:
        at = inspection.place_of(grant)
        if grant.access is Access.WRITE:
            sentence = (
                'a change goes to the card\'s own book, by the grants there; grant "read" here'
            )
            inspection.refuse(at.at("access"), sentence, shown(grant.access.value))
        elif grant.hide:
            sentence = "what is hidden must be hidden in the cards' own books; say it there"
            inspection.refuse(at.at("hide"), sentence, shown(sorted(grant.hide)))
