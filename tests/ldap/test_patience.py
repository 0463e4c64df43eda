"""The clock by which all connections are looked at."""

# Twisted's transports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import time
from contextlib import suppress
from typing import cast

from twisted.internet.address import IPv4Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.threadpool import ThreadPool

from dirserver.ldap.factory import LDAPFactory
from dirserver.ldap.session import Context
from dirserver.ldap.settings import ConnectionLimits


class _Clock(Clock):
    """A reactor as far as connections need one."""

    def callFromThread(self) -> None:  # noqa: N802  # Twisted's name
        raise AssertionError("nothing is asked that a thread would answer")


class _Broken(StringTransport):
    """A connection that cannot be closed."""

    was_tried = False

    def loseConnection(self) -> None:  # noqa: N802  # Twisted's name
        self.was_tried = True
        raise OSError


def test_it_goes_on_whatever_becomes_of_one_connection() -> None:
    clock = _Clock()
    factory = LDAPFactory(
        cast("Context", None),
        ThreadPool(),
        cast("ReactorBase", clock),
        limits=ConnectionLimits(first_seconds=0.01),
    )
    peer = cast("IAddress", IPv4Address("TCP", "127.0.0.1", 50000))
    transports = [_Broken(), _Broken()]
    for transport in transports:
        protocol = factory.buildProtocol(peer)
        assert protocol is not None
        protocol.makeConnection(transport)
    time.sleep(0.02)
    for _ in range(2):
        with suppress(OSError):
            clock.advance(1)
    assert all(transport.was_tried for transport in transports)
