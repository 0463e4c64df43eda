"""Answers packed as gzip (RFC 9110 section 8.4.1.3), but for what has a strong etag: cards.

Packed, a card would be other bytes, which must have another etag (section 8.8.1). But clients that
GET a card keep that etag, compare it with DAV:getetag, and say it in If-Match. What nginx makes of
it, a weak one, holds in no If-Match (section 13.1.1), and what Apache does, ``-gzip`` behind it, is
another one to every client: both make them fetch anew or end in 412 for ever. And a card is
small, or mostly a photo, which hardly gets smaller.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from dirserver_radicale.stream import GZIP, LEVEL, Stream


def accepts_gzip(environ: Mapping[str, Any]) -> bool:
    """Say whether the client takes gzip (section 12.5.3)."""
    for item in environ.get("HTTP_ACCEPT_ENCODING", "").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            _, _, value = weight.partition("=")
            return not value.strip() or value.strip().strip("0.") != ""
    return False


def etag_field(etag: str, *, is_packed: bool = False) -> str:
    """Return ``etag`` as the ETag field has it: a weak one for what has it packed, too."""
    return f'W/"{etag}"' if is_packed else f'"{etag}"'


def packed(
    environ: Mapping[str, Any], headers: MutableMapping[str, str], content: Iterable[bytes]
) -> Iterable[bytes]:
    """Return ``content`` as gzip where the client takes that, and say so in ``headers``."""
    has_strong_etag = headers.get("ETag", "").startswith('"')
    if not content or has_strong_etag or not accepts_gzip(environ):
        return content
    headers["Content-Encoding"] = "gzip"
    if isinstance(content, Stream):
        content.compress()
        return content
    body = zlib.compress(b"".join(content), LEVEL, wbits=GZIP)
    headers["Content-Length"] = str(len(body))
    return [body]
