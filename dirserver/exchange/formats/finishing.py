"""From what was gathered of one contact to the card that goes in, or to why none does."""

from __future__ import annotations

from dirserver.errors import InvalidCard
from dirserver.exchange.formats.contact import Contact
from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.tocard import to_card
from dirserver.exchange.notes import Notes
from dirserver.exchange.vcards import ReadCard
from dirserver.model.vcard import parse_card

NAMELESS = "there is no name, organisation, mail address or number in it"


def finish(
    contact: Contact,
    notes: Notes,
    identities: Identities,
    place: tuple[int, int],
    source_id: str = "",
) -> ReadCard:
    """Make the card of ``contact``; ``place`` is its number in the file and its line."""
    number, line = place
    name = contact.name()
    if not name:
        notes.add(NAMELESS)
        return ReadCard(number, line, None, "", "", notes.sentences())
    identities.give(contact, source_id)
    body = to_card(contact)
    try:
        uid = parse_card(body).uid
    except InvalidCard as error:
        return ReadCard(number, line, None, name, "", (error.reason,))
    name = " ".join(name.split())
    return ReadCard(number, line, body, name, uid, notes.sentences(), notes.lost)
