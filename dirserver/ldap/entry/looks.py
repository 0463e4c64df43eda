"""How the cards of a book look to who asks for some of their attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from dirserver.ldap.codec.encode import encode_named
from dirserver.ldap.codec.messages import SearchRequest
from dirserver.ldap.dit import dn
from dirserver.ldap.entry.asked import asked_numbers, spelled
from dirserver.ldap.entry.entries import encode_member, encode_operational, is_group
from dirserver.ldap.entry.from_card import encode_from_card
from dirserver.ldap.entry.selection import Projection, Selection
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.settings import ClientProfile, LDAPSettings
from dirserver.model.addressbook import Entry
from dirserver.model.hits import Details
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import NumberStyle
from dirserver.model.policy import VisibleBook

# Returns the DNs of those in a group that are shown to who asks, by its book's id and its key.
Members: TypeAlias = Callable[[int, str], list[str]]


class Way(Enum):
    """How the entries of an answer come to be, the simplest first."""

    AS_STORED = "each is sent as it is stored with its card"
    KEPT = "each is made once, for all who ask in the same way"
    MADE = "each is made for this answer"


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How the cards of one book look. What is ``above`` follows the RDN in their names."""

    above: str
    projection: Projection
    wants_operational: bool
    from_card: tuple[AttributeType, ...]
    shows_members: bool
    way: Way

    def name(self, key: str) -> bytes:
        """Return the DN of a card."""
        (name,) = names([key], self.above)
        return name

    def depends_on_reader(self, attributes: bytes) -> bool:
        """Say whether those from whom the same is hidden may yet be shown different things."""
        return is_group(attributes) and self.shows_members

    def made(self, card: Entry, members: Members) -> bytes:
        """Return the entry of ``card`` without the message that it is in."""
        operational = b""
        if self.wants_operational and card.created is not None and card.modified is not None:
            operational = encode_operational(
                self.name(card.key).decode(),
                card.key,
                card.created,
                card.modified,
                group=is_group(card.attributes),
            )
        shown = self.projection.select(card.attributes, operational)
        if self.depends_on_reader(card.attributes):
            shown += self.more(encode_member(members(card.book_id, card.key)))
        if self.from_card and card.body is not None:
            shown += self.more(encode_from_card(card.body, self.from_card))
        return encode_named(self.name(card.key), shown)

    def more(self, encoded: bytes) -> bytes:
        """Return what is shown of attributes that are not stored with the card."""
        return self.projection.select_more(encoded)


def names(keys: Sequence[str], above: str) -> list[bytes]:
    """Return the DNs of cards, of which there is one at least, with ``above`` behind each RDN."""
    if "".join(keys).encode().isalnum():
        # As all are that were given out here. What parts them is in no DN (RFC 4514 section 2.4).
        between = f"{above}\0uid="
        return f"uid={between.join(keys)}{above}".encode().split(b"\0")
    return [f"{dn.card_rdn(key)}{above}".encode() for key in keys]


def _look(
    book: str,
    attributes: tuple[str, ...],
    hidden: frozenset[str],
    types_only: bool,  # a part of the key of a cache
    style: NumberStyle,
    plan: DialPlan,
    asked: tuple[str, ...],
) -> Look:
    selection = Selection.parse(attributes)
    projection = Projection(
        selection,
        hidden,
        types_only=types_only,
        rewrite_numbers=spelled(style, plan, asked),
    )
    wants_operational = selection.wants_operational
    from_card = projection.from_card
    if asked or wants_operational or from_card:
        way = Way.MADE
    else:
        way = Way.AS_STORED if projection.is_verbatim else Way.KEPT
    shows_members = projection.shows_members
    return Look(f",{book}", projection, wants_operational, from_card, shows_members, way)


# Those of different readers look the same, and what was made of one is good for the other.
_same_look = lru_cache(maxsize=512)(_look)


@dataclass(frozen=True, slots=True)
class Looks:
    """How the cards of some books look, by the books' ids, and what is needed of them for that."""

    of: Mapping[int, Look]
    way: Way
    details: Details


def looks(
    views: tuple[VisibleBook, ...],
    request: SearchRequest,
    settings: LDAPSettings,
    profile: ClientProfile,
    *,
    few: bool = False,
) -> Looks:
    """Return how the cards of ``views`` look to who sends ``request`` and has this profile.

    Of a ``few`` none is read again that was made for another answer; of many it would not be there
    any more.
    """
    asked = asked_numbers(request.filter) if compares(request, profile) else ()
    look = _look if asked else _same_look
    return _joined(
        {
            view.book.id: look(
                dn.book_dn(view.shelf.slug, settings.suffix),
                request.attributes,
                view.hidden,
                request.types_only,
                profile.numbers,
                settings.plan,
                asked,
            )
            for view in views
        },
        few=few,
    )


def compares(request: SearchRequest, profile: ClientProfile) -> bool:
    """Say whether numbers are shown as they were asked for, too.

    Linphone, which compares, asks for all there is. Who names attributes is a telephone that would
    show the number twice.
    """
    return profile.as_asked or not request.attributes


def _joined(of: Mapping[int, Look], *, few: bool) -> Looks:
    ways = {one.way for one in of.values()}
    simplest = Way.KEPT if few else Way.AS_STORED
    way = next((one for one in (Way.MADE, Way.KEPT) if one in ways), simplest)
    details = Details(
        revision=way is Way.KEPT,
        attributes=way is not Way.KEPT,
        moments=any(one.wants_operational for one in of.values()),
        body=any(one.from_card for one in of.values()),
        brief=way is not Way.MADE,
    )
    return Looks(of, way, details)
