"""Sightings: which clients have fetched which books, and up to which revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from dirserver.store import turns
from dirserver.store.storable import made_storable
from dirserver.store.tables import addressbook, sighting

_CLIENT = ("addressbook_id", "login", "device", "agent")
_AGAIN = (
    update(sighting)
    .where(*(sighting.c[name] == bindparam(f"the_{name}") for name in _CLIENT))
    .values(revision=bindparam("new_revision"), last_at=bindparam("new_last_at"))
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A client has what a book held between ``first_at`` and ``last_at``, as of ``revision``.

    ``device`` is empty where it came with its user's own password; ``agent`` is the program.
    """

    book_id: int
    login: str
    device: str
    agent: str
    revision: int
    first_at: datetime
    last_at: datetime


def note(connection: Connection, sightings: Sequence[Sighting]) -> None:
    """Remember ``sightings``; a client that was seen before stays known from then."""
    # Two that note the same client for the first time would both insert it.
    turns.take(connection, turns.Turn.SIGHTING)
    wanted = {one.book_id for one in sightings}
    there = set(connection.scalars(select(addressbook.c.id).where(addressbook.c.id.in_(wanted))))
    for one in sightings:
        if one.book_id in there:
            _note(connection, one)


def _note(connection: Connection, one: Sighting) -> None:
    client = {
        "addressbook_id": one.book_id,
        "login": one.login,
        "device": one.device,
        "agent": made_storable(one.agent),
    }
    seen = {f"the_{name}": value for name, value in client.items()}
    new = {"new_revision": one.revision, "new_last_at": one.last_at}
    if connection.execute(_AGAIN, {**seen, **new}).rowcount == 0:
        times = {"first_at": one.first_at, "last_at": one.last_at}
        connection.execute(insert(sighting).values(**client, revision=one.revision, **times))


def of(
    connection: Connection, book_ids: Iterable[int], since: datetime | None = None
) -> list[Sighting]:
    """Return who has copies of these books, and has asked at that moment or later."""
    statement = select(sighting).where(sighting.c.addressbook_id.in_(sorted(book_ids)))
    if since is not None:
        statement = statement.where(sighting.c.last_at >= since)
    rows = connection.execute(statement.order_by(*(sighting.c[name] for name in _CLIENT)))
    return [
        Sighting(
            row.addressbook_id,
            row.login,
            row.device,
            row.agent,
            row.revision,
            row.first_at,
            row.last_at,
        )
        for row in rows
    ]
