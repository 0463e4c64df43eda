"""Opening a view of the directory for somebody, to read or to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dirserver.directory.derivation import Deriver
from dirserver.directory.lookups import Detail, Lookups
from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditEvent
from dirserver.model.policy import Policy
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.store import audit, policies, schema, scrubbing, settings
from dirserver.store.engine import Connection, Store


class PolicyCache:
    """The policy in force, read again only when its epoch has moved on."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._lock = threading.Lock()
        self._policy: Policy | None = None

    def get(self, connection: Connection) -> Policy:
        """Return the policy as it stands in the transaction of ``connection``."""
        epoch = settings.policy_epoch(connection)
        policy = self._policy
        if policy is None or policy.epoch != epoch:
            policy = policies.load(connection)
            with self._lock:
                if self._policy is None or self._policy.epoch < policy.epoch:
                    self._policy = policy
        return policy


class DirectoryReader:
    """The directory for those who only read. It cannot write, but for the audit trail."""

    def __init__(self, store: Store, deriver: Deriver, reads: Detail | None = None) -> None:
        """Read from ``store``, with numbers as ``deriver`` reads them.

        ``reads`` is how much the audit trail has of who looked up whom; nothing by default.
        """
        self._store = store
        self._deriver = deriver
        self._policies = PolicyCache()
        self._lookups = None if reads is None else Lookups(reads, self.record)

    @contextmanager
    def reading(self, principal: Principal, client: Client) -> Iterator[Reading]:
        """Open a snapshot for ``principal``.

        Raises AccessDenied when the principal is no longer one, and StoreUnavailable.
        """
        with self._store.reading() as connection:
            policy = self._policies.get(connection)
            current = _as_of(policy, principal)
            plan = self._deriver.plan
            yield Reading(connection, policy, current, client, plan, self._lookups)

    def require_set_up(self) -> None:
        """Raise StoreUnavailable, saying what to do, unless the database fits this code."""
        schema.require_current(self._store)

    def policy(self) -> Policy:
        """Return the policy in force. Raises StoreUnavailable."""
        with self._store.reading() as connection:
            return self._policies.get(connection)

    def record(self, events: list[AuditEvent]) -> None:
        """Append ``events`` to the audit trail in a transaction of their own."""
        with self._store.writing() as connection:
            audit.append(connection, events, datetime.now(UTC))

    def tell_lookups(self, *, unfinished: bool = False) -> None:
        """Write what was counted of lookups in the hours that are over, or in this one as well.

        To be called now and then, and in the end. Raises StoreUnavailable.
        """
        if self._lookups is not None:
            self._lookups.flush(unfinished=unfinished)


class Directory(DirectoryReader):
    """The directory for those who may also write."""

    @contextmanager
    def writing(self, principal: Principal, client: Client) -> Iterator[Writing]:
        """Open a transaction for ``principal``; it commits when the block ends.

        An exception leaves no trace of what was written, but refusals stay in the audit trail.
        Raises AccessDenied when the principal is no longer one, and StoreUnavailable.
        """
        at = datetime.now(UTC)
        refusals: list[AuditEvent] = []
        try:
            with self._store.writing() as connection:
                policy = self._policies.get(connection)
                current = _as_of(policy, principal)
                writing = Writing(connection, policy, current, client, self._deriver, at)
                refusals = writing.refusals
                yield writing
                # Last, since appending keeps others from appending until the commit.
                audit.append(connection, writing.events, at)
        finally:
            if refusals:
                self.record(refusals)

    def scrub(self) -> bool:
        """See to it that the bytes of who was erased are gone from the database's files.

        Return whether that is so; a busy database may hinder it, and later it is made up for.
        """
        return scrubbing.scrub(self._store)


def _as_of(policy: Policy, principal: Principal) -> Principal:
    """Return ``principal`` with the name and groups that they have now."""
    if principal.kind is not PrincipalKind.USER:
        return principal
    current = policy.users.get(principal.login)
    if current is None:
        raise AccessDenied(f"{principal.login} is no longer a user")
    return current
