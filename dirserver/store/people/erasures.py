"""What tells that somebody who was erased is brought again, though nothing of them is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from dirserver.store import settings
from dirserver.store.tables import erasure

_KEY = "erasure_key"
_MOST = 500


@dataclass(frozen=True, slots=True)
class Case:
    """A person who was erased, under a name that says nothing of who that was."""

    name: str
    at: datetime
    fingerprints: int


@dataclass(frozen=True, slots=True)
class Register:
    """All that a store knows of who was erased: the key, and case and time by fingerprint."""

    key: str = ""
    cases: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)


def register(connection: Connection) -> Register:
    """Return the register of a store."""
    rows = connection.execute(select(erasure.c.fingerprint, erasure.c.person, erasure.c.at))
    cases = {row.fingerprint: (row.person, row.at) for row in rows}
    return Register(settings.get(connection, _KEY), cases) if cases else Register()


def carry_over(connection: Connection, other: Register) -> bool:
    """Add the register of the store that this one takes the place of.

    Return whether that could be: fingerprints under another key are of no use here.
    """
    if not other.cases:
        return True
    own = register(connection)
    if own.key not in ("", other.key):
        return False
    settings.put(connection, _KEY, other.key)
    rows = [
        {"fingerprint": one, "person": person, "at": at}
        for one, (person, at) in other.cases.items()
        if one not in own.cases
    ]
    if rows:
        connection.execute(insert(erasure), rows)
    return True


def key(connection: Connection) -> bytes:
    """Return the key of the fingerprints; nothing as long as there are none."""
    if connection.scalar(select(erasure.c.person).limit(1)) is None:
        return b""
    return bytes.fromhex(settings.get(connection, _KEY))


def key_by_now(connection: Connection) -> bytes:
    """Return the key when there may be one that this transaction has not seen at its beginning.

    On SQLite, a transaction that writes is the only one.
    """
    return b"" if connection.dialect.name == "sqlite" else key(connection)


def fingerprints(key: bytes, identities: Iterable[str]) -> list[str]:
    """Return digests by which ``identities`` are known again, and from which nobody is read."""
    return [hmac.new(key, one.encode(), hashlib.sha256).hexdigest() for one in identities]


def cases_of(connection: Connection, prints: Iterable[str]) -> Mapping[str, str]:
    """Return the cases that these fingerprints belong to, by fingerprint."""
    wanted = list(prints)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _MOST):
        some = wanted[start : start + _MOST]
        rows = connection.execute(
            select(erasure.c.fingerprint, erasure.c.person).where(erasure.c.fingerprint.in_(some))
        )
        found.update((row.fingerprint, row.person) for row in rows)
    return found


def remember(connection: Connection, identities: Iterable[str], name: str, at: datetime) -> int:
    """Keep fingerprints of ``identities`` under the case ``name``; return how many are new."""
    secret = settings.get(connection, _KEY)
    if not secret:
        secret = secrets.token_hex(32)
        settings.put(connection, _KEY, secret)
    prints = fingerprints(bytes.fromhex(secret), identities)
    known = cases_of(connection, prints)
    rows = [
        {"fingerprint": one, "person": name, "at": at}
        for one in dict.fromkeys(prints)
        if one not in known
    ]
    if rows:
        connection.execute(insert(erasure), rows)
    return len(rows)


def readmit(connection: Connection, name: str) -> int:
    """Forget the fingerprints of the case ``name``; return how many there were."""
    return connection.execute(delete(erasure).where(erasure.c.person == name)).rowcount


def cases(connection: Connection) -> list[Case]:
    """Return all cases, oldest first."""
    first = func.min(erasure.c.at)
    rows = connection.execute(
        select(erasure.c.person, first.label("first"), func.count().label("number"))
        .group_by(erasure.c.person)
        .order_by(first, erasure.c.person)
    )
    return [Case(row.person, row.first, row.number) for row in rows]
