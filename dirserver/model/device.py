"""Devices: the programs and telephones that have a password of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.model.network import Network


@dataclass(frozen=True, slots=True)
class Device:
    """A program or a telephone of a user's, and what its password is good for.

    ``protocols`` are among "carddav" and "ldap", ``books`` are labels, ``networks`` say from
    where; where one of them is empty, there is no such limit.
    """

    id: int
    login: str
    name: str
    protocols: frozenset[str] = frozenset()
    books: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    expires: datetime | None = None
