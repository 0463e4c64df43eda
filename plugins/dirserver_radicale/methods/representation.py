"""The card that a client has made or changed, as an answer that spares it a GET (RFC 8144)."""

from __future__ import annotations

from http import client
from typing import Any, Final

from dirserver.directory import Writing
from dirserver.errors import DirectoryError
from dirserver.model.addressbook import Card
from dirserver.model.grant import Privilege
from dirserver_radicale.answers import Answer
from dirserver_radicale.headers import prefer
from dirserver_radicale.tree.hrefs import Location, escaped
from dirserver_radicale.tree.placement import Placement

VCARD: Final = "text/vcard; charset=utf-8"


def card_for(environ: dict[str, Any], writing: Writing, slug: str, href: str) -> tuple[str, bytes]:
    """Return etag and bytes of a card to a client that prefers to be shown what it has made."""
    if not prefer.read_preferences(environ).representation:
        return "", b""
    view = writing.book(slug, Privilege.READ)
    return writing.card(view, href).etag, writing.body(view, href)


def card_instead(
    environ: dict[str, Any], writing: Writing, there: Placement
) -> tuple[Card, bytes] | None:
    """Return the card that keeps one from being stored, to a client that prefers to be shown it.

    RFC 8144 section 3.2. It is that of the transaction, which may have what others have stored in
    it and nobody else can see yet. None where there is none.
    """
    if not prefer.read_preferences(environ).representation:
        return None
    try:
        return writing.read(there.view(writing), there.href)
    except DirectoryError:
        return None


def shown(
    environ: dict[str, Any],
    status: int,
    headers: dict[str, str],
    location: Location,
    body: bytes,
    etag: str = "",
) -> Answer:
    """Answer that a card is at ``location`` now, with ``body`` if that is preferred.

    RFC 8144 section 3.1.
    """
    preferences = prefer.read_preferences(environ)
    if preferences.minimal:
        headers |= prefer.applied(prefer.MINIMAL)
    if not preferences.representation:
        return status, headers, None, None
    headers |= {"Content-Type": VCARD, "Content-Location": escaped(location.path)}
    headers |= prefer.applied(prefer.REPRESENTATION)
    if etag:
        headers["ETag"] = f'"{etag}"'
    return client.OK if status == client.NO_CONTENT else status, headers, body, None
