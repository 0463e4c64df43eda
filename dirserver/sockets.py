"""Sockets that listen, without a reactor: whoever opens one need not be who serves at it."""

from __future__ import annotations

import errno
import os
import socket

# The phones of a whole house come back at once when its network does.
_BACKLOG = 1024
_PRIVILEGED = 1024
# For so long the system keeps a connection to itself on which nothing has come.
_SILENT_SECONDS = 1


class ListenError(Exception):
    """No connection can be taken at an address; the text is a sentence for the operator."""


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``host`` and ``port`` and never blocks.

    ``host`` is an address, or a name that stands for an IPv4 address; port 0 leaves the choice to
    the system. Raises ListenError.
    """
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if opened.family == socket.AF_INET6:
            # One for IPv6 leaves IPv4 to others (RFC 3493 section 5.3).
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Whoever connects has it from here: an answer of two writes must not wait for the client to
        # acknowledge the first.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Clients speak first, on every face: who is woken for a connection, can answer at once.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_SECONDS)
        opened.bind((host, port))
        # Two sockets may be bound to one address as long as neither listens.
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise ListenError(f"cannot listen on {at}: {_reason(port, error)}") from error
    return opened


def _reason(port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such address"
    code = error.errno
    if code == errno.EACCES and port < _PRIVILEGED:
        return f"permission denied; ports below {_PRIVILEGED} need CAP_NET_BIND_SERVICE"
    if code == errno.EADDRNOTAVAIL:
        return "no interface of this machine has this address"
    return str(error) if code is None else os.strerror(code).lower()
