"""``dirserver check``: is the config file in order, and is it wise?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dirserver import config
from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.upkeep.cautions import cautions, without_devices
from dirserver.config import Config
from dirserver.errors import CertificateError, ConfigError
from dirserver.tls import ServerTLS


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to say of a config file. After a fault, nothing is known of the rest."""

    file: str
    ok: bool
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    users: int = 0
    groups: int = 0
    books: int = 0
    listens: tuple[str, ...] = ()
    suffix: str = ""
    database: str = ""


def check(invocation: Invocation, *, as_json: bool) -> None:
    """Print what there is to say of the config file. Raises Failed when it has faults."""
    found = inspect(invocation.config_file)
    if as_json:
        screen.say_json(found)
    elif found.ok:
        _report(found)
    for warning in found.warnings:
        screen.warn(warning)
    if not found.ok:
        raise Failed(*found.faults)


def inspect(path: Path) -> Findings:
    """Read the config file at ``path``, and what it names."""
    try:
        read = config.load(path)
        if read.tls is not None:
            ServerTLS(read.tls.certificate, read.tls.key)
    except ConfigError as error:
        return Findings(str(path), ok=False, faults=error.faults)
    except CertificateError as error:
        return Findings(str(path), ok=False, faults=(f"{path}: [tls]: {error}",))
    return Findings(
        str(path),
        ok=True,
        warnings=(*cautions(read), *without_devices(read)),
        users=len(read.users),
        groups=len(read.groups),
        books=len(read.books),
        listens=tuple(_listens(read)),
        suffix=read.suffix,
        database=_place(read.database.url),
    )


def _listens(read: Config) -> Iterator[str]:
    for name, face, schemes in (
        ("carddav", read.carddav, ("http", "https")),
        ("ldap", read.ldap, ("ldap", "ldaps")),
    ):
        for scheme, listeners in zip(schemes, (face.listen, face.listen_tls), strict=True):
            for listener in listeners:
                yield f"{name} {scheme}://{listener}"
    for listener in read.metrics.listen:
        yield f"metrics http://{listener}/metrics"


def _place(url: str) -> str:
    """Return where the database is, without the name and the password for it."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return parts.path.removeprefix("/")
    return f"{parts.scheme.partition('+')[0]}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _report(found: Findings) -> None:
    counts = (("user", found.users), ("group", found.groups), ("book", found.books))
    there_are = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts)
    screen.say(f"{found.file} is in order: {there_are}")
    screen.say(f"listens on {', '.join(found.listens) or 'nothing'}")
    screen.say(f"LDAP suffix {found.suffix}")
    screen.say(f"database {found.database}")
