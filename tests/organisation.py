"""The made-up organisation that the tests serve: who there is, and who may do what."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from passlib.hash import argon2

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.model.principal import Client, Principal, PrincipalKind, operator
from dirserver.reconcile import apply_config

PASSWORD = "correct horse"
_NAME = "test.db"
_FILE = f"sqlite:///{_NAME}"

# alice manages, bob of sales writes, carol of support reads without notes and birthdays, dave
# only looks things up, erin has nothing but what everyone has.
TEXT = """
[organisation]
name = "Example GmbH"
domain = "example.org"
country = "DE"
outside_line = ["0"]
{organisation}
[database]
url = "{url}"

[ldap]
anonymous = true
max_hits = 5
{ldap}

[users.alice]
name = "Alice Example"
mail = "alice@example.org"
password_hash = "{hash}"

[users.bob]
name = "Bob Example"
mail = "bob@example.org"
password_hash = "{hash}"

[users.carol]
name = "Carol Example"
mail = "carol@example.org"
password_hash = "{hash}"

[users.dave]
name = "Dave Example"
mail = "dave@example.org"
password_hash = "{hash}"

[users.erin]
name = "Erin Example"
mail = "erin@example.org"
password_hash = "{hash}"

[groups.sales]
name = "Sales"
members = ["bob"]

[groups.support]
name = "Support"
members = ["carol"]

[books.customers]
name = "Customers"
description = "Everyone we sell to"
grants = [
  {{ to = "alice", access = "manage" }},
  {{ to = "group:sales", access = "write" }},
  {{ to = "group:support", access = "read", hide = ["NOTE", "BDAY", "ORG"] }},
  {{ to = "dave", access = "search" }},
  {{ to = "anonymous", access = "search", from = ["10.20.0.0/16"] }},
]

[books.staff]
name = "Staff"
grants = [{{ to = "everyone", access = "read" }}, {{ to = "alice", access = "write" }}]

[books.secret]
name = "Secret"
grants = [{{ to = "alice", access = "manage" }}]
"""

ALICE = Principal(PrincipalKind.USER, "alice")
BOB = Principal(PrincipalKind.USER, "bob")
CAROL = Principal(PrincipalKind.USER, "carol")
DAVE = Principal(PrincipalKind.USER, "dave")
ERIN = Principal(PrincipalKind.USER, "erin")
ADMIN = operator("root")
HERE = Client("test", "192.0.2.7", "pytest")


@lru_cache(maxsize=1)
def password_hash() -> str:
    """A hash of ``PASSWORD`` that is as cheap as argon2 can be."""
    return str(argon2.using(rounds=1, memory_cost=8, parallelism=1).hash(PASSWORD))


def write_config(
    directory: Path, url: str = _FILE, *, organisation: str = "", ldap: str = ""
) -> Path:
    """Write the organisation's config file and return its path."""
    path = directory / "dirserver.toml"
    path.write_text(_text(url, organisation, ldap), encoding="utf-8")
    return path


def _text(url: str, organisation: str = "", ldap: str = "") -> str:
    return TEXT.format(url=url, hash=password_hash(), organisation=organisation, ldap=ldap)


def without_shield(path: Path) -> Path:
    """Let clients in a config take out of a book what they like, and return its path."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n[shield]\nenabled = false\n", encoding="utf-8")
    return path


def open_organisation(path: Path) -> Services:
    """Apply the config at ``path`` and return its services."""
    if path.read_text(encoding="utf-8") == _text(_FILE) and not path.with_name(_NAME).exists():
        # As most tests have it, which need not be made for each of them.
        path.with_name(_NAME).write_bytes(_applied_file())
        return open_services(config.load(path))
    return new_organisation(path)


def new_organisation(path: Path) -> Services:
    """Apply the config at ``path`` to a database that has keys of its own, and no copy of any."""
    services = open_services(config.load(path))
    apply_config(services, ADMIN, HERE)
    return services


@lru_cache(maxsize=1)
def _applied_file() -> bytes:
    """Return the database of the organisation, with its config applied and nothing more."""
    with TemporaryDirectory() as directory:
        path = write_config(Path(directory))
        new_organisation(path).store.close()
        return path.with_name(_NAME).read_bytes()


def vcard(uid: str, name: str, *lines: str, version: str = "3.0") -> bytes:
    """A card of these lines, as a client would PUT it."""
    given, _, family = name.rpartition(" ")
    text = ["BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid}", f"FN:{name}"]
    text += [f"N:{family};{given};;;", *lines, "END:VCARD", ""]
    return "\r\n".join(text).encode()
