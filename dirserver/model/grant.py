"""Who may do what with a book: the one decision that both faces ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.fields import with_companions
from dirserver.model.network import Network, comes_from
from dirserver.model.principal import Principal


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

    ``networks`` narrows it to clients from there; empty means from anywhere.
    """

    grantee: str
    access: Privilege
    hide: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()


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
    allowing = [
        grant
        for grant in grants
        if grant.grantee in principal.grantees
        and grant.access >= privilege
        and (not grant.networks or comes_from(address, grant.networks))
    ]
    if not allowing:
        return Decision(False, f"no grant of {privilege.label} on {book.slug}")
    best = max(allowing, key=lambda grant: (grant.access, -len(grant.hide)))
    hidden = with_companions(frozenset.intersection(*(grant.hide for grant in allowing)))
    return Decision(True, f"{best.grantee} has {best.access.label}", hidden)
