"""Opening the sockets of every face."""

# Twisted's ports carry few annotations, and have names of their own.
# mypy: allow-untyped-calls
# ruff: noqa: N802

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory
from twisted.internet.tcp import Port
from twisted.protocols.tls import TLSMemoryBIOFactory

from dirserver.tls import ServerTLS

# The phones of a whole house come back at once when its network does.
_BACKLOG = 1024
_PRIVILEGED = 1024


class ListenError(Exception):
    """No connection can be taken at an address; the text is a sentence for the operator."""


class _Port(Port):
    """A listening socket; one for IPv6 leaves IPv4 to others (RFC 3493 section 5.3)."""

    def createInternetSocket(self) -> socket.socket:
        made: socket.socket = super().createInternetSocket()
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        return made


def listen(
    reactor: PosixReactorBase,
    host: str,
    port: int,
    factory: Factory[Any],
    tls: ServerTLS | None = None,
) -> Port:
    """Take connections at ``host`` and ``port`` for ``factory``, and return the open port.

    With ``tls``, connections are encrypted from their first byte. ``host`` is an address, or a
    name that stands for an IPv4 address; port 0 leaves the choice to the system. Must be called
    in the reactor's thread. Raises ListenError.
    """
    if tls is not None:
        # ServerTLS and the reactor declare their interfaces in zope's way, which mypy does not see.
        factory = TLSMemoryBIOFactory(tls, False, factory, reactor)  # type: ignore[arg-type]
    opened = _Port(port, factory, _BACKLOG, host, reactor)  # type: ignore[arg-type]
    try:
        opened.startListening()
    except CannotListenError as error:
        raise ListenError(_sentence(host, port, error.socketError)) from error
    except OSError as error:
        # Two sockets may be bound to one address as long as neither listens.
        raise ListenError(_sentence(host, port, error)) from error
    return opened


def _sentence(host: str, port: int, error: BaseException) -> str:
    at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"cannot listen on {at}: {_reason(port, error)}"


def _reason(port: int, error: BaseException) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such address"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EACCES and port < _PRIVILEGED:
        return f"permission denied; ports below {_PRIVILEGED} need CAP_NET_BIND_SERVICE"
    if code == errno.EADDRNOTAVAIL:
        return "no interface of this machine has this address"
    return str(error) if code is None else os.strerror(code).lower()
