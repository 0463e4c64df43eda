"""Why somebody may do something with a book, or may not: a decision, told in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.device import PROTOCOLS, Device
from dirserver.model.grant import Decision, Grant, Privilege, decide, shortfall
from dirserver.model.policy import Policy
from dirserver.model.principal import EVERYONE, GROUP_PREFIX, Principal
from dirserver.model.shield import Stop

# Nobody writes over LDAP.
_WRITES_OVER = ("carddav",)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, when, and as far as it is known from where and over which protocol.

    The principal has the device that they ask with, if they do.
    """

    principal: Principal
    at: datetime
    address: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """A grant that reaches somebody, and how.

    ``way`` are the groups from the one that they are in to the one that has the grant.
    ``shortfall`` says why the grant is not enough, and is empty when it is.
    """

    grant: Grant
    way: tuple[str, ...]
    shortfall: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A property that a grant hides. ``shown_by`` is a grantee whose grant shows it, if any."""

    name: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with all that it rests on.

    ``kept`` are the properties that a sufficient grant hides. ``takers`` are the grantees any of
    whom a grant could be made to, and ``givers`` the logins that could make it beside the config
    file; both are empty when no grant is lacking. ``limit`` says what the device is not good for.
    ``stop`` is that of the client itself, ``stops`` are those of the same user's other clients in
    the book.
    """

    decision: Decision
    reaches: tuple[Reach, ...] = ()
    kept: tuple[Kept, ...] = ()
    takers: tuple[str, ...] = ()
    givers: tuple[str, ...] = ()
    limit: str = ""
    stop: Stop | None = None
    stops: tuple[Stop, ...] = ()


def explain(policy: Policy, asker: Asker, privilege: Privilege, book: AddressBook) -> Explanation:
    """Explain what ``policy`` decides for whoever asks.

    Grants come with the sufficient ones first, and then by how much they give.
    """
    principal, address = asker.principal, asker.address
    # What the user may do, whatever becomes of the device that they do it with.
    granted = decide(
        replace(principal, device=None), privilege, book, policy.grants.get(book.id, ()), address
    )
    limit = "" if principal.device is None else _limit(principal.device, asker, privilege, book)
    stops = {
        stop.device: stop
        for stop in policy.stops.values()
        if (stop.book_id, stop.login) == (book.id, principal.login)
    }
    stop = stops.pop(principal.device_name, None)
    decision = policy.decide(principal, privilege, book, address)
    if limit:
        decision = Decision(False, limit)
    reaches = [
        Reach(grant, _way(policy, principal, grant), shortfall(grant, privilege, book, address))
        for grant in policy.grants.get(book.id, ())
        if grant.grantee in principal.grantees
    ]
    reaches.sort(key=lambda one: (one.shortfall != "", -one.grant.access, one.grant.grantee))
    found = Explanation(
        decision, tuple(reaches), limit=limit, stop=stop, stops=tuple(stops.values())
    )
    if granted.allowed:
        enough = [one.grant for one in reaches if not one.shortfall]
        # Whoever owns the book has no need of them.
        kept = tuple(_kept(enough, granted.hidden)) if granted.hidden or enough else ()
        return replace(found, kept=kept)
    takers = tuple(_takers(principal)) if book.owner == "" else ()
    givers = tuple(_givers(policy, principal, privilege, book))
    return replace(found, takers=takers, givers=givers)


def _limit(device: Device, asker: Asker, privilege: Privilege, book: AddressBook) -> str:
    """Say why the password of ``device`` is not good for this, or nothing."""
    if not device.has_use_of(label_of(book)):
        return f"device {device.name}: not for {label_of(book)}"
    protocols = [asker.protocol] if asker.protocol else PROTOCOLS
    if privilege > Privilege.READ:
        protocols = [one for one in protocols if one in _WRITES_OVER] or list(_WRITES_OVER)
    reasons = [device.refusal(one, asker.address, asker.at) for one in protocols]
    return "" if "" in reasons else f"device {device.name}: {reasons[0]}"


def _way(policy: Policy, principal: Principal, grant: Grant) -> tuple[str, ...]:
    """Return the shortest way through groups by which ``grant`` reaches ``principal``."""
    ways: dict[str, tuple[str, ...]] = {principal.login: ()}
    frontier = [principal.login]
    while frontier and grant.grantee not in ways:
        inner = frontier.pop(0)
        for group in policy.groups:
            name = GROUP_PREFIX + group.name
            if inner in group.members and name not in ways:
                ways[name] = (*ways[inner], group.name)
                frontier.append(name)
    return ways.get(grant.grantee, ())


def _kept(enough: list[Grant], hidden: frozenset[str]) -> Iterator[Kept]:
    for name in sorted(frozenset[str]().union(*(grant.hide for grant in enough))):
        showing = (grant.grantee for grant in enough if name not in grant.hide)
        yield Kept(name, "" if name in hidden else next(showing))


def _takers(principal: Principal) -> Iterator[str]:
    yield principal.login
    if not principal.is_anonymous:
        yield from sorted(principal.grantees - {principal.login, EVERYONE})
        yield EVERYONE


def _givers(
    policy: Policy, principal: Principal, privilege: Privilege, book: AddressBook
) -> Iterator[str]:
    """Yield who could give what is lacking; of delegated grants there are read and write."""
    if not book.delegate or principal.is_anonymous or privilege > Privilege.WRITE:
        return
    for login, user in sorted(policy.users.items()):
        if policy.decide(user, Privilege.MANAGE, book).allowed:
            yield login
