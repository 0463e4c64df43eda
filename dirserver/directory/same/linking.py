"""Linking cards of different books that are of one person, and telling which are.

Who may not read the book of a linked card is told nothing of it, nor that there is a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations

from dirserver.directory.finding import ranks
from dirserver.directory.reading import Reading
from dirserver.directory.same import bykey, locking
from dirserver.directory.same.bykey import Keyed
from dirserver.directory.same.carrying import OPERATION, note_books
from dirserver.directory.writing import Writing
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Version
from dirserver.model.linking import LINKED_BY_DEFAULT, MOST_LINKED, Link, LinkMode
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And, LinkedIn, Not, Query, resolve
from dirserver.store.same import duplicates, links, linksteps


class CannotLink(Exception):
    """These cards cannot be linked, for a reason that whoever asks may know."""


class TwoOfOneBook(CannotLink):
    """Two of the cards would be in one book; ``keys`` are those two."""

    def __init__(self, label: str, keys: Sequence[str]) -> None:
        super().__init__(f"{label} would have two of the linked cards")
        self.keys = keys


class SaidNotSame(CannotLink):
    """Somebody said of the two cards ``keys`` that they are not of one person."""

    def __init__(self, one: Keyed, other: Keyed) -> None:
        places = f"{one.label}/{one.href} and {other.label}/{other.href}"
        super().__init__(f"somebody said that {places} are not of one person")
        self.keys = one.key, other.key


@dataclass(frozen=True, slots=True)
class Linked:
    """A link, and those of its cards that whoever asks may see, by book and name."""

    link: Link
    cards: tuple[Keyed, ...]


def link(
    writing: Writing,
    keys: Collection[str],
    mode: LinkMode | None = None,
    properties: Sequence[str] = (),
) -> Linked | None:
    """Link the cards ``keys``, of different books, with each other and what they are linked with.

    Return None if nothing changes by that. What is not said, the mode or the ``properties``, stays
    as it is in a link that there is.

    Raises NotFound for a card that the principal cannot read, AccessDenied unless they may write to
    the books of all, and CannotLink.
    """
    cards = _writable(writing, keys)
    locking.keep_out_of(writing, keys)
    with step(writing, keys):
        return _link(writing, cards, mode, properties)


def _writable(writing: Writing, keys: Collection[str]) -> list[Keyed]:
    cards = [bykey.writable(writing, key, AuditAction.CARD_LINK) for key in dict.fromkeys(keys)]
    if len(cards) < 2:
        raise CannotLink("it takes two cards")
    return cards


def _link(
    writing: Writing, cards: Sequence[Keyed], mode: LinkMode | None, properties: Sequence[str]
) -> Linked | None:
    connection = writing.connection
    there = links.of_keys(connection, [card.key for card in cards])
    members = {card.key for card in cards}.union(links.keys_of(connection, there.values()))
    _require_linkable(writing, cards, there.values(), len(members))
    _require_undenied(writing, cards)
    first = next((there[card.key] for card in cards if card.key in there), None)
    known = None if first is None else links.find(connection, first)
    said = _said(known, mode, properties)
    is_one = len(set(there.values())) == 1 and len(there) == len(cards)
    if is_one and known is not None and (known.mode, known.properties) == said:
        return None
    if known is None:
        made = Link(links.make(connection, *said, writing.at, writing.principal.login), *said)
    else:
        made = Link(known.id, *said)
        links.change(connection, known.id, *said)
    links.join(connection, made.id, members)
    number = writing.batch  # Before the policy's epoch, as in a merge: two would wait in a ring.
    links.touch(connection, [made.id], writing.at)
    note_books(writing, {card.view.book.id for card in cards})
    _tell(writing, AuditAction.CARD_LINK, cards, f"number {number}, {made.mode} with ")
    return Linked(made, tuple(cards))


def link_each(
    writing: Writing,
    groups: Sequence[Collection[str]],
    mode: LinkMode | None = None,
    properties: Sequence[str] = (),
) -> Iterator[Linked | None]:
    """Link the cards of each group, as one act; yield what each came to, None if to nothing.

    What cannot be linked stays apart. Raises NotFound and AccessDenied as ``link`` does.
    """
    every = [key for keys in groups for key in keys]
    locking.keep_out_of(writing, every)
    with step(writing, every):
        for keys in groups:
            try:
                yield _link(writing, _writable(writing, keys), mode, properties)
            except CannotLink:
                yield None


@contextmanager
def step(writing: Writing, keys: Collection[str]) -> Iterator[None]:
    """Keep by the transaction's number what is done in the block to the links of cards.

    These are the cards ``keys``, and those that they are linked with before or after it. Others
    are kept out of their books already.
    """
    before = links.ties(writing.connection, keys)
    yield
    after = links.ties(writing.connection, {*keys, *before})
    if after != before:
        number = writing.batch
        act = replace(writing.act("link"), batch=number)
        linksteps.note(writing.connection, act, before, after)


def _said(
    known: Link | None, mode: LinkMode | None, properties: Sequence[str]
) -> tuple[LinkMode, tuple[str, ...]]:
    if known is None:
        return mode or LinkMode.OFFER, tuple(properties) or LINKED_BY_DEFAULT
    return mode or known.mode, tuple(properties) or known.properties


def _require_linkable(
    writing: Writing, cards: Sequence[Keyed], link_ids: Iterable[int], number: int
) -> None:
    if number > MOST_LINKED:
        raise CannotLink(f"a person has {MOST_LINKED} linked cards at the most")
    books = {card.key: card.view.book.id for card in cards}
    for other in links.standing(writing.connection, link_ids):
        books[other.key] = other.book_id
    # Of the books of those that are given, whoever asks may know all cards.
    twice = {book_id for book_id, there in Counter(books.values()).items() if there > 1}
    for card in cards:
        book_id = card.view.book.id
        if book_id in twice:
            keys = sorted(key for key, there in books.items() if there == book_id)
            raise TwoOfOneBook(card.label, keys)


def _require_undenied(writing: Writing, cards: Sequence[Keyed]) -> None:
    for one, other in combinations(cards, 2):
        if duplicates.is_denied(writing.connection, one.key, other.key):
            raise SaidNotSame(one, other)


def inherit(writing: Writing, key: str, heir: str) -> bool:
    """Let the card ``heir``, into which ``key`` goes, be linked with what that is linked with.

    Say whether it was linked with nothing before, and is now.
    """
    there = links.of_keys(writing.connection, [key, heir])
    if key not in there:
        return False
    members = {heir, *links.keys_of(writing.connection, there.values())}
    if len(members) <= MOST_LINKED:
        links.join(writing.connection, there.get(heir, there[key]), members)
        links.touch(writing.connection, set(there.values()), writing.at)
    return heir not in there and len(members) <= MOST_LINKED


def disinherit(writing: Writing, key: str, heir: str) -> None:
    """Take back that ``heir`` is linked with what ``key`` is linked with, which is back."""
    there = links.of_keys(writing.connection, [key, heir])
    if key in there and there.get(heir) == there[key]:
        links.touch(writing.connection, [there[key]], writing.at)
        links.leave(writing.connection, [heir])
        note_books(writing)


def unlink(writing: Writing, key: str) -> Linked | None:
    """Take the card ``key`` out of its link; return that, with the cards that it was linked with.

    None if it is linked with nothing that the principal may see. Raises NotFound and AccessDenied
    as ``link`` does, for that card alone.
    """
    card = bykey.writable(writing, key, AuditAction.CARD_UNLINK)
    locking.keep_out_of(writing, [key])
    with step(writing, [key]):
        return _unlink(writing, card)


def _unlink(writing: Writing, card: Keyed) -> Linked | None:
    found = of_cards(writing, [card.key]).get(card.key)
    if found is None:
        return None
    number = writing.batch
    links.touch(writing.connection, [found.link.id], writing.at)
    links.leave(writing.connection, [card.key])
    note_books(writing)
    said = f"number {number}, {found.link.mode} with "
    _tell(writing, AuditAction.CARD_UNLINK, [card, *found.cards], said)
    return found


def unlink_each(writing: Writing, keys: Sequence[str]) -> list[Linked | None]:
    """Take cards out of their links, as one act; return what ``unlink`` does for each."""
    locking.keep_out_of(writing, keys)
    with step(writing, keys):
        cards = (bykey.writable(writing, key, AuditAction.CARD_UNLINK) for key in keys)
        return [_unlink(writing, card) for card in cards]


def of_cards(
    reading: Reading, keys: Iterable[str], privilege: Privilege = Privilege.READ
) -> dict[str, Linked]:
    """Return with which other cards those of ``keys`` are linked that have a link.

    Only cards in books on which the principal has ``privilege`` are there.
    """
    if not reading.policy.linked_books:
        return {}
    there = links.of_keys(reading.connection, keys)
    views = {view.book.id: view for view in reading.books(privilege)}
    seen: dict[int, list[Keyed]] = {}
    for one in links.standing(reading.connection, there.values()):
        if one.book_id in views:
            seen.setdefault(one.link_id, []).append(Keyed(views[one.book_id], one.href, one.key))
    found = {}
    for key, link_id in there.items():
        others = tuple(one for one in seen.get(link_id, ()) if one.key != key)
        said = links.find(reading.connection, link_id) if others else None
        if said is not None:
            found[key] = Linked(said, others)
    return found


def number_of(reading: Reading, key: str) -> int | None:
    """Return the number that takes back what was done last to the link of the card ``key``."""
    return linksteps.last(reading.connection, key)


def source_of(reading: Reading, version: Version) -> str:
    """Return the linked card from which a version was carried, as BOOK/HREF.

    Empty for one that was not, or from a card that the principal cannot read.
    """
    if version.operation != OPERATION:
        return ""
    linked = of_cards(reading, [version.key]).get(version.key)
    for other in () if linked is None else linked.cards:
        if links.was_written(reading.connection, other.key, version.id, version.at):
            return f"{other.label}/{other.href}"
    return ""


def as_one(reading: Reading, views: Sequence[VisibleBook]) -> tuple[VisibleBook, ...]:
    """Return ``views`` in which of linked cards one is shown, of those that are.

    That is the one where the principal may write, if they may, as in a search.
    """
    by_id = {view.book.id: view for view in views}
    linked = reading.policy.linked_books.intersection(by_id)
    # What is shown of which books that are better to show somebody in.
    better: dict[Query, list[int]] = {}
    for book_id, _ in ranks(views) if len(linked) > 1 else ():
        view = by_id[book_id]
        if book_id in linked:
            elsewhere = (LinkedIn(tuple(sorted(books)), shown) for shown, books in better.items())
            parts = (view.shown, *map(Not, elsewhere))
            by_id[book_id] = replace(view, shown=And(parts)) if better else view
            better.setdefault(resolve(view.shown, view.hidden), []).append(book_id)
    return tuple(by_id[view.book.id] for view in views)


def _tell(writing: Writing, action: AuditAction, cards: Sequence[Keyed], said: str) -> None:
    """Tell it in the trail of each book, by keys: who reads one book learns nothing of another."""
    for card in cards:
        others = ", ".join(other.key for other in cards if other.key != card.key)
        writing.events.append(writing.event(action, card.label, card.href, said + others))
