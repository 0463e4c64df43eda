"""Statements that were made before, for searches that differ from them in their words alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from sqlalchemy import Select

# Telephones ask in a few ways; whoever asks in ever new ones is not to fill the memory.
_MOST = 256


class Statements:
    """The statements of the last searches, by their shapes. Safe in threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Select[Any]] = OrderedDict()

    def get(self, shape: Hashable) -> Select[Any] | None:
        """Return the statement for ``shape``, or None when it must be made."""
        with self._lock:
            statement = self._kept.get(shape)
            if statement is not None:
                self._kept.move_to_end(shape)
            return statement

    def put(self, shape: Hashable, statement: Select[Any]) -> None:
        """Keep the statement for ``shape``."""
        with self._lock:
            self._kept[shape] = statement
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
