"""Who is in the books twice: of all that somebody may read, or of one card.

What is hidden from whoever asks is no evidence, so that no answer tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dirserver.directory.intake.sourced import followed
from dirserver.directory.reading import Reading
from dirserver.directory.same import bykey, linking
from dirserver.directory.writing import Writing
from dirserver.errors import NotFound
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.clusters import Cluster, clusters
from dirserver.model.duplicates.evidence import Reason, weigh
from dirserver.model.duplicates.facts import Facts, birthday_beginnings, facts_of, seen_fields
from dirserver.model.duplicates.keys import MOST_ALIKE
from dirserver.model.duplicates.scan import (
    TOLD_EVERY,
    Advance,
    Pair,
    certain_among,
    scan,
    shared_among,
)
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.fields import Field
from dirserver.model.policy import VisibleBook
from dirserver.model.source import NO_SOURCES, Sources
from dirserver.store.same import duplicates, links
from dirserver.store.same.duplicates import Indexed, Wanted


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of cards of which both may be of one person, surest first, and what they make up.

    Of a cluster that is not whole, something speaks against two of its cards: it is for somebody
    to look at, not to be merged unseen.
    """

    pairs: tuple[Pair, ...]
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Cards, by their keys, that certainly are of one person each, one in each of some books.

    Of ``doubled`` more people, there are two cards in one book.
    """

    people: tuple[tuple[str, ...], ...]
    doubled: int


@dataclass(frozen=True, slots=True)
class Twin:
    """A card that certainly is of the same person as another one, and why."""

    view: VisibleBook
    href: str
    key: str
    uid: str
    reasons: tuple[Reason, ...]


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the cards of some books say, to be compared, and what is known of them.

    That is which pairs are two people, and which cards are linked, as those of one. ``books`` has
    the keys of the cards of each book, by its id.
    """

    cards: Sequence[Facts]
    books: Mapping[int, Collection[str]]
    denied: frozenset[tuple[str, str]]
    linked: Mapping[str, int]

    def is_settled(self, one: str, other: str) -> bool:
        """Say whether somebody has said of whom two cards are."""
        link = self.linked.get(one)
        return (one, other) in self.denied or (link is not None and link == self.linked.get(other))


def gather(reading: Reading, views: Sequence[VisibleBook], advance: Advance) -> Gathered:
    """Read what the index has of all cards in ``views``.

    ``advance`` hears of how many cards of how many that is done.
    """
    books = [view.book.id for view in views]
    total = duplicates.count(reading.connection, books)
    cards: list[Facts] = []
    of_books: dict[int, set[str]] = {book: set() for book in books}
    indexed = duplicates.indexed(reading.connection, books)
    for row, facts in facts_in(views, indexed, reading.sources):
        cards.append(facts)
        of_books[row.book_id].add(row.key)
        if len(cards) % TOLD_EVERY == 0:
            advance(len(cards), total)
    linked: Mapping[str, int] = {}
    if reading.policy.linked_books:
        linked = links.of_keys(reading.connection, (one.key for one in cards))
    return Gathered(cards, of_books, duplicates.denied(reading.connection), linked)


def compare(
    gathered: Gathered,
    advance: Advance,
    least: Verdict = Verdict.POSSIBLE,
    book: VisibleBook | None = None,
) -> Found:
    """Return the pairs that are at ``least`` so sure: all, or those with a card of ``book``.

    Pairs are left out of which somebody said that they are not the same, or that they are.
    """
    cards, denied = gathered.cards, gathered.denied
    shared = shared_among(cards)
    among = None if book is None else gathered.books[book.book.id]
    pairs = [
        pair
        for pair in scan(cards, shared, advance, among)
        if _RANKS[pair.verdict] <= _RANKS[least] and not gathered.is_settled(pair.one, pair.other)
    ]
    pairs.sort(key=lambda pair: (_RANKS[pair.verdict], -pair.weight, pair.one, pair.other))
    by_key = {one.key: one for one in cards}

    def speaks_against(one: str, other: str) -> bool:
        evidence = weigh(by_key[one], by_key[other], shared)
        return (one, other) in denied or evidence is None or bool(evidence.against)

    return Found(tuple(pairs), tuple(clusters(pairs, speaks_against)))


def apart(gathered: Gathered, found: Found) -> Apart:
    """Return who certainly is in several of the books that were gathered, and not linked yet."""
    book_of = {key: book for book, keys in gathered.books.items() for key in keys}
    people: list[tuple[str, ...]] = []
    doubled = 0
    for cluster in found.clusters:
        books = [book_of[key] for key in cluster.keys]
        if not cluster.whole or len(set(books)) < 2:
            continue
        if len(set(books)) < len(books):
            doubled += 1
        else:
            people.append(cluster.keys)
    return Apart(tuple(people), doubled)


def certain_twins(
    reading: Reading,
    views: Sequence[VisibleBook],
    uid: str,
    values: Iterable[tuple[Field, str]],
    key: str = "",
    *,
    hidden: frozenset[str] = frozenset(),
    source: str = "",
) -> list[Twin]:
    """Return the cards in ``views`` that certainly are of the person whose card says ``values``.

    That is answered by index lookups, however large the books are. ``values`` are those of the
    search index, as ``Deriver`` derives them, less what is ``hidden`` from whoever asks; ``key``
    is that of the card, if it is stored, and ``source`` what it comes of.
    """
    said = [(str(field), value) for field, value in values]
    asked = facts_of(key, uid, said, seen_fields(hidden), source)
    books = [view.book.id for view in views]
    wanted = wanted_of(asked, said)
    rows = duplicates.sharing(reading.connection, books, wanted, most=MOST_ALIKE + 1)
    found = facts_in(views, rows, reading.sources)
    others = {facts.key: (row, facts) for row, facts in found}
    others.pop(key, None)
    denied = duplicates.denied(reading.connection, [key]) if key else frozenset()
    linked = linking.of_cards(reading, [key]) if key else {}
    same = {card.key for one in linked.values() for card in one.cards}
    by_id = {view.book.id: view for view in views}
    twins = []
    for facts, pair in certain_among(asked, [facts for _, facts in others.values()]):
        row = others[facts.key][0]
        if row.key not in same and (pair.one, pair.other) not in denied:
            twins.append(Twin(by_id[row.book_id], row.href, row.key, row.uid, pair.reasons))
    return sorted(twins, key=lambda twin: (label_of(twin.view.book), twin.href))


def wanted_of(asked: Facts, said: Iterable[tuple[str, str]]) -> Wanted:
    """Return what to look for, to find all that may certainly be of the person of a card.

    ``said`` are its values as the search index has them.
    """
    birthdays = birthday_beginnings(asked.birthday)
    # A name is what many have; without anything else, an equal card has nothing else either.
    by_name = not (asked.mails or asked.numbers or birthdays)
    names = [value for field, value in said if field == Field.FULL_NAME] if by_name else []
    return Wanted(asked.uid, sorted(asked.mails), sorted(asked.numbers), names, birthdays)


def twins_of_stored(
    reading: Reading, views: Sequence[VisibleBook], view: VisibleBook, href: str
) -> list[Twin]:
    """Return the cards in ``views`` that certainly are of the person of a card. Raises NotFound."""
    stored = reading.stored(view, href)
    if stored is None:
        raise NotFound(href)
    rows = duplicates.of_cards(reading.connection, [stored.id])
    ((row, facts),) = facts_in([view], rows, reading.sources)
    values = ((Field(field), value) for field, value in row.values)
    hidden, source = view.hidden, facts.source
    return certain_twins(reading, views, row.uid, values, row.key, hidden=hidden, source=source)


class OfOneLink(Exception):
    """The two cards are linked, as those of one person."""


def deny(writing: Writing, one: str, other: str, *, undo: bool = False) -> bool:
    """Remember that two cards, by their keys, are of two people, or ``undo`` that.

    Say whether that changes anything. Raises NotFound for a card that the principal cannot read,
    AccessDenied unless they may write to the books of both, and OfOneLink.
    """
    action = AuditAction.DUPLICATE_UNDENY if undo else AuditAction.DUPLICATE_DENY
    cards = [bykey.writable(writing, key, action) for key in (one, other)]
    if undo:
        changed = duplicates.undeny(writing.connection, one, other)
    else:
        link = links.of_key(writing.connection, one)
        if link is not None and link == links.of_key(writing.connection, other):
            raise OfOneLink
        by = writing.principal.login
        changed = duplicates.deny(writing.connection, one, other, writing.at, by)
    if changed:
        for card, with_it in zip(cards, (other, one), strict=True):
            writing.events.append(writing.event(action, card.label, card.href, with_it))
    return changed


def facts_in(
    views: Sequence[VisibleBook], rows: Iterable[Indexed], sources: Sources = NO_SOURCES
) -> Iterator[tuple[Indexed, Facts]]:
    """Yield cards with what of them is seen in ``views``, which may follow ``sources``."""
    seen: Mapping[int, frozenset[str]] = {view.book.id: seen_fields(view.hidden) for view in views}
    names = {view.book.id: one.name for view in views if (one := followed(sources, view))}
    for row in rows:
        # A source that is in the config no longer has no say.
        source = row.source if row.source == names.get(row.book_id) else ""
        yield row, facts_of(row.key, row.uid, row.values, seen[row.book_id], source)
