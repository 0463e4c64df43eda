"""Which groups name which UIDs, also such that no card has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import Connection, select

from dirserver.model.fields import Field
from dirserver.model.fold import forms
from dirserver.store.search.probes import IS_ORDERED
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value

_AT_ONCE = 5_000


def naming(connection: Connection, book_id: int, uids: Iterable[str]) -> dict[str, set[str]]:
    """Return by each of ``uids`` the names of the groups of the book that have it as a member."""
    found: dict[str, set[str]] = {}
    rest = iter(uids)
    while some := list(islice(rest, _AT_ONCE)):
        # As the index has them; see ``values``.
        spelled = {form: uid for uid in some for form in forms(uid) if is_storable(form)}
        statement = (
            select(card_value.c.value, card.c.href)
            .join(card, card.c.id == card_value.c.card_id)
            .where(
                card_value.c.field == str(Field.MEMBER),
                card_value.c.value.in_(spelled),
                card.c.addressbook_id == book_id,
                IS_ORDERED,
            )
        )
        for value, href in connection.execute(statement):
            found.setdefault(spelled[value], set()).add(href)
    return found
