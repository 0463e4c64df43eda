"""Who has been seen: when a device was last used, and which clients have copies of a book.

It is gathered in memory and written together every few seconds, so that neither a login nor an
answer waits for it. A client that polls and finds nothing new costs a look into memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from dirserver.model.device import Device
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.store import devices, sightings
from dirserver.store.devices import Use
from dirserver.store.engine import Store
from dirserver.store.sightings import Sighting

if TYPE_CHECKING:
    from dirserver.directory.reading import Reading

Key = TypeVar("Key")
Value = TypeVar("Value")

FETCHING = "carddav"
# So often at most is it written that a device is in use, or a client still has the same.
_USED_AGAIN = timedelta(minutes=5)
_SEEN_AGAIN = timedelta(hours=1)
_OVERDUE = timedelta(seconds=30)
_MOST = 10_000


class Sightings:
    """Gathers what was seen until it is written. Bounded in memory, safe in threads."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._lock = threading.Lock()
        self._used: OrderedDict[int, datetime] = OrderedDict()
        self._fetched: OrderedDict[tuple[int, str, str, str], Sighting] = OrderedDict()
        self._uses: dict[int, Use] = {}
        self._copies: dict[tuple[int, str, str, str], Sighting] = {}
        self._since: datetime | None = None

    def used(self, device: Device, client: Client, at: datetime) -> None:
        """Note that ``device`` is in use."""
        with self._lock:
            before = self._used.get(device.id)
            if before is not None and at - before < _USED_AGAIN:
                return
            _remember(self._used, device.id, at)
            self._uses[device.id] = Use(device.id, at, client.address, client.agent)
            self._since = self._since or at

    def fetched(
        self, book_id: int, principal: Principal, client: Client, revision: int, at: datetime
    ) -> None:
        """Note that a client was told what a book holds at ``revision``, if it keeps such things.

        Telephones that look up over LDAP keep no copies.
        """
        if client.protocol != FETCHING or principal.kind is not PrincipalKind.USER:
            return
        key = (book_id, principal.login, principal.device_name, client.agent)
        with self._lock:
            before = self._fetched.get(key)
            if (
                before is not None
                and before.revision == revision
                and at - before.last_at < _SEEN_AGAIN
            ):
                return
            seen = Sighting(*key, revision, at, at)
            _remember(self._fetched, key, seen)
            waiting = self._copies.get(key)
            if waiting is not None:
                seen = replace(seen, first_at=waiting.first_at)
            self._copies[key] = seen
            self._since = self._since or at

    def are_overdue(self, at: datetime) -> bool:
        """Say whether something waits so long that it seems nobody writes it regularly."""
        since = self._since
        return since is not None and at - since > _OVERDUE

    def flush(self, store: Store) -> None:
        """Write what was gathered. Raises StoreUnavailable, and then keeps it for the next time."""
        with self._lock:
            uses, self._uses = self._uses, {}
            copies, self._copies = self._copies, {}
            self._since = None
        if not uses and not copies:
            return
        try:
            with store.noting() as connection:
                devices.note_uses(connection, uses.values())
                sightings.note(connection, list(copies.values()))
        except BaseException:
            with self._lock:
                self._uses = {**uses, **self._uses}
                self._copies = {**copies, **self._copies}
            raise


def _remember(seen: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    seen[key] = value
    seen.move_to_end(key)
    if len(seen) > _MOST:
        seen.popitem(last=False)


def copies(reading: Reading, book_id: int, since: datetime) -> list[Sighting]:
    """Return which clients may have a copy of a card that was in the book since then.

    Of a card that was taken out later, those have none that came only after that: their
    ``first_at`` tells. Who was answered in the last seconds may not be told of yet.
    """
    return sightings.of(reading.connection, [book_id], since)
