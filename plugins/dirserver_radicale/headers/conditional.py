"""Conditional request headers (RFC 9110 section 13.1) as a precondition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dirserver.directory import BookState
from dirserver.model.policy import VisibleBook
from dirserver.model.precondition import ANY, Precondition
from dirserver_radicale.headers.httpdate import read_http_date

_ETAG = re.compile(r'(W/)?"([^"]*)"')
_CONVERTED = re.compile(r"-[34]\.0$")
_CONVERTED_IN_LIST = re.compile(r'-[34]\.0("\s*\])')


def read_precondition(environ: Mapping[str, Any]) -> Precondition:
    """Return what If-Match and If-None-Match ask for.

    ``"*"`` in quotes is no etag of ours, and those who send it mean ``*``.
    """
    return Precondition(
        _etags(environ.get("HTTP_IF_MATCH"), weak=False),
        _etags(environ.get("HTTP_IF_NONE_MATCH"), weak=True),
    )


def read_precondition_of_card(environ: Mapping[str, Any]) -> Precondition:
    """Return what ``read_precondition`` does, to one who changes a card.

    Whoever has a card in another version of vCard has the card as it is.
    """
    asked = read_precondition(environ)
    return Precondition(_unconverted(asked.match), _unconverted(asked.none_match))


def converted_etag(etag: str, version: str) -> str:
    """Return the etag of what has ``etag`` in a version of vCard that it is not stored in."""
    return f"{etag}-{version}"


def stored_etag(header: str) -> str:
    """Return an If header with the etags of cards as they are stored in place of converted."""
    return _CONVERTED_IN_LIST.sub(r"\1", header)


def book_etag(state: BookState, view: VisibleBook) -> str:
    """Return the etag of a book as one file: other bytes have another (RFC 9110 section 8.8.3)."""
    return f"{state.revision}-{view.visibility}" if view.hidden else str(state.revision)


def is_unchanged(condition: Precondition, etag: str) -> bool:
    """Say whether a client that reads has what there is, so that 304 answers it.

    RFC 9110 section 13.2.2: If-Match comes first, and where it fails the answer is 412.
    """
    first = Precondition(match=condition.match)
    return first.holds(etag) and not condition.holds(etag)


def is_not_newer(environ: Mapping[str, Any], modified: datetime) -> bool:
    """Say whether If-Modified-Since spares a client that reads the body (section 13.1.3)."""
    since = read_http_date(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
    return since is not None and modified.replace(microsecond=0) <= since


def is_changed_since(environ: Mapping[str, Any], modified: datetime) -> bool:
    """Say whether If-Unmodified-Since keeps a client from what changed later (section 13.1.4).

    Section 13.2.2: it is overlooked where there is an If-Match, and so is what is no date.
    """
    since = read_http_date(environ.get("HTTP_IF_UNMODIFIED_SINCE", ""))
    told = environ.get("HTTP_IF_MATCH", "").strip()
    return since is not None and not told and modified.replace(microsecond=0) > since


def _unconverted(etags: frozenset[str] | None) -> frozenset[str] | None:
    return None if etags is None else frozenset(_CONVERTED.sub("", etag) for etag in etags)


def _etags(header: str | None, *, weak: bool) -> frozenset[str] | None:
    """Read a list of etags; a weak one never matches where a strong one is asked for."""
    if header is None or not header.strip():
        return None
    if header.strip() == ANY:
        return frozenset({ANY})
    found = {etag for mark, etag in _ETAG.findall(header) if weak or not mark}
    # What is no etag at all is one that no card has; old clients leave out the quotes.
    return frozenset(found or {header.strip()})
