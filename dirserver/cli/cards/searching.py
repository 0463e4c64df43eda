"""``dirserver search``: who is it, and what is their number?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dirserver.cli import screen
from dirserver.cli.acting import acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.same.linked import ShownPlace, places
from dirserver.directory import label_of
from dirserver.directory.same import linking
from dirserver.directory.same.linking import Linked
from dirserver.model.addressbook import Card
from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And, Equals, Or, Query, Substring
from dirserver.model.vcard import parse_card

# More words than a person has names.
_MOST_WORDS = 24
_NUMBER = re.compile(r"[\d\s()+/.,-]*\d[\d\s()+/.,-]*")
_TEXTS = (
    Field.FULL_NAME,
    Field.GIVEN_NAME,
    Field.FAMILY_NAME,
    Field.NICKNAME,
    Field.MAIL,
    Field.ORGANISATION,
    Field.UNIT,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to look for, as whom and where."""

    text: str
    login: str
    book: str
    limit: int


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card as it is shown: what is hidden from whoever asks is not there.

    Those that are ``linked`` with it are of the same person, and not shown for themselves.
    """

    book: str
    href: str
    key: str
    uid: str
    name: str
    numbers: tuple[str, ...]
    mails: tuple[str, ...]
    organisation: str
    linked: tuple[ShownPlace, ...]


def search(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Print the cards that are found, sorted by name. Raises Failed."""
    if not request.text.strip():
        raise Failed("There is nothing to look for; name a part of a name or of a number.")
    if len(request.text.split()) > _MOST_WORDS:
        raise Failed(f"These are more than {_MOST_WORDS} words; leave some out.")
    with acting(invocation, request.login) as who, who.reading() as reading:
        views = reading.books(Privilege.SEARCH)
        if request.book:
            views = who.views(reading, request.book, Privilege.SEARCH)
        # One more than is shown tells whether there are more.
        query = query_for(request.text)
        rows = list(reading.cards_found(query, views, request.limit, beyond=1, linked_once=True))
        keys = [card.key for _, card, _ in rows]
        linked = linking.of_cards(reading, keys, Privilege.SEARCH)
        found = [_shown(view, card, body, linked.get(card.key)) for view, card, body in rows]
    shown = found[: request.limit]
    if as_json:
        screen.say_json(shown)
    elif shown:
        heads = ("key", "name", "numbers", "mail", "organisation", "book")
        screen.say_table(heads, [_row(card) for card in shown])
    else:
        screen.say(f"nobody is found by {request.text}")
    if len(found) > len(shown):
        screen.note(f"There are more than {len(shown)}; say more of the name, or use --limit.")


def query_for(text: str) -> Query:
    """Return the query for what somebody typed: a number, or words that must all be there.

    A number may be a link that was copied (RFC 3966).
    """
    if text[:4].lower() == "tel:":
        text = text[4:]
    if _NUMBER.fullmatch(text):
        return Or((*_number(text), *_contains(text)))
    return And(
        tuple(
            Or((*_contains(word), *(_number(word) if _NUMBER.fullmatch(word) else ())))
            for word in text.split()
        )
    )


def _contains(part: str) -> tuple[Query, ...]:
    return tuple(Substring(field, any=(part,)) for field in _TEXTS)


def _number(text: str) -> tuple[Query, ...]:
    return (
        Equals(Field.ANY_PHONE, text),
        Substring(Field.ANY_PHONE, initial=text),
        Substring(Field.ANY_PHONE, any=(text,)),
    )


def _shown(view: VisibleBook, card: Card, body: bytes, linked: Linked | None) -> FoundCard:
    said = derive(parse_card(body))
    return FoundCard(
        label_of(view.book),
        card.href,
        card.key,
        card.uid,
        said.get(Field.FULL_NAME, (card.key,))[0],
        said.get(Field.ANY_PHONE, ()),
        said.get(Field.MAIL, ()),
        said.get(Field.ORGANISATION, ("",))[0],
        () if linked is None else places(linked.cards),
    )


def _row(card: FoundCard) -> tuple[str, ...]:
    books = "\n".join(dict.fromkeys([card.book, *(one.book for one in card.linked)]))
    numbers, mails = "\n".join(card.numbers), "\n".join(card.mails)
    return card.key, card.name, numbers, mails, card.organisation, books
