"""Entries that were encoded before, as one kind of client asks for them."""

from __future__ import annotations

import threading
from collections import OrderedDict

# An entry takes about so much more than its octets.
_BESIDE = 200


class KeptEntries:
    """What became of entries, by the octets that they were made from. Safe in threads.

    So nothing has to be forgotten when a card changes: it is another entry then.
    """

    def __init__(self, most_octets: int) -> None:
        """Begin with none; what was kept first goes when there is more than ``most_octets``."""
        self._most = most_octets
        self._octets = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, str, bytes], bytes] = OrderedDict()

    def get(self, look: object, key: str, attributes: bytes) -> bytes | None:
        """Return what was made of the card ``key`` for ``look``, or None."""
        return self._kept.get((look, key, attributes))

    def put(self, look: object, key: str, attributes: bytes, made: bytes) -> None:
        """Keep what was made."""
        with self._lock:
            if (look, key, attributes) in self._kept:
                return
            self._kept[look, key, attributes] = made
            self._octets += len(attributes) + len(made) + _BESIDE
            while self._octets > self._most:
                (_look, _key, source), gone = self._kept.popitem(last=False)
                self._octets -= len(source) + len(gone) + _BESIDE
