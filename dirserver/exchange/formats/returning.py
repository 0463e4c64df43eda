"""What comes back of cards that were exported to CSV, for who wants to see what was changed."""

from __future__ import annotations

from collections.abc import Iterable

from dirserver.exchange.formats.csvwriting import Safety, write_plain
from dirserver.exchange.formats.fromcard import to_contact
from dirserver.exchange.formats.layout import UnknownFormat, Wishes
from dirserver.exchange.formats.spreadsheet import open_spreadsheet
from dirserver.model.number import DialPlan

# What a layout is called that has the columns of our own export.
OURS = "dirserver, CSV"


def returned(bodies: Iterable[bytes], wishes: Wishes, plan: DialPlan) -> frozenset[bytes]:
    """Return the cards that an import with ``wishes`` reads of an export of ``bodies`` to CSV.

    By ``plan``, the export reads numbers. The columns have an order of their own, not that in which
    a card says its numbers, and no place for a photo: so these need not be the same bytes.
    """
    contacts = [one for one in map(to_contact, bodies) if not one.is_list]
    found: set[bytes] = set()
    for is_raw in (False, True):
        data = b"".join(write_plain(lambda: iter(contacts), Safety(is_raw, plan)))
        try:
            cards = open_spreadsheet(data, wishes).cards
        except UnknownFormat:
            # A column is wished for that an export does not have.
            return frozenset()
        found.update(card.body for card in cards if card.body is not None)
    return frozenset(found)
