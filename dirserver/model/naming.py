"""A name for a card that does not say it, though each must have one (RFC 6350 section 6.2.1)."""

from __future__ import annotations

from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.vcard import VCard

# What a card without a name goes by.
_NAMES = (
    (Field.FULL_NAME, "N"),
    (Field.NICKNAME, "NICKNAME"),
    (Field.ORGANISATION, "ORG"),
    (Field.MAIL, "EMAIL"),
    (Field.ANY_PHONE, "TEL"),
    (Field.MESSAGING, "IMPP"),
    (Field.WORK_URL, "URL"),
    (Field.HOME_URL, "URL"),
    (Field.TITLE, "TITLE"),
    (Field.ROLE, "ROLE"),
    (Field.WORK_ADDRESS, "ADR"),
    (Field.HOME_ADDRESS, "ADR"),
    (Field.NOTE, "NOTE"),
)
_NAME_LENGTH = 100


def name_of(card: VCard) -> tuple[str, str]:
    """Return what a card goes by that has no FN, and the property that this was taken from.

    It is one line, and says that there is no name when there is nothing to take.
    """
    fields = derive(card)
    for field, source in _NAMES:
        for value in fields.get(field, ()):
            return value.partition("\n")[0][:_NAME_LENGTH].strip(), source
    return "(no name)", ""
