"""People who were erased, and are in the store all the same: it is one that was put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.fold import fold
from dirserver.model.person import identities
from dirserver.model.vcard import parse_card
from dirserver.store.people import erasures, people
from dirserver.store.tables import card

_ROWS = 500


@dataclass(frozen=True, slots=True)
class ErasedCard:
    """A card of somebody who was erased, and the case of that; ``href`` is its name by now."""

    case: str
    key: str
    book: str
    href: str


def erased_cards(connection: Connection) -> list[ErasedCard]:
    """Return the cards of people who were erased, also such as are in the history only.

    Of the latter, who is known by name and number alone is not found: their numbers are in no
    index.
    """
    secret = erasures.key(connection)
    if not secret:
        return []
    found: dict[str, str] = {}
    for part in _parts(_said(connection)):
        prints = {key: erasures.fingerprints(secret, said) for key, said in part}
        cases = erasures.cases_of(connection, {one for some in prints.values() for one in some})
        for key, some in prints.items():
            for case in (cases[one] for one in some if one in cases):
                found.setdefault(key, case)
    books = people.shelves(connection)
    cards = people.versions_of(connection, found, books)
    return [
        ErasedCard(found[key], key, versions[-1].book, versions[-1].href)
        for key, versions in sorted(cards.items(), key=lambda pair: (found[pair[0]], pair[0]))
    ]


def _said(connection: Connection) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what cards, by their keys, tell of who they are of."""
    there = list(connection.scalars(select(card.c.key)))
    for at in range(0, len(there), _ROWS):
        for one in people.standing(connection, there[at : at + _ROWS]):
            yield one.key, identities(one.uid, one.values)
    known = set(there)
    for _number, key, body in people.bodies_after(connection, 0):
        if key not in known:
            said = parse_card(body)
            mails = derive(said).get(Field.MAIL, ())
            yield key, identities(said.uid, ((Field.MAIL, fold(mail)) for mail in mails))


def _parts(
    said: Iterable[tuple[str, frozenset[str]]],
) -> Iterator[list[tuple[str, frozenset[str]]]]:
    part: list[tuple[str, frozenset[str]]] = []
    for one in said:
        part.append(one)
        if len(part) == _ROWS:
            yield part
            part = []
    yield part
