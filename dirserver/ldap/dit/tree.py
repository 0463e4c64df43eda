"""What there is at a DN for one principal.

Nothing that the principal may not read is in their tree: not as an entry, not as a base, not as
the part of a name that did match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from dirserver.directory import Reading
from dirserver.ldap.codec.messages import Scope
from dirserver.ldap.dit import containers
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.dn import (
    DN,
    BookDN,
    CardDN,
    Location,
    Root,
    Subschema,
    Suffix,
    UserDN,
    UsersDN,
    book_dn,
    card_dn,
    is_slug_of,
    locate,
)
from dirserver.ldap.search.facts import Naming
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.addressbook import AddressBook
from dirserver.model.fields import PERSONAL, with_companions
from dirserver.model.fold import fold
from dirserver.model.grant import Privilege
from dirserver.model.identical import Followed
from dirserver.model.policy import SmartView, VisibleBook
from dirserver.model.principal import Principal
from dirserver.model.query import NOTHING, Query


@dataclass(frozen=True, slots=True)
class Target:
    """What a request looks at: entries of the server's own, and the cards of some books.

    With a ``key`` it is one card, of which only the book is known to exist.
    """

    containers: tuple[Container, ...] = ()
    views: tuple[VisibleBook, ...] = ()
    key: str = ""


def public_target(
    location: Location, scope: Scope, settings: LDAPSettings, mechanisms: tuple[str, ...]
) -> Target | None:
    """Return what anybody may look at, before any bind and whatever the policy: how to ask.

    ``mechanisms`` are those of SASL that the client may use.
    The root DSE is no part of the tree, and only a base search finds it (RFC 4512 section 5.1).
    """
    match location:
        case Root() if scope is Scope.BASE_OBJECT:
            return Target((containers.root_dse(settings, mechanisms),))
        case Subschema():
            return _leaf(containers.subschema(), scope)
        case _:
            return None


class Tree:
    """The tree as one principal has it."""

    def __init__(
        self, reading: Reading, settings: LDAPSettings, *, counts_subordinates: bool = True
    ) -> None:
        """Look through ``reading``; it costs a little to say what is below entries."""
        self.reading = reading
        self._counts = counts_subordinates
        self._settings = settings
        self._seen = _followed(settings)(reading.books(Privilege.SEARCH))
        self._views = self._seen.views

    @property
    def views(self) -> tuple[VisibleBook, ...]:
        """All books that the principal may search; the same object for who sees the same."""
        return self._views

    def target(self, location: Location, scope: Scope) -> Target | None:
        """Return what ``scope`` reaches from ``location``, or None when there is nothing there.

        One level below the suffix are the books, one level below a book its cards. Those who
        log in are found under ou=users only: they are no contacts.
        """
        principal = self.reading.principal
        match location:
            case Root():
                return self._below_root(scope)
            case Suffix() if self._views or not principal.is_anonymous:
                return self._below_suffix(scope)
            case BookDN(slug) if branch := self._branch(slug):
                return _reach(self._book(branch), (), branch.views, branch.views, scope)
            case CardDN(slug, key) if (branch := self._branch(slug)) and branch.views:
                if scope in (Scope.BASE_OBJECT, Scope.WHOLE_SUBTREE):
                    return Target((), branch.views, key)
                return Target() if self.has_card(branch.views, key) else None
            case UsersDN() if not principal.is_anonymous:
                users = tuple(containers.user_entry(one, self._settings) for one in self._users())
                base = self._above(containers.users_entry(self._settings), len(users))
                return _reach(base, users, (), (), scope)
            case UserDN(login) if not principal.is_anonymous:
                found = next((one for one in self._users() if one.login == login), None)
                if found is None:
                    return None
                return _leaf(containers.user_entry(found, self._settings), scope)
            case _:
                return None

    def _below_suffix(self, scope: Scope) -> Target:
        smart = self._smart()
        kept = None if self._counts else self._seen.targets.get(scope)
        if kept is not None and kept[0] is smart:
            return kept[1]
        books = tuple(map(self._book, self._branches()))
        base = self._above(containers.suffix_entry(self._settings), len(books))
        target = _reach(base, books, (), self._views, scope)
        if not self._counts:
            self._seen.targets[scope] = smart, target
        return target

    def _users(self) -> list[Principal]:
        """Return those who log in that the principal may see: themselves, or all, by name."""
        principal = self.reading.principal
        if principal.grantees.isdisjoint(self._settings.show_users):
            return [principal]
        users = self.reading.policy.users.values()
        return sorted(users, key=lambda one: (fold(one.name or one.login), one.login))

    def has_card(self, views: Sequence[VisibleBook], key: str) -> bool:
        """Say whether there is a card with this key in ``views``."""
        return self.reading.has_key(views, key)

    def naming(self, views: Sequence[VisibleBook]) -> Naming:
        """Return what the DNs of the cards in ``views`` are made of."""
        known = views if isinstance(views, tuple) else tuple(views)
        return Naming(self._settings.suffix_dn, _ids_by_slug(known), self._groups_of)

    def _groups_of(self, slug: str, key: str) -> Query:
        view = self._view(slug)
        return NOTHING if view is None else self.reading.groups_of(view, key, self._views)

    def members(self, book: int, key: str) -> list[str]:
        """Return the DNs of a group's members, of those that the principal may see.

        The group is the card ``key`` of the book with this id. From books that they may only look
        things up in, there are no more than of a search.
        """
        found = self.reading.members(book, key, self._views)
        read = [one for one in found if one[0].access >= Privilege.READ]
        looked_up = [one for one in found if one[0].access < Privilege.READ]
        shown = [*read, *looked_up[: self._settings.max_hits]]
        suffix = self._settings.suffix
        return [card_dn(key, book_dn(view.book.slug, suffix)) for view, key in shown]

    def matched(self, name: DN) -> str:
        """Return the DN of the nearest entry above ``name``, which is not there.

        Empty when there is none; the same for what is hidden and for what is absent.
        """
        for above in range(1, len(name)):
            location = locate(name[above:], self._settings.suffix_dn)
            target = self.target(location, Scope.BASE_OBJECT)
            if target is None:
                continue
            if not target.key:
                return target.containers[0].dn
            if self.has_card(target.views, target.key):
                slug = target.views[0].shelf.slug
                return card_dn(target.key, book_dn(slug, self._settings.suffix))
        return ""

    def _below_root(self, scope: Scope) -> Target:
        """Return what is below the root: phones are set up without a base."""
        base = self.target(Suffix(), Scope.BASE_OBJECT)
        if base is None or scope is Scope.SINGLE_LEVEL:
            return base or Target()
        return self.target(Suffix(), Scope.WHOLE_SUBTREE) or Target()

    def _book(self, branch: _Branch) -> Container:
        if not self._counts:
            return branch.entry
        if all(view.access >= Privilege.READ for view in branch.views):
            return branch.entry.with_subordinates(self.reading.number_in(branch.views))
        # How many there are is not for those who may only look some of them up.
        return branch.entry.with_subordinates(self.reading.has_cards(branch.views), is_exact=False)

    def _above(self, entry: Container, number: int) -> Container:
        return entry.with_subordinates(number) if self._counts else entry

    def _view(self, slug: str) -> VisibleBook | None:
        return next((view for view in self._views if is_slug_of(slug, view.book.slug)), None)

    def _branches(self) -> Iterator[_Branch]:
        """Yield the books, and then the smart ones, which show cards of theirs once more."""
        yield from self._seen.branches
        yield from self._smart()

    def _smart(self) -> tuple[_Branch, ...]:
        return _smart(self._settings)(self.reading.smart_books(Privilege.SEARCH))

    def _branch(self, slug: str) -> _Branch | None:
        return next((one for one in self._branches() if is_slug_of(slug, one.book.slug)), None)


def ids_by_slug(views: Iterable[VisibleBook]) -> dict[str, tuple[int, ...]]:
    """Return whose cards are below the entry of a book, by its slug: books' ids."""
    found: dict[str, tuple[int, ...]] = {}
    for view in views:
        slug = view.shelf.slug
        found[slug] = (*found.get(slug, ()), view.book.id)
    return found


# Most ask again and again for the same books.
_ids_by_slug = Followed[Iterable[VisibleBook], dict[str, tuple[int, ...]]](ids_by_slug)


@dataclass(frozen=True, slots=True)
class _Branch:
    """A book, its entry, and whose cards are below that: its own, or those that it shows."""

    book: AddressBook
    entry: Container
    views: tuple[VisibleBook, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Books as they are seen, and each by itself.

    ``targets`` are what searches from the suffix look at, with the smart books beside these.
    """

    views: tuple[VisibleBook, ...]
    branches: tuple[_Branch, ...]
    targets: dict[Scope, tuple[tuple[_Branch, ...], Target]] = field(default_factory=dict)


@lru_cache(maxsize=8)
def _followed(settings: LDAPSettings) -> Followed[tuple[VisibleBook, ...], _Seen]:
    """Return what makes of books what is seen of them."""

    def seen(books: tuple[VisibleBook, ...]) -> _Seen:
        views = tuple(_shown(view, settings) for view in books)
        return _Seen(views, tuple(_grown(view.book, (view,), settings) for view in views))

    return Followed(seen)


@lru_cache(maxsize=8)
def _smart(settings: LDAPSettings) -> Followed[tuple[SmartView, ...], tuple[_Branch, ...]]:
    """Return what makes of smart books what is seen of them."""

    def seen(smart: tuple[SmartView, ...]) -> tuple[_Branch, ...]:
        parts = [tuple(_shown(view, settings) for view in one.parts) for one in smart]
        pairs = zip(smart, parts, strict=True)
        return tuple(_grown(one.book, views, settings) for one, views in pairs)

    return Followed(seen)


def _shown(view: VisibleBook, settings: LDAPSettings) -> VisibleBook:
    """Return what is seen of a book: nothing personal, unless it shows that."""
    slug, personal = view.book.slug, settings.personal
    kept = {name for name in PERSONAL if view.book.owner or (slug, name) not in personal}
    return replace(view, hidden=view.hidden | with_companions(frozenset(kept)))


def _grown(book: AddressBook, views: tuple[VisibleBook, ...], settings: LDAPSettings) -> _Branch:
    return _Branch(book, containers.book_entry(book, settings.suffix), views)


def _leaf(container: Container, scope: Scope) -> Target:
    """Look at an entry that has nothing below it."""
    return _reach(container, (), (), (), scope)


def _reach(
    base: Container,
    children: tuple[Container, ...],
    level: tuple[VisibleBook, ...],
    below: tuple[VisibleBook, ...],
    scope: Scope,
) -> Target:
    """Look at an entry, at its children with the cards of ``level``, or at all below it."""
    match scope:
        case Scope.BASE_OBJECT:
            return Target((base,))
        case Scope.SINGLE_LEVEL:
            return Target(children, level)
        case Scope.WHOLE_SUBTREE:
            return Target((base, *children), below)
        case Scope.SUBORDINATE_SUBTREE:
            return Target(children, below)
