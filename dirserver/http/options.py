"""What is decided about an HTTP face besides its application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dirserver.http.access import AccessRecord
from dirserver.http.limits import Limits
from dirserver.model.network import Network


class PlaintextPolicy(Protocol):
    """Says from which addresses passwords may come without TLS."""

    def allows(self, address: str, /) -> bool:
        """Return whether a client at ``address`` may log in without TLS."""


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """How one HTTP face treats its clients.

    ``trusted_proxies`` are those whose X-Forwarded fields count. ``access_log`` is called in the
    reactor's thread, once for each request. ``challenge`` asks those who have not said who they
    are for a login (RFC 9110 section 11.6.1) when they send a body that is large.
    """

    plaintext: PlaintextPolicy
    trusted_proxies: tuple[Network, ...] = ()
    public_url: str | None = None
    challenge: str = "Basic"
    limits: Limits = field(default_factory=Limits)
    access_log: Callable[[AccessRecord], None] | None = None
