"""``dirserver device add``: a password is made, and handed out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.moments import read_deadline
from dirserver.config import Config, Listener
from dirserver.config.faults import nearest
from dirserver.config.listeners import WILDCARDS
from dirserver.directory import label_of
from dirserver.directory.access import devices
from dirserver.errors import AccessDenied, AlreadyExists
from dirserver.ldap.dit.dn import user_dn
from dirserver.model.device import PROTOCOLS, Device, is_device_name
from dirserver.model.network import Network, parse_network


@dataclass(frozen=True, slots=True)
class Request:
    """The device that is wanted, as it was typed."""

    login: str
    name: str
    only: tuple[str, ...]
    books: tuple[str, ...]
    networks: tuple[str, ...]
    expires: str
    merged: bool


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A new device's password, and what else is typed into it. Empty is what it has no use for."""

    login: str
    device: str
    password: str
    protocols: tuple[str, ...]
    books: tuple[str, ...]
    networks: tuple[str, ...]
    expires: datetime | None
    merged: bool
    carddav: str
    ldap: str
    base_dn: str
    bind_dn: str


def add(invocation: Invocation, request: Request, login: str, *, as_json: bool) -> None:
    """Add a device and print its password. Raises Failed."""
    with acting(invocation, login) as who:
        device = _device(who, request)
        try:
            with who.writing() as writing:
                secret = devices.add(writing, device)
        except AccessDenied as denied:
            raise Failed(f"{denied}; leave --as out, or name {login}.") from denied
        except AlreadyExists as error:
            raise Failed(
                f"{error} already. Revoke it first ({again.command('device revoke')}), "
                "or take another name."
            ) from error
        handed = _handed(who.services.config, device, secret)
    if as_json:
        screen.say_json(handed)
    else:
        _show(handed)


def _device(who: Acting, request: Request) -> Device:
    """Return the device that was asked for. Raises Failed for what cannot be."""
    if not is_device_name(request.name):
        raise Failed(
            "A device has a name of at most 64 characters, without line breaks, such as "
            '"alice iphone".'
        )
    for protocol in request.only:
        if protocol not in PROTOCOLS:
            raise Failed(f"--only {protocol}: expected carddav or ldap.")
    if request.merged and set(request.only) == {"ldap"}:
        raise Failed("--merged is about CardDAV; leave it out, or leave --only ldap out.")
    now = datetime.now().astimezone()
    try:
        expires = read_deadline(request.expires, now) if request.expires else None
    except ValueError as error:
        raise Failed(f'--expires "{request.expires}": {error}.') from error
    owner = who.user(request.login)
    return Device(
        0,
        owner.login,
        request.name,
        # Both is no limit.
        frozenset(request.only) if set(request.only) != set(PROTOCOLS) else frozenset(),
        frozenset(_label(who, owner.login, book) for book in request.books),
        tuple(_network(text) for text in request.networks),
        expires,
        request.merged,
    )


def _label(who: Acting, login: str, name: str) -> str:
    """Return the label of a book that ``login`` has. Raises Failed."""
    policy = who.services.directory.policy()
    owner = policy.users[login]
    # Where a grant is narrowed to networks, the device may be in one of them.
    theirs = {
        label_of(book): book
        for book in policy.books
        if book.owner == login
        or any(grant.grantee in owner.grantees for grant in policy.grants.get(book.id, ()))
    }
    for label, book in theirs.items():
        if name in (label, book.slug):
            return label
    meant = nearest(name, list(theirs))
    look = again.command(f"book list --as {login}")
    hint = f"; did you mean {meant}?" if meant else f"; look at: {look}"
    raise Failed(f"{login} has no book {name}{hint}")


def _network(text: str) -> Network:
    try:
        return parse_network(text)
    except ValueError as error:
        raise Failed(
            f"--from {text}: expected a network, such as 10.20.0.0/16 ({error})."
        ) from error


def _handed(config: Config, device: Device, secret: str) -> HandedOut:
    carddav = "carddav" in (device.protocols or PROTOCOLS)
    ldap = "ldap" in (device.protocols or PROTOCOLS)
    return HandedOut(
        device.login,
        device.name,
        secret,
        tuple(sorted(device.protocols)),
        tuple(sorted(device.books)),
        tuple(str(network) for network in device.networks),
        device.expires,
        device.merged,
        _carddav_url(config) if carddav else "",
        _url(("ldaps", "ldap"), config.ldap.listen_tls, config.ldap.listen) if ldap else "",
        config.suffix if ldap else "",
        user_dn(device.login, config.suffix) if ldap else "",
    )


def _carddav_url(config: Config) -> str:
    section = config.carddav
    url = section.public_url or _url(("https", "http"), section.listen_tls, section.listen)
    return f"{url.rstrip('/')}/" if url else ""


def _url(schemes: tuple[str, str], tls: tuple[Listener, ...], plain: tuple[Listener, ...]) -> str:
    for scheme, listeners in zip(schemes, (tls, plain), strict=True):
        for listener in listeners:
            host = str(listener)
            if listener.host in WILDCARDS:
                host = f"HOST:{listener.port}"
            return f"{scheme}://{host}"
    return ""


def _show(handed: HandedOut) -> None:
    screen.say(f"{handed.device}, for {handed.login}. Type into it:")
    facts = [("login", handed.login), ("password", handed.password)]
    if handed.carddav:
        facts.append(("CardDAV", handed.carddav))
    if handed.ldap:
        facts += [("LDAP", handed.ldap), ("base", handed.base_dn), ("bind DN", handed.bind_dn)]
    screen.say_table((), facts)
    screen.note("The password is not shown again.")
