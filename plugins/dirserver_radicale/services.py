"""Where the plugins find the directory: one for each config file and process."""

from __future__ import annotations

import atexit
from functools import lru_cache
from pathlib import Path

from radicale.config import Configuration

from dirserver import config
from dirserver.assembly import Services, open_services

# The option is the storage plugin's; auth and rights read it there.
PLUGIN_CONFIG_SCHEMA = {"storage": {"config": {"value": "", "type": str}}}


@lru_cache(maxsize=8)
def _open(path: Path) -> Services:
    services = open_services(config.load(path))
    # Radicale starts without asking the storage; who forgot `apply` is to hear it then.
    services.directory.require_set_up()
    atexit.register(services.directory.tell_lookups, unfinished=True)
    return services


def of(configuration: Configuration) -> Services:
    """Return the services for ``[storage] config`` of a Radicale configuration.

    Raises RuntimeError when the option is missing, ConfigError, and StoreUnavailable when
    the database was never set up.
    """
    path = configuration.copy(PLUGIN_CONFIG_SCHEMA).get("storage", "config")
    if not path:
        raise RuntimeError("[storage] config must name dirserver's config file")
    return _open(Path(path).expanduser().resolve())
