"""What the writing of a linked card does to the others: it is carried into them, or offered.

Carried is what whoever writes might have written there themselves, as a version of its own; all
else is offered. Both are decided by ``model.carrying``, so that nothing of the other card is lost.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dirserver.directory.people.erased import erased_among
from dirserver.directory.standards import following
from dirserver.errors import CardTooLarge
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.carrying import carried
from dirserver.model.grant import Privilege
from dirserver.model.linking import Link, LinkMode
from dirserver.model.policy import VisibleBook
from dirserver.store import cards, history, settings, stops, writing
from dirserver.store.cards import StoredCard
from dirserver.store.same import links, offers
from dirserver.store.same.links import LinkedCard
from dirserver.store.same.offers import Offer
from dirserver.store.writing import NewCard

if TYPE_CHECKING:
    from dirserver.directory.writing import Writing

# How a version came to be that was carried into a card, or taken over from another.
OPERATION = "carry"


@dataclass(frozen=True, slots=True)
class _Edit:
    """What became of a linked card: the versions before and after, and how."""

    key: str
    book_id: int
    before: StoredCard
    after: StoredCard
    operation: str


def follow(by: Writing, view: VisibleBook, new: Sequence[NewCard], operation: str) -> None:
    """Do what links ask for after the cards ``new`` of a book were stored."""
    back = {one.key: one.link_id for one in new if one.link_id is not None}
    if back:
        links.touch(by.connection, set(back.values()), by.at, back)
        note_books(by, {view.book.id})
    edited: dict[str, int] = {}
    for one in new:
        if one.replaces is not None and one.replaces.link_id is not None:
            after = cards.find(by.connection, view.book.id, one.href)
            if after is not None and after.card.etag != one.replaces.card.etag:
                edited[one.key] = one.replaces.link_id
                # All others have what is carried from where it came from.
                if operation != OPERATION:
                    edit = _Edit(one.key, view.book.id, one.replaces, after, operation)
                    _spread(by, edit, one.replaces.link_id)
    if edited and any(book.smart is not None for book in by.policy.books):
        # What a card says lets it go from a smart book, and another one is shown there instead.
        links.touch(by.connection, set(edited.values()), by.at, edited)


def note_books(by: Writing, books: Set[int] = frozenset()) -> None:
    """Let every process see that ``books`` have linked cards now, or that none has any more."""
    if not books <= by.policy.linked_books or not links.has_any(by.connection):
        settings.next_policy_epoch(by.connection)


def part(by: Writing, gone: Sequence[StoredCard]) -> None:
    """Do what links ask for after cards were taken out of their book."""
    linked = {one.card.key: one.link_id for one in gone if one.link_id is not None}
    if linked:
        links.touch(by.connection, set(linked.values()), by.at, linked)


def _spread(by: Writing, edit: _Edit, link_id: int) -> None:
    link = links.find(by.connection, link_id)
    if link is None:
        return
    bodies = history.bodies(by.connection, [edit.before.version_id, edit.after.version_id])
    before, after = bodies[edit.before.version_id], bodies[edit.after.version_id]
    views = {view.book.id: view for view in by.books(Privilege.WRITE)}
    for other in links.standing(by.connection, [link_id]):
        if other.key == edit.key:
            continue
        view = _open(by, views, link, edit, other)
        found = cards.find_with_body(by.connection, other.book_id, other.href)
        if found is None:
            continue
        stored, body = found
        if view is not None:
            made = carried(before, after, body, link.properties, by.plan).body
            if made == body or _carry(by, view, edit.key, stored, made):
                body = made
        _offer(by, link, edit, other.key, body)


def _open(
    by: Writing, views: dict[int, VisibleBook], link: Link, edit: _Edit, other: LinkedCard
) -> VisibleBook | None:
    """Return the book of the other card, kept for this writer, if it is to be carried there.

    What a client may have done by mistake is not done twice.
    """
    view = views.get(other.book_id)
    if link.mode is not LinkMode.CARRY or view is None or edit.operation == stops.BLANK:
        return None
    # It is kept as a rule, unless the cards were linked just now. To wait for it then would be out
    # of order.
    return view if writing.lock_if_free(by.connection, other.book_id) else None


def _carry(by: Writing, view: VisibleBook, source: str, stored: StoredCard, body: bytes) -> bool:
    """Store what was carried into a card; say whether its book could take it."""
    href = stored.card.href
    try:
        new = by.new_card(href, by.parsed(body), body, stored)
    except CardTooLarge:
        return False
    if erased_among(by, [new]) or _is_rejected(by, view, new):
        return False
    by.store(view, [new], OPERATION)
    batch = by.act(OPERATION).batch
    event = by.event(AuditAction.CARD_CARRY, label_of(view.book), href)
    # In a batch, they are only counted.
    said = f"from card {source}" if batch is None else "from linked cards"
    by.consequences.add(event, said, batch)
    return True


def _is_rejected(by: Writing, view: VisibleBook, new: NewCard) -> bool:
    rules = view.book.standards
    if rules is None:
        return False
    return bool(following.rejected(following.judged(by, rules, [new]), rules))


def _offer(by: Writing, link: Link, edit: _Edit, target: str, body: bytes) -> None:
    """Offer what became of a card since it last offered something that was taken or dismissed."""
    known = offers.find(by.connection, target, edit.key)
    before = edit.before.version_id if known is None else known.before_id
    after = edit.after.version_id
    bodies = history.bodies(by.connection, [before, after])
    made = carried(bodies[before], bodies[after], body, link.properties, by.plan)
    if made.changes:
        offers.put(by.connection, Offer(target, edit.key, before, after, by.at))
    elif known is not None:
        offers.drop(by.connection, target, edit.key)
