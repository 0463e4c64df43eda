"""How large photos may be. A smaller one is for people to make: nothing is repaired."""

from __future__ import annotations

from collections.abc import Iterator

from dirserver.model.standards.rules import Fault, Rule
from dirserver.model.vcard import VCard

_KILO = 1024


def faults(card: VCard, most: int) -> Iterator[Fault]:
    """Yield the photos of more than ``most`` kilobytes; one at another address has none here."""
    for index, line in enumerate(card.lines):
        if line.name != "PHOTO":
            continue
        is_data = line.value[:5].lower() == "data:"
        if not is_data and any(value.lower() == "uri" for value in line.param("VALUE")):
            continue
        encoded = line.value.partition(",")[2] if is_data else line.value
        size = len(encoded.strip().rstrip("=")) * 3 // 4
        if size > most * _KILO:
            sentence = f"the photo has {-(-size // _KILO)} kB; up to {most} kB are allowed"
            yield Fault(Rule.PHOTO, "PHOTO", sentence, index)
