"""Collections that are no address books: the root, and the homes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from radicale.item import Item
from radicale.storage import BaseCollection

from dirserver.model.principal import Principal
from dirserver_radicale.headers.httpdate import http_date


class Listing(BaseCollection):
    """A collection of collections."""

    def __init__(self, path: str) -> None:
        """Stand at ``path``, without slashes around it."""
        self._path = path

    @property
    def path(self) -> str:
        """The path without slashes around it."""
        return self._path

    @property
    def etag(self) -> str:
        """Nothing is cached of a listing."""
        return '"listing"'

    @property
    def last_modified(self) -> str:
        """A listing does not know when it changed; now is never wrong."""
        return http_date(datetime.now(UTC))

    def get_all(self) -> Iterable[Item]:
        """There are no cards outside of a book."""
        return ()

    def get_multi(self, hrefs: Iterable[str]) -> Iterator[tuple[str, None]]:
        """There are no cards outside of a book."""
        for href in hrefs:
            yield href, None

    def get_meta(self, key: str | None = None) -> Mapping[str, str] | str | None:
        """A listing has no properties of its own."""
        return {} if key is None else None


class RootCollection(Listing):
    """``/``, which is everybody's."""

    def __init__(self) -> None:
        """Stand at the root."""
        super().__init__("")


class HomeCollection(Listing):
    """``/<login>/``: the principal and the home of all books that it may read."""

    def __init__(self, principal: Principal) -> None:
        """Show the home of ``principal``."""
        super().__init__(principal.login)
        self._name = principal.name or principal.login

    def get_meta(self, key: str | None = None) -> Mapping[str, str] | str | None:
        """Return the name of the principal."""
        meta = {"D:displayname": self._name}
        return meta if key is None else meta.get(key)
