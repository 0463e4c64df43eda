"""Properties that a card must have. None can be made up, so nothing is repaired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dirserver.model.contentline import unescape
from dirserver.model.standards.rules import Fault, Rule
from dirserver.model.vcard import VCard

_WORDS = {
    "FN": "name",
    "N": "first and last name",
    "TEL": "phone number",
    "EMAIL": "e-mail address",
    "ADR": "postal address",
    "ORG": "organisation",
    "BDAY": "birthday",
    "CATEGORIES": "category",
    "NOTE": "note",
    "PHOTO": "photo",
    "TITLE": "job title",
    "URL": "web address",
}


def faults(card: VCard, required: Iterable[str]) -> Iterator[Fault]:
    """Yield which of the properties ``required`` are missing, or say nothing."""
    for name in required:
        if not any(unescape(line.value).strip(" ;,\t\n") for line in card.all(name)):
            yield Fault(Rule.REQUIRED, name, f"there is no {_WORDS.get(name, name)}")
