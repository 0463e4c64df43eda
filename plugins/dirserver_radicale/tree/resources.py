"""What a path names, as somebody sees it in one snapshot: the root, a principal, a collection.

Cards are no objects here: they are written by a plan, thousands of them (``cardplan``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from dirserver.directory import Reading
from dirserver.errors import AccessDenied
from dirserver.model.addressbook import MERGED
from dirserver.model.grant import Privilege
from dirserver.model.principal import GROUP_PREFIX, Group, Principal
from dirserver_radicale.headers.prefer import NONE, Preferences
from dirserver_radicale.tree.collection import Book, Collection, SeveralBooks
from dirserver_radicale.tree.hrefs import Location, principal_href
from dirserver_radicale.tree.merged import MergedBook
from dirserver_radicale.tree.smart import SmartBook


class Viewer:
    """Whoever asks, in one snapshot, and what they may know of."""

    def __init__(self, reading: Reading, preferences: Preferences = NONE) -> None:
        """Look through ``reading``; ``preferences`` are about what is told of it."""
        self.reading = reading
        self.preferences = preferences
        self.principal = reading.principal
        self.home = principal_href(reading.principal.login)

    @cached_property
    def manages(self) -> bool:
        """Whether they manage a shared book, and so must know to whom it can be given."""
        decide, address = self.reading.policy.decide, self.reading.client.address
        return any(
            decide(self.principal, Privilege.MANAGE, book, address).allowed
            for book in self.reading.policy.books
            if not book.owner
        )

    @cached_property
    def makes_books(self) -> bool:
        """Whether they may have books of their own."""
        return self.reading.policy.may_make_books(self.principal)

    @cached_property
    def own_properties(self) -> Mapping[int, Mapping[str, str]]:
        """What they have set for themselves: properties, written, by the id of the book."""
        return self.reading.properties()

    def may_know(self, grantee: str) -> bool:
        """Say whether a user or group exists for them.

        That is oneself and the groups one is in; who manages a book knows everybody.
        """
        return grantee in self.principal.grantees or self.manages

    def known(self) -> Iterator[PrincipalPlace]:
        """Yield the principals that exist for them: users, then groups."""
        policy = self.reading.policy
        people: list[Principal | Group] = [*policy.users.values(), *policy.groups]
        for one in people:
            if self.may_know(grantee_of(one)):
                yield PrincipalPlace(self, one)

    def at(self, location: Location) -> Resource:
        """Return what is at ``location``; for a card, its book.

        Raises AccessDenied for what does not exist for them.
        """
        if not location.login:
            return Root(self)
        if location.book:
            return self.collection(location)
        place = self.principal_called(location.login)
        if place is None:
            raise AccessDenied("there is no such principal, or none to know of")
        return place

    def collection(self, location: Location) -> Collection:
        """Return the collection at ``location``, or that of the card there. Raises AccessDenied."""
        if location.login != self.principal.login:
            raise AccessDenied("this is the home of somebody else")
        return self.several(location) or Book(
            self, self.reading.book(location.book, Privilege.READ)
        )

    def several(self, location: Location) -> SeveralBooks | None:
        """Return what shows several books at ``location``, or the card there; None for a book."""
        if location.book == MERGED and self.principal.sees_one_book:
            return MergedBook(self)
        view = self.reading.smart_book(location.book, Privilege.READ)
        return None if view is None else SmartBook(self, view)

    def principal_called(self, grantee: str) -> PrincipalPlace | None:
        """Return the user or group of this name, if it exists for them."""
        if grantee == self.principal.login:
            return PrincipalPlace(self, self.principal)
        if not self.may_know(grantee):
            return None
        policy = self.reading.policy
        found: Principal | Group | None = policy.users.get(grantee)
        if grantee.startswith(GROUP_PREFIX):
            name = grantee.removeprefix(GROUP_PREFIX)
            found = next((group for group in policy.groups if group.name == name), None)
        return None if found is None else PrincipalPlace(self, found)


def grantee_of(who: Principal | Group) -> str:
    """Return the name by which grants reach somebody."""
    return GROUP_PREFIX + who.name if isinstance(who, Group) else who.login


@dataclass(frozen=True, slots=True)
class Root:
    """``/``: the collection of principals."""

    viewer: Viewer

    @property
    def url(self) -> str:
        """Its escaped path."""
        return "/"


@dataclass(frozen=True, slots=True)
class PrincipalPlace:
    """``/<login>/``, which for the user themselves is their home too, and ``/group:<name>/``."""

    viewer: Viewer
    who: Principal | Group

    @property
    def url(self) -> str:
        """Its escaped path."""
        return principal_href(grantee_of(self.who))

    @property
    def is_home(self) -> bool:
        """Whether it is of whoever asks, so that there are books below it."""
        return isinstance(self.who, Principal) and self.who.login == self.viewer.principal.login

    def books(self) -> Iterator[Collection]:
        """Yield the books of a home."""
        if not self.is_home:
            return
        if self.viewer.principal.sees_one_book:
            yield MergedBook(self.viewer)
        else:
            for view in self.viewer.reading.books(Privilege.READ):
                yield Book(self.viewer, view)
            # Last, since Macs show the first.
            for smart in self.viewer.reading.smart_books(Privilege.READ):
                yield SmartBook(self.viewer, smart)


Resource: TypeAlias = Root | PrincipalPlace | Collection
