"""People: all that is kept of somebody, in every book and in the history, and its erasure.

Nobody but the operator gets here: it looks into private and archived books, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.directory.derivation import Deriver
from dirserver.directory.people.copies import copies
from dirserver.directory.reading import Reading
from dirserver.errors import NotFound
from dirserver.model.audit import AuditEvent, Outcome, WrittenEvent
from dirserver.model.derive import derive
from dirserver.model.dossier import Dossier, KeptCard, Mention, Version
from dirserver.model.fields import Field
from dirserver.model.person import Asked, Traits, grouped, traits, words_of
from dirserver.model.vcard import parse_card
from dirserver.store import sourced
from dirserver.store.engine import Connection
from dirserver.store.people import people
from dirserver.store.people.people import Shelf
from dirserver.store.same import links
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter

Progress: TypeAlias = Callable[[int, int], None]

# A mere word is no sign that an event is about somebody.
_SHORTEST_NEEDLE = 6
_ROWS = 500


@dataclass(frozen=True, slots=True)
class Found:
    """The people that somebody may have meant, and up to which version and event was looked.

    ``seen`` are the keys of all cards that were found, also of those that were not chosen.
    """

    asked: Asked
    people: tuple[Dossier, ...]
    seen: frozenset[str]
    last_version: int
    last_event: int


@dataclass(frozen=True, slots=True)
class Hits:
    """Cards of whoever is asked for, by key, and those that only mention them."""

    keys: frozenset[str]
    mentions: Mapping[str, tuple[str, ...]]


def find(
    reading: Reading,
    deriver: Deriver,
    text: str,
    only: Collection[str] = (),
    progress: Progress | None = None,
) -> Found:
    """Look for the people that ``text`` may mean: a name, an address, a number, a UID or a key.

    Every body that was ever stored is read. With ``only``, just these cards are meant, and of
    one person. Raises AccessDenied to all but the operator, and NotFound for keys in ``only``
    that are none of those found.
    """
    reading.require_operator()
    connection = reading.connection
    asked = Asked(text, reading.plan)
    last = people.last_version(connection)
    hits = look(connection, asked, 0, progress)
    if unknown := sorted(set(only) - hits.keys):
        raise NotFound(unknown[0])
    cards = kept_cards(connection, only or hits.keys)
    groups = [list(cards)] if only else _grouped(connection, cards, deriver)
    named = [_Pattern.of([cards[key] for key in keys]) for keys in groups]
    told = _events(connection, named)
    books = people.shelves(connection)
    mentions = _mentions(connection, hits, books)
    logins = tuple(
        user.login
        for user in reading.policy.users.values()
        if asked.is_of({Field.FULL_NAME: (user.name,), Field.MAIL: (user.mail,)})
    )
    dossiers = tuple(
        Dossier(
            tuple(cards[key] for key in keys),
            tuple(told.events[number]),
            tuple(told.lookups[number]),
            copies(connection, [cards[key] for key in keys], books),
            mentions,
            logins,
        )
        for number, keys in enumerate(groups)
    )
    return Found(asked, dossiers, hits.keys, last, told.last)


def look(
    connection: Connection, asked: Asked, after: int, progress: Progress | None = None
) -> Hits:
    """Look through the versions from after the number ``after`` on."""
    keys: set[str] = set()
    uids: set[str] = set()
    keys_by_uid: dict[str, set[str]] = {}
    mentions: dict[str, tuple[str, ...]] = {}
    last = people.last_version(connection)
    for number, key, body in people.bodies_after(connection, after):
        card = parse_card(body)
        if card.uid:
            keys_by_uid.setdefault(card.uid, set()).add(key)
        if asked.is_of(derive(card), key):
            keys.add(key)
            uids.add(card.uid)
        elif named := asked.mentioned_in(card):
            mentions[key] = named
        if progress is not None and number % _ROWS == 0:
            progress(number, last)
    for uid in uids:
        keys |= keys_by_uid.get(uid, set())
    keys.update(links.keys_of(connection, links.of_keys(connection, keys).values()))
    return Hits(frozenset(keys), {key: mentions[key] for key in mentions if key not in keys})


def kept_cards(connection: Connection, keys: Iterable[str]) -> dict[str, KeptCard]:
    """Return the cards with these keys, with all of their versions, by key, oldest first."""
    books = people.shelves(connection)
    archived = {shelf.label: shelf.archived for shelf in books.values()}
    standing = {one.key: one.id for one in people.standing(connection, keys)}
    said = sourced.said_of(connection, list(standing.values()))
    found = people.versions_of(connection, keys, books)
    return {
        key: _kept(
            key,
            versions,
            archived,
            said.get(standing.get(key, 0), ("", b"")),
            is_current=key in standing,
        )
        for key, versions in sorted(found.items(), key=lambda pair: (pair[1][0].at, pair[0]))
    }


def _kept(
    key: str,
    versions: Sequence[Version],
    archived: Mapping[str, bool],
    sourced: tuple[str, bytes],
    *,
    is_current: bool,
) -> KeptCard:
    body = next((one.body for one in reversed(versions) if one.body is not None), None)
    said = {} if body is None else derive(parse_card(body))
    last = versions[-1]
    return KeptCard(
        key,
        said.get(Field.UID, ("",))[0],
        said.get(Field.FULL_NAME, ("",))[0],
        said.get(Field.MAIL, ()),
        said.get(Field.ANY_PHONE, ()),
        last.book,
        last.href,
        archived[last.book],
        is_current,
        tuple(versions),
        *sourced,
    )


def _grouped(
    connection: Connection, cards: Mapping[str, KeptCard], deriver: Deriver
) -> list[list[str]]:
    """Return the keys of ``cards``, those of one person together."""
    linked = links.of_keys(connection, cards)
    said = {}
    for key, card in cards.items():
        made = Traits(links=frozenset({linked[key]} if key in linked else ()))
        said[key] = traits_of(card, deriver).joined(made)
    return grouped(said)


def traits_of(card: KeptCard, deriver: Deriver) -> Traits:
    """Return what the versions of a card say of who it is of."""
    known = Traits()
    for body in {one.body for one in card.versions if one.body is not None}:
        uid = parse_card(body).uid
        known = known.joined(traits(uid, deriver.derive_body(body, card.key).values))
    return known


def _mentions(connection: Connection, hits: Hits, books: dict[int, Shelf]) -> tuple[Mention, ...]:
    return tuple(
        Mention(one.key, books[one.book_id].label, one.href, hits.mentions[one.key])
        for one in people.standing(connection, hits.mentions)
    )


@dataclass(frozen=True, slots=True)
class _Pattern:
    """By what the events are known that are about a person."""

    places: frozenset[tuple[str, str]]
    hrefs: frozenset[str]
    words: frozenset[frozenset[str]]
    names: re.Pattern[str]
    keys: re.Pattern[str]

    @classmethod
    def of(cls, cards: Sequence[KeptCard]) -> _Pattern:
        places = {(one.book, one.href) for card in cards for one in card.versions}
        needles = {f"{book.rpartition('/')[2]}/{href}" for book, href in places}
        words: set[frozenset[str]] = set()
        for card in cards:
            for body in {one.body for one in card.versions if one.body is not None}:
                said = derive(parse_card(body))
                names = (name for name in said.get(Field.FULL_NAME, ()) if " " in name)
                needles.update(names, said.get(Field.MAIL, ()), said.get(Field.UID, ()))
                words.update(map(words_of, said.get(Field.FULL_NAME, ())))
        kept = [one for one in needles if len(one) >= _SHORTEST_NEEDLE]
        return cls(
            frozenset(places),
            frozenset(href for _, href in places),
            frozenset(one for one in words if len(one) > 1),
            _any_of(kept),
            _any_of([card.key for card in cards]),
        )

    def is_refused(self, event: AuditEvent) -> bool:
        """Say whether ``event`` is of a card that was refused, and may have been the person's.

        Nothing was kept of it but its name: one that a card of theirs has in any book, or that
        is made of the words of theirs.
        """
        if event.outcome is not Outcome.REFUSED or not event.card:
            return False
        known = words_of(event.card)
        return event.card in self.hrefs or any(one <= known for one in self.words)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    joined = "|".join(re.escape(word) for word in sorted(words)) or r"(?!)"
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the audit trail tells: for each person, and the number of the last event."""

    events: list[list[WrittenEvent]]
    lookups: list[list[WrittenEvent]]
    last: int


def _events(connection: Connection, named: Sequence[_Pattern], after: int = 0) -> _Told:
    told = _Told([[] for _ in named], [[] for _ in named], 0)
    last = after
    for written in audit.read(connection, AuditFilter(after=after)):
        last = written.id
        event = written.event
        if written.erased or not (event.card or event.detail):
            continue
        said = f"{event.card} {event.detail}"
        for number, pattern in enumerate(named):
            if (
                (event.book, event.card) in pattern.places
                or pattern.is_refused(event)
                or pattern.names.search(said)
            ):
                told.events[number].append(written)
            elif pattern.keys.search(said):
                told.lookups[number].append(written)
    return _Told(told.events, told.lookups, last)


def events_about(connection: Connection, cards: Sequence[KeptCard], after: int) -> list[int]:
    """Return the numbers of the events after ``after`` that name the person of ``cards``."""
    told = _events(connection, [_Pattern.of(cards)], after)
    return [written.id for written in told.events[0]]
