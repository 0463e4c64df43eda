"""Entries that were encoded before, as one kind of client asks for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from dirserver.model.hits import Version

# An entry takes about so much more than its octets.
_BESIDE = 350


class KeptEntries:
    """What became of cards, each by its version. Safe in threads.

    So nothing has to be forgotten when a card changes: it has another version then.
    """

    def __init__(self, most_octets: int) -> None:
        """Begin with none; what was kept first goes when there is more than ``most_octets``."""
        self._most = most_octets
        self._octets = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, Version], bytes] = OrderedDict()

    def get(self, asked: Iterable[tuple[object, Version]]) -> list[bytes | None]:
        """Return what was made of each version of a card for a look, or None."""
        return list(map(self._kept.get, asked))

    def put(self, made: Sequence[tuple[tuple[object, Version], bytes]]) -> None:
        """Keep what was made."""
        with self._lock:
            for one, octets in made:
                if one not in self._kept:
                    self._kept[one] = octets
                    self._octets += len(octets) + _BESIDE
            while self._octets > self._most:
                _, gone = self._kept.popitem(last=False)
                self._octets -= len(gone) + _BESIDE
