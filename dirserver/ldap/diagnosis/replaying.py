"""A search once more, by those who ask why it found nothing: how many cards, and what if."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dirserver.directory import DirectoryReader, Reading
from dirserver.errors import AccessDenied
from dirserver.ldap.codec.messages import Filter, Scope, SearchRequest
from dirserver.ldap.diagnosis.recent import Heard
from dirserver.ldap.diagnosis.whatif import (
    with_numbers,
    with_wildcards,
    without_classes,
    without_unknown,
)
from dirserver.ldap.dit import dn
from dirserver.ldap.dit.dn import CardDN, InvalidDN, Location
from dirserver.ldap.dit.tree import Tree, ids_by_slug, public_target
from dirserver.ldap.search.facts import Naming
from dirserver.ldap.search.filters import compile as compile_filter
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.policy import Policy, VisibleBook
from dirserver.model.principal import ANONYMOUS, Client, Principal, operator
from dirserver.model.query import And, KeyIs


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cards a search finds now: ``before`` grants and ``after`` them.

    The rest is after grants, and what if: with nothing hidden, whatever the object class, without
    what is not known either, with wildcards, with numbers that are asked of names looked for as
    numbers, in all that is below the base, in all books. ``books`` are how many may be
    searched; ``has_base`` says whether the base is there, for whomever, and ``of_card`` whether
    it is a card's.
    """

    before: int = 0
    after: int = 0
    unhidden: int = 0
    any_class: int = 0
    known: int = 0
    wildcards: int = 0
    numbers: int = 0
    below: int = 0
    everywhere: int = 0
    books: int = 0
    has_base: bool = False
    of_card: bool = False


def principal_of(policy: Policy, heard: Heard) -> Principal:
    """Return who was answered, as they are now; nobody, if they are no more."""
    user = policy.users.get(heard.login)
    if user is None:
        return ANONYMOUS
    devices = (one for one in policy.devices.values() if one.login == user.login)
    return replace(user, device=next((one for one in devices if one.name == heard.device), None))


def replay(
    request: SearchRequest, heard: Heard, directory: DirectoryReader, settings: LDAPSettings
) -> Tally:
    """Count what ``request`` finds, in the directory as it is now. Raises StoreUnavailable."""
    try:
        location = dn.locate(dn.parse(request.base), settings.suffix_dn)
    except InvalidDN:
        return Tally()
    client = Client("ldap", heard.address)
    principal = principal_of(directory.policy(), heard)
    with directory.reading(operator("dirserver"), client) as reading:
        whole = _Search(reading, settings, location, request.filter)
        # Others' own books are none that a grant could be missing for.
        reached = [
            replace(view, hidden=frozenset())
            for view in whole.views(request.scope)
            if view.book.owner in ("", principal.login)
        ]
        before = whole.count(reached)
        has_base = whole.has_base
    tally = Tally(before, has_base=has_base, of_card=isinstance(location, CardDN))
    try:
        with directory.reading(principal, client) as reading:
            return _after(_Search(reading, settings, location, request.filter), request, tally)
    except AccessDenied:
        return tally


class _Search:
    """What somebody finds from a place in the tree on."""

    def __init__(
        self, reading: Reading, settings: LDAPSettings, location: Location, filter_: Filter
    ) -> None:
        self._reading = reading
        self._settings = settings
        self._location = location
        self._filter = filter_
        self.tree = Tree(reading, settings)

    @property
    def has_base(self) -> bool:
        """Whether there is something at the base."""
        target = self.tree.target(self._location, Scope.BASE_OBJECT)
        if target is None or not target.key:
            return target is not None
        return self.tree.has_card(target.views, target.key)

    def views(self, scope: Scope) -> Sequence[VisibleBook]:
        """Return the books that are reached."""
        if public_target(self._location, scope, self._settings, ()) is not None:
            return ()
        target = self.tree.target(self._location, scope)
        return () if target is None else target.views

    def count(self, views: Sequence[VisibleBook], filter_: Filter | None = None) -> int:
        """Return how many cards of ``views`` the filter, or another one, is true for."""
        if not views:
            return 0
        naming = Naming(self._settings.suffix_dn, ids_by_slug(views))
        query = compile_filter(filter_ or self._filter, naming)
        if isinstance(self._location, CardDN):
            query = And((KeyIs(self._location.key), query))
        return self._reading.number_found(query, views)


def _after(search: _Search, request: SearchRequest, tally: Tally) -> Tally:
    views = search.views(request.scope)
    every = search.tree.target(dn.Suffix(), Scope.WHOLE_SUBTREE)
    everywhere = () if every is None else every.views
    tally = replace(tally, after=search.count(views), books=len(everywhere))
    if tally.after:
        return tally
    return replace(
        tally,
        unhidden=search.count([replace(view, hidden=frozenset()) for view in views]),
        any_class=search.count(views, without_classes(request.filter)),
        known=search.count(views, without_unknown(without_classes(request.filter))),
        wildcards=search.count(views, with_wildcards(request.filter)),
        numbers=search.count(views, with_numbers(request.filter)),
        below=search.count(search.views(Scope.WHOLE_SUBTREE)),
        everywhere=search.count(everywhere),
    )
