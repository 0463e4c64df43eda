"""Writes that come for a card which has been made one with another one meanwhile.

Until it syncs, a client knows nothing of that: it goes on under the old name and the old UID. To
its next sync the old name is gone and the survivor has changed, whatever it did until then:

* To read the old name finds nothing. A client that was shown the survivor there would have one
  person twice, with one UID, and many do badly with that.
* What it stores there must not be lost, and a refusal would lose it: on 412 DAVx5 lets go of the
  user's edit for the server's card, of which there is none; on 404 it makes a new card, and a twin
  is back. So the edit lands on the survivor: what the client changed in the card that it had. It
  is told the etag of what it sent, since that is kept, as a version of the card that is gone.
* With If-Match, any version that the card ever had will do: what was changed is known of each.
  Without, as of Thunderbird, the client is taken to have had the last one.
* A new card with the old UID is not new either. Nobody knows from when it is, so it only adds.
* To delete the old name is done already. Whoever deletes the one of two means that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dirserver.errors import PreconditionFailed
from dirserver.model.addressbook import is_href, label_of
from dirserver.model.audit import AuditAction
from dirserver.model.history.life import LATE, MERGE
from dirserver.model.policy import VisibleBook
from dirserver.model.precondition import ANY, Precondition
from dirserver.model.uniting import carried
from dirserver.model.vcard import VCard
from dirserver.store import cards, writing
from dirserver.store.cards import StoredCard
from dirserver.store.engine import Connection
from dirserver.store.same import forwarding
from dirserver.store.same.forwarding import Forward

if TYPE_CHECKING:
    from dirserver.directory.writing import Writing


def landed(
    by: Writing,
    view: VisibleBook,
    href: str,
    card: VCard,
    body: bytes,
    precondition: Precondition,
) -> bool | None:
    """Carry what is stored as ``href``, where no card is, over to the card that answers for it.

    Return whether the client takes it for a new card; None if no card answers for it, and so it is
    to be stored as it is. Raises as ``put_card``.
    """
    for forward in forwarding.named(by.connection, view.book.id, href, card.uid):
        if not _is_meant(forward, href, card, precondition):
            continue
        there = forwarding.survivor(by.connection, view.book.id, forward)
        if there is not None:
            is_new = forward.href != href or precondition.none_match is not None
            base = _base(by.connection, forward, precondition, is_new=is_new)
            if base is None and precondition.match is not None:
                raise PreconditionFailed(href)
            _keep(by, view, forward, href, card, body)
            _carry(by, view, href, there, carried(base, body, there[1], by.plan))
            return is_new
    return None


def _is_meant(forward: Forward, href: str, card: VCard, precondition: Precondition) -> bool:
    if forward.href != href:
        return True
    if not card.uid:
        # Somebody else may be meant by a new card.
        return precondition.none_match is None
    # The name may be used again, for another card.
    return forward.uid in ("", card.uid)


def _base(
    connection: Connection, forward: Forward, precondition: Precondition, *, is_new: bool
) -> bytes | None:
    """Return what the client has made its card of, if anybody can know that."""
    if precondition.match is not None:
        etags = None if ANY in precondition.match else precondition.match
        return forwarding.body_known(connection, forward, etags)
    return None if is_new else forwarding.body_known(connection, forward, None)


def _keep(
    by: Writing, view: VisibleBook, forward: Forward, href: str, card: VCard, body: bytes
) -> None:
    """Keep what was sent as a version of the card that is gone, and tell clients that it is gone.

    When the two are parted again, that is part of what is taken back.
    """
    new = by.new_card(href, card, body, None, forward.key)
    by.require_unerased(view, [new])
    sent = replace(by.act(LATE), batch=forward.batch)
    writing.store_cards(by.connection, view.book.id, [new], sent)
    stored = cards.find(by.connection, view.book.id, href)
    gone = [] if stored is None else [stored]
    writing.remove_cards(by.connection, view.book.id, gone, replace(sent, operation=MERGE))


def _carry(
    by: Writing, view: VisibleBook, href: str, there: tuple[StoredCard, bytes], body: bytes
) -> None:
    survivor, before = there
    slug, name = label_of(view.book), survivor.card.href
    told = f"sent to {slug}/{href}, for which it answers"
    if body == before:
        by.events.append(by.event(AuditAction.CARD_UPDATE, slug, name, f"{told}, changed nothing"))
        return
    by.put_card(slug, name, body)
    by.events[-1] = replace(by.events[-1], detail=f"{by.events[-1].detail}, {told}")


def is_gone(connection: Connection, book_id: int, href: str) -> bool:
    """Say whether a card that was called ``href`` is one with another card of the book now."""
    named = forwarding.named(connection, book_id, href, "") if is_href(href) else []
    return any(forwarding.survivor(connection, book_id, one) is not None for one in named)


def led(connection: Connection, book_id: int, uids: Iterable[str]) -> frozenset[str]:
    """Return those of ``uids`` for which another card answers."""
    return frozenset(
        uid
        for uid, forward in forwarding.of_uids(connection, book_id, uids).items()
        if forwarding.survivor(connection, book_id, forward) is not None
    )


def add(by: Writing, view: VisibleBook, uid: str, body: bytes, operation: str) -> bool:
    """Add what a card says to the one that answers for its UID; say whether that changes it.

    The UID must be one of those that are ``led``. Raises CardTooLarge and ErasedPerson.
    """
    forward = forwarding.of_uids(by.connection, view.book.id, [uid])[uid]
    there = forwarding.survivor(by.connection, view.book.id, forward)
    if there is None:
        return False
    stored, before = there
    made = carried(None, body, before, by.plan)
    if made == before:
        return False
    new = by.new_card(stored.card.href, by.parsed(made), made, stored)
    by.store(view, [new], operation, binding=False)
    return True
