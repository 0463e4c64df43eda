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
from dirserver.model.edit import edited
from dirserver.model.policy import VisibleBook
from dirserver.model.precondition import ALWAYS, Precondition
from dirserver.model.vcard import parse_card
from dirserver.store import cards
from dirserver.store import writing as store
from dirserver.store.index.derived import store_derived
from dirserver.store.prepared import Prepared
from dirserver.store.tables import card, card_version

_BODY = Prepared(
    update(card_version)
    .where(card_version.c.id == bindparam("version_id"))
    .values(body=bindparam("body"), etag=bindparam("etag"))
)
_CONTENT = ("etag", "size", "revision", "modified")
_CARD, _CARD_AND_NAMES = (
    Prepared(
        update(card)
        .where(card.c.id == bindparam("card_id"))
        .values({name: bindparam(name) for name in names})
    )
    for names in (_CONTENT, (*_CONTENT, "uid", "sort_name"))
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
        there = cards.find_with_body(self.connection, view.book.id, href)
        assert there is not None
        stored, old = there
        if not precondition.holds(stored.card.etag):
            raise PreconditionFailed(href)
        parsed = self.parsed(body)
        new = self.new_card(href, parsed, body, stored, edit=edited(parse_card(old), parsed))
        revision = store.next_revisions(self.connection, view.book.id, 1, self.at)
        _BODY.run(self.connection, version_id=stored.version_id, body=body, etag=new.etag)
        statement = _CARD if new.is_called_the_same else _CARD_AND_NAMES
        statement.run(
            self.connection,
            card_id=stored.id,
            uid=new.uid,
            etag=new.etag,
            size=len(body),
            revision=revision,
            sort_name=new.derived.sort_name,
            modified=self.at,
        )
        store.note_changes(self.connection, view.book.id, [(href, revision)], vanished=False)
        derived = [(view.book.id, stored.id, new.derived)]
        was = {} if new.was is None else {stored.id: new.was}
        store_derived(self.connection, derived, replaced=was)
        return Stored(new.etag, created=False)


if __name__ == "__main__":
    vars(directory)["Writing"] = Forgetful
    sys.exit(main())
