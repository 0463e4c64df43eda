"""The files in config/ are what they say that they are."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from passlib.context import CryptContext
from radicale import config as radicale_config

from dirserver.config import Audit, Config, Database, History, load
from dirserver.config.keys import Key, NamedTables, Table, Tables, keys_of
from dirserver.config.schema import Draft
from dirserver.passwords import SCHEMES

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "dirserver.example.toml"
DEMO = CONFIG / "demo.toml"


def everything(tmp_path: Path) -> str:
    """Return the example with every key switched on, and the files that it names."""
    for name in (
        *("cert.pem", "key.pem", "clients.pem", "database-password"),
        *("ca.pem", "reader.password"),
    ):
        (tmp_path / name).write_text("geheim")
    text = re.sub(r"^#(?=\S|  \{)", "", EXAMPLE.read_text("utf-8"), flags=re.M)
    # A password_file and the default do not go together.
    return text.replace('url = "sqlite:///dirserver.db"', 'url = "postgresql://me@db/x"').replace(
        "anonymous = false", "anonymous = true"
    )


def written(document: object, keys: dict[str, Key], table: str = "") -> set[str]:
    """Return the keys of the schema that a document has, each with its table."""
    assert isinstance(document, dict)
    found = set()
    for name, key in keys.items():
        if name not in document:
            continue
        value = document[name]
        found.add(f"{table}.{name}")
        match key.kind:
            case Table(section=section):
                found |= written(value, keys_of(section), f"{table}.{name}")
            case Tables(section=section):
                for item in value:
                    found |= written(item, keys_of(section), f"{table}.{name}")
            case NamedTables(section=section):
                for item in value.values():
                    found |= written(item, keys_of(section), f"{table}.{name}")
    return found


def possible(keys: dict[str, Key], table: str = "") -> set[str]:
    """Return all keys of the schema, each with its table."""
    found = {f"{table}.{name}" for name in keys}
    for name, key in keys.items():
        if isinstance(key.kind, Table | Tables | NamedTables):
            found |= possible(keys_of(key.kind.section), f"{table}.{name}")
    return found


def test_the_example_says_the_defaults() -> None:
    config = load(EXAMPLE)
    database = Database(url=f"sqlite:///{CONFIG}/dirserver.db")
    assert config == Config(
        config.path, config.organisation, database, audit=Audit(), history=History()
    )
    assert config.organisation == replace(
        config.organisation, area_code="", outside_line=(), personal_books=False
    )


def test_the_example_has_every_key(tmp_path: Path) -> None:
    keys = keys_of(Draft)
    assert written(tomllib.loads(everything(tmp_path)), keys) == possible(keys)


def test_what_the_example_switches_off_can_be_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_text(everything(tmp_path), "utf-8")
    config = load(path)
    assert config.suffix == "o=Example,c=DE"
    assert config.history.keep == timedelta(days=730)
    assert [len(each) for each in (config.users, config.groups, config.books)] == [1, 1, 4]
    assert [source.book for source in config.sources] == [
        "staff",
        "customers",
        "partners",
    ]
    assert len(config.books[0].grants) == 4


def test_the_demo_has_the_people_and_passwords_that_it_says() -> None:
    config = load(DEMO)
    context = CryptContext(schemes=SCHEMES)
    assert [user.login for user in config.users] == ["alice", "bob", "carol"]
    for user in config.users:
        assert user.mail == f"{user.login}@example.org"
        assert user.password_hash.startswith("$argon2id$")
        assert context.verify(f"{user.login}-demo", user.password_hash)
    assert {group.name: group.members for group in config.groups} == {
        "sales": ("alice", "bob"),
        "support": ("carol",),
    }


def test_the_demo_is_for_this_machine_only() -> None:
    config = load(DEMO)
    assert config.tls is None
    assert config.database.url == f"sqlite:///{CONFIG.parent}/.demo/dirserver.db"
    for listener in (*config.carddav.listen, *config.ldap.listen):
        assert listener.host == "127.0.0.1"


def test_the_demo_grants_differently_on_each_book() -> None:
    granted = {
        (book.slug, grant.to): (grant.access.value, *sorted(grant.hide), *map(str, grant.networks))
        for book in load(DEMO).books
        for grant in book.grants
    }
    assert granted == {
        ("customers", "alice"): ("manage",),
        ("customers", "group:sales"): ("write",),
        ("customers", "group:support"): ("read", "BDAY", "NOTE"),
        ("staff", "everyone"): ("read",),
        ("staff", "alice"): ("manage",),
        ("suppliers", "group:sales"): ("read",),
        ("suppliers", "bob"): ("write",),
        ("suppliers", "group:support"): ("search",),
        ("press", "alice"): ("write",),
        ("press", "group:support"): ("read",),
        ("press", "anonymous"): ("search", "127.0.0.0/8"),
    }


def test_radicale_reads_its_example() -> None:
    path = CONFIG / "radicale.example.conf"
    parser = configparser.RawConfigParser()
    parser.read(path)
    config = radicale_config.load([(str(path), False)])
    assert {section: config.get(section, "type") for section in parser.sections()[1:]} == {
        "auth": "dirserver_radicale.auth",
        "rights": "dirserver_radicale.rights",
        "storage": "dirserver_radicale.storage",
        "sharing": "none",
        "web": "none",
    }
    assert config.get("storage", "config") == "/etc/dirserver/dirserver.toml"
    assert config.get("rights", "permit_delete_collection") is False
    assert config.get("rights", "permit_overwrite_collection") is False


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    unit = (CONFIG / "dirserver.service").read_text("utf-8")
    # Only the path to the program is not of this machine.
    path = tmp_path / "dirserver.service"
    path.write_text(unit.replace("/opt/dirserver/.venv/bin/dirserver", "/bin/true"), "utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
