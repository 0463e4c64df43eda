"""How what a search finds looks to who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dirserver.ldap import dn
from dirserver.ldap.asked import asked_numbers, spelled
from dirserver.ldap.containers import Container
from dirserver.ldap.encode import encode_entry
from dirserver.ldap.entries import encode_operational
from dirserver.ldap.from_card import encode_from_card
from dirserver.ldap.matching import matches_container
from dirserver.ldap.messages import SearchRequest
from dirserver.ldap.schema import AttributeType
from dirserver.ldap.selection import Projection, Selection
from dirserver.ldap.settings import ClientProfile, LDAPSettings
from dirserver.ldap.sorting import Sorting
from dirserver.model.addressbook import Entry
from dirserver.model.fold import fold
from dirserver.model.policy import VisibleBook


class Presenter:
    """Encodes entries for the answer to one request."""

    def __init__(
        self,
        request: SearchRequest,
        message_id: int,
        settings: LDAPSettings,
        profile: ClientProfile,
        views: Iterable[VisibleBook] = (),
    ) -> None:
        """Show what ``request`` selects, with numbers as the client's profile has them."""
        self._request = request
        self._message_id = message_id
        self._settings = settings
        # Linphone, which compares, asks for all there is. Who names attributes is a telephone that
        # would show the number twice.
        compares = profile.as_asked or not request.attributes
        asked = asked_numbers(request.filter) if compares else ()
        self._rewrite = spelled(profile.numbers, settings.plan, asked)
        self._selection = Selection.parse(request.attributes)
        self._looks = {view.book.id: self._look(view) for view in views}

    @property
    def wants_bodies(self) -> bool:
        """Whether ``card`` needs the bodies of cards."""
        return any(look.from_card for look in self._looks.values())

    def found(self, containers: Iterable[Container]) -> list[Container]:
        """Return those of ``containers`` that the filter finds."""
        asked = self._request.filter
        return [one for one in containers if matches_container(asked, one.attributes)]

    def container(self, one: Container) -> bytes:
        """Return an entry that is no card, encoded as a message."""
        projection = Projection(self._selection, types_only=self._request.types_only)
        shown = projection.select(*one.encoded())
        return encode_entry(self._message_id, one.dn.encode(), shown)

    def card(self, entry: Entry) -> bytes:
        """Return a card of one of the views, encoded as a message."""
        return self._looks[entry.book_id].encode(self._message_id, entry)

    def _look(self, view: VisibleBook) -> _Look:
        projection = Projection(
            self._selection,
            view.hidden,
            types_only=self._request.types_only,
            rewrite_numbers=self._rewrite,
        )
        book = dn.book_dn(view.book.slug, self._settings.suffix)
        return _Look(book, projection, self._selection.wants_operational, projection.from_card)


@dataclass(frozen=True, slots=True)
class _Look:
    """How the cards of one book look to the principal."""

    book: str
    projection: Projection
    wants_operational: bool
    from_card: tuple[AttributeType, ...]

    def encode(self, message_id: int, entry: Entry) -> bytes:
        name = dn.card_dn(entry.key, self.book)
        operational = (
            encode_operational(name, entry.key, entry.created, entry.modified)
            if self.wants_operational
            else b""
        )
        shown = self.projection.select(entry.attributes, operational)
        if self.from_card and entry.body is not None:
            more = encode_from_card(entry.body, self.from_card)
            shown += self.projection.select_more(more)
        return encode_entry(message_id, name.encode(), shown)


def in_order(containers: list[Container], sorting: Sorting) -> list[Container]:
    """Sort entries that are no cards; they stand together, as most have nothing to sort by."""
    for one, reverse in reversed(sorting.keys):

        def place(container: Container, name: str = one.name) -> tuple[bool, str]:
            values = [fold(value) for value in container.attributes.get(name, ())]
            return not values, min(values, default="")

        containers = sorted(containers, key=place, reverse=reverse)
    return containers
