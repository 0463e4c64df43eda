"""The shield at work: a client that takes too much out of a book at once is stopped.

What it did before stays done, and is history that can be taken back; the write that goes too
far, and every later one, is refused until somebody releases the client.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable
from datetime import datetime

from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.counting import counted
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.model.shield import Shield, Stop
from dirserver.store import cards, settings, stops, writing
from dirserver.store.engine import Connection

_log = logging.getLogger("dirserver.shield")


def is_shielded(principal: Principal, client: Client) -> bool:
    """Say whether the books are shielded from what ``principal`` does through ``client``."""
    return principal.kind is PrincipalKind.USER and may_be_stopped(client)


def may_be_stopped(client: Client) -> bool:
    """Say whether stops are for such a client; not for people at the server's command line."""
    return client.protocol != stops.COMMAND_LINE


def stop_for(
    connection: Connection,
    shield: Shield,
    book: AddressBook,
    principal: Principal,
    at: datetime,
) -> Stop | None:
    """Return the stop for ``principal`` if they may not take one more card out of ``book``."""
    if not shield.enabled:
        return None
    client = principal.login, principal.device_name
    most = stops.losses(connection, book.id, *client, at - shield.window) + 1
    # Most clients take little, and then nobody need count the book.
    if not shield.is_crossed(most, most):
        return None
    # It costs more than to delete a card to count all of a large book, or to see what came back.
    if cards.has_at_least(connection, book.id, shield.spares(most)):
        return None
    taken = stops.taken(connection, book.id, *client, at - shield.window)
    lost = taken.gone + taken.blank + 1
    whole = cards.count(connection, book.id) + taken.gone
    if not shield.is_crossed(lost, whole):
        return None
    reason = (
        f"{lost - 1} of {counted(whole, 'card')} deleted or made blank in "
        f"{counted(shield.minutes, 'minute')}, the next one refused"
    )
    return Stop(book.id, *client, at, reason)


def enforce(
    connection: Connection, wanted: Iterable[tuple[AddressBook, Stop, Client]]
) -> list[AuditEvent]:
    """Put stops in force and return what the audit trail has to say of it.

    In a transaction of its own, since that of the write that went too far is rolled back.
    """
    events = []
    for book, stop, client in wanted:
        writing.lock(connection, book.id)
        if stops.add(connection, stop):
            events.append(_event(book, stop, client))
    if events:
        settings.next_policy_epoch(connection)
    return events


def warn(events: Iterable[AuditEvent]) -> None:
    """Tell the log, which the managers read, who was stopped and what can be done."""
    for event in events:
        client = [event.actor, *([event.device] if event.device else [])]
        _log.warning(
            "shield: %s was stopped from writing to %s: %s. If it was right: dirserver device "
            "release %s --book %s. If not, undo it first.",
            ", ".join(client),
            event.book,
            event.detail,
            shlex.join(client),
            event.book,
        )


def _event(book: AddressBook, stop: Stop, client: Client) -> AuditEvent:
    return AuditEvent(
        AuditAction.SHIELD_STOP,
        stop.login,
        book=label_of(book),
        detail=stop.reason,
        protocol=client.protocol,
        address=client.address,
        agent=client.agent,
        device=stop.device,
    )
