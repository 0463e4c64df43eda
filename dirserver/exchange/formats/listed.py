"""Names as lists have them, with the family name first."""

from __future__ import annotations

from dataclasses import replace

from dirserver.exchange.formats.contact import Contact
from dirserver.model.firms import JOINING, LEGAL_FORMS

_BETWEEN = ", "
# Nobody has more given names; a sentence has more words.
_MOST_WORDS = 3
_NO_PERSONS = LEGAL_FORMS | JOINING | {"und", "and", "et"}


def as_spoken(contact: Contact) -> Contact:
    """Return a contact whose name was all in one place, with the parts of it that are known."""
    if contact.family or contact.given or contact.full_name == contact.organisation:
        return contact
    parts = taken_apart(contact.full_name)
    if parts is None:
        return contact
    return replace(contact, full_name="", family=parts[0], given=parts[1])


def taken_apart(name: str) -> tuple[str, str] | None:
    """Return the family and the given name in "Last, First", or None where it is not so written.

    What is called as a firm is, is none either: Apple, Inc. and Meier, Huber & Partner.
    """
    family, comma, given = name.partition(_BETWEEN)
    if not (family.strip() and comma and given.strip()) or "," in given:
        return None
    words = name.casefold().replace(",", " ").split()
    is_of_person = _NO_PERSONS.isdisjoint([*words, *(word.strip(".") for word in words)])
    if not is_of_person or len(given.split()) > _MOST_WORDS or any(map(str.isdigit, name)):
        return None
    return family.strip(), given.strip()
