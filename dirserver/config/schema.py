"""The sections of the configuration: their keys, what these mean and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from pathlib import Path

from dirserver.config import database, domains, networks, passwords, smartqueries, values
from dirserver.config.grants import Grant
from dirserver.config.keys import Directory, File, Many, NamedTables, Table, Tables, read_as
from dirserver.config.listeners import Listener, listener
from dirserver.config.networks import Networks, PlaintextPolicy
from dirserver.config.sources import Source
from dirserver.config.standards import Standards

_WEEK = 7 * 24 * 60  # minutes
_MOST_WORKERS = 64


class NumberStyle(StrEnum):
    """How telephone numbers look in LDAP results."""

    AS_WRITTEN = "as-written"
    E164 = "e164"
    NATIONAL = "national"
    DOUBLE_ZERO = "00"
    OUTSIDE_LINE = "outside-line"


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose contacts these are. ``country`` is where local telephone numbers are read.

    Those of ``area_code`` are looked up without it, too.
    """

    name: str = field(metadata=read_as(values.text, example='"Example GmbH"'))
    domain: str = field(metadata=read_as(domains.domain, example='"example.org"'))
    country: str = field(metadata=read_as(domains.country, example='"DE"'))
    area_code: str = field(default="", metadata=read_as(domains.area_code))
    outside_line: tuple[str, ...] = field(default=(), metadata=read_as(Many(domains.outside_line)))
    personal_books: bool = field(default=False, metadata=read_as(values.boolean))


@dataclass(frozen=True, slots=True)
class Database:
    """Where everything is kept. In a loaded configuration ``url`` is ready for use.

    A relative SQLite file has become an absolute one, and the password in ``password_file`` a
    part of the URL, so the URL is a secret.
    """

    url: str = field(
        default="sqlite:///dirserver.db",
        repr=False,
        metadata=read_as(database.database_url, show=database.masked),
    )
    password_file: Path | None = field(default=None, metadata=read_as(File()))


@dataclass(frozen=True, slots=True)
class CardDAV:
    """The CardDAV face."""

    listen: tuple[Listener, ...] = field(
        default=(Listener("127.0.0.1", 5232),), metadata=read_as(Many(listener))
    )
    listen_tls: tuple[Listener, ...] = field(default=(), metadata=read_as(Many(listener)))
    plaintext_login: PlaintextPolicy = field(
        default=networks.FROM_LOOPBACK, metadata=read_as(networks.plaintext_policy)
    )
    trusted_proxies: Networks = field(
        default=Networks(), metadata=read_as(Many(networks.network, into=Networks))
    )
    public_url: str = field(default="", metadata=read_as(domains.public_url, show=database.masked))
    require_device_passwords: bool = field(default=False, metadata=read_as(values.boolean))


@dataclass(frozen=True, slots=True)
class Profile:
    """How LDAP results look for the clients in some networks.

    ``as_asked``: a number that was looked up is there once more, as it was asked for.
    """

    networks: Networks = field(
        metadata=read_as(
            Many(networks.network, into=networks.some_networks), example='["10.20.0.0/16"]'
        )
    )
    numbers: NumberStyle = field(
        default=NumberStyle.AS_WRITTEN, metadata=read_as(values.one_of(NumberStyle))
    )
    as_asked: bool = field(default=False, metadata=read_as(values.boolean))
    max_hits: int | None = field(default=None, metadata=read_as(values.count))


class CertifiedName(StrEnum):
    """The part of a client's certificate that names who it is."""

    CN = "cn"
    UID = "uid"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class LDAP:
    """The LDAP face. An empty ``suffix`` stands for the one that follows from the domain.

    ``client_ca`` certifies clients; ``show_users`` are grantees who see all who log in.
    """

    listen: tuple[Listener, ...] = field(
        default=(Listener("127.0.0.1", 1389),), metadata=read_as(Many(listener))
    )
    listen_tls: tuple[Listener, ...] = field(default=(), metadata=read_as(Many(listener)))
    anonymous: bool = field(default=False, metadata=read_as(values.boolean))
    plaintext_bind: PlaintextPolicy = field(
        default=networks.FROM_LOOPBACK, metadata=read_as(networks.plaintext_policy)
    )
    max_hits: int = field(default=100, metadata=read_as(values.count))
    suffix: str = field(default="", metadata=read_as(domains.suffix))
    require_device_passwords: bool = field(default=False, metadata=read_as(values.boolean))
    client_ca: Path | None = field(default=None, metadata=read_as(File()))
    client_login: CertifiedName = field(
        default=CertifiedName.CN, metadata=read_as(values.one_of(CertifiedName))
    )
    show_users: tuple[str, ...] = field(default=(), metadata=read_as(Many(values.string)))
    profiles: tuple[Profile, ...] = field(default=(), metadata=read_as(Tables(Profile)))

    def profile_for(self, address: str) -> Profile | None:
        """Return the profile of the smallest network that ``address`` is in, if any."""
        found = [
            (network.prefixlen, profile)
            for profile in self.profiles
            if (network := profile.networks.closest(address)) is not None
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None


class Reads(StrEnum):
    """What the audit trail has of those who only look cards up."""

    NONE = "none"
    SUMMARY = "summary"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit trail has beyond changes, refusals and failed logins."""

    reads: Reads = field(default=Reads.NONE, metadata=read_as(values.one_of(Reads)))


@dataclass(frozen=True, slots=True)
class History:
    """The versions that cards have had. Without ``keep``, they are kept for ever."""

    keep: timedelta | None = field(default=None, metadata=read_as(values.duration))


@dataclass(frozen=True, slots=True)
class Shield:
    """When a client is stopped that takes too much out of a book at once."""

    enabled: bool = field(default=True, metadata=read_as(values.boolean))
    cards: int = field(default=20, metadata=read_as(values.count))
    percent: int = field(default=10, metadata=read_as(values.count_to(100)))
    minutes: int = field(default=10, metadata=read_as(values.count_to(_WEEK)))


@dataclass(frozen=True, slots=True)
class Server:
    """How the server runs: in so many processes, which share the listening sockets."""

    workers: int = field(default=1, metadata=read_as(values.count_to(_MOST_WORKERS)))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where figures about the running server can be read."""

    listen: tuple[Listener, ...] = field(default=(), metadata=read_as(Many(listener)))


@dataclass(frozen=True, slots=True)
class TLS:
    """The certificate, with its chain, and the private key, as PEM files."""

    certificate: Path = field(metadata=read_as(File(), example='"cert.pem"'))
    key: Path = field(metadata=read_as(File(), example='"key.pem"'))


@dataclass(frozen=True, slots=True)
class Backup:
    """Copies that are made every night; without a ``directory`` there are none.

    ``at`` is also when all else is done that is done at night.
    """

    directory: Path | None = field(default=None, metadata=read_as(Directory()))
    keep: int = field(default=14, metadata=read_as(values.count))
    at: time = field(default=time(2, 30), metadata=read_as(values.time_of_day))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logs in. Without ``password_hash`` no password opens the door.

    ``merged_home``: all books that they may read are shown to them as one, over CardDAV.
    ``default_book`` is where new cards go then.
    """

    login: str
    name: str = field(metadata=read_as(values.text, example='"Alice Example"'))
    mail: str = field(default="", metadata=read_as(values.mail))
    password_hash: str = field(
        default="",
        repr=False,
        metadata=read_as(passwords.password_hash, show=passwords.concealed),
    )
    merged_home: bool = field(default=False, metadata=read_as(values.boolean))
    default_book: str = field(default="", metadata=read_as(values.name))


@dataclass(frozen=True, slots=True)
class Group:
    """Users and other groups; ``members`` are logins and group:NAME."""

    name: str
    title: str = field(metadata=read_as(values.text, name="name", example='"Sales"'))
    members: tuple[str, ...] = field(default=(), metadata=read_as(Many(values.string)))


class Personal(StrEnum):
    """Properties of a card that are nobody's business unless somebody says so."""

    NOTE = "NOTE"
    BDAY = "BDAY"
    ANNIVERSARY = "ANNIVERSARY"


@dataclass(frozen=True, slots=True)
class Book:
    """A shared address book. ``delegate``: may those who manage it give others access to it.

    With a ``query`` it is a smart book: it shows cards of other books, and has none of its own.
    ``standards`` are the rules for its cards.
    ``ldap_shows`` are properties that LDAP has only of books that say so.
    """

    slug: str
    name: str = field(metadata=read_as(values.text, example='"Customers"'))
    description: str = field(default="", metadata=read_as(values.paragraphs))
    delegate: bool = field(default=True, metadata=read_as(values.boolean))
    query: str = field(default="", metadata=read_as(smartqueries.query))
    ldap_shows: tuple[Personal, ...] = field(
        default=(), metadata=read_as(Many(values.one_of(Personal)))
    )
    grants: tuple[Grant, ...] = field(default=(), metadata=read_as(Tables(Grant)))
    standards: Standards | None = field(
        default=None, metadata=read_as(Table(Standards, optional=True))
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a file. A section is None where a key that it requires is at fault."""

    organisation: Organisation | None = field(default=None, metadata=read_as(Table(Organisation)))
    database: Database | None = field(default=None, metadata=read_as(Table(Database)))
    server: Server | None = field(default=None, metadata=read_as(Table(Server)))
    carddav: CardDAV | None = field(default=None, metadata=read_as(Table(CardDAV)))
    ldap: LDAP | None = field(default=None, metadata=read_as(Table(LDAP)))
    shield: Shield | None = field(default=None, metadata=read_as(Table(Shield)))
    metrics: Metrics | None = field(default=None, metadata=read_as(Table(Metrics)))
    audit: Audit | None = field(default=None, metadata=read_as(Table(Audit)))
    history: History | None = field(default=None, metadata=read_as(Table(History)))
    tls: TLS | None = field(default=None, metadata=read_as(Table(TLS, optional=True)))
    backup: Backup | None = field(default=None, metadata=read_as(Table(Backup)))
    users: tuple[User, ...] = field(
        default=(), metadata=read_as(NamedTables(User, "login", values.login))
    )
    groups: tuple[Group, ...] = field(
        default=(), metadata=read_as(NamedTables(Group, "name", values.name))
    )
    books: tuple[Book, ...] = field(
        default=(), metadata=read_as(NamedTables(Book, "slug", values.name))
    )
    sources: tuple[Source, ...] = field(
        default=(), metadata=read_as(NamedTables(Source, "name", values.name))
    )


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without faults. ``path`` is the absolute path of its file."""

    path: Path
    organisation: Organisation
    database: Database = field(default_factory=Database)
    server: Server = field(default_factory=Server)
    carddav: CardDAV = field(default_factory=CardDAV)
    ldap: LDAP = field(default_factory=LDAP)
    shield: Shield = field(default_factory=Shield)
    metrics: Metrics = field(default_factory=Metrics)
    audit: Audit = field(default_factory=Audit)
    history: History = field(default_factory=History)
    tls: TLS | None = None
    backup: Backup = field(default_factory=Backup)
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    books: tuple[Book, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def suffix(self) -> str:
        """The DN of the LDAP directory's root."""
        return self.ldap.suffix or domains.suffix_of(self.organisation.domain)
