"""Radicale paths and what they name: ``/``, a home, a book in it, a card in that.

A shared book has one row in the store and one path for each reader, below the reader's own
home, since clients follow no other (design of the addresses: ``/<login>/<book>/<href>``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes, urlsplit

from radicale.pathutils import sanitize_path

# Names as clients make them stay as they are when they are escaped.
_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*")

_OF_URLS = "%:/?#[]@!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class Location:
    """What a path names. Empty parts are not in the path: without ``login`` it is the root."""

    login: str = ""
    book: str = ""
    href: str = ""

    @property
    def path(self) -> str:
        """The path of it, as Radicale spells it: collections end with a slash."""
        if self.href:
            return f"/{self.login}/{self.book}/{self.href}"
        parts = [part for part in (self.login, self.book) if part]
        return "/" + "".join(f"{part}/" for part in parts)

    @property
    def parent(self) -> Location:
        """What holds it; the root holds itself."""
        if self.href:
            return replace(self, href="")
        return replace(self, book="") if self.book else Location()


def locate(path: str) -> Location | None:
    """Return what the sanitized, decoded ``path`` names; None when nothing can be there.

    Clients leave out a collection's slash (Linphone, vdirsyncer), and it is not missed.
    """
    parts = path.strip("/").split("/")
    if parts == [""]:
        return Location()
    if len(parts) > 3 or not all(parts):
        return None
    if len(parts) == 3 and path.endswith("/"):
        return None
    return Location(*parts)


def is_below_cards(path: str, login: str) -> bool:
    """Say whether ``path`` is in the home of ``login``, but deeper than anything can be there."""
    parts = path.strip("/").split("/")
    return len(parts) > 3 and parts[0] == login


def escaped(path: str) -> str:
    """Return ``path`` as it stands in every answer: Thunderbird compares byte for byte."""
    return quote(path)


def as_sent(url: str) -> str:
    """Return a URL that cannot be read as it stands in an answer: the client is to know it again.

    Nothing is changed but what no URL has in it (RFC 3986 section 2).
    """
    return quote(url, safe=_OF_URLS).replace("&", "&amp;")


def is_plain(name: str) -> bool:
    """Say whether one segment of a path is spelled as it is, and is no dot for its directory."""
    return _PLAIN.fullmatch(name) is not None


def escaped_name(name: str) -> str:
    """Return ``escaped(name)`` for what is one segment of a path, at a fraction of the cost."""
    return name if _PLAIN.fullmatch(name) else quote(name)


def principal_href(grantee: str) -> str:
    """Return the escaped path of a principal: a user's home, or ``/group:NAME/``."""
    return escaped(Location(grantee).path)


def path_in(url: str) -> str:
    """Return the decoded path of a URL, or of a path, that a client sent (RFC 4918 section 8.3).

    It is taken apart first and decoded then, so that a name may hold ``?``, ``#`` and ``;``. It may
    be spelled in any way in which a path may be requested. Raises ValueError for what is neither,
    or not UTF-8.
    """
    path = unquote_to_bytes(urlsplit(url.strip()).path).decode()
    return str(sanitize_path(path)) if path.startswith("/") else path


def is_elsewhere(url: str, host: str, scheme: str) -> bool:
    """Say whether ``url`` is one of another server than that which was asked as ``host``.

    The port of the scheme may be left out on either side. Raises ValueError for what is no URL.
    """
    if not urlsplit(url).netloc or not host:
        return False
    return _authority(url, scheme) != _authority(f"//{host}", scheme)


def _authority(url: str, scheme: str) -> tuple[str | None, int]:
    parts = urlsplit(url, scheme=scheme)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
