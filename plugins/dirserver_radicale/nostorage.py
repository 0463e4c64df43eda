"""The storage of our own Application, which asks the directory itself."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

from radicale.item import Item
from radicale.storage import BaseCollection, BaseStorage

from dirserver_radicale.stock.listings import RootCollection


class NoStorage(BaseStorage):
    """Nothing is kept here, and no transaction is opened.

    Before each request Radicale looks whether the user has a home, and would make one. Whether
    there is such a user is found out when the request itself is answered.
    """

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    @contextmanager
    def acquire_lock(
        self, mode: str, user: str = "", *args: object, **kwargs: object
    ) -> Iterator[None]:
        """Lock nothing."""
        yield

    def discover(
        self,
        path: str,
        depth: str = "0",
        child_context_manager: object = None,
        user_groups: Set[str] = frozenset(),
    ) -> Iterator[BaseCollection | Item]:
        """Yield something, which is all that is asked."""
        yield RootCollection()

    def verify(self) -> bool:
        """Say that the store is whole: its engine sees to that."""
        return True
