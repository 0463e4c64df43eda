"""The audit trail: appended to in the transaction of what it tells of, and chained."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    or_,
    select,
    tuple_,
)

from dirserver.model.audit import AuditAction, AuditEvent, Outcome, WrittenEvent
from dirserver.store import turns
from dirserver.store.prepared import Prepared
from dirserver.store.rows import insert_into
from dirserver.store.storable import is_storable, made_storable
from dirserver.store.tables import addressbook, audit_event, card_version
from dirserver.store.trail.chain import Head, content_digest, link

_LAST_DIGEST = Prepared(select(audit_event.c.digest).order_by(audit_event.c.id.desc()).limit(1))
_APPEND = Prepared(insert_into(audit_event, without="id"))


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events to read: all those that agree with every value that is given."""

    book: str = ""
    actor: str = ""
    card: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    device: str = ""
    after: int = 0


def append(connection: Connection, events: Iterable[AuditEvent], at: datetime) -> None:
    """Append ``events`` to the trail, each chained to the one before it."""
    events = list(events)
    if not events:
        return
    # Two appenders at once would both chain to the same event.
    turns.take(connection, turns.Turn.AUDIT)
    last = _LAST_DIGEST.row(connection)
    digest = last[0] if last else ""
    rows = []
    for event in events:
        said = _columns(event)
        salt = secrets.token_hex(16)
        content = content_digest(said, salt)
        digest = link(digest, said, at, content)
        rows.append(
            {
                **said,
                "at": at,
                "salt": salt,
                "content_digest": content,
                "digest": digest,
                "erased": False,
            }
        )
    _APPEND.each(connection, rows)


def _columns(event: AuditEvent) -> dict[str, str]:
    said = {
        "action": str(event.action),
        "outcome": str(event.outcome),
        "actor": event.actor,
        "book": event.book,
        "card": event.card,
        "detail": event.detail,
        "protocol": event.protocol,
        "address": event.address,
        "agent": event.agent,
        "device": event.device,
    }
    # All of it mostly is.
    if is_storable("".join(said.values())):
        return said
    return {name: made_storable(text) for name, text in said.items()}


def head(connection: Connection) -> Head | None:
    """Return the last event, as it is to be noted down."""
    row = connection.execute(
        select(audit_event.c.id, audit_event.c.digest).order_by(audit_event.c.id.desc()).limit(1)
    ).first()
    return None if row is None else Head(row.id, row.digest)


def read(connection: Connection, wanted: AuditFilter) -> Iterator[WrittenEvent]:
    """Yield the events that ``wanted`` asks for, oldest first; with a limit, the newest of them."""
    statement = _matching(wanted)
    if wanted.limit is not None:
        newest = statement.order_by(audit_event.c.id.desc()).limit(wanted.limit)
        yield from reversed([_event(row) for row in connection.execute(newest)])
        return
    ordered = statement.order_by(audit_event.c.id).execution_options(yield_per=500)
    with connection.execute(ordered) as rows:
        for row in rows:
            yield _event(row)


def _matching(wanted: AuditFilter) -> Select[*tuple[Any, ...]]:
    statement = select(audit_event)
    if wanted.book:
        statement = statement.where(audit_event.c.book == made_storable(wanted.book))
    if wanted.actor:
        statement = statement.where(audit_event.c.actor == made_storable(wanted.actor))
    if wanted.card:
        statement = statement.where(_about(made_storable(wanted.card)))
    if wanted.device:
        statement = statement.where(audit_event.c.device == made_storable(wanted.device))
    if wanted.action:
        # "card" stands for card:create, card:update and the rest of its kind.
        meant = [one for one in AuditAction if wanted.action in (one, one.partition(":")[0])]
        statement = statement.where(audit_event.c.action.in_(map(str, meant)))
    if wanted.after:
        statement = statement.where(audit_event.c.id > wanted.after)
    if wanted.since is not None:
        statement = statement.where(audit_event.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit_event.c.at <= wanted.until)
    return statement


def _about(href: str) -> ColumnElement[bool]:
    """Whether an event is about the card ``href``, or about many of which it was one.

    What was done to many cards has one event, and of each card a version of that moment.
    """
    label = case(
        (addressbook.c.owner == "", addressbook.c.slug),
        else_=addressbook.c.owner + "/" + addressbook.c.slug,
    )
    moments = (
        select(card_version.c.at, label)
        .join(addressbook, addressbook.c.id == card_version.c.addressbook_id)
        .where(card_version.c.href == href, card_version.c.batch.is_not(None))
        # The index begins with the book.
        .where(card_version.c.addressbook_id.in_(select(addressbook.c.id)))
    )
    of_many = tuple_(audit_event.c.at, audit_event.c.book).in_(moments)
    return or_(audit_event.c.card == href, and_(audit_event.c.card == "", of_many))


def _event(row: Row[*tuple[Any, ...]]) -> WrittenEvent:
    said = AuditEvent(
        AuditAction(row.action),
        row.actor,
        Outcome(row.outcome),
        row.book,
        row.card,
        row.detail,
        row.protocol,
        row.address,
        row.agent,
        row.device,
    )
    return WrittenEvent(row.id, row.at, said, row.erased)
