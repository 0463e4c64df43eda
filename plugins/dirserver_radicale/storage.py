"""Radicale's storage plugin: its locks are transactions, its collections views of books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

from radicale.config import Configuration
from radicale.item import Item
from radicale.storage import BaseCollection, BaseStorage

from dirserver.assembly import Services
from dirserver.directory import Reading
from dirserver.errors import AccessDenied, DirectoryError, StoreUnavailable
from dirserver.model.grant import Privilege
from dirserver.model.principal import ANONYMOUS
from dirserver_radicale import request, services
from dirserver_radicale.stock.books import BookCollection, refused
from dirserver_radicale.stock.items import CardItem
from dirserver_radicale.stock.listings import HomeCollection, RootCollection
from dirserver_radicale.tree.hrefs import Location, locate


class Storage(BaseStorage):
    """The directory, as Radicale wants to walk it."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    def __init__(self, configuration: Configuration, found: Services | None = None) -> None:
        """Use the services ``found``, or those of the configuration."""
        super().__init__(configuration)
        self._directory = (found or services.of(configuration)).directory

    @contextmanager
    def acquire_lock(
        self, mode: str, user: str = "", *args: object, **kwargs: object
    ) -> Iterator[None]:
        """Open a transaction for ``user``: a snapshot to read, or one that writes for mode w.

        An error that Radicale has made an answer of undoes it all the same.
        """
        current = request.current()
        try:
            with ExitStack() as stack:
                reading = self._open(stack, mode, str(kwargs.get("actor") or user))
                current.reading = reading
                current.policy = current.policy or reading.policy
                try:
                    yield
                finally:
                    current.reading = None
                if current.failed is not None:
                    raise current.failed
        except DirectoryError as error:
            if error is not current.failed:
                raise
            current.failed = None
        now = datetime.now(UTC)
        if self._directory.sightings.are_overdue(now):
            # There is no server of ours that would do it in time. What fails is tried again.
            with suppress(StoreUnavailable):
                self._directory.write_sightings()

    def _open(self, stack: ExitStack, mode: str, login: str) -> Reading:
        client = request.current().client
        open_ = self._directory.writing if mode == "w" else self._directory.reading
        try:
            return stack.enter_context(open_(request.principal_of(login), client))
        except AccessDenied:
            # Removed since the password was looked at: there is nothing here for nobody.
            return stack.enter_context(open_(ANONYMOUS, client))

    def discover(
        self,
        path: str,
        depth: str = "0",
        child_context_manager: object = None,
        user_groups: Set[str] = frozenset(),
    ) -> Iterator[BaseCollection | Item]:
        """Yield what is at ``path`` and, unless ``depth`` is 0, what is directly below."""
        reading = request.current().opened()
        location = locate(path)
        login = reading.principal.login
        if location is None or location.login not in ("", login):
            return
        if not location.login:
            yield RootCollection()
            if depth != "0" and not reading.principal.is_anonymous:
                yield HomeCollection(reading.principal)
        elif not location.book:
            yield HomeCollection(reading.principal)
            if depth != "0":
                for view in reading.books(Privilege.READ):
                    here = Location(login, view.book.slug)
                    yield BookCollection(self._directory, reading, view, here)
        else:
            yield from self._book(reading, location, depth)

    def _book(
        self, reading: Reading, location: Location, depth: str
    ) -> Iterator[BaseCollection | Item]:
        try:
            view = reading.book(location.book, Privilege.READ)
        except AccessDenied:
            return
        here = Location(location.login, location.book)
        book = BookCollection(self._directory, reading, view, here)
        if location.href:
            card = book.find(location.href)
            if card is not None:
                yield card
            return
        yield book
        if depth != "0":
            yield from book.get_all()

    def move(self, item: CardItem, to_collection: BookCollection, to_href: str) -> None:
        """Move a card, within its book or to another; Radicale has asked whether it may.

        Raises what ``refused`` makes of an error for what cannot be done.
        """
        try:
            item.collection.writing().move_card(
                item.collection.slug, str(item.href), to_collection.slug, to_href, overwrite=True
            )
        except DirectoryError as error:
            raise refused(error) from error

    def create_collection(
        self,
        href: str,
        items: Iterable[Item] | None = None,
        props: Mapping[str, str] | None = None,
    ) -> tuple[BaseCollection, dict[str, Item], list[str]]:
        """Refuse: books are made in the config file."""
        raise AccessDenied(f"{href}: books are made in the config file")

    def verify(self) -> bool:
        """Say that the store is whole: its engine sees to that."""
        return True
