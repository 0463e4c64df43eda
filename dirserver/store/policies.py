"""Users, groups, books, grants, devices and stops, read as one policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, select

from dirserver.model.addressbook import AddressBook, Incarnation
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.policy import Policy, user_principal
from dirserver.model.principal import Group
from dirserver.model.smart.parsing import parse
from dirserver.model.standards import spelling
from dirserver.store import devices, settings, stops
from dirserver.store.people import erasures
from dirserver.store.same import links
from dirserver.store.tables import addressbook, book_grant, incarnation, membership, principal

USER = "user"
GROUP = "group"
_ORDER = (book_grant.c.grantee, book_grant.c.delegated)


def load(connection: Connection) -> Policy:
    """Read the policy of this moment: active principals and the books that are not archived."""
    # First, so that what is changed meanwhile is looked at again, not overlooked.
    epoch = settings.policy_epoch(connection)
    groups = load_groups(connection)
    users = connection.execute(
        select(
            principal.c.name,
            principal.c.title,
            principal.c.mail,
            principal.c.merged_home,
            principal.c.default_book,
        )
        .where(principal.c.kind == USER, principal.c.active)
        .order_by(principal.c.name)
    )
    books = load_books(connection)
    return Policy(
        epoch=epoch,
        users={
            row.name: replace(
                user_principal(row.name, row.title, row.mail, groups),
                merged_home=row.merged_home,
                default_book=row.default_book,
            )
            for row in users
        },
        groups=groups,
        books=books,
        grants=load_grants(connection),
        view_key=settings.view_key(connection),
        devices=devices.load(connection),
        stops=stops.load(connection),
        erasure_key=erasures.key(connection),
        linked_books=links.books(connection),
    )


def load_groups(connection: Connection) -> tuple[Group, ...]:
    """Read the active groups with their members."""
    members: dict[int, list[str]] = {}
    for row in connection.execute(
        select(membership.c.group_id, membership.c.member).order_by(membership.c.member)
    ):
        members.setdefault(row.group_id, []).append(row.member)
    rows = connection.execute(
        select(principal.c.id, principal.c.name, principal.c.title)
        .where(principal.c.kind == GROUP, principal.c.active)
        .order_by(principal.c.name)
    )
    return tuple(Group(row.name, row.title, tuple(members.get(row.id, ()))) for row in rows)


def load_books(connection: Connection, *, archived: bool = False) -> tuple[AddressBook, ...]:
    """Read the books that are in use, or those that are archived."""
    condition = (
        addressbook.c.archived.is_not(None) if archived else addressbook.c.archived.is_(None)
    )
    return _books(connection, condition)


def load_by_uuid(connection: Connection, uuids: Sequence[str]) -> tuple[AddressBook, ...]:
    """Read books of these UUIDs, also those that are archived."""
    return _books(connection, addressbook.c.uuid.in_(uuids))


def _books(connection: Connection, condition: ColumnElement[bool]) -> tuple[AddressBook, ...]:
    rows = connection.execute(
        select(addressbook).where(condition).order_by(addressbook.c.owner, addressbook.c.slug)
    )
    lives = _load_incarnations(connection)
    return tuple(
        AddressBook(
            row.id,
            row.uuid,
            row.slug,
            row.name,
            row.description,
            row.owner,
            row.delegate,
            lives.get(row.id, ()),
            spelling.read(row.standards),
            parse(row.query) if row.query else None,
        )
        for row in rows
    )


def _load_incarnations(connection: Connection) -> dict[int, tuple[Incarnation, ...]]:
    """Read the incarnations of all books, by the id of the book. Their revisions only grow."""
    lives: dict[int, tuple[Incarnation, ...]] = {}
    for row in connection.execute(select(incarnation).order_by(incarnation.c.revision)):
        before = lives.get(row.addressbook_id, ())
        lives[row.addressbook_id] = (*before, Incarnation(row.name, row.revision))
    return lives


def load_grants(connection: Connection) -> dict[int, tuple[Grant, ...]]:
    """Read all grants, by the id of their book."""
    grants: dict[int, tuple[Grant, ...]] = {}
    for row in connection.execute(select(book_grant).order_by(*_ORDER)):
        grant = Grant(
            row.grantee,
            Privilege(row.access),
            frozenset(row.hide.split(",")) if row.hide else frozenset(),
            tuple(parse_network(one) for one in row.networks.split(",") if one),
            row.given_by,
        )
        grants[row.addressbook_id] = (*grants.get(row.addressbook_id, ()), grant)
    return grants


def password_hash(connection: Connection, login: str) -> str:
    """Return the hash of the user's password; empty when there is no user or no password."""
    found = connection.scalar(
        select(principal.c.password_hash).where(
            principal.c.kind == USER, principal.c.name == login, principal.c.active
        )
    )
    return found or ""


def password_hashes(connection: Connection) -> list[str]:
    """Return the hashes of all users' passwords, always in the same order."""
    return list(
        connection.scalars(
            select(principal.c.password_hash)
            .where(principal.c.kind == USER, principal.c.active, principal.c.password_hash != "")
            .order_by(principal.c.name)
        )
    )
