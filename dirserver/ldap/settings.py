"""What the LDAP face is told to be like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from dirserver.ldap.dit.dn import DN, normalise, parse
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import NumberStyle


# Profiles and settings are parts of keys, and there is one of each: none equals another.
@dataclass(frozen=True, slots=True, eq=False)
class ClientProfile:
    """How answers look for some clients. ``max_hits`` is None where none is set.

    ``as_asked``: a number that was looked up is there once more, as it was asked for.
    """

    numbers: NumberStyle = NumberStyle.AS_WRITTEN
    max_hits: int | None = None
    as_asked: bool = False


NO_PROFILE = ClientProfile()


def _no_profile(_address: str) -> ClientProfile:
    return NO_PROFILE


def _anywhere(_address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, eq=False)
class LDAPSettings:
    """The face's part of the configuration.

    ``max_hits`` is the most cards for whoever has only search on a book; ``plaintext_bind``
    says of an address whether a password may come from there without TLS. ``personal`` are pairs
    of a book and a property that is shown of it, which it is not otherwise; ``show_users`` are
    grantees who see all who log in.
    """

    suffix: str
    organisation: str
    anonymous: bool = False
    max_hits: int = 100
    plan: DialPlan = field(default_factory=DialPlan)
    plaintext_bind: Callable[[str], bool] = _anywhere
    profile_for: Callable[[str], ClientProfile] = _no_profile
    starttls: bool = False
    personal: frozenset[tuple[str, str]] = frozenset()
    show_users: frozenset[str] = frozenset()

    @property
    def suffix_dn(self) -> DN:
        """The suffix, taken apart and normalised."""
        return _normalised(self.suffix)


# Every search needs it, and there is one suffix, or two while a new config takes over.
@lru_cache(maxsize=8)
def _normalised(suffix: str) -> DN:
    return normalise(parse(suffix))


class Size(NamedTuple):
    """How many octets are made at a time, and how many in all."""

    batch: int
    most: int


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much of the server one client may take, and how long it may take over it.

    Sizes are in octets. A client that has bound may send larger messages.
    """

    connections: int = 2000
    # Of them, the most from one address, so that it leaves some to all others.
    connections_each: int = 1000
    message_before_bind: int = 64 * 1024
    message_after_bind: int = 1024 * 1024
    # More requests than any client has open at once; beyond, nothing is read until some are done.
    waiting: int = 64
    waiting_octets: int = 128 * 1024
    batch_octets: int = 64 * 1024
    # What is made at once is more, such as a page that a client has asked for: to go on with it
    # would be to begin anew. Not when this many clients take nothing of what they were sent.
    ready_octets: int = 512 * 1024
    patient_stalls: int = 20
    # From the connection to its first request, and from one request to the next.
    first_seconds: float = 30.0
    idle_seconds: float = 600.0
    # From the first octet of a message to its last.
    message_seconds: float = 30.0
    # How long a client that takes nothing keeps its place and its snapshot of the database.
    hold_seconds: float = 0.25
    # For taking a batch that was sent. Meanwhile the batch is kept in memory: with more than so
    # many clients waited for, there is less time for each.
    stall_seconds: float = 30.0
    stalls: int = 200
    hurried_stall_seconds: float = 2.0
    close_seconds: float = 10.0

    @property
    def shortest_seconds(self) -> float:
        """The least time that a client has for anything."""
        return min(
            self.first_seconds,
            self.idle_seconds,
            self.message_seconds,
            self.stall_seconds,
            self.hurried_stall_seconds,
            self.close_seconds,
        )

    def at_once(self, stalled: int) -> Size:
        """Return how much of an answer may be made before its client takes any.

        ``stalled`` is how many clients take nothing of what they were sent.
        """
        is_patient = stalled < self.patient_stalls
        return Size(self.batch_octets, self.ready_octets if is_patient else self.batch_octets)
