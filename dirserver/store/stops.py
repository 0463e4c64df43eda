"""Clients that may not write to a book, and what a client has taken out of one lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from dirserver.model.history.life import MERGE
from dirserver.model.shield import Stop
from dirserver.store.prepared import Prepared
from dirserver.store.tables import card, card_version, stopped_client

# What people do at the server's own command line is not a client's doing.
COMMAND_LINE = "cli"
BLANK = "blank"

_CLIENT = (
    stopped_client.c.addressbook_id == bindparam("book_id"),
    stopped_client.c.login == bindparam("login"),
    stopped_client.c.device == bindparam("device"),
)
_RELEASED = Prepared(select(func.max(stopped_client.c.released)).where(*_CLIENT))
_STANDING = select(stopped_client.c.id).where(*_CLIENT, stopped_client.c.released.is_(None))
_BY_CLIENT = (
    card_version.c.addressbook_id == bindparam("book_id"),
    card_version.c.at > bindparam("since"),
    card_version.c.actor == bindparam("login"),
    card_version.c.device == bindparam("device"),
    card_version.c.protocol != COMMAND_LINE,
    # What was made one with another card is still in the book.
    card_version.c.operation != MERGE,
    # In the words of the index of such versions, or it would not be used.
    or_(card_version.c.body.is_(None), card_version.c.operation == literal_column("'blank'")),
)
_LOSSES = Prepared(select(func.count()).select_from(card_version).where(*_BY_CLIENT))
# A card that is back in the book, or was there all the time under another name, was not taken.
_IS_GONE = card.c.id.is_(None)
_TAKEN = Prepared(
    select(_IS_GONE.label("gone"), func.count(card_version.c.key.distinct()).label("number"))
    .select_from(
        card_version.outerjoin(
            card,
            and_(
                card.c.key == card_version.c.key,
                card.c.addressbook_id == card_version.c.addressbook_id,
            ),
        )
    )
    .where(
        *_BY_CLIENT,
        or_(
            and_(card_version.c.body.is_(None), _IS_GONE),
            and_(card_version.c.operation == BLANK, ~_IS_GONE),
        ),
    )
    .group_by(_IS_GONE)
)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many cards a client has taken out of a book, and how many it has made blank."""

    gone: int
    blank: int


def load(connection: Connection) -> dict[tuple[int, str, str], Stop]:
    """Read the stops in force, by book, login and device."""
    rows = connection.execute(select(stopped_client).where(stopped_client.c.released.is_(None)))
    stops = (Stop(row.addressbook_id, row.login, row.device, row.at, row.reason) for row in rows)
    return {(stop.book_id, stop.login, stop.device): stop for stop in stops}


def add(connection: Connection, stop: Stop) -> bool:
    """Stop a client; say whether it was not stopped before. The book must be locked."""
    client = {"book_id": stop.book_id, "login": stop.login, "device": stop.device}
    if connection.scalar(_STANDING, client) is not None:
        return False
    connection.execute(
        insert(stopped_client).values(
            addressbook_id=stop.book_id,
            login=stop.login,
            device=stop.device,
            at=stop.at,
            reason=stop.reason,
            released_by="",
        )
    )
    return True


def release(connection: Connection, stop: Stop, at: datetime, by: str) -> None:
    """Let a client go on."""
    connection.execute(
        update(stopped_client)
        .where(
            stopped_client.c.addressbook_id == stop.book_id,
            stopped_client.c.login == stop.login,
            stopped_client.c.device == stop.device,
            stopped_client.c.released.is_(None),
        )
        .values(released=at, released_by=by)
    )


def losses(connection: Connection, book_id: int, login: str, device: str, since: datetime) -> int:
    """Return how often a client has taken something since then: no less than ``taken`` says."""
    found = _LOSSES.row(connection, book_id=book_id, login=login, device=device, since=since)
    return 0 if found is None else found[0]


def taken(connection: Connection, book_id: int, login: str, device: str, since: datetime) -> Taken:
    """Count what a client has taken since then, or since it was last released."""
    released = _RELEASED.row(connection, book_id=book_id, login=login, device=device)
    if released is not None and released[0] is not None:
        since = max(since, released[0])
    counts: dict[bool, int] = dict(
        _TAKEN.rows(connection, book_id=book_id, login=login, device=device, since=since)
    )
    return Taken(counts.get(True, 0), counts.get(False, 0))
