"""Cards that are stored and deleted by several clients at once, in one thread for all of them.

Only one can write to an SQLite file at a time. Threads that take turns wake one another several
times for each card, which costs half as much again as the card, and all of them want the one
interpreter. So one thread does it for all, and waits for the disk once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from dirserver.directory import Directory
from dirserver.model.principal import Principal
from dirserver_radicale.direct import CARD, Direct, is_plain, tell

_METHODS = ("PUT", "DELETE")
# When others write for longer, each request waits for its turn in a thread of its own.
_PATIENCE = 0.3


class Writes:
    """Requests for one card each that may be answered together."""

    def __init__(self, direct: Direct, directory: Directory) -> None:
        """Write to ``directory`` with the methods that ``direct`` calls."""
        self._direct = direct
        self._directory = directory

    def admitted(
        self, environ: dict[str, Any]
    ) -> Callable[[dict[str, Any], Any], Iterable[bytes]] | None:
        """Return the WSGI application for a request, or None if it is to be answered by itself."""
        is_better_alone = not self._directory.is_better_together
        if is_better_alone or environ["REQUEST_METHOD"] not in _METHODS:
            return None
        principal = self._direct.known(environ) if is_plain(environ, CARD) else None
        return None if principal is None else partial(self._answer, principal)

    def _answer(
        self, principal: Principal, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        return tell(self._direct.call(environ, principal), start_response)

    def together(self) -> AbstractContextManager[Callable[[], bool]]:
        """Let what is answered in the block be done at its end, and not be told before that.

        Yields what says whether there is room for more. Raises StoreUnavailable when nothing of it
        is done; StoreBusy is one, when others write for longer than a moment.
        """
        return self._directory.together(_PATIENCE)
