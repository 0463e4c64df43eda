"""Cards that are stored and deleted by several clients at once, in one thread for all of them.

Only one can write to an SQLite file at a time. Threads that take turns wake one another several
times for each card, which costs half as much again as the card, and all of them want the one
interpreter. So one thread does it for all, and waits for the disk once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from dirserver.directory import Directory
from dirserver.errors import NotAtOnce
from dirserver_radicale.direct import CARD, Direct, is_plain, tell

_METHODS = ("PUT", "DELETE")
# When others write for longer, each request waits for its turn in a thread of its own.
_PATIENCE = 0.3


class Writes:
    """A WSGI application for requests about one card each, of which several are done together."""

    def __init__(self, direct: Direct, directory: Directory) -> None:
        """Write to ``directory`` with the methods that ``direct`` calls."""
        self._direct = direct
        self._directory = directory

    def admits(self, environ: dict[str, Any]) -> bool:
        """Say whether a request may be answered among others."""
        is_write = environ["REQUEST_METHOD"] in _METHODS and is_plain(environ, CARD)
        return is_write and self._directory.is_better_together

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one of them (PEP 3333). Raises NotAtOnce when a password is to be looked at."""
        principal = self._direct.known(environ)
        if principal is None:
            raise NotAtOnce
        return tell(self._direct.call(environ, principal), start_response)

    def together(self) -> AbstractContextManager[Callable[[], bool]]:
        """Let what is answered in the block be done at its end, and not be told before that.

        Yields what says whether there is room for more. Raises StoreUnavailable when nothing of it
        is done; StoreBusy is one, when others write for longer than a moment.
        """
        return self._directory.together(_PATIENCE)
