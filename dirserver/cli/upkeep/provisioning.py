"""``dirserver phone``: the settings of a desk phone, from the config file and a template."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from dirserver import config, phones
from dirserver.cli import again, screen
from dirserver.cli.acting import acting
from dirserver.cli.failure import Failed
from dirserver.cli.hints import hint
from dirserver.cli.invocation import Invocation
from dirserver.config import LDAP, Config, Listener, User
from dirserver.config.listeners import WILDCARDS
from dirserver.directory.access import devices
from dirserver.errors import AlreadyExists
from dirserver.ldap.dit.dn import book_dn, user_dn
from dirserver.model.device import Device
from dirserver.model.policy import grantees_of
from dirserver.model.principal import Group

PLACEHOLDER = "PASSWORD"


@dataclass(frozen=True, slots=True)
class Request:
    """The phone, as it was typed."""

    family: str
    login: str
    book: str
    host: str
    new_password: bool


def phone(invocation: Invocation, request: Request) -> None:
    """Print a phone's settings, or the families. Raises Failed."""
    known = phones.families()
    if not request.family:
        screen.say_table(("family", "phones"), list(known.items()))
        return
    if request.family not in known:
        raise Failed(f"There is no family of phones {request.family}{hint(request.family, known)}")
    read = config.load(invocation.config_file)
    user = _user(read, request.login)
    base = _base(read, request.book)
    listener, security = _listener(read, request.family)
    host = request.host or ("HOST" if listener.host in WILDCARDS else listener.host)
    password = _new_password(invocation, request, user) if request.new_password else PLACEHOLDER
    name = user_dn(user.login, read.suffix)
    access = phones.Access(
        read.organisation.name, host, listener.port, security, base, user.login, name, password
    )
    sys.stdout.write(phones.filled(request.family, access))
    _advise(request, host)
    _warn(read.ldap, request.family, listener, security)
    _warn_of_books(read, request)


def _advise(request: Request, host: str) -> None:
    if request.new_password:
        screen.note("The password is not shown again.")
    else:
        screen.note(f"Put a password where {PLACEHOLDER} stands, or make one with --new-password.")
    if host == "HOST":
        screen.note("Put the server's name where HOST stands, or name it with --host.")


def _warn(ldap: LDAP, family: str, listener: Listener, security: str) -> None:
    """Tell what keeps every phone from logging in, and who else may hear its password."""
    if listener.is_local:
        key = "listen_tls" if security == "ldaps" else "listen"
        screen.warn(
            f"No phone gets there: [ldap] {key} is on this machine only. Let it be"
            f' ["0.0.0.0:{listener.port}"], or an address that phones can reach.'
        )
    if security == "none":
        ways = phones.securities(family)
        why = "the config has no [tls] for it" if ways else "these phones know no TLS"
        screen.warn(f"The password crosses the network as it is: {why}.")
        if ldap.plaintext_bind.is_local:
            screen.warn(
                "It is refused for that: put the phones' network into plaintext_bind in [ldap]."
            )


def _warn_of_books(read: Config, request: Request) -> None:
    """Tell that nothing in the config lets the user search there; by hand, it may be granted."""
    groups = [Group(group.name, group.title, group.members) for group in read.groups]
    names = grantees_of(request.login, groups)
    books = [one for one in read.books if request.book in ("", one.slug)]
    if any(grant.to in names for book in books for grant in book.grants):
        return
    where = f"the book {request.book}" if request.book else "any book"
    table = f"[books.{request.book or 'BOOK'}]"
    screen.warn(
        f"The phone will find nobody: no grant in the config lets {request.login} search {where}."
        f" Give one in {table}, or ask: "
        + again.command(f"why {request.login} search {request.book or 'BOOK'}")
    )


def _user(read: Config, login: str) -> User:
    users = {user.login: user for user in read.users}
    if not login:
        raise Failed("Whose phone is it? Name the user with --user LOGIN.")
    if login not in users:
        raise Failed(f"There is no user {login}{hint(login, users)}")
    return users[login]


def _base(read: Config, book: str) -> str:
    if not book:
        return read.suffix
    slugs = [one.slug for one in read.books]
    if book not in slugs:
        raise Failed(f"There is no book {book}{hint(book, slugs)}")
    return book_dn(book, read.suffix)


def _listener(read: Config, family: str) -> tuple[Listener, str]:
    """Return where the phone connects to, and how that is kept from being overheard."""
    ways = phones.securities(family)
    if "ldaps" in ways and read.ldap.listen_tls:
        return _reached(read.ldap.listen_tls), "ldaps"
    if not read.ldap.listen:
        raise Failed(
            "The config has no address in [ldap] listen, and these phones cannot use listen_tls."
        )
    secured = "starttls" in ways and read.tls is not None
    return _reached(read.ldap.listen), "starttls" if secured else "none"


def _reached(listeners: Sequence[Listener]) -> Listener:
    """Return the first where phones get, if there is one."""
    return next((one for one in listeners if not one.is_local), listeners[0])


def _new_password(invocation: Invocation, request: Request, user: User) -> str:
    name = f"{request.family} phone"
    books = frozenset({request.book}) if request.book else frozenset[str]()
    with acting(invocation) as who:
        owner = who.user(user.login)
        device = Device(0, owner.login, name, frozenset({"ldap"}), books)
        try:
            with who.writing() as writing:
                return devices.add(writing, device)
        except AlreadyExists as error:
            raise Failed(
                f"{error} already. Revoke it first ({again.command('device revoke')}), or make one"
                f" under another name ({again.command('device add')}) and leave --new-password out."
            ) from error
