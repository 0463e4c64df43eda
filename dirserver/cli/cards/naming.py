"""Which card is meant that is to be written to: by its key, its href, its UID, or a text in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.cli.acting import Acting
from dirserver.cli.cards.searching import query_for
from dirserver.cli.failure import Failed
from dirserver.directory import Reading, label_of
from dirserver.directory.past import history
from dirserver.model.addressbook import Card
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.query import KeyIs, Or

_MOST = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A card that was named, where it is, and whom it is of."""

    view: VisibleBook
    card: Card
    name: str

    @property
    def place(self) -> str:
        """Its book and its href."""
        return f"{label_of(self.view.book)}/{self.card.href}"


def writable(who: Acting, reading: Reading, name: str, action: AuditAction) -> Named:
    """Return the one card that is meant by ``name``, which may be an href with its book before it.

    Raises Failed when it is none, or several, or in a book that one may not write to; of that,
    the audit trail tells as ``action``.
    """
    views = reading.books(Privilege.READ)
    label, slash, href = name.rpartition("/")
    inside = [view for view in views if slash and label_of(view.book) == label]
    found = _found(reading, inside or views, href if inside else name)
    may = [one for one in found if one.view.access >= Privilege.WRITE]
    if found and not may:
        book, login = label_of(found[0].view.book), who.principal.login
        reading.refuse(action, book, found[0].card.href, f"no grant of write on {book}")
        raise Failed(f"{found[0].name} is in {book}, and {login} may not write there.")
    if not may:
        raise Failed(
            f"There is no card {name}. Name it by its UID, its key, its href (as "
            "customers/anna.vcf) or a part of the name."
        )
    if len(may) > 1:
        more = ["  and more"] if len(may) > _MOST else []
        lines = [f"  {one.card.key}  {one.name}, {one.place}" for one in may[:_MOST]]
        raise Failed(f"Several cards are {name}; name one by its key:", *lines, *more)
    return may[0]


def _found(reading: Reading, views: Sequence[VisibleBook], name: str) -> list[Named]:
    keys = history.named(reading, {view.book.id: view for view in views}, name)[:_MOST]
    found = reading.cards_found(Or(tuple(map(KeyIs, keys))), views) if keys else ()
    by_name = [_named(*one) for one in found]
    # What once had the name, or is gone, is not meant where something has it now.
    now = [one for one in by_name if name in (one.card.key, one.card.href, one.card.uid)]
    if now or not name.strip():
        return now
    searched = reading.cards_found(query_for(name), views, _MOST + 1)
    return [_named(*one) for one in searched] or by_name


def _named(view: VisibleBook, card: Card, body: bytes) -> Named:
    return Named(view, card, name_of(body) or card.key)
