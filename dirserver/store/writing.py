"""Cards as they are written: version, card, change row, search index, all of one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, bindparam, select, update

from dirserver.errors import NotFound
from dirserver.model.principal import Client
from dirserver.store.cards import StoredCard
from dirserver.store.index import trigram
from dirserver.store.index.derived import Derived, delete_cards, kept, store_derived
from dirserver.store.prepared import Prepared
from dirserver.store.rows import NewRow, insert_into, insert_or_update
from dirserver.store.storable import made_storable
from dirserver.store.tables import addressbook, card, card_version, change

# Without letters and digits that look alike: keys are read out over the telephone.
_KEY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_KEY_LENGTH = 12
# Each octet stands for a character, but for the last ones: else some would be likelier.
_EACH = 256 // len(_KEY_ALPHABET)
_CHARACTERS = (_KEY_ALPHABET * (_EACH + 1)).encode()[:256]
_OVER = bytes(range(_EACH * len(_KEY_ALPHABET), 256))

# Put together once; see ``cards``.
_LOCK = Prepared(
    select(addressbook.c.revision).where(addressbook.c.id == bindparam("book_id")).with_for_update()
)
_LOCK_IF_FREE = Prepared(
    select(addressbook.c.revision)
    .where(addressbook.c.id == bindparam("book_id"))
    .with_for_update(skip_locked=True)
)
_COUNT_ON = Prepared(
    update(addressbook)
    .where(addressbook.c.id == bindparam("book_id"))
    .values(revision=addressbook.c.revision + bindparam("number"), modified=bindparam("at"))
    .returning(addressbook.c.revision)
)
_NEW_VERSION = NewRow(card_version)
_GONE_VERSIONS = Prepared(insert_into(card_version, without="id"))
_NEW_CARD = NewRow(card)
_CONTENT = ("etag", "size", "revision", "modified", "version_id")
_CHANGED = (*_CONTENT, "uid", "sort_name")
# SQLite writes the index of a column that is named, whether it changes or not.
_CHANGE_CONTENTS, _CHANGE_CARDS = (
    Prepared(
        update(card)
        .where(card.c.id == bindparam("card_id"))
        .values({name: bindparam(name) for name in names})
    )
    for names in (_CONTENT, _CHANGED)
)
_NOTE_CHANGES = Prepared(insert_or_update(change))


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to be stored. ``replaces`` is the card that has this href now.

    What ``was`` derived from that one is to be compared with ``derived``, where it is known.
    One that comes back, or from elsewhere, has its link again.
    """

    href: str
    key: str
    uid: str
    body: bytes
    etag: str
    derived: Derived
    replaces: StoredCard | None
    link_id: int | None = None
    was: Derived | None = None

    @property
    def is_called_the_same(self) -> bool:
        """Whether it is known to have the UID and the name of the card that it replaces."""
        before, was = self.replaces, self.was
        if before is None or was is None:
            return False
        return before.card.uid == self.uid and was.sort_name == self.derived.sort_name


@dataclass(frozen=True, slots=True)
class Act:
    """Who writes, when, from where: what every version remembers.

    ``batch`` is the number of what writes many cards at once, such as an import.
    """

    operation: str
    actor: str
    client: Client
    at: datetime
    device: str = ""
    batch: int | None = None


def new_key() -> str:
    """Return a key for a card that never had one: short, and never given out before."""
    key = ""
    while len(key) < _KEY_LENGTH:
        key += secrets.token_bytes(2 * _KEY_LENGTH).translate(_CHARACTERS, _OVER).decode()
    return key[:_KEY_LENGTH]


def lock(connection: Connection, book_id: int) -> None:
    """Keep every other writer out of the book until this transaction ends.

    On SQLite the transaction already is the only one that writes.
    """
    if connection.dialect.name != "sqlite":
        _LOCK.run(connection, book_id=book_id)


def lock_if_free(connection: Connection, book_id: int) -> bool:
    """Do as ``lock`` unless that would have to be waited for; say whether it is done."""
    if connection.dialect.name == "sqlite":
        return True
    return _LOCK_IF_FREE.row(connection, book_id=book_id) is not None


def next_revisions(connection: Connection, book_id: int, number: int, at: datetime) -> int:
    """Count the book's revision on by ``number`` and return the first of the new ones."""
    counted = _COUNT_ON.row(connection, book_id=book_id, number=number, at=at)
    if counted is None:
        raise NotFound(f"book {book_id}")
    return int(counted[0]) - number + 1


def store_cards(connection: Connection, book_id: int, cards: Sequence[NewCard], act: Act) -> None:
    """Create or replace ``cards``; each gets a revision of its own, in their order."""
    if not cards:
        return
    first = next_revisions(connection, book_id, len(cards), act.at)
    revised = list(zip(cards, range(first, first + len(cards)), strict=True))
    versions = _insert(
        connection,
        _NEW_VERSION,
        [
            _version(book_id, new.href, new.key, revision, act, new.body, new.etag)
            for new, revision in revised
        ],
    )
    rows = [
        _row(book_id, new, revision, version, act.at)
        for (new, revision), version in zip(revised, versions, strict=True)
    ]
    was = _replaced(connection, cards)
    ids = _store_rows(connection, cards, rows)
    changes = [(new.href, revision) for new, revision in revised]
    note_changes(connection, book_id, changes, vanished=False)
    derived = [(book_id, card_id, new.derived) for card_id, new in zip(ids, cards, strict=True)]
    store_derived(
        connection,
        sorted(derived, key=itemgetter(1)),
        replaced=was,
    )


def _replaced(connection: Connection, cards: Sequence[NewCard]) -> dict[int, Derived]:
    """Return what is kept beside those that ``cards`` replace, by their ids."""
    found = {
        new.replaces.id: new.was
        for new in cards
        if new.replaces is not None and new.was is not None
    }
    unknown = [new.replaces.id for new in cards if new.replaces is not None and new.was is None]
    if unknown:
        found.update(kept(connection, unknown))
    return found


def _insert(
    connection: Connection, statement: NewRow, rows: Sequence[dict[str, object]]
) -> Sequence[int]:
    """Insert ``rows`` and return their ids, in their order."""
    if len(rows) == 1:
        return [statement.insert(connection, rows[0])]
    return statement.insert_all(connection, rows)


def _row(
    book_id: int, new: NewCard, revision: int, version: int, at: datetime
) -> dict[str, object]:
    return {
        "addressbook_id": book_id,
        "href": new.href,
        "key": new.key,
        "uid": new.uid,
        "etag": new.etag,
        "size": len(new.body),
        "revision": revision,
        "sort_name": new.derived.sort_name,
        "created": at,
        "modified": at,
        "version_id": version,
        "link_id": new.link_id,
    }


def _store_rows(
    connection: Connection, cards: Sequence[NewCard], rows: Sequence[dict[str, object]]
) -> list[int]:
    """Insert or update the cards' rows and return their ids, in the order of ``cards``.

    New ones have ids in the order of their names, so that what was written in one go is stored
    nearly as it is shown, and read from few places.
    """
    new = [at for at, one in enumerate(cards) if one.replaces is None]
    new.sort(key=lambda at: cards[at].derived.sort_name)
    for statement, is_called_the_same in (_CHANGE_CONTENTS, True), (_CHANGE_CARDS, False):
        replaced = [
            {**row, "card_id": one.replaces.id}
            for one, row in zip(cards, rows, strict=True)
            if one.replaces is not None and one.is_called_the_same is is_called_the_same
        ]
        statement.each(connection, replaced)
    ids = dict(zip(new, _insert(connection, _NEW_CARD, [rows[at] for at in new]), strict=True))
    return [ids[at] if one.replaces is None else one.replaces.id for at, one in enumerate(cards)]


def remove_cards(
    connection: Connection, book_id: int, cards: Sequence[StoredCard], act: Act
) -> None:
    """Take ``cards`` out of their book. Their versions stay, and new ones say that they went."""
    if not cards:
        return
    first = next_revisions(connection, book_id, len(cards), act.at)
    revised = list(zip(cards, range(first, first + len(cards)), strict=True))
    gone = [
        _version(book_id, stored.card.href, stored.card.key, revision, act, None, "")
        for stored, revision in revised
    ]
    _GONE_VERSIONS.each(connection, gone)
    delete_cards(connection, book_id, sorted(stored.id for stored in cards))
    changes = [(stored.card.href, revision) for stored, revision in revised]
    note_changes(connection, book_id, changes, vanished=True)
    trigram.settle(connection, least=trigram.MOST_DUE)


def _version(
    book_id: int, href: str, key: str, revision: int, act: Act, body: bytes | None, etag: str
) -> dict[str, object]:
    return {
        "addressbook_id": book_id,
        "href": href,
        "key": key,
        "revision": revision,
        "operation": act.operation,
        "body": body,
        "etag": etag,
        "at": act.at,
        "actor": act.actor,
        "protocol": act.client.protocol,
        "address": made_storable(act.client.address),
        "agent": made_storable(act.client.agent),
        "device": act.device,
        "batch": act.batch,
    }


def note_changes(
    connection: Connection,
    book_id: int,
    changes: Sequence[tuple[str, int]],
    *,
    vanished: bool,
) -> None:
    """Remember for each href, with its revision, that it has changed or vanished."""
    _NOTE_CHANGES.each(
        connection,
        [
            {"addressbook_id": book_id, "href": href, "revision": revision, "vanished": vanished}
            for href, revision in changes
        ],
    )
