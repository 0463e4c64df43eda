"""A card, as Radicale wants an item."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from radicale.item import Item

from dirserver.model.addressbook import Card
from dirserver_radicale.headers.httpdate import http_date
from dirserver_radicale.upload import spell_uid

if TYPE_CHECKING:
    from dirserver_radicale.stock.books import BookCollection


class CardItem(Item):
    """A card, whose bytes are fetched when somebody wants them."""

    collection: BookCollection

    def __init__(self, collection: BookCollection, card: Card, fetch: Callable[[], bytes]) -> None:
        """Show ``card`` of ``collection``; ``fetch`` gets its body, or what stands for it."""
        super().__init__(
            collection=collection,
            href=card.href,
            last_modified=http_date(card.modified),
            text="",
            etag=f'"{card.etag}"',
            uid=spell_uid(card.uid),
            name="VCARD",
            component_name="",
        )
        self._fetch: Callable[[], bytes] | None = fetch

    def serialize(self) -> str:
        """Return the card as it was stored."""
        if self._fetch is not None:
            self._text = self._fetch().decode()
            self._fetch = None
        return str(self._text)

    @property
    def vobject_item(self) -> NoReturn:
        """Refuse: no card is given to vobject, which hangs on some.

        Radicale wants this for a filter in a report that is no query, and answers 400.
        """
        raise ValueError("cards are not read by vobject")
