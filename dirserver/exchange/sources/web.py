"""Files that are fetched over HTTPS: all of one, in a limited time, or nothing."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from tempfile import TemporaryFile
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from dirserver.exchange.sources.unavailable import SourceUnavailable

MAX_BYTES = 1024 * 1024 * 1024
# Without any answer, and for all of it.
_SECONDS = 60
_MOST_SECONDS = 900.0
_CHUNK = 64 * 1024
_MOST_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HINTS = {
    401: "the login or its password is wrong, or it wants one",
    403: "the login may not read it",
    404: "there is nothing at this address",
    410: "there is nothing at this address any more",
    429: "it was asked too often",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What is fetched, from a server whose certificate ``context`` checks.

    The ``login`` and its password go to that server alone, wherever it refers to.
    """

    url: str = field(repr=False)
    context: ssl.SSLContext
    login: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Its address, but for what may be a secret."""
        return self.url.partition("?")[0]


@contextmanager
def downloaded(page: Page) -> Iterator[BinaryIO]:
    """Fetch a file, which is there for a block. Raises SourceUnavailable unless it is whole."""
    with TemporaryFile(prefix="dirserver-") as file:
        try:
            _fetch(page, file)
        except ssl.SSLCertVerificationError as error:
            raise SourceUnavailable(
                f"{page}: its certificate is not trusted: {error.verify_message}; ca_file names "
                "the authorities that are"
            ) from error
        except TimeoutError as error:
            raise SourceUnavailable(f"{page}: it does not answer in time") from error
        except (HTTPException, UnicodeError) as error:
            raise SourceUnavailable(f"{page}: what it answers is no HTTP, or cut off") from error
        except OSError as error:
            why = (error.strerror or "no connection").lower()
            raise SourceUnavailable(f"{page}: it cannot be reached: {why}") from error
        file.seek(0)
        yield file


def _fetch(page: Page, file: BinaryIO) -> None:
    until = time.monotonic() + _MOST_SECONDS
    with ExitStack() as stack:
        answer = _answer(page, stack)
        if answer.status != HTTPStatus.OK:
            why = _HINTS.get(answer.status, f"it answers {answer.status}")
            raise SourceUnavailable(f"{page}: {why}")
        if answer.getheader("Content-Encoding", "identity") != "identity":
            raise SourceUnavailable(f"{page}: it is compressed, though that was not asked for")
        announced = answer.length
        if announced is None and not answer.chunked:
            # Whether it is whole could not be told.
            raise SourceUnavailable(f"{page}: the server does not say how large it is")
        size = 0
        while chunk := answer.read1(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise SourceUnavailable(f"{page}: it has more than {MAX_BYTES >> 20} MiB")
            if time.monotonic() > until:
                raise TimeoutError
            file.write(chunk)
        if announced is not None and size != announced:
            raise SourceUnavailable(f"{page}: it broke off after {size} of {announced} octets")


def _answer(page: Page, stack: ExitStack) -> HTTPResponse:
    """Return what the server says, or one that it refers to; also that is one of HTTPS."""
    first = urlsplit(page.url)
    url = first
    for _ in range(_MOST_HOPS):
        connection = HTTPSConnection(
            url.hostname or "", url.port, timeout=_SECONDS, context=page.context
        )
        stack.enter_context(closing(connection))
        headers = {"User-Agent": "dirserver", "Accept-Encoding": "identity"}
        if page.login and url.netloc == first.netloc:
            secret = b64encode(f"{page.login}:{page.password}".encode()).decode()
            headers["Authorization"] = f"Basic {secret}"
        connection.request("GET", _target(url.path, url.query), headers=headers)
        answer = stack.enter_context(closing(connection.getresponse()))
        if answer.status not in _REDIRECTS:
            return answer
        try:
            url = urlsplit(urljoin(url.geturl(), answer.getheader("Location", "")))
            leads_well = url.scheme == "https" and bool(url.hostname) and url.port != 0
        except ValueError:
            leads_well = False
        if not leads_well:
            raise SourceUnavailable(f"{page}: it refers to something that is not https://")
    raise SourceUnavailable(f"{page}: it refers from one address to the next without end")


def _target(path: str, query: str) -> str:
    return f"{path or '/'}?{query}" if query else path or "/"
