"""The configuration: one TOML file -> frozen dataclasses, or every fault that is in it."""

from __future__ import annotations

from dirserver.config.grants import Access, Grant
from dirserver.config.listeners import Listener
from dirserver.config.loading import load
from dirserver.config.networks import Networks, PlaintextPolicy
from dirserver.config.schema import (
    LDAP,
    TLS,
    Audit,
    Backup,
    Book,
    CardDAV,
    Config,
    Database,
    Group,
    History,
    NumberStyle,
    Organisation,
    Profile,
    Reads,
    User,
)

__all__ = [
    "LDAP",
    "TLS",
    "Access",
    "Audit",
    "Backup",
    "Book",
    "CardDAV",
    "Config",
    "Database",
    "Grant",
    "Group",
    "History",
    "Listener",
    "Networks",
    "NumberStyle",
    "Organisation",
    "PlaintextPolicy",
    "Profile",
    "Reads",
    "User",
    "load",
]
