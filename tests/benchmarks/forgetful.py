"""A server without history and audit trail, to tell what they cost: ``dirserver`` but for that."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sqlalchemy import bindparam, update

from dirserver.cli import main
from dirserver.directory import Writing, directory
from dirserver.directory.writing import Stored
from dirserver.errors import PreconditionFailed
from dirserver.model.audit import AuditAction
from dirserver.model.policy import VisibleBook
from dirserver.model.precondition import ALWAYS, Precondition
from dirserver.store import writing as store
from dirserver.store.index.derived import store_derived
from dirserver.store.tables import card, card_version

_BODY = (
    update(card_version)
    .where(card_version.c.id == card.c.version_id, card.c.id == bindparam("card_id"))
    .values(body=bindparam("new_body"), etag=bindparam("new_etag"))
)
_CARD = (
    update(card)
    .where(card.c.id == bindparam("card_id"))
    .values(
        uid=bindparam("new_uid"),
        etag=bindparam("new_etag"),
        size=bindparam("new_size"),
        revision=bindparam("new_revision"),
        sort_name=bindparam("new_sort_name"),
        modified=bindparam("new_modified"),
    )
)


class Forgetful(Writing):
    """Writes a new body in the place of the old one, and tells nobody."""

    def put_card(
        self,
        slug: str,
        href: str,
        body: bytes,
        precondition: Precondition = ALWAYS,
        *,
        among: Sequence[VisibleBook] = (),  # noqa: ARG002 - for new cards; this knows none
    ) -> Stored:
        """Replace a card that is there."""
        view = self.writable(slug, AuditAction.CARD_UPDATE, href)
        stored = self.stored(view, href)
        assert stored is not None
        if not precondition.holds(stored.card.etag):
            raise PreconditionFailed(href)
        new = self.new_card(href, self.parsed(body), body, stored)
        revision = store.next_revisions(self.connection, view.book.id, 1, self.at)
        self.connection.execute(
            _BODY, {"card_id": stored.id, "new_body": body, "new_etag": new.etag}
        )
        self.connection.execute(
            _CARD,
            {
                "card_id": stored.id,
                "new_uid": new.uid,
                "new_etag": new.etag,
                "new_size": len(body),
                "new_revision": revision,
                "new_sort_name": new.derived.sort_name,
                "new_modified": self.at,
            },
        )
        store.note_changes(self.connection, view.book.id, [(href, revision)], vanished=False)
        derived = [(view.book.id, stored.id, new.derived)]
        store_derived(self.connection, derived, replaced={stored.id: new.was})
        return Stored(new.etag, created=False)


if __name__ == "__main__":
    vars(directory)["Writing"] = Forgetful
    sys.exit(main())
