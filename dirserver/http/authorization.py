"""The Authorization field: Basic credentials are well-formed, or the request is refused.

The application decides whether they are right; here they are only read.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from dirserver.http.head import Fields
from dirserver.http.refusal import malformed

_CONTROLS = frozenset([*map(chr, range(32)), "\x7f"])


def normalised_authorization(fields: Fields) -> str | None:
    """Return the Authorization field as the application shall see it, or None without one.

    Basic credentials are base64 of UTF-8 text with a colon and no control characters (RFC 7617
    section 2); anything else under that name raises Refusal. The name of the scheme is written
    ``Basic`` whatever its case was. Other schemes are left as they are.
    """
    values = fields.get(b"authorization")
    if values is None:
        return None
    if len(values) > 1:
        raise malformed("There is more than one Authorization field.")
    scheme, _, credentials = values[0].partition(b" ")
    name = scheme.lower()
    if name != b"basic":
        if not name or name.startswith(b"basic"):
            # Radicale takes everything that begins with these letters for Basic.
            raise malformed("The Authorization field names no known scheme.")
        return values[0].decode("latin-1")
    token = credentials.strip(b" ")
    try:
        text = b64decode(token, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise malformed("The Basic credentials are not base64 of UTF-8 text.") from None
    if ":" not in text or not _CONTROLS.isdisjoint(text):
        raise malformed("The Basic credentials are not a name, a colon and a password.")
    return "Basic " + token.decode("ascii")
