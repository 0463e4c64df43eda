"""Conditions that take a look at what there is: If, and If-Unmodified-Since.

The conditions on one card's etag alone are in ``conditional``; the directory decides on those
itself, at the moment of the act. Whoever asks for these has been found to be allowed to act.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from dirserver.directory import Reading
from dirserver.errors import AccessDenied, NotFound, PreconditionFailed
from dirserver_radicale.headers.conditional import (
    book_etag,
    is_changed_since,
    read_precondition,
    stored_etag,
)
from dirserver_radicale.headers.ifheader import holds, read_if
from dirserver_radicale.tree.hrefs import Location, is_elsewhere, locate, path_in
from dirserver_radicale.tree.placement import placement
from dirserver_radicale.tree.resources import Viewer

_FIELDS = ("HTTP_IF", "HTTP_IF_UNMODIFIED_SINCE")


def is_conditional(environ: Mapping[str, Any]) -> bool:
    """Say whether ``require`` has something to look at for a change of a card."""
    return any(name in environ for name in _FIELDS)


def require(environ: Mapping[str, Any], reading: Reading, location: Location) -> str | None:
    """Return the etag of what is at ``location``, if the conditions hold of it.

    Of a book, that includes If-Match and If-None-Match. Raises PreconditionFailed, and ValueError
    for an If header that is none.
    """
    require_if(environ, reading, location)
    there = _state(reading, location)
    etag = None if there is None else there[0]
    if there is not None and is_changed_since(environ, there[1]):
        raise PreconditionFailed(location.path)
    if not location.href and not read_precondition(environ).holds(etag):
        raise PreconditionFailed(location.path)
    return etag


def require_if(environ: Mapping[str, Any], reading: Reading, location: Location) -> None:
    """Let an If header hold for a request about ``location`` (RFC 4918 section 10.4).

    Of what somebody may not see, nothing is known but that it has none of the etags. Raises as
    ``require`` does.
    """
    header = environ.get("HTTP_IF")
    if header is None:
        return

    @cache
    def etag_at(url: str) -> str | None:
        there = _state(reading, _named(environ, url) if url else location)
        return None if there is None else there[0]

    if not holds(read_if(stored_etag(header)), etag_at):
        raise PreconditionFailed(location.path)


def _named(environ: Mapping[str, Any], url: str) -> Location | None:
    """Return what a resource tag names, None for what is of another server."""
    host, scheme = environ.get("HTTP_HOST", ""), environ.get("wsgi.url_scheme", "http")
    return None if is_elsewhere(url, host, scheme) else locate(path_in(url))


def _state(reading: Reading, location: Location | None) -> tuple[str, datetime] | None:
    """Return etag and date of a book or a card, None where there is none for the principal."""
    if location is None or not location.book or location.login != reading.principal.login:
        return None
    try:
        several = None if location.href else Viewer(reading).several(location)
        if several is not None:
            return several.etag, several.modified
        there = placement(reading, location)
        view = there.view(reading, action=None)
        if there.href:
            card = reading.card(view, there.href)
            return card.etag, card.modified
    except (AccessDenied, NotFound):
        return None
    state = reading.state(view)
    return book_etag(state, view), state.modified
