"""Who acts, and on which machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dirserver.model.device import Device

EVERYONE = "everyone"
GROUP_PREFIX = "group:"


class PrincipalKind(StrEnum):
    """What a principal is."""

    USER = "user"
    ANONYMOUS = "anonymous"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who acts. ``grantees`` are the names under which grants reach them.

    A grantee is a login, ``group:NAME``, ``everyone`` or ``anonymous``, as in the config file.
    ``device`` is the one with whose password they came, None if it was with their own.
    ``merged_home`` and ``default_book`` are what the config file says of a user's home.
    """

    kind: PrincipalKind
    login: str
    name: str = ""
    mail: str = ""
    grantees: frozenset[str] = frozenset()
    device: Device | None = None
    merged_home: bool = False
    default_book: str = ""

    def __hash__(self) -> int:
        """Tell most apart by their logins; each request looks up what its principal may see."""
        return hash(self.login)

    @property
    def sees_one_book(self) -> bool:
        """Whether they are shown all that they may read as one book, as few programs know more."""
        return self.merged_home or (self.device is not None and self.device.merged)

    @property
    def device_name(self) -> str:
        """The name of the device, or nothing."""
        return "" if self.device is None else self.device.name

    @property
    def is_operator(self) -> bool:
        """Whether this is the person at the server's own command line."""
        return self.kind is PrincipalKind.OPERATOR

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody said who they are."""
        return self.kind is PrincipalKind.ANONYMOUS


ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "anonymous", grantees=frozenset({"anonymous"}))


def operator(login: str) -> Principal:
    """Return the principal for whoever runs commands on the server itself, as ``login``."""
    return Principal(PrincipalKind.OPERATOR, login)


@dataclass(frozen=True, slots=True)
class Group:
    """A named set of principals; ``members`` are grantees, since groups nest."""

    name: str
    title: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """What a principal acts through. All of it is what the client said, but ``address``."""

    protocol: str
    address: str = ""
    agent: str = ""
