"""What a card is of (RFC 6350 section 6.1.4): not every rule is about all of them."""

from __future__ import annotations

from dirserver.model.contentline import unescape
from dirserver.model.vcard import VCard


def is_person(card: VCard) -> bool:
    """Say whether the card is of a person, as those are that do not say."""
    return _kind(card) in ("", "individual")


def is_group(card: VCard) -> bool:
    """Say whether the card is a list of others."""
    return _kind(card) == "group"


def _kind(card: VCard) -> str:
    # Apple's programs say it in a property of their own.
    line = card.first("KIND") or card.first("X-ADDRESSBOOKSERVER-KIND")
    return "" if line is None else unescape(line.value).strip().lower()
