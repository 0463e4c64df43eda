"""Opening a view of the directory for somebody, to read or to write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from dirserver.directory.access import shield
from dirserver.directory.access.sightings import Sightings
from dirserver.directory.derivation import Deriver
from dirserver.directory.lookups import Detail, Lookups
from dirserver.directory.opening import Opening
from dirserver.directory.policycache import PolicyCache
from dirserver.directory.reading import Reading
from dirserver.directory.recording import Recorder
from dirserver.directory.writing import NO_SHIELD, Writing
from dirserver.errors import NotAtOnce
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.policy import Policy
from dirserver.model.principal import Client, Principal
from dirserver.model.shield import Shield
from dirserver.model.source import NO_SOURCES, Sources
from dirserver.store import schema
from dirserver.store.engine import Connection, Store
from dirserver.store.index import trigram
from dirserver.store.people import scrubbing
from dirserver.store.trail import audit

_CLOSE_SECONDS = 15.0


class DirectoryReader:
    """The directory for those who only read. It cannot write, but for the audit trail."""

    def __init__(
        self,
        store: Store,
        deriver: Deriver,
        *,
        sightings: Sightings | None = None,
        reads: Detail | None = None,
        recorder: Recorder | None = None,
        sources: Sources = NO_SOURCES,
    ) -> None:
        """Read from ``store``, with numbers as ``deriver`` reads them.

        ``sightings`` hear of who is given what; ``reads`` is how much the audit trail has of who
        looked up whom, nothing by default. ``recorder`` appends the events that stand alone.
        ``sources`` are those that books follow, by the books' slugs.
        """
        self._store = store
        self._deriver = deriver
        self._policies = PolicyCache()
        self._lookups = None if reads is None else Lookups(reads, self._append)
        self.sightings = sightings or Sightings()
        self.recorder = recorder or Recorder(store)
        self._sources = sources

    def reading(
        self,
        principal: Principal,
        client: Client,
        *,
        at_once: bool = False,
        of_turn: bool = False,
    ) -> AbstractContextManager[Reading]:
        """Open a snapshot for ``principal``.

        Raises AccessDenied when the principal is no longer one, and StoreUnavailable. With
        ``at_once``, it raises NotAtOnce, sooner or later, when there is something to wait for: a
        database elsewhere, a long search, the audit trail. What is ``of_turn`` is that as well,
        and of the same moment as all others in a turn of the store, where there is one.
        """
        at_once = at_once or of_turn
        if at_once and self._lookups is not None:
            raise NotAtOnce

        def begin(connection: Connection) -> Reading:
            policy = self._in_force(connection, client, at_once=at_once, of_turn=of_turn)
            current = self._current(policy, principal, client, datetime.now(UTC))
            reading = Reading(
                connection,
                policy,
                current,
                client,
                self._deriver.plan,
                self.sightings,
                self._lookups,
                self._sources,
            )
            reading.at_once = at_once
            if of_turn:
                reading.moment = self._store.moment
            return reading

        snapshot = self._store.reading(at_once=at_once, of_turn=of_turn)
        return Opening(snapshot, begin, self.record_first)

    def in_turn(self) -> AbstractContextManager[object]:
        """Open the snapshot of this turn, in which ``moment_for`` tells of that.

        Raises as ``reading`` does.
        """
        return self._store.reading(of_turn=True)

    def moment_for(self, principal: Principal, client: Client) -> object | None:
        """Return the moment that ``reading`` in this turn would be of, as far as that is known.

        It is where nothing has been written since a reading before, but notes. One that was of the
        same moment, also of another turn, is then as good as a new one for somebody who has the
        same rights, but only to find: what is refused in it is told to nobody. Raises AccessDenied
        as ``reading`` does.
        """
        if self._lookups is not None or not shield.may_be_stopped(client):
            return None
        moment = self._store.glance_at_moment()
        policy = self._policies.known_at(moment)
        if policy is None:
            return None
        self._current(policy, principal, client, datetime.now(UTC))
        return moment

    def record_first(self, refusals: Sequence[AuditEvent]) -> None:
        """As ``record``, but only of what has not been told of in the last hour."""
        if told := self.recorder.repeats.first_of(refusals):
            self.record(told)

    def _in_force(
        self,
        connection: Connection,
        client: Client,
        *,
        at_once: bool = False,
        of_turn: bool = False,
        is_certain: bool = True,
    ) -> Policy:
        """Return the policy; what people do at the command line is not what stops are for."""
        if of_turn:
            policy = self._policies.get_in_turn(connection, self._store.moment)
        else:
            policy = self._policies.get(connection, at_once=at_once, is_certain=is_certain)
        return policy if shield.may_be_stopped(client) else replace(policy, stops={})

    def _current(
        self, policy: Policy, principal: Principal, client: Client, at: datetime
    ) -> Principal:
        """Return ``principal`` as they are now. Raises AccessDenied when they are no longer one."""
        current = policy.as_of(principal, client, at)
        if current.device is not None:
            self.sightings.used(current.device, client, at)
        return current

    def require_set_up(self) -> None:
        """Raise StoreUnavailable, saying what to do, unless the database fits this code."""
        schema.require_current(self._store)

    def policy(self, *, at_once: bool = False) -> Policy:
        """Return the policy in force. Raises StoreUnavailable.

        With ``at_once`` it raises NotAtOnce when that is to be waited for.
        """
        if at_once and not self._store.is_sqlite:
            raise NotAtOnce
        if at_once and (known := self._policies.known_at(self._store.glance_at_moment())):
            return known
        if (known := self._policies.glance(self._store)) is not None:
            return known
        if at_once:
            raise NotAtOnce
        with self._store.reading() as connection:
            return self._policies.get(connection)

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Append ``events``, which stand alone, to the audit trail; if need be a little later."""
        self.recorder.record(events)

    def _append(self, events: Sequence[AuditEvent]) -> None:
        with self._store.noting() as connection:
            audit.append(connection, events, datetime.now(UTC))

    @property
    def tells_as_it_goes(self) -> bool:
        """Whether the audit trail is told of cards while they are read, and may be busy then."""
        return self._lookups is not None and self._lookups.is_full

    def tell_lookups(self, *, unfinished: bool = False) -> None:
        """Write what was counted of lookups in the hours that are over, or in this one as well.

        To be called now and then, and in the end. Raises StoreUnavailable.
        """
        if self._lookups is not None:
            self._lookups.flush(unfinished=unfinished)


# Hears of what was done and refused, once that is certain.
Tell: TypeAlias = Callable[[Sequence[AuditEvent]], None]


def tell_nobody(_events: Sequence[AuditEvent]) -> None:
    """Keep it to oneself."""


class Directory(DirectoryReader):
    """The directory for those who may also write."""

    def __init__(
        self,
        store: Store,
        deriver: Deriver,
        guard: Shield = NO_SHIELD,
        *,
        sightings: Sightings | None = None,
        reads: Detail | None = None,
        tell: Tell = tell_nobody,
        recorder: Recorder | None = None,
        sources: Sources = NO_SOURCES,
    ) -> None:
        """Write to ``store``, from which ``guard`` keeps what goes too far; ``tell`` of it all."""
        super().__init__(
            store, deriver, sightings=sightings, reads=reads, recorder=recorder, sources=sources
        )
        self._shield = guard
        self.tell = tell
        # What threads that write together will tell of.
        self._untold: dict[int, list[AuditEvent]] = {}

    @contextmanager
    def writing(self, principal: Principal, client: Client) -> Iterator[Writing]:
        """Open a transaction for ``principal``; it commits when the block ends.

        An exception leaves no trace of what was written, but refusals stay in the audit trail,
        and a client that the shield has stopped stays stopped.
        Raises AccessDenied when the principal is no longer one, and StoreUnavailable.
        """
        writing: Writing | None = None
        try:
            with self._store.writing() as connection:
                at = datetime.now(UTC)
                # Others may have changed it in this very transaction.
                policy = self._in_force(connection, client, is_certain=False)
                current = self._current(policy, principal, client, at)
                writing = Writing(
                    connection,
                    policy,
                    current,
                    client,
                    self._deriver,
                    at,
                    self._shield,
                    self.sightings,
                    self._sources,
                )
                yield writing
                # Last, since appending keeps others from appending until the commit.
                events = [*writing.events, *writing.consequences.events()]
                audit.append(connection, events, at)
            self._tell(events)
        finally:
            if writing is not None and writing.refusals:
                self._refuse(writing)

    def _refuse(self, writing: Writing) -> None:
        # A look is told of once an hour, whatever it was for; what was to be changed always is.
        looks = [one for one in writing.refusals if one.action is AuditAction.CARD_READ]
        first = self.recorder.repeats.first_of(looks)
        refusals = [one for one in writing.refusals if one not in looks or one in first]
        if not writing.stops:
            if refusals:
                self.record(refusals)
            return
        with self._store.writing() as connection:
            stopped = shield.enforce(connection, writing.stops)
            events = [*refusals, *stopped]
            audit.append(connection, events, datetime.now(UTC))
        shield.warn(stopped)
        self._tell(events)

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Append ``events`` to the audit trail, and tell of them."""
        super().record(events)
        self._tell(events)

    def _tell(self, events: Sequence[AuditEvent]) -> None:
        untold = self._untold.get(threading.get_ident())
        if untold is None:
            self.tell(events)
        else:
            untold.extend(events)

    @property
    def is_better_together(self) -> bool:
        """Whether writers do better in one thread, since one of them keeps all others waiting."""
        return self._store.is_sqlite

    @contextmanager
    def together(self, patience: float) -> Iterator[Callable[[], bool]]:
        """Let all that this thread writes in the block be kept at its end, or nothing of it.

        Until then nobody may be told that it is done. Yields what says whether there is room for
        more. Raises StoreBusy when others write for more than ``patience`` seconds, and
        StoreUnavailable.
        """
        thread = threading.get_ident()
        with self._store.together(patience) as has_room:
            untold = self._untold[thread] = []
            try:
                yield has_room
            finally:
                del self._untold[thread]
        self.tell(untold)

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Write the events that could not be written yet, for no longer than ``seconds``."""
        self.recorder.close(seconds)

    def scrub(self) -> bool:
        """See to it that the bytes of who was erased are gone from the database's files.

        Return whether that is so; a busy database may hinder it, and later it is made up for.
        """
        return scrubbing.scrub(self._store)

    def settle_index(self) -> None:
        """Bring the search index up to date if it is behind. Raises StoreUnavailable."""
        if not self._store.is_sqlite:
            return
        due = self._store.glance(trigram.DUE)
        if due is not None and due[0]:
            with self._store.writing() as connection:
                trigram.settle(connection)

    def tidy_index(self, *, step: Callable[[], None] = lambda: None) -> None:
        """Bring the search index into better order; others may write between the ``step``s."""
        more = True
        while more:
            with self._store.writing() as connection:
                more = trigram.tidy(connection)
            step()

    def write_sightings(self) -> None:
        """Write who has been seen since the last time. Raises StoreUnavailable."""
        self.sightings.flush(self._store)
