"""``dirserver book``: which books there are, and who may do what with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.invocation import Invocation
from dirserver.cli.rights.granted import ShownGrant, access_of, grants_of, say_grants
from dirserver.config.faults import listing
from dirserver.directory import Reading, label_of
from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Privilege
from dirserver.model.policy import SmartView, VisibleBook


@dataclass(frozen=True, slots=True)
class ShownBook:
    """A book as somebody has it. The grants are for the operator's eyes.

    A smart one has a ``query``, and ``shows`` cards of these books; ``changed`` is when any of
    them did.
    """

    book: str
    name: str
    description: str
    uuid: str
    cards: int
    revision: int
    changed: datetime
    access: str
    hidden: tuple[str, ...]
    query: str
    shows: tuple[str, ...]
    grants: tuple[ShownGrant, ...]


def list_books(invocation: Invocation, login: str, *, as_json: bool) -> None:
    """Print the books that the operator, or the user ``login``, has."""
    with acting(invocation, login) as who, who.reading() as reading:
        books = [_shown(who, reading, view) for view in reading.books(Privilege.SEARCH)]
        books += [_shown_smart(who, reading, one) for one in reading.smart_books(Privilege.SEARCH)]
    if as_json:
        screen.say_json(books)
    elif not books:
        screen.say(f"{login} has no books" if login else "there are no books")
    else:
        heads = ("book", "name", "cards", "last change", "access" if login else "who may")
        screen.say_table(heads, [_row(book) for book in books])


def _row(book: ShownBook) -> tuple[str, str, str, str, str]:
    may = "\n".join(f"{access_of(grant)}: {grant.to}" for grant in book.grants)
    return (
        book.book,
        f"{book.name}\n{book.query}" if book.query else book.name,
        str(book.cards),
        screen.local(book.changed),
        may or _own_access(book),
    )


def show_book(invocation: Invocation, name: str, login: str, *, as_json: bool) -> None:
    """Print what there is to know of one book. Raises Failed when there is no such book."""
    with acting(invocation, login) as who, who.reading() as reading:
        smart = reading.smart_book(name, Privilege.SEARCH)
        if smart is None:
            book = _shown(who, reading, who.book(reading, name, Privilege.SEARCH))
        else:
            book = _shown_smart(who, reading, smart)
    if as_json:
        screen.say_json(book)
        return
    screen.say((book.name, "bold"), f" ({book.book})")
    if book.description:
        screen.say(book.description)
    facts = [
        ("cards", str(book.cards)),
        ("revision", str(book.revision)),
        ("last change", screen.local(book.changed)),
    ]
    if book.query:
        kept = listing(book.shows, "and") if book.shows else "no book"
        facts[1:2] = [("query", book.query), ("kept in", kept)]
    if login:
        facts.append(("access", _own_access(book)))
    screen.say_table((), facts)
    if not login:
        say_grants(book.grants)


def _shown(who: Acting, reading: Reading, view: VisibleBook) -> ShownBook:
    return _described(who, reading, view.book, view.access, [view], view.hidden)


def _shown_smart(who: Acting, reading: Reading, smart: SmartView) -> ShownBook:
    return _described(who, reading, smart.book, smart.access, smart.parts, frozenset())


def _described(
    who: Acting,
    reading: Reading,
    book: AddressBook,
    access: Privilege,
    views: Sequence[VisibleBook],
    hidden: frozenset[str],
) -> ShownBook:
    state = reading.state_of(book)
    return ShownBook(
        label_of(book),
        book.name,
        book.description,
        book.uuid,
        sum(map(reading.count, views)),
        state.revision,
        max([state.modified, *(reading.state(view).modified for view in views)]),
        access.label,
        tuple(sorted(hidden)),
        "" if book.smart is None else book.smart.text,
        tuple(label_of(view.book) for view in views if view.through is not None),
        grants_of(reading.policy, book) if who.principal.is_operator else (),
    )


def _own_access(book: ShownBook) -> str:
    return book.access + (f" without {listing(book.hidden, 'and')}" if book.hidden else "")
