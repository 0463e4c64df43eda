"""A CardDAV client that says exactly what it is told to, over one connection that it keeps."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from tests.organisation import PASSWORD
from tests.system.running import Address
from tests.system.secrecy import basic

D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:carddav}"
_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers by their lower-case names, and a body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        """The entity tag as it is sent, with its quotes."""
        return self.headers["etag"]

    def responses(self) -> dict[str, ET.Element]:
        """Return the responses of a multistatus by their hrefs."""
        assert self.status == 207, (self.status, self.body)
        root = ET.fromstring(self.body)
        return {one.findtext(f"{D}href") or "": one for one in root.iterfind(f"{D}response")}

    def token(self) -> str:
        """Return the sync token of a multistatus (RFC 6578 section 6.4)."""
        return ET.fromstring(self.body).findtext(f"{D}sync-token") or ""


class DAVClient:
    """A client with a login. A login that is empty says nothing of who it is."""

    def __init__(
        self,
        address: Address,
        login: str = "",
        password: str = PASSWORD,
        *,
        source: str = "",
    ) -> None:
        """Connect with the first request, from the address ``source`` if it is given."""
        self._headers = {"Authorization": basic(login, password)} if login else {}
        self.connection = http.client.HTTPConnection(
            address.host,
            address.port,
            timeout=_TIMEOUT,
            source_address=(source, 0) if source else None,
        )

    def request(
        self, method: str, path: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request and return what comes back."""
        data = body.encode() if isinstance(body, str) else body
        self.connection.request(method, path, data or None, {**self._headers, **(headers or {})})
        response = self.connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())

    def put(self, path: str, card: bytes, **conditions: str) -> Answer:
        """Store a card; ``if_match`` and ``if_none_match`` as named."""
        headers = {name.replace("_", "-"): value for name, value in conditions.items()}
        return self.request("PUT", path, card, {"Content-Type": "text/vcard", **headers})

    def get(self, path: str) -> Answer:
        """Read a card."""
        return self.request("GET", path)

    def delete(self, path: str) -> Answer:
        """Delete a card."""
        return self.request("DELETE", path)

    def sync(self, path: str, token: str = "", headers: dict[str, str] | None = None) -> Answer:
        """Ask what has changed since ``token`` (RFC 6578 section 3.2)."""
        body = (
            '<sync-collection xmlns="DAV:">'
            f"<sync-token>{token}</sync-token><sync-level>1</sync-level>"
            "<prop><getetag/></prop></sync-collection>"
        )
        more = {"Depth": "0", "Content-Type": "text/xml", **(headers or {})}
        return self.request("REPORT", path, body, more)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


@contextmanager
def dav_client(address: Address, login: str = "", password: str = PASSWORD) -> Iterator[DAVClient]:
    """Yield a client that hangs up in the end."""
    client = DAVClient(address, login, password)
    try:
        yield client
    finally:
        client.close()
