"""Who may do what with a book: the one decision that both faces ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.fields import with_companions
from dirserver.model.network import Network, comes_from
from dirserver.model.principal import ANONYMOUS, EVERYONE, Principal

_NOT_DELEGATED = "does not count, as the book has delegate = false"


class Privilege(IntEnum):
    """What one may do with a book; each includes those before it."""

    SEARCH = 1
    READ = 2
    WRITE = 3
    MANAGE = 4

    @property
    def label(self) -> str:
        """The word for it in config files, refusals and the audit trail."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives ``access`` on a book to a grantee, without the vCard properties in ``hide``.

    ``networks`` narrows it to clients from there; empty means from anywhere. ``given_by`` is the
    login of whoever gave it while the server ran; empty for the grants of the config file.
    """

    grantee: str
    access: Privilege
    hide: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    given_by: str = ""

    @property
    def is_delegated(self) -> bool:
        """Whether somebody gave it who manages the book, and not the config file."""
        return self.given_by != ""

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        return f"given by {self.given_by}" if self.given_by else "config file"

    @property
    def terms(self) -> str:
        """What it gives, in words."""
        said = self.access.label
        if self.hide:
            said += f" without {', '.join(sorted(self.hide))}"
        if self.networks:
            said += f" from {_joined(self.networks)}"
        return said


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something is allowed, why, and which vCard properties stay hidden even so.

    The reason is for the log and the audit trail, not for the client.
    """

    allowed: bool
    reason: str
    hidden: frozenset[str] = frozenset()


def decide(
    principal: Principal,
    privilege: Privilege,
    book: AddressBook,
    grants: Iterable[Grant],
    address: str = "",
) -> Decision:
    """Decide whether ``principal``, at ``address``, may use ``privilege`` on ``book``.

    The owner and the operator may do anything. Anyone else needs a grant, made to them, to a
    group they are in, or to everyone. No grant takes anything away, so their order does not
    matter, and a property is hidden only if every grant that allows the privilege hides it.
    Whatever a principal may do, a device of theirs may do with the books that it is for.
    """
    if principal.is_operator:
        return Decision(True, "operator")
    device = principal.device
    if device is not None and not device.has_use_of(label_of(book)):
        return Decision(False, f"device {device.name}: not for {label_of(book)}")
    if book.owner and book.owner == principal.login and not principal.is_anonymous:
        return Decision(True, "owner")
    reaching = [grant for grant in grants if grant.grantee in principal.grantees]
    allowing = [grant for grant in reaching if not shortfall(grant, privilege, book, address)]
    if not allowing:
        return Decision(False, _lack(privilege, book, reaching, address))
    best = max(allowing, key=lambda grant: (grant.access, -len(grant.hide)))
    hidden = with_companions(frozenset.intersection(*(grant.hide for grant in allowing)))
    return Decision(True, f"{best.grantee} has {best.terms} ({best.origin})", hidden)


def shortfall(grant: Grant, privilege: Privilege, book: AddressBook, address: str) -> str:
    """Say why ``grant`` does not give ``privilege`` to those whom it reaches.

    Empty when it does: to a client at ``address``, on ``book``, which it is a grant on.
    """
    if grant.is_delegated and not book.delegate:
        return _NOT_DELEGATED
    if grant.networks and not comes_from(address, grant.networks):
        at = f", and the client is at {address}" if address else ""
        return f"counts only from {_joined(grant.networks)}{at}"
    if grant.access < privilege:
        return f"gives only {grant.access.label}"
    return ""


def _lack(privilege: Privilege, book: AddressBook, reaching: Sequence[Grant], address: str) -> str:
    if book.owner:
        return f"{book.slug} is the private book of {book.owner}"
    lack = f"no grant of {privilege.label} on {book.slug}"
    if not reaching:
        return lack
    nearest = max(reaching, key=lambda grant: grant.access)
    why = shortfall(nearest, privilege, book, address)
    return f"{lack}; that to {nearest.grantee} ({nearest.origin}) {why}"


def _joined(networks: Iterable[Network]) -> str:
    return ", ".join(map(str, networks))


def reaches_nobody(grant: Grant, users: Collection[str], groups: Collection[str]) -> str:
    """Say whom a grant means of whom there is no trace among ``users`` and ``groups``, by name.

    Empty when there is such a user or group, or when it was made to everyone or to anonymous.
    """
    kind, _, name = grant.grantee.rpartition(":")
    if kind:
        return "" if name in groups else f"there is no group {name}"
    if name in users or name in (EVERYONE, ANONYMOUS.login):
        return ""
    return f"there is no user {name}"


def why_idle(grant: Grant, delegate: bool, users: Collection[str], groups: Collection[str]) -> str:
    """Say why a grant gives nothing to anybody; empty when it does.

    ``delegate`` is what the book says of grants by managers; the others as in
    ``reaches_nobody``.
    """
    if grant.is_delegated and not delegate:
        return _NOT_DELEGATED
    return reaches_nobody(grant, users, groups)


def change_of(label: str, old: Grant | None, new: Grant | None) -> str:
    """Say in a line how a grant on the book ``label`` comes, changes or goes."""
    grant = new or old
    if grant is None:
        raise ValueError("a change has something before it or after it")
    kind, _, name = grant.grantee.rpartition(":")
    who = f"{kind} {name}".strip()
    terms = grant.terms if old is None or new is None else f"{old.terms} -> {new.terms}"
    by = f", {grant.origin}" if grant.is_delegated else ""
    return f"grant on {label} to {who}: {terms}{by}"
