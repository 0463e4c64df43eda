"""UIDs that are the same whenever the same file is read, though the file has none."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

from dirserver.exchange.formats.contact import Contact

_MADE_UIDS = UUID("4f4c7e7a-2e0f-5d2b-8c0a-6f6b0a6d5e11")


class Identities:
    """Gives the contacts of one file their UIDs.

    The UID comes from the id that the ``source`` (a program) has for the contact; else from what
    a person is known by: the names, the organisation, and the first mail address or number. So
    who changed the job is the same card after the next import. Of several that are alike in all
    this, each has its own UID, by their order in the file.
    """

    def __init__(self, source: str) -> None:
        """``source`` names the program: two programs' files are about two sets of contacts."""
        self._source = source
        self._seen: dict[str, int] = {}

    def give(self, contact: Contact, source_id: str = "") -> str:
        """Give ``contact`` a UID unless it has one, and return it."""
        if not contact.uid:
            known_by = ["id", source_id] if source_id else _known_by(contact)
            key = json.dumps([self._source, *known_by], ensure_ascii=True)
            # The same id twice is the same person; then the last one stands, as with any UID.
            times = 0 if source_id else self._seen.get(key, 0)
            self._seen[key] = times + 1
            contact.uid = str(uuid5(_MADE_UIDS, f"{key}{times or ''}"))
        return contact.uid


def _known_by(contact: Contact) -> list[str]:
    mails = [said.text for said in contact.mails[:1]]
    reach = mails or [said.text for said in contact.phones[:1]]
    names = [contact.name(), contact.given, contact.family, contact.organisation]
    return [" ".join(text.casefold().split()) for text in (*names, *reach)]
