"""Polls, answered without a thread: what clients ask again and again, mostly to hear of nothing.

To hand a request to a thread and to take the answer back costs more than to look up the few rows
that tell it. Whatever may take longer, and whatever is refused, is left to the Application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import client
from typing import Any

from dirserver.errors import NotAtOnce
from dirserver_radicale.direct import PATH, SEGMENT, Direct, told

_HOME = re.compile(rf"/(?:{SEGMENT}/?)?")
# What is directly in a home is a few books; what is in a book are all its cards.
_PATHS = {
    ("PROPFIND", "0"): PATH,
    ("PROPFIND", "1"): _HOME,
    ("REPORT", "0"): PATH,
    ("REPORT", "1"): PATH,
    ("REPORT", ""): PATH,
}


class Prompt:
    """A WSGI application that never waits: it answers as another would, or raises NotAtOnce."""

    def __init__(self, direct: Direct) -> None:
        """Answer with the methods that ``direct`` calls."""
        self._direct = direct

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333). Raises NotAtOnce, and then nothing has been done."""
        known = _PATHS.get((environ["REQUEST_METHOD"], environ.get("HTTP_DEPTH", "")))
        if known is None or not known.fullmatch(environ["PATH_INFO"]) or environ["QUERY_STRING"]:
            raise NotAtOnce
        principal = self._direct.known(environ)
        answer = self._direct.answer(environ, principal, at_once=True)
        if answer[0] != client.MULTI_STATUS:
            # Mostly the audit trail is to be told of that.
            raise NotAtOnce
        return told(environ, answer, start_response)
