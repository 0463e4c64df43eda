"""The sockets that are open: one for each address of the config, and how they follow it."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twisted.internet.defer import maybeDeferred
from twisted.internet.tcp import Port

from dirserver.config import Config, Listener
from dirserver.listeners import ListenError

_SCHEMES = {
    "carddav": ("http", "https"),
    "ldap": ("ldap", "ldaps"),
    "metrics": ("http", "https"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """One socket to listen on: for which face, where, and whether with TLS."""

    face: str
    listener: Listener
    tls: bool

    def __str__(self) -> str:
        """Return its URL."""
        path = "/metrics" if self.face == "metrics" else ""
        return f"{_SCHEMES[self.face][self.tls]}://{self.listener}{path}"


def addresses_of(configuration: Config) -> tuple[Address, ...]:
    """Return every address that the config wants to be listened on."""
    faces = (("carddav", configuration.carddav), ("ldap", configuration.ldap))
    serving = [
        Address(name, listener, tls)
        for name, face in faces
        for tls, listeners in ((False, face.listen), (True, face.listen_tls))
        for listener in listeners
    ]
    telling = [Address("metrics", listener, False) for listener in configuration.metrics.listen]
    return (*serving, *telling)


class Ports:
    """The open sockets. All of it is to be called in the reactor's thread."""

    def __init__(self, listen: Callable[[Address], Port], tell: Callable[[str, str], None]) -> None:
        """Open sockets with ``listen``; ``tell`` hears what happened, and to which URL."""
        self._listen = listen
        self._tell = tell
        self._open: dict[Address, Port] = {}

    @property
    def names(self) -> list[str]:
        """The names of the open addresses, as the config has them."""
        return list(map(str, self._open))

    def urls(self) -> list[str]:
        """Return the URLs of the open addresses, with the ports that the system gave them."""
        return [self._url(address) for address in self._open]

    def _url(self, address: Address) -> str:
        host = self._open[address].getHost()
        return str(Address(address.face, Listener(address.listener.host, host.port), address.tls))

    def open(self, addresses: Iterable[Address]) -> list[Address]:
        """Open those of ``addresses`` that are not open, and return them.

        Raises ListenError, and then opens none.
        """
        opened: list[Address] = []
        try:
            for address in addresses:
                if address not in self._open:
                    self._open[address] = self._listen(address)
                    opened.append(address)
        except ListenError:
            for address in opened:
                self._open.pop(address).stopListening()
            raise
        return opened

    def unhindered(self, addresses: Iterable[Address]) -> list[Address]:
        """Return those of ``addresses`` that can be opened beside what is open now."""
        return [
            address
            for address in addresses
            if not any(address.listener.overlaps(other.listener) for other in self._open)
        ]

    async def close(self, addresses: Iterable[Address]) -> None:
        """Stop listening there; connections that were taken stay open."""
        for port in [self._open.pop(address) for address in addresses if address in self._open]:
            # A socket is given back in a later turn of the reactor.
            await maybeDeferred(port.stopListening)

    async def become(self, wanted: Iterable[Address], opened: Iterable[Address]) -> None:
        """Listen on ``wanted`` and nowhere else; ``opened`` are open already, and new.

        An address that cannot be had is told of, and what was in its place stays.
        """
        wanted = tuple(wanted)
        for address in opened:
            self._tell("listening", self._url(address))
        leaving = {one: self._url(one) for one in self._open if one not in wanted}
        await self.close(leaving)
        for address in wanted:
            if address in self._open:
                continue
            try:
                self.open([address])
                self._tell("listening", self._url(address))
            except ListenError as error:
                self._tell(str(error), str(address))
                for old in [one for one in leaving if one.listener.overlaps(address.listener)]:
                    self._reopen(old)
        for old, url in leaving.items():
            if old not in self._open:
                self._tell("no longer listening", url)

    def _reopen(self, address: Address) -> None:
        try:
            self.open([address])
            self._tell("listening as before", self._url(address))
        except ListenError as error:
            self._tell(str(error), str(address))

    def stop(self) -> None:
        """Stop listening everywhere."""
        for port in self._open.values():
            port.stopListening()
        self._open.clear()
