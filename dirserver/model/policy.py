"""Everything that permissions depend on, as it stood at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar, cast

from dirserver.errors import AccessDenied
from dirserver.model.addressbook import PERSONAL, AddressBook, label_of
from dirserver.model.device import Device
from dirserver.model.grant import Decision, Grant, Privilege, decide
from dirserver.model.principal import (
    EVERYONE,
    GROUP_PREFIX,
    Client,
    Group,
    Principal,
    PrincipalKind,
)
from dirserver.model.query import EVERYTHING, NOTHING, Query, resolve
from dirserver.model.shield import Stop
from dirserver.model.smart.condition import SmartQuery, in_book

# So many clients' books are kept: a stranger's addresses must not fill the memory.
_MOST_KEPT = 1000
_Seen = TypeVar("_Seen", bound="VisibleBook | SmartView")


@dataclass(frozen=True, slots=True)
class VisibleBook:
    """A book as one principal has it: the highest privilege, and what is hidden.

    Of its cards, those are ``shown`` that this finds: all, or ``through`` a smart book some.
    """

    book: AddressBook
    access: Privilege
    hidden: frozenset[str]
    shown: Query = EVERYTHING
    through: AddressBook | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of its cards are shown."""
        return self.shown == EVERYTHING

    @property
    def shelf(self) -> AddressBook:
        """The book under whose name its cards are shown."""
        return self.through or self.book

    @property
    def visibility(self) -> str:
        """A short name for what is hidden; two readers with the same one see the same bytes."""
        if not self.hidden:
            return "0"
        return hashlib.sha256(",".join(sorted(self.hidden)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SmartView:
    """A smart book as one principal has it: ``parts`` of the books that they may use themselves."""

    book: AddressBook
    access: Privilege
    parts: tuple[VisibleBook, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Principals, groups, books and grants at one epoch; it answers without I/O.

    ``view_key`` is the secret that goes into what readers are told of cards they see in part.
    ``devices`` are those that are not revoked, by id. ``stops`` are clients that the shield has
    stopped, by book, login and device.
    ``erasure_key`` is that of the fingerprints of people who were erased; empty while there is
    nobody who was. ``linked_books`` are those that have linked cards, by id.
    """

    epoch: int
    users: Mapping[str, Principal] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    books: tuple[AddressBook, ...] = ()
    grants: Mapping[int, tuple[Grant, ...]] = field(default_factory=dict)
    view_key: bytes = field(default=b"", repr=False)
    devices: Mapping[int, Device] = field(default_factory=dict)
    stops: Mapping[tuple[int, str, str], Stop] = field(default_factory=dict)
    erasure_key: bytes = field(default=b"", repr=False)
    linked_books: frozenset[int] = frozenset()
    # Who asks for all their books asks again with every request; kept as long as the policy is.
    _alike: dict[tuple[object, ...], tuple[object, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _smart: dict[tuple[Principal, Privilege, str], tuple[SmartView, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _visible: dict[tuple[Principal, Privilege, str], tuple[VisibleBook, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _views: dict[tuple[Principal, int, str, Privilege], VisibleBook | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def decide(
        self, principal: Principal, privilege: Privilege, book: AddressBook, address: str = ""
    ) -> Decision:
        """Decide with the grants of this moment; see ``grant.decide``.

        A client that was stopped may do no more than read, until it is released.
        """
        decision = decide(principal, privilege, book, self.grants.get(book.id, ()), address)
        if decision.allowed and privilege > Privilege.READ and not principal.is_operator:
            stop = self.stops.get((book.id, principal.login, principal.device_name))
            if stop is not None:
                return Decision(False, f"stopped: {stop.reason}")
        return decision

    def as_of(self, principal: Principal, client: Client, at: datetime) -> Principal:
        """Return ``principal``, who acts through ``client``, with the groups that they have now.

        Raises AccessDenied when they are no longer a user, or their device no longer good.
        """
        if principal.kind is not PrincipalKind.USER:
            return principal
        current = self.users.get(principal.login)
        if current is None:
            raise AccessDenied(f"{principal.login} is no longer a user")
        if principal.device is None:
            return current
        device = self.devices.get(principal.device.id)
        if device is None:
            raise AccessDenied(f"device {principal.device_name}: revoked")
        refusal = device.refusal(client.protocol, client.address, at)
        if refusal:
            raise AccessDenied(f"device {device.name}: {refusal}")
        return replace(current, device=device)

    def view(
        self,
        principal: Principal,
        book: AddressBook,
        address: str = "",
        privilege: Privilege = Privilege.READ,
    ) -> VisibleBook | None:
        """Return ``book`` as ``principal`` has it, or None when it does not exist for them.

        What is hidden is what is hidden from the use of ``privilege``, as far as they have it:
        a grant of search may show to lookups what a grant of read hides from readers.
        """
        key = (principal, book.id, address, privilege)
        try:
            return self._views[key]
        except KeyError:
            if len(self._views) >= _MOST_KEPT:
                self._views.clear()
            found = self._views[key] = self._allowed(principal, book, address, privilege)
            return found

    def _allowed(
        self, principal: Principal, book: AddressBook, address: str, privilege: Privilege
    ) -> VisibleBook | None:
        for access in sorted(Privilege, reverse=True):
            if self.decide(principal, access, book, address).allowed:
                used = min(access, privilege)
                hidden = self.decide(principal, used, book, address).hidden
                return VisibleBook(book, access, hidden)
        return None

    def visible(
        self, principal: Principal, privilege: Privilege, address: str = ""
    ) -> tuple[VisibleBook, ...]:
        """Return the books on which ``principal`` has ``privilege``: shared ones, then own.

        They have cards of their own; for others see ``smart_books``. One's own book stands before
        a shared one of the same name, as ``named`` has it.
        """
        key = (principal, privilege, address)
        found = self._visible.get(key)
        if found is None:
            if len(self._visible) >= _MOST_KEPT:
                self._visible.clear()
            found = self._visible[key] = self._shared(self._look(principal, privilege, address))
        return found

    def _shared(
        self, seen: tuple[_Seen, ...], beside: tuple[VisibleBook, ...] = ()
    ) -> tuple[_Seen, ...]:
        """Return what others see who see the same: much is known of that by its being the same.

        So it is for all telephones of one login, each of which has an address of its own. What
        they see ``beside`` it is the same as well, since a group may have its members there.
        """
        if len(self._alike) >= _MOST_KEPT:
            self._alike.clear()
        return cast("tuple[_Seen, ...]", self._alike.setdefault((seen, beside), seen))

    def _look(
        self, principal: Principal, privilege: Privilege, address: str
    ) -> tuple[VisibleBook, ...]:
        books = (book for book in self.books if book.smart is None)
        views = (self.view(principal, book, address, privilege) for book in books)
        found = [view for view in views if view is not None and view.access >= privilege]
        login = principal.login
        own = {view.book.slug for view in found if view.book.owner == login}
        if own and not principal.is_operator:
            found = [view for view in found if view.book.owner or view.book.slug not in own]
        return tuple(sorted(found, key=lambda view: (view.book.owner != "", view.book.slug)))

    def smart_books(
        self, principal: Principal, privilege: Privilege, address: str = ""
    ) -> tuple[SmartView, ...]:
        """Return the smart books on which ``principal`` has ``privilege``, by name.

        Each shows what they may use of other books by the grants there. What a device is not
        good for by itself, its user may read with it all the same through a smart book that it is
        good for.
        """
        key = (principal, privilege, address)
        found = self._smart.get(key)
        if found is None:
            if len(self._smart) >= _MOST_KEPT:
                self._smart.clear()
            smart = tuple(self._look_through(principal, privilege, address))
            beside = self.visible(principal, privilege, address)
            found = self._smart[key] = self._shared(smart, beside)
        return found

    def _look_through(
        self, principal: Principal, privilege: Privilege, address: str
    ) -> Iterator[SmartView]:
        for book in self.books:
            if book.smart is None or self.named(principal.login, book.slug) is not book:
                continue
            view = self.view(principal, book, address, privilege)
            if view is None or view.access < privilege:
                continue
            device = principal.device
            everywhere = None if device is None else replace(device, books=frozenset())
            around = self.visible(replace(principal, device=everywhere), privilege, address)
            # What people keep for themselves is not told of to the operator in passing.
            parts = (
                replace(one, shown=shown_of(one.book, book.smart), through=book)
                for one in around
                if one.book.owner in ("", principal.login)
            )
            yield SmartView(
                book,
                view.access,
                tuple(
                    replace(one, access=min(one.access, _most(view, one.book, device)))
                    for one in parts
                    if resolve(one.shown, one.hidden) != NOTHING
                ),
            )

    def named(self, login: str, slug: str) -> AddressBook | None:
        """Return the book that is called ``slug`` in the home of ``login``: an own or a shared one.

        Who makes a book cannot know what hidden ones are called, so their own goes first.
        """
        there = [book for book in self.books if book.slug == slug and book.owner in ("", login)]
        return max(there, key=lambda book: book.owner, default=None)

    def base(
        self, principal: Principal, views: Sequence[VisibleBook], address: str = ""
    ) -> VisibleBook | None:
        """Return the one of ``views`` that new cards of ``principal`` go to if all are as one.

        It is that of the config file, or else their personal one, or else the first that they may
        write to. Names depend on it, so a client that was stopped does not make it another.
        """
        named = {view.book.slug: view for view in views}
        for slug in (principal.default_book, PERSONAL):
            if slug in named:
                return named[slug]
        for view in views:
            # Most tell at a glance; only where somebody was stopped the grants must be asked.
            allowed = view.access >= Privilege.WRITE
            if not allowed and self.stops:
                given = self.grants.get(view.book.id, ())
                allowed = decide(principal, Privilege.WRITE, view.book, given, address).allowed
            if allowed:
                return view
        return None

    def may_make_books(self, principal: Principal) -> bool:
        """Say whether ``principal`` may have books of their own beside the one they are given.

        Whoever is given one may. A device that is good for some books makes no others, nor does
        one that is shown all as one.
        """
        if principal.sees_one_book:
            return False
        if principal.device is not None and principal.device.books:
            return False
        return any(book.owner == principal.login and book.slug == PERSONAL for book in self.books)

    def user(self, name: str) -> Principal | None:
        """Return the user whose login or mail is ``name``, without regard to case."""
        wanted = name.lower()
        found = self.users.get(wanted)
        if found is not None or "@" not in wanted:
            return found
        return next((user for user in self.users.values() if user.mail.lower() == wanted), None)


def shown_of(book: AddressBook, smart: SmartQuery) -> Query:
    """Return what finds the cards of ``book`` that a smart book shows.

    A book that its owner made has no name that a query could know.
    """
    return in_book(smart.condition, "" if book.made_by_owner else book.slug)


def _most(smart: VisibleBook, book: AddressBook, device: Device | None) -> Privilege:
    """Return the most that may be done through a smart book with the cards of ``book``."""
    if smart.access < Privilege.READ:
        return smart.access
    if device is not None and not device.has_use_of(label_of(book)):
        return Privilege.READ
    return Privilege.MANAGE


def grantees_of(login: str, groups: Iterable[Group]) -> frozenset[str]:
    """Return the names under which grants reach the user ``login``, through nested groups."""
    groups = tuple(groups)
    reached = {login, EVERYONE}
    found = True
    while found:
        found = False
        for group in groups:
            name = GROUP_PREFIX + group.name
            if name not in reached and not reached.isdisjoint(group.members):
                reached.add(name)
                found = True
    return frozenset(reached)


def user_principal(login: str, name: str, mail: str, groups: Iterable[Group]) -> Principal:
    """Return the principal for a user, with the groups that they are in."""
    return Principal(PrincipalKind.USER, login, name, mail, grantees_of(login, groups))
