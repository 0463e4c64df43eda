"""``dirserver grant``: access that managers give, and take back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.rights.granted import ShownGrant, grants_of, say_grants
from dirserver.config.faults import Refused, nearest
from dirserver.config.grants import property_name
from dirserver.config.networks import network
from dirserver.directory import Reading, Writing, label_of
from dirserver.directory.access.granting import give, take
from dirserver.errors import AccessDenied, InvalidGrant, NotFound
from dirserver.model.grant import Grant, Privilege
from dirserver.model.principal import GROUP_PREFIX

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Request:
    """What to give to whom, as it was typed."""

    book: str
    to: str
    access: str
    hide: str
    networks: str
    login: str


@dataclass(frozen=True, slots=True)
class GrantedBook:
    """A book, and who may do what with it."""

    book: str
    grants: tuple[ShownGrant, ...]


def add(invocation: Invocation, request: Request) -> None:
    """Give what ``request`` says and tell what was so before. Raises Failed."""
    grant = Grant(
        request.to,
        Privilege[request.access.upper()],
        frozenset(_each(request.hide, "--hide", property_name)),
        tuple(_each(request.networks, "--from", network)),
    )
    with _managing(invocation, request.login, request.book) as (who, writing):
        try:
            before = give(writing, request.book, grant)
        except InvalidGrant as invalid:
            raise Failed(_why_invalid(writing, request.to, str(invalid))) from invalid
    said = f"{request.to} has {grant.terms} on {request.book}"
    if before is None:
        screen.say(f"{said} now, given by {who.principal.login}")
    elif before.terms == grant.terms:
        screen.say(f"{said} already, {before.origin}")
    else:
        screen.say(f"{said} now, given by {who.principal.login}; it was {before.terms}")


def remove(invocation: Invocation, book: str, to: str, login: str) -> None:
    """Take back what ``to`` was given. Raises Failed."""
    with _managing(invocation, login, book) as (_who, writing):
        try:
            before = take(writing, book, to)
        except NotFound as absent:
            raise Failed(_why_absent(writing, book, to)) from absent
    screen.say(f"{to} has {before.terms} on {book} no longer; it was {before.origin}")


def list_grants(invocation: Invocation, book: str, login: str, *, as_json: bool) -> None:
    """Print who may do what, with one book or with all that can be managed. Raises Failed."""
    with acting(invocation, login) as who, who.reading() as reading:
        managed = reading.books(Privilege.MANAGE), reading.smart_books(Privilege.MANAGE)
        books = [view.book for views in managed for view in views]
        if book:
            books = [who.addressbook(reading, book, Privilege.MANAGE)]
        found = [GrantedBook(label_of(one), grants_of(reading.policy, one)) for one in books]
    if as_json:
        screen.say_json(found)
        return
    if not found:
        screen.say(f"{login} manages no books" if login else "there are no books")
    for granted in found:
        screen.say((granted.book, "bold"))
        say_grants(granted.grants)


@contextmanager
def _managing(invocation: Invocation, login: str, book: str) -> Iterator[tuple[Acting, Writing]]:
    """Open a transaction; say what is wrong when ``book`` is not for whoever acts to share."""
    with acting(invocation, login) as who:
        try:
            with who.writing() as writing:
                yield who, writing
        except AccessDenied as denied:
            with who.reading() as reading:
                who.addressbook(reading, book, Privilege.MANAGE, None)
            raise Failed(f"Nobody can be given access: {denied}.") from denied


def _each(text: str, option: str, read: Callable[[object], Value]) -> Iterator[Value]:
    for word in filter(None, (part.strip() for part in text.split(","))):
        try:
            yield read(word)
        except Refused as refused:
            end = "" if str(refused).endswith("?") else "."
            raise Failed(f"{option} {word}: {refused}{end}") from refused


def _why_invalid(reading: Reading, to: str, reason: str) -> str:
    groups = [GROUP_PREFIX + group.name for group in reading.policy.groups]
    known = [*reading.policy.users, *groups]
    meant = GROUP_PREFIX + to if GROUP_PREFIX + to in groups else nearest(to, known)
    hint = f"; did you mean {meant}?" if meant is not None and to not in known else "."
    return f"{reason[:1].upper()}{reason[1:]}{hint}"


def _why_absent(reading: Reading, book: str, to: str) -> str:
    found = reading.addressbook(book, Privilege.MANAGE)
    grants = reading.policy.grants.get(found.id, ())
    if any(grant.grantee == to for grant in grants):
        return f"The grant to {to} on {book} is the config file's; take it out there, and apply."
    given = [grant.grantee for grant in grants if grant.is_delegated]
    meant = nearest(to, given)
    look = again.command(f"grant list {book}")
    hint = f"; did you mean {meant}?" if meant is not None else f"; see: {look}"
    return f"{to} was not given anything on {book}{hint}"
