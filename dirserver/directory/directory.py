"""Opening a view of the directory for somebody, to read or to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dirserver.directory.derivation import Deriver
from dirserver.directory.reading import Reading
from dirserver.directory.recording import Recorder
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditEvent
from dirserver.model.policy import Policy
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.store import audit, policies, schema, settings
from dirserver.store.engine import Connection, Store

_CLOSE_SECONDS = 15.0


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
    """The directory for those who only read. It cannot write."""

    def __init__(self, store: Store, deriver: Deriver) -> None:
        """Read from ``store``, with numbers as ``deriver`` reads them."""
        self._store = store
        self._deriver = deriver
        self._policies = PolicyCache()

    @contextmanager
    def reading(self, principal: Principal, client: Client) -> Iterator[Reading]:
        """Open a snapshot for ``principal``.

        Raises AccessDenied when the principal is no longer one, and StoreUnavailable.
        """
        with self._store.reading() as connection:
            policy = self._policies.get(connection)
            current = _as_of(policy, principal)
            yield Reading(connection, policy, current, client, self._deriver.plan)

    def require_set_up(self) -> None:
        """Raise StoreUnavailable, saying what to do, unless the database fits this code."""
        schema.require_current(self._store)

    def policy(self) -> Policy:
        """Return the policy in force. Raises StoreUnavailable."""
        with self._store.reading() as connection:
            return self._policies.get(connection)


class Directory(DirectoryReader):
    """The directory for those who may also write."""

    def __init__(self, store: Store, deriver: Deriver) -> None:
        """Read from ``store`` and write to it, with numbers as ``deriver`` reads them."""
        super().__init__(store, deriver)
        self._recorder = Recorder(store)

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

    def record(self, events: list[AuditEvent]) -> None:
        """Append ``events``, which stand alone, to the audit trail; if need be a little later."""
        self._recorder.record(events)

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Write the events that could not be written yet, for no longer than ``seconds``."""
        self._recorder.close(seconds)


def _as_of(policy: Policy, principal: Principal) -> Principal:
    """Return ``principal`` with the name and groups that they have now."""
    if principal.kind is not PrincipalKind.USER:
        return principal
    current = policy.users.get(principal.login)
    if current is None:
        raise AccessDenied(f"{principal.login} is no longer a user")
    return current
