"""Files of contacts for tests, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

from dirserver.exchange.formats.choices import Format
from dirserver.exchange.formats.contact import Contact
from dirserver.exchange.formats.csvwriting import Safety
from dirserver.exchange.formats.fromcard import to_contact
from dirserver.exchange.formats.layout import Layout, Wishes
from dirserver.exchange.formats.opening import open_contacts
from dirserver.exchange.formats.writing import write_cards
from dirserver.exchange.vcards import ReadCard
from dirserver.model.number import DialPlan

CORPUS = Path(__file__).parents[2] / "corpus" / "formats"
TODAY = date(2026, 11, 26)
WISHES = Wishes(plan=DialPlan("DE"), today=TODAY)


def wishing(**wishes: object) -> Wishes:
    """Return the wishes of these tests, with some of them otherwise."""
    return replace(WISHES, **wishes)  # type: ignore[arg-type]  # the names are checked by replace


def read(data: bytes | str, wishes: Wishes = WISHES) -> tuple[Layout, list[ReadCard]]:
    """Read a file whole."""
    contacts = open_contacts(BytesIO(data.encode() if isinstance(data, str) else data), wishes)
    return contacts.layout, list(contacts.cards)


def contacts_in(data: bytes | str, wishes: Wishes = WISHES) -> list[Contact]:
    """Return the contacts of a file of which each goes in."""
    _, cards = read(data, wishes)
    bodies = [card.body for card in cards]
    return [to_contact(body) for body in bodies if body is not None]


def written(bodies: Iterable[bytes], kind: Format, *, raw: bool = False) -> bytes:
    """Write cards in a format."""
    kept = list(bodies)
    return b"".join(
        write_cards(lambda: iter(kept), kind, "Kunden & Co.", Safety(raw, DialPlan("DE")))
    )
