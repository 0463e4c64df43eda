"""How a grant is shown, by itself and among what is told of a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.cli import screen
from dirserver.config.faults import listing
from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Grant, Privilege, why_idle
from dirserver.model.policy import Policy
from dirserver.model.principal import GROUP_PREFIX


@dataclass(frozen=True, slots=True)
class ShownGrant:
    """Who may do what; ``logins`` are the members of a group, however deep they are in it.

    ``given_by`` is empty where the config file says it. ``idle`` says why the grant gives
    nothing to anybody, and is empty when it does.
    """

    to: str
    access: str
    hide: tuple[str, ...]
    networks: tuple[str, ...]
    logins: tuple[str, ...]
    given_by: str
    idle: str


def grants_of(policy: Policy, book: AddressBook) -> tuple[ShownGrant, ...]:
    """Return who may do what with ``book``, the mightiest first, its owner included."""
    grants = policy.grants.get(book.id, ())
    if book.owner:
        grants = (*grants, Grant(book.owner, Privilege.MANAGE))
    ordered = sorted(grants, key=lambda grant: (-grant.access, grant.grantee, grant.given_by))
    return tuple(_shown(policy, book, grant) for grant in ordered)


def _shown(policy: Policy, book: AddressBook, grant: Grant) -> ShownGrant:
    reached = [user.login for user in policy.users.values() if grant.grantee in user.grantees]
    return ShownGrant(
        grant.grantee,
        grant.access.label,
        tuple(sorted(grant.hide)),
        tuple(str(network) for network in grant.networks),
        tuple(sorted(reached)),
        grant.given_by,
        why_idle(grant, book.delegate, policy.users, [group.name for group in policy.groups]),
    )


def access_of(grant: ShownGrant) -> str:
    """Say what a grant gives."""
    said = grant.access
    if grant.hide:
        said += f" without {listing(grant.hide, 'and')}"
    if grant.networks:
        said += f" from {listing(grant.networks, 'and')}"
    return said


def say_grants(grants: Sequence[ShownGrant]) -> None:
    """Print a table of grants; those that nobody gave are the config file's."""
    screen.say_table(("who", "may", "that is", "given by"), [_row(grant) for grant in grants])


def _row(grant: ShownGrant) -> tuple[str, str, str, str]:
    members = ", ".join(grant.logins) or "nobody"
    meant = members if grant.to.startswith(GROUP_PREFIX) else ""
    idle = f"nobody: {grant.idle}" if grant.idle else ""
    return grant.to, access_of(grant), idle or meant, grant.given_by
