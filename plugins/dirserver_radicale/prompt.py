"""Polls and a few cards, answered without a thread: what clients ask for again and again.

To hand a request to a thread and to take the answer back costs more than to look up the few rows
that tell it. Whatever may take longer, and whatever is refused, is left to the Application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dirserver.errors import NotAtOnce
from dirserver_radicale.direct import ANYTHING, CARD, SEGMENT, Direct, is_plain, tell

_HOME = re.compile(rf"/(?:{SEGMENT}/?)?")
# What is directly in a home is a few books; what is in a book are all its cards.
_PATHS = {
    ("PROPFIND", "0"): ANYTHING,
    ("PROPFIND", "1"): _HOME,
    ("REPORT", "0"): ANYTHING,
    ("REPORT", "1"): ANYTHING,
    ("REPORT", ""): ANYTHING,
    ("GET", ""): CARD,
}
# What is refused, the audit trail is mostly to be told of.
_DONE = ("200", "207", "304")


class Prompt:
    """A WSGI application that never waits: it answers as another would, or raises NotAtOnce."""

    def __init__(self, direct: Direct) -> None:
        """Answer with the methods that ``direct`` calls."""
        self._direct = direct

    def admits(self, environ: dict[str, Any]) -> bool:
        """Say whether a request looks like one that takes no time."""
        path = _PATHS.get((environ["REQUEST_METHOD"], environ.get("HTTP_DEPTH", "")))
        return path is not None and is_plain(environ, path)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333). Raises NotAtOnce, and then nothing has been done."""
        principal = self._direct.known(environ)
        if principal is None:
            raise NotAtOnce
        written = self._direct.call(environ, principal, at_once=True)
        if not written[0].startswith(_DONE):
            raise NotAtOnce
        return tell(written, start_response)
