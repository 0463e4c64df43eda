"""What a config file may say, but better would not."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from dirserver.assembly import open_services
from dirserver.cli import again
from dirserver.config import Access, Config, Listener, PlaintextPolicy
from dirserver.config.faults import listing
from dirserver.config.sources import SourceTLS, SourceType
from dirserver.config.standards import Handling
from dirserver.errors import StoreUnavailable
from dirserver.model.device import PROTOCOLS
from dirserver.model.policy import grantees_of
from dirserver.model.principal import Group
from dirserver.passwords import password_context

# The demo's users, whose passwords everybody can read in its config file.
_DEMO = ("alice", "bob", "carol")


def cautions(config: Config) -> Iterator[str]:
    """Yield a clause for each thing that is legal and unwise, and what to do about it."""
    yield from _about_the_network(config)
    yield from _about_passwords(config)
    yield from _about_books(config)
    yield from _about_standards(config)
    yield from _about_sources(config)
    yield from _about_files(config)
    yield from _about_backups(config)


def _about_the_network(config: Config) -> Iterator[str]:
    carddav, ldap = config.carddav, config.ldap
    cure = "add [tls] and use listen_tls"
    if not carddav.trusted_proxies.members:
        instead = f"{cure}, or name a proxy in trusted_proxies"
        for listener in _beyond_this_machine(carddav.listen):
            yield f"[carddav] listen {listener}: " + _unencrypted(
                "plaintext_login", carddav.plaintext_login, instead
            )
    for listener in _beyond_this_machine(ldap.listen):
        if config.tls is None:
            yield f"[ldap] listen {listener}: " + _unencrypted(
                "plaintext_bind", ldap.plaintext_bind, cure
            )
        elif not ldap.plaintext_bind.is_local:
            yield (
                f"[ldap] listen {listener}: plaintext_bind takes passwords without TLS from other "
                "machines, though StartTLS is offered"
            )
    for listener in _beyond_this_machine(config.metrics.listen):
        yield (
            f"[metrics] listen {listener}: everybody who gets there can read the figures; "
            "listen on this machine, or let only Prometheus through to it"
        )


def _unencrypted(key: str, policy: PlaintextPolicy, cure: str) -> str:
    if policy.is_local:
        return f"nobody on another machine can log in here, as {key} wants TLS; {cure}"
    return f"passwords and cards cross the network unencrypted; {cure}"


def _beyond_this_machine(listeners: Iterable[Listener]) -> Iterator[Listener]:
    return (listener for listener in listeners if not listener.is_local)


def _about_passwords(config: Config) -> Iterator[str]:
    if not config.users:
        yield "there are no users, so nobody can log in; add a table [users.LOGIN]"
    without = [user.login for user in config.users if not user.password_hash]
    if without:
        yield (
            f"without a password_hash, {listing(without, 'and')} cannot log in; "
            "make one with: dirserver passwd"
        )
    context = password_context()
    public = [
        user.login
        for user in config.users
        if user.login in _DEMO
        and context.identify(user.password_hash)
        and context.verify(f"{user.login}-demo", user.password_hash)
    ]
    if public:
        yield (
            f"everybody knows the password of {listing(public, 'and')}: it is the demo's; "
            "make another with: dirserver passwd"
        )


def _about_books(config: Config) -> Iterator[str]:
    groups = [Group(group.name, group.title, group.members) for group in config.groups]
    people = [grantees_of(user.login, groups) for user in config.users]
    for book in config.books if people else ():
        given = [
            grant
            for grant in book.grants
            if grant.to == "anonymous" or any(grant.to in names for names in people)
        ]
        if not given:
            yield f"[books.{book.slug}]: no user may see this book; add a grant"
        elif not book.query and not any(
            grant.access in (Access.WRITE, Access.MANAGE) for grant in given
        ):
            yield f"[books.{book.slug}]: no user may change cards; only `dirserver import` can"


def _about_standards(config: Config) -> Iterator[str]:
    for book in config.books:
        handlings = () if book.standards is None else book.standards.handlings
        rejecting = [rule for rule, how in handlings if how is Handling.REJECT]
        if rejecting:
            yield (
                f"[books.{book.slug}.standards.policy] {listing(rejecting, 'and')}: most phones do "
                "not show why a card is rejected, and some stop syncing or try again for ever; "
                'consider "repair" or "quarantine"'
            )


def _about_sources(config: Config) -> Iterator[str]:
    for source in config.sources:
        at = f"[sources.{source.name}]"
        if source.tls is SourceTLS.UNVERIFIED:
            yield (
                f'{at} tls = "unverified": whoever is on the way can pass for the directory'
                f"{' and read the password' if source.password_file else ''}; set ca_file"
            )
        if source.type is SourceType.CSV and not source.key:
            yield (
                f"{at}: without a key, who changes their name goes and comes as somebody new; name "
                "the column by which people are known again"
            )


def _about_files(config: Config) -> Iterator[str]:
    secrets: list[tuple[Path, str]] = []
    if any(user.password_hash for user in config.users):
        secrets.append((config.path, "the password hashes in it"))
    if config.tls is not None:
        secrets.append((config.tls.key, "the private key in it"))
    if config.database.password_file is not None:
        secrets.append((config.database.password_file, "the database's password in it"))
    for source in config.sources:
        if source.password_file is not None:
            secrets.append((source.password_file, "the directory's password in it"))
    if config.database.url.startswith("sqlite:///"):
        secrets.append((Path(config.database.url.removeprefix("sqlite:///")), "all cards in it"))
    for file, secret in secrets:
        if file.is_file() and file.stat().st_mode & stat.S_IROTH:
            yield f"everybody on this machine can read {file}, and {secret}; chmod o= {file}"


def without_devices(config: Config) -> Iterator[str]:
    """Yield a clause for each face that takes devices only, and whose users have some left out.

    The database is asked, if it is there; where it cannot be, there is nothing to say.
    """
    faces = {
        "carddav": config.carddav.require_device_passwords,
        "ldap": config.ldap.require_device_passwords,
    }
    if not any(faces.values()):
        return
    try:
        services = open_services(config)
        with closing(services.store):
            services.directory.require_set_up()
            devices = services.directory.policy().devices.values()
    except StoreUnavailable:
        return
    for face, is_required in faces.items():
        served = {one.login for one in devices if face in (one.protocols or PROTOCOLS)}
        without = [user.login for user in config.users if user.login not in served]
        if is_required and without:
            yield (
                f"[{face}] require_device_passwords: without a device, {listing(without, 'and')} "
                f"cannot log in; make passwords with: {again.command('device add LOGIN NAME')}"
            )


def _about_backups(config: Config) -> Iterator[str]:
    directory = config.backup.directory
    if directory is not None and not directory.is_dir():
        yield (
            f"[backup]: there is no directory {directory}, so every night's backup will fail; "
            "create it, for the user that the server runs as"
        )
