"""Tells commands of the same user what LDAP clients have asked lately."""

# Twisted's methods have Twisted's names, and few annotations.
# ruff: noqa: N802
# mypy: allow-untyped-calls

from __future__ import annotations

import contextlib
from typing import cast

import structlog
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import ServerFactory
from twisted.internet.unix import Port, Server
from twisted.protocols.basic import LineReceiver

from dirserver import rendezvous
from dirserver.ldap.diagnosis.recent import Recent, as_json

log = structlog.get_logger("dirserver")


class _Telling(LineReceiver):
    """One who asks: the address of a client, or nothing for all of them."""

    delimiter = b"\n"
    MAX_LENGTH = 256

    def __init__(self, recent: Recent) -> None:
        """Tell of ``recent``."""
        super().__init__()
        self._recent = recent

    def lineReceived(self, line: bytes) -> None:
        """Answer, and be done."""
        transport = cast(Server, self.transport)
        transport.write(as_json(self._recent.of(line.decode("ascii", "replace"))))
        transport.loseConnection()


class Confidant(ServerFactory):
    """A socket on which to ask, as long as the server runs."""

    noisy = False

    def __init__(self, recent: Recent, reactor: PosixReactorBase) -> None:
        """Tell of ``recent``."""
        self._recent = recent
        self._reactor = reactor
        self._port: Port | None = None

    def buildProtocol(self, _address: IAddress | None) -> _Telling:
        """Return the protocol for one who asks."""
        return _Telling(self._recent)

    def start(self, url: str) -> None:
        """Listen where commands on the database at ``url`` look; the server goes on without."""
        rendezvous.remove_stale(url)
        for path in rendezvous.places(url):
            with contextlib.suppress(CannotListenError, OSError):
                # The mode is set before anybody can connect.
                self._port = self._reactor.listenUNIX(str(path), self, mode=0o600)
                return
        log.warning("`dirserver doctor ldap` cannot ask this server: no place for a socket")

    def stop(self) -> None:
        """Tell nobody more, and remove the socket."""
        if self._port is not None:
            self._port.stopListening()
            self._port = None
