"""Beginning anew after a copy was put back, so that nothing from before passes for new.

What clients and running servers remember may be newer than the copy: sync tokens, ctags, the
epoch of the policy. All of these are numbers that only grow, so they are carried far beyond what
anybody can have seen.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, inspect, select, update

from dirserver.store import settings
from dirserver.store.people import erasures
from dirserver.store.people.erasures import Register
from dirserver.store.tables import addressbook, incarnation
from dirserver.store.trail import audit

# More changes than a book sees between a copy and its return. The ctag stays below 2**31, where
# Linphone's atoi() ends, through two thousand returns.
_LEAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """How far a store had come: its policy's epoch, and the revisions of books by their UUIDs.

    ``head`` is the last event of its audit trail, as it is noted down; empty where there is none.
    ``erased`` is what it knows of people who were erased.
    """

    epoch: int = 0
    revisions: Mapping[str, int] = field(default_factory=dict)
    head: str = ""
    erased: Register = field(default_factory=Register)


def remembered(connection: Connection) -> Remembered:
    """Return how far the store has come, before it is replaced; one without tables nowhere."""
    if not inspect(connection).has_table(addressbook.name):
        return Remembered()
    rows = connection.execute(select(addressbook.c.uuid, addressbook.c.revision))
    last = audit.head(connection)
    return Remembered(
        settings.policy_epoch(connection),
        {row.uuid: int(row.revision) for row in rows},
        "" if last is None else str(last),
        erasures.register(connection),
    )


def begin(connection: Connection, replaced: Remembered, at: datetime) -> None:
    """Begin an incarnation of each book: what is in the store was put back at ``at``.

    ``replaced`` is how far the store had come that it takes the place of.
    """
    books = connection.execute(
        select(addressbook.c.id, addressbook.c.uuid, addressbook.c.revision)
    ).all()
    for book in books:
        connection.execute(
            insert(incarnation).values(
                addressbook_id=book.id, name=secrets.token_hex(8), revision=book.revision, at=at
            )
        )
        furthest = max(int(book.revision), replaced.revisions.get(book.uuid, 0))
        connection.execute(
            update(addressbook).where(addressbook.c.id == book.id).values(revision=furthest + _LEAP)
        )
    epoch = max(settings.policy_epoch(connection), replaced.epoch) + _LEAP
    settings.put(connection, settings.POLICY_EPOCH, str(epoch))
