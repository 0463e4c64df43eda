"""What comes of a source is not for others to change: how what they write is put right.

A PUT that changes what a source owns is taken and answered as any other, and the source's values
are put back at once, in a version of their own, which the client gets with its next sync. A
refusal would take with it what the person may well have added, and programs write a photo or a
number anew whatever was changed: nothing could be saved any more. Clients also bear it badly:
some stop their sync, others send the card again for ever. What cannot be put back without loss is
refused: that the card goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dirserver.directory.standards import following
from dirserver.errors import OwnedBySource
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.history.following import follow
from dirserver.model.policy import VisibleBook
from dirserver.model.source import OPERATION, Source, Sources
from dirserver.model.standards.rules import REPAIR
from dirserver.store import bodies, cards, sourced, writing
from dirserver.store.writing import NewCard

if TYPE_CHECKING:
    from dirserver.directory.writing import Writing


def followed(sources: Sources, view: VisibleBook) -> Source | None:
    """Return which of ``sources`` a book follows, if it follows one."""
    return None if view.book.owner else sources.get(view.book.slug)


def keeper(by: Writing, view: VisibleBook) -> Source | None:
    """Return the source that has its own way with the cards of a book, if there is one."""
    source = followed(by.sources, view)
    return None if source is None or source.writable else source


def put_back(by: Writing, view: VisibleBook, new: Sequence[NewCard], operation: str) -> None:
    """Put back what the source of a book owns of the cards that were stored just now.

    What comes of the source itself stays, and so does what only is as it was once.
    Raises ErasedPerson where that would tell of one.
    """
    source = None if operation == OPERATION else keeper(by, view)
    ids = {one.href: one.replaces.id for one in new if one.replaces is not None}
    said = sourced.said(by.connection, source.name, list(ids.values())) if source else {}
    hrefs = [href for href, card_id in ids.items() if card_id in said]
    if source is None or not hrefs:
        return
    again: list[NewCard] = []
    names: list[str] = []
    stored = cards.find_many(by.connection, view.book.id, "href", hrefs)
    for card, body in list(bodies.with_cards(by.connection, view.book.id, hrefs)):
        says = said[ids[card.href]].body
        followed = follow(says, says, body, source.owns)
        if followed.changed:
            there = stored[card.href]
            parsed = by.parsed(followed.body)
            again.append(by.new_card(card.href, parsed, followed.body, there))
            names.append(", ".join(followed.changed))
    if not again:
        return
    by.require_unerased(view, again)
    act = replace(by.act(REPAIR), actor=source.actor, device="")
    writing.store_cards(by.connection, view.book.id, again, act)
    if view.book.standards is not None:
        # What they were judged by is not there any more.
        judged = following.judged(by, view.book.standards, again)
        following.follow(by, view, judged, repairs=False)
    for one, changed in zip(again, names, strict=True):
        event = by.event(AuditAction.CARD_REPAIR, label_of(view.book), one.href)
        event = replace(event, actor=source.actor, device="")
        by.consequences.add(event, f"put back {changed}", by.act(REPAIR).batch)


def require_free(by: Writing, view: VisibleBook, action: AuditAction, href: str) -> None:
    """Raise OwnedBySource, and tell the audit trail, if a card is a source's and is to go."""
    source = keeper(by, view)
    if source is None or action not in (AuditAction.CARD_DELETE, AuditAction.CARD_MOVE):
        return
    stored = cards.find(by.connection, view.book.id, href)
    if stored is not None and sourced.said(by.connection, source.name, [stored.id]):
        error = OwnedBySource(source.name)
        by.refuse(action, view.book.slug, href, str(error))
        raise error
