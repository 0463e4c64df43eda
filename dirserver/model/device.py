"""Devices: the programs and telephones that have a password of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.model.network import Network, comes_from

PROTOCOLS = ("carddav", "ldap")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Device:
    """A program or a telephone of a user's, and what its password is good for.

    ``protocols`` are among "carddav" and "ldap", ``books`` are labels, ``networks`` say from
    where; where one of them is empty, there is no such limit. ``merged``: it is shown all books
    as one.
    """

    id: int
    login: str
    name: str
    protocols: frozenset[str] = frozenset()
    books: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    expires: datetime | None = None
    merged: bool = False

    def refusal(self, protocol: str, address: str, at: datetime) -> str:
        """Return why its password is not good over ``protocol`` from ``address``, or nothing."""
        if self.expires is not None and at >= self.expires:
            return f"expired on {self.expires:%Y-%m-%d}"
        if self.protocols and protocol not in self.protocols:
            return f"not for {protocol}"
        if self.networks and not comes_from(address, self.networks):
            return "not from this network"
        return ""

    @property
    def limits(self) -> str:
        """What its password is good for, in a few words; empty where there is no limit."""
        said = [
            *(f"only {protocol}" for protocol in sorted(self.protocols)),
            *(f"book {book}" for book in sorted(self.books)),
            *(f"from {network}" for network in self.networks),
            *(["all books as one"] if self.merged else []),
        ]
        if self.expires is not None:
            said.append(f"until {self.expires:%Y-%m-%d %H:%M} UTC")
        return ", ".join(said)

    def has_use_of(self, label: str) -> bool:
        """Say whether the book of that label exists for the device at all."""
        return not self.books or label in self.books


def is_device_name(name: str) -> bool:
    """Say whether a device may have this name: some text that people tell it by."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and name == name.strip()
