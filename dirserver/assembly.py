"""What a config file stands for, put together: store, directory, authenticator.

The server, the command line and the plugins under a server of their own all begin here, so
that a card is derived in one way whoever writes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.config import Config
from dirserver.directory import Authenticator, Deriver, Directory
from dirserver.ldap.entries import encode_attributes
from dirserver.model.number import DialPlan
from dirserver.store.engine import Store


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that acts on the store of one config file."""

    config: Config
    store: Store
    deriver: Deriver
    directory: Directory
    authenticator: Authenticator

    def close(self) -> None:
        """Write what waits to be written, and close the store."""
        self.directory.close()
        self.store.close()


def open_services(config: Config, store: Store | None = None) -> Services:
    """Open what ``config`` describes, with the ``store`` that is open already if it is given.

    Raises StoreUnavailable.
    """
    organisation = config.organisation
    plan = DialPlan(organisation.country, tuple(organisation.outside_line))
    store = store or Store(config.database.url)
    deriver = Deriver(plan, encode_attributes)
    directory = Directory(store, deriver)
    return Services(config, store, deriver, directory, Authenticator(store, directory))
