"""The tree is the architecture: imports point one way, and each foreign part has its place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each room may import: of ours, then of others. A room's own modules and the standard
# library always go. A file with a line of its own has that line instead of its folder's.
# Vobject is on no line: its parser can be kept busy for hours.
TABLE = """
dirserver/__init__.py           |                                         |
dirserver/__main__.py           | cli                                     |
dirserver/errors.py             |                                         |
dirserver/passwords.py          |                                         | passlib
dirserver/model/                | errors                                  |
dirserver/model/number.py       |                                         | phonenumbers
dirserver/model/number_reading.py |                                       | phonenumbers
dirserver/model/number_writing.py |                                       | phonenumbers
dirserver/model/plain_number.py |                                         | phonenumbers
dirserver/model/spelling.py     | errors model                            | anyascii
dirserver/model/standards/countries.py | errors model                     | babel
dirserver/model/duplicates/likeness.py | errors model                     | rapidfuzz
dirserver/store/                | errors model                            | sqlalchemy alembic
dirserver/directory/            | errors model store passwords            |
dirserver/exchange/             | errors model                            |
dirserver/exchange/dossier.py   | errors model                            | jinja2
dirserver/exchange/quality.py   | errors model                            | jinja2
dirserver/exchange/sources/client.py | errors model                        | ldap3
dirserver/exchange/formats/xmltree.py | errors model                       | defusedxml
dirserver/ldap/                 | errors model directory                  | ldaptor
dirserver/ldap/factory.py       | places tls watch                        | twisted
dirserver/ldap/hold.py          | places                                  |
dirserver/ldap/protocol.py      | places                                  | ldaptor twisted zope structlog
dirserver/config/               | errors model passwords                  |
dirserver/config/sources.py     | errors exchange                         |
dirserver/config/standards.py   | errors                                  | babel
dirserver/reconcile/            | errors model store config assembly      |
dirserver/http/                 | errors                                  | twisted zope
dirserver/http/bridge.py        | watch                                   | twisted
dirserver/http/options.py       | model                                   |
dirserver/http/proxy.py         | model                                   |
dirserver/backup/               | errors model store assembly __init__    |
dirserver/nightly.py            | errors model store                      | structlog
dirserver/phones.py             | errors                                  | jinja2
dirserver/tls.py                | errors certified                        | twisted zope OpenSSL cryptography
dirserver/certified.py          |                                         | OpenSSL cryptography
dirserver/places.py             |                                         |
dirserver/memory.py             |                                         |
dirserver/lean.py               |                                         |
dirserver/rendezvous.py         |                                         |
dirserver/confidant.py          | rendezvous ldap                         | twisted structlog
dirserver/sockets.py            |                                         |
dirserver/listeners.py          | sockets tls turns                       | twisted
dirserver/turns.py              |                                         | twisted
dirserver/watch.py              |                                         |
dirserver/workers/              | sockets                                 | structlog
dirserver/ports.py              | config listeners                        | twisted
dirserver/accesslog.py          | http ldap                               |
dirserver/log.py                |                                         | structlog
dirserver/metrics.py            | model http ldap                         | prometheus_client twisted
dirserver/sourcing.py           | errors model directory exchange config assembly |
dirserver/chores.py             | errors model directory assembly backup nightly sourcing config __init__ | structlog twisted
dirserver/assembly.py           | model store directory ldap config       |
dirserver/server.py             | * dirserver_radicale                    | twisted structlog
dirserver/cli/                  | * server                                | typer rich
dirserver/cli/passwd.py         | *                                       | typer passlib
plugins/dirserver_radicale/     | errors model directory config assembly  | radicale defusedxml
schema/                         | store                                   | sqlalchemy alembic
"""  # noqa: E501 - the columns belong side by side

# What the star stands for: everything below the server.
BELOW = """
__init__ errors passwords model store directory exchange ldap config reconcile http tls listeners
ports log metrics assembly places backup nightly chores phones certified sockets workers rendezvous
confidant memory lean accesslog sourcing turns watch
"""
MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    place: str
    rooms: frozenset[str]
    packages: frozenset[str]

    def holds(self, path: str) -> bool:
        """Say whether the line is about the module at ``path``."""
        return path == self.place or (self.place.endswith("/") and path.startswith(self.place))


def read_table(text: str) -> list[Line]:
    """Return the lines of the table, those about single files first."""
    lines = []
    for line in text.strip().splitlines():
        place, ours, others = (column.strip() for column in line.split("|"))
        rooms = frozenset(ours.split())
        if "*" in rooms:
            rooms |= set(BELOW.split())
        lines.append(Line(place, rooms, frozenset(others.split())))
    return sorted(lines, key=lambda line: len(line.place), reverse=True)


LINES = read_table(TABLE)
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("dirserver", "plugins", "schema")
    for path in (ROOT / top).rglob("*.py")
)


def imported(source: str, path: str) -> Iterator[str]:
    """Yield the dotted name of all that a module imports, wherever in it that stands."""
    package = path.removeprefix("plugins/").split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of_path(path: str) -> str:
    """Return the room that the module at ``path`` is in."""
    first, second, *_ = path.removesuffix(".py").split("/")
    return second if first in ("dirserver", "plugins") else first


def room_of_name(name: str) -> str | None:
    """Return the room that a dotted name leads into; None when it is not ours."""
    first, *rest = name.split(".")
    if first == "dirserver_radicale":
        return first
    if first != "dirserver":
        return None
    place = ROOT / "dirserver" / rest[0] if rest else ROOT
    return rest[0] if place.is_dir() or place.with_suffix(".py").is_file() else "__init__"


def is_standard(name: str) -> bool:
    """Say whether Python brings this along, or type checkers do."""
    return name.partition(".")[0] in {*sys.stdlib_module_names, "_typeshed"}


def faults(source: str, path: str) -> list[str]:
    """Return what the module at ``path`` imports and may not."""
    line = next((line for line in LINES if line.holds(path)), None)
    if line is None:
        return [f"{path} is on no line of the table"]
    found = []
    for name in imported(source, path):
        room = room_of_name(name)
        if room is None:
            allowed = is_standard(name) or name.partition(".")[0] in line.packages
        else:
            allowed = room in line.rooms or room == room_of_path(path)
        if not allowed:
            found.append(f"{path} imports {name}")
    return found


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES)
def test_a_module_imports_what_its_room_may(path: str) -> None:
    assert not faults((ROOT / path).read_text(encoding="utf-8"), path)


def test_every_line_of_the_table_has_a_module() -> None:
    idle = [line.place for line in LINES if not any(map(line.holds, MODULES))]
    assert not idle


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("dirserver/model/vcard.py", "import vobject"),
        ("dirserver/model/grant.py", "from dirserver.store import cards"),
        ("dirserver/model/fold.py", "import phonenumbers.phonenumberutil"),
        ("dirserver/ldap/session.py", "from twisted.internet import reactor"),
        ("dirserver/ldap/session.py", "from dirserver import store"),
        ("dirserver/store/cards.py", "def late():\n    from dirserver.directory import Directory"),
        ("dirserver/store/cards.py", "from ..directory import reading"),
        ("dirserver/errors.py", "from dirserver.model import query"),
        ("dirserver/server.py", "from dirserver.cli import main"),
        ("dirserver/ldap/protocol.py", "from dirserver.http import make_factory"),
        ("dirserver/cli/app.py", "import twisted"),
        ("dirserver/cli/app.py", "from dirserver_radicale.application import Application"),
        ("plugins/dirserver_radicale/auth.py", "from dirserver.store.engine import Store"),
        ("plugins/dirserver_radicale/auth.py", "import sqlalchemy"),
        ("dirserver/unheard_of.py", ""),
    ],
)
def test_the_table_is_enforced(path: str, source: str) -> None:
    assert faults(source, path)


@pytest.mark.parametrize("path", [path for path in MODULES if not path.startswith("schema/")])
def test_a_module_is_no_longer_than_one_subject_needs(path: str) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{path} has {lines} lines: split it by subject"
