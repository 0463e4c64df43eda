"""What a path names, as somebody sees it in one snapshot: the root, a principal, a book.

Cards are no objects here: a book's are written by a plan, thousands of them (``cardplan``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from dirserver.directory import BookState, Reading
from dirserver.errors import AccessDenied
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import GROUP_PREFIX, Group, Principal
from dirserver_radicale import tokens
from dirserver_radicale.hrefs import Location, escaped, escaped_name, principal_href
from dirserver_radicale.prefer import NONE, Preferences


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
            if location.login != self.principal.login:
                raise AccessDenied("this is the home of somebody else")
            return Book(self, self.reading.book(location.book, Privilege.READ))
        place = self.principal_called(location.login)
        if place is None:
            raise AccessDenied("there is no such principal, or none to know of")
        return place

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

    def books(self) -> Iterator[Book]:
        """Yield the books of a home."""
        if self.is_home:
            for view in self.viewer.reading.books(Privilege.READ):
                yield Book(self.viewer, view)


class Book:
    """A book in the home of whoever asks."""

    def __init__(self, viewer: Viewer, view: VisibleBook) -> None:
        """Show the book that ``viewer`` has as ``view``."""
        self.viewer = viewer
        self.view = view
        self.url = escaped(Location(viewer.principal.login, view.book.slug).path)

    @cached_property
    def state(self) -> BookState:
        """Its last change."""
        return self.viewer.reading.state(self.view)

    @property
    def revision(self) -> int:
        """The revision of its last change."""
        return self.state.revision

    @property
    def modified(self) -> datetime:
        """When that was."""
        return self.state.modified

    @property
    def token(self) -> str:
        """The sync token of now."""
        return self.token_of(self.revision)

    def token_of(self, revision: int) -> str:
        """Return the sync token of a client that has seen all up to ``revision``."""
        book = self.view.book
        return str(tokens.SyncToken(book.uuid, book.incarnation, revision, self.view.visibility))

    def url_of(self, name: str) -> str:
        """Return the escaped path of the card ``name``."""
        return self.url + escaped_name(name)


Resource: TypeAlias = Root | PrincipalPlace | Book
