"""How what a search finds looks to who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from dirserver.ldap.codec.ber import encode_integer, length
from dirserver.ldap.codec.encode import encode_entry, encode_named
from dirserver.ldap.codec.messages import SearchRequest
from dirserver.ldap.dit import dn
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.entry.asked import asked_numbers, spelled
from dirserver.ldap.entry.entries import encode_member, encode_operational, is_group
from dirserver.ldap.entry.from_card import encode_from_card
from dirserver.ldap.entry.kept import KeptEntries
from dirserver.ldap.entry.selection import Projection, Selection
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.search.matching import container_test
from dirserver.ldap.search.sorting import Sorting
from dirserver.ldap.settings import ClientProfile, LDAPSettings
from dirserver.model.addressbook import Entry
from dirserver.model.fold import fold
from dirserver.model.identical import Followed
from dirserver.model.number import DialPlan, NumberStyle
from dirserver.model.policy import VisibleBook


class Presenter:
    """Encodes entries for the answer to one request."""

    def __init__(
        self,
        request: SearchRequest,
        message_id: int,
        settings: LDAPSettings,
        profile: ClientProfile,
        views: tuple[VisibleBook, ...],
        members: Callable[[Entry], list[str]],
    ) -> None:
        """Show what ``request`` selects, with numbers as the client's profile has them.

        ``members`` are the DNs of those in a group.
        """
        self._members = members
        self._request = request
        self._message_id = message_id
        self._settings = settings
        self._id = encode_integer(message_id)
        # Linphone, which compares, asks for all there is. Who names attributes is a telephone that
        # would show the number twice.
        compares = profile.as_asked or not request.attributes
        asked = asked_numbers(request.filter) if compares else ()
        self._looks = _looks(views, request, settings, profile, asked)

    @property
    def wants_bodies(self) -> bool:
        """Whether ``card`` needs the bodies of cards."""
        return self._looks.want_bodies

    @property
    def wants_moments(self) -> bool:
        """Whether ``card`` needs to know when cards were written."""
        return self._looks.want_moments

    def found(self, containers: Iterable[Container]) -> list[Container]:
        """Return those of ``containers`` that the filter finds."""
        matches = container_test(self._request.filter)
        return [one for one in containers if matches(one.attributes)]

    def container(self, one: Container) -> bytes:
        """Return an entry that is no card, encoded as a message."""
        asked = self._request
        shown = one.shown(asked.attributes, types_only=asked.types_only)
        return encode_entry(self._message_id, one.dn.encode(), shown)

    def card(self, entry: Entry) -> bytes:
        """Return a card of one of the views, encoded as a message."""
        named = self._looks.of[entry.book_id].encode(entry, self._members)
        return b"\x30%b%b%b" % (length(len(self._id) + len(named)), self._id, named)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """How the cards of one book look to who asks for some attributes."""

    book: str
    projection: Projection
    wants_operational: bool
    from_card: tuple[AttributeType, ...]
    shows_members: bool
    is_kept: bool

    def encode(self, entry: Entry, members: Callable[[Entry], list[str]]) -> bytes:
        """Return the entry without the header of its message."""
        if not self.is_kept:
            return self._made(entry, members)
        if self.shows_members and is_group(entry.attributes):
            # Which of them are shown depends on who asks.
            return self._made(entry, members)
        made = _kept.get(self, entry.key, entry.attributes)
        if made is None:
            made = self._made(entry, members)
            _kept.put(self, entry.key, entry.attributes, made)
        return made

    def _made(self, entry: Entry, members: Callable[[Entry], list[str]]) -> bytes:
        name = dn.card_dn(entry.key, self.book)
        operational = b""
        if self.wants_operational and entry.created is not None and entry.modified is not None:
            operational = encode_operational(
                name,
                entry.key,
                entry.created,
                entry.modified,
                group=is_group(entry.attributes),
            )
        shown = self.projection.select(entry.attributes, operational)
        if self.shows_members and is_group(entry.attributes):
            shown += self.projection.select_more(encode_member(members(entry)))
        if self.from_card and entry.body is not None:
            more = encode_from_card(entry.body, self.from_card)
            shown += self.projection.select_more(more)
        return encode_named(name.encode(), shown)


def _look(
    book: str,
    attributes: tuple[str, ...],
    hidden: frozenset[str],
    types_only: bool,  # a part of the key of a cache
    style: NumberStyle,
    plan: DialPlan,
    asked: tuple[str, ...],
) -> _Look:
    selection = Selection.parse(attributes)
    projection = Projection(
        selection,
        hidden,
        types_only=types_only,
        rewrite_numbers=spelled(style, plan, asked),
    )
    wants_operational = selection.wants_operational
    from_card = projection.from_card
    # What is sent as it is stored is not worth keeping, nor what is made of more than that.
    is_kept = not (asked or projection.is_verbatim or wants_operational or from_card)
    return _Look(book, projection, wants_operational, from_card, projection.shows_members, is_kept)


# Those of different readers look the same, and what was made of one is good for the other.
_same_look = lru_cache(maxsize=512)(_look)
_kept = KeptEntries(16 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class _Looks:
    """How the cards of each book look, by its id, and what is needed of them for that."""

    of: Mapping[int, _Look]
    want_bodies: bool
    want_moments: bool


def _looks(
    views: tuple[VisibleBook, ...],
    request: SearchRequest,
    settings: LDAPSettings,
    profile: ClientProfile,
    asked: tuple[str, ...],
) -> _Looks:
    """Return how the cards of ``views`` look to who sends ``request`` and asks for these numbers.

    Clients of one kind ask for the same attributes all day long.
    """
    way = request.attributes, request.types_only, settings, profile
    ways = _ways(views)
    found = None if asked else ways.get(way)
    if found is not None:
        return found
    look = _look if asked else _same_look
    looks = {
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
    }
    found = _Looks(
        looks,
        any(one.from_card for one in looks.values()),
        any(one.wants_operational for one in looks.values()),
    )
    if not asked and len(ways) < _MOST_WAYS:
        ways[way] = found
    return found


_MOST_WAYS = 32
_Way: TypeAlias = tuple[tuple[str, ...], bool, LDAPSettings, ClientProfile]
# By the ways in which the cards of some books were asked for.
_ways = Followed[tuple[VisibleBook, ...], dict[_Way, _Looks]](lambda _views: {})


def in_order(containers: list[Container], sorting: Sorting) -> list[Container]:
    """Sort entries that are no cards; they stand together, as most have nothing to sort by."""
    for one, reverse in reversed(sorting.keys):

        def place(container: Container, name: str = one.name) -> tuple[bool, str]:
            values = [fold(value) for value in container.attributes.get(name, ())]
            return not values, min(values, default="")

        containers = sorted(containers, key=place, reverse=reverse)
    return containers
