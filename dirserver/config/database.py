"""Where the database is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

from dirserver.config.faults import Refused, shown
from dirserver.config.values import text

_SQLITE = "sqlite"
_POSTGRESQL = "postgresql+psycopg"
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)")
_POSTGRESQL_REST = re.compile(
    r"(?:(?P<user>[^:/@?]+)(?P<password>:[^:/@?]*)?@)?"
    r"(?P<host>(?:\[[0-9A-Fa-f:.]+\]|[^:/@?\[\]]*)(?::[0-9]{1,5})?)"
    r"(?P<database>/[^/@?]+(?:\?.*)?)"
)
# A colon that is followed by a port is none.
_RISKY = re.compile(r"[@?]|:(?![0-9]{1,5}(?:/|\Z))")
_EXPECTED = 'expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"'


def database_url(value: object) -> str:
    """Read the URL of an SQLite or a PostgreSQL database, with the driver that is used for it."""
    match = _URL.fullmatch(text(value))
    if match is None:
        raise Refused(_EXPECTED)
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme == _SQLITE:
        return f"{_SQLITE}://{_sqlite_rest(rest)}"
    if scheme in (_POSTGRESQL, "postgresql"):
        if _POSTGRESQL_REST.fullmatch(rest) is None:
            raise Refused(
                'expected "postgresql+psycopg://USER@HOST/DATABASE"; a password with special'
                " characters is best put into a password_file"
            )
        return f"{_POSTGRESQL}://{rest}"
    raise Refused(f"the database can be SQLite or PostgreSQL: {_EXPECTED}")


def _sqlite_rest(rest: str) -> str:
    if not rest.startswith("/") and rest:
        raise Refused(f"a slash is missing; did you mean {shown(f'{_SQLITE}:///{rest}')}?")
    if rest in ("", "/", "/:memory:"):
        raise Refused(f'expected a file, such as "{_SQLITE}:///dirserver.db"')
    if "?" in rest:
        raise Refused("an SQLite database has no options here, and no ? in its name")
    return rest


def located(url: str, directory: Path) -> str:
    """Return ``url`` with a relative SQLite file made absolute, as seen from ``directory``.

    Raises Refused.
    """
    prefix = f"{_SQLITE}:///"
    if not url.startswith(prefix):
        return url
    path = os.path.realpath(directory / url.removeprefix(prefix))
    if "?" in path:
        raise Refused(f"no ? can be in the path of an SQLite database, which is {path}")
    return f"{prefix}{path}"


def with_password(url: str, password: str) -> str:
    """Return ``url`` with ``password`` in it. Raises Refused where it has no place."""
    scheme, _, rest = url.partition("://")
    match = _POSTGRESQL_REST.fullmatch(rest) if scheme == _POSTGRESQL else None
    if match is None:
        raise Refused("an SQLite database has no password; leave password_file out")
    if not match["user"]:
        raise Refused("a password_file needs a user in the URL, as in postgresql://USER@HOST/...")
    if match["password"]:
        raise Refused("there is a password in the URL and a password_file; leave one of them out")
    secret = quote(password, safe="")
    return f"{scheme}://{match['user']}:{secret}@{match['host']}{match['database']}"


def masked(value: object) -> str:
    """Return a URL for a fault, without what could be a password."""
    if not isinstance(value, str):
        return ""
    scheme, found, rest = value.partition("://")
    if not found:
        scheme, rest = "", value
    if value.startswith(f"{_SQLITE}:") or not (_RISKY.search(rest) or _RISKY.search(scheme)):
        return shown(value)
    if not re.fullmatch("[A-Za-z0-9+.-]+", scheme):
        return '"***"'
    # With a question mark about, the last @ may be in the password itself.
    tail = rest.rpartition("@")[2] if "@" in rest and "?" not in rest else ""
    return shown(f"{scheme}://***@{tail}" if tail else f"{scheme}://***")
