"""The policy in force, which every reading and writing goes by."""

from __future__ import annotations

import threading

from dirserver.errors import NotAtOnce
from dirserver.model.policy import Policy
from dirserver.store import policies, settings
from dirserver.store.engine import Connection, Store


class PolicyCache:
    """The policy in force, read again only when its epoch has moved on."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._lock = threading.Lock()
        self._policy: Policy | None = None
        # That of a moment, which may be that of many turns.
        self._of_moment: tuple[object, Policy] | None = None

    def glance(self, store: Store) -> Policy | None:
        """Return the policy if it is the one that was read last."""
        policy = self._policy
        if policy is None or settings.glance_at_policy_epoch(store) != policy.epoch:
            return None
        return policy

    def get_in_turn(self, connection: Connection, moment: object | None) -> Policy:
        """Return what ``get`` would, at once; it is looked up once for each moment of a store."""
        policy = self.known_at(moment)
        if policy is None:
            policy = self.get(connection, at_once=True)
            self._of_moment = None if moment is None else (moment, policy)
        return policy

    def known_at(self, moment: object | None) -> Policy | None:
        """Return the policy if it has been looked up for this moment."""
        known = self._of_moment
        return known[1] if known is not None and known[0] is moment else None

    def get(
        self, connection: Connection, *, at_once: bool = False, is_certain: bool = True
    ) -> Policy:
        """Return the policy as it stands in the transaction of ``connection``.

        It is not kept where it is not certain yet, since it may still be rolled back. With
        ``at_once`` it raises NotAtOnce when it would have to be read.
        """
        epoch = settings.policy_epoch(connection)
        policy = self._policy
        if policy is None or policy.epoch != epoch:
            if at_once:
                raise NotAtOnce
            policy = policies.load(connection)
            with self._lock:
                known = self._policy
                if is_certain and (known is None or known.epoch < policy.epoch):
                    self._policy = policy
        return policy
