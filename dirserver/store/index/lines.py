"""A line for each card with what people look for parts of: its names and mail addresses.

Of SQLite only, whose trigram index tells which cards may contain a part. To look at the values of
each in ``card_value`` took most of such a search; a line has them together, and the name and the
key that the card is sorted by, so that the card itself is read only when it is shown. A card has a
line as long as the trigram index has what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.sql import column, table

from dirserver.model.fields import NAMES, Field
from dirserver.store.prepared import Prepared

FIELDS = tuple(sorted(map(str, NAMES | {Field.MAIL})))
SQLITE = (
    "CREATE TABLE card_line (card_id INTEGER NOT NULL PRIMARY KEY,"
    " addressbook_id INTEGER NOT NULL, sort_name TEXT NOT NULL, key TEXT NOT NULL, "
    + ", ".join(f"{name} TEXT" for name in FIELDS)
    + ")"
)

# A character that no card can hold is between two values.
_VALUES = ", ".join(
    f"(SELECT group_concat(value, char(31)) FROM card_value"  # noqa: S608 - names of ours
    f" WHERE card_id = card.id AND field = '{name}')"
    for name in FIELDS
)
FILL = Prepared(
    text(
        f"INSERT INTO card_line SELECT id, addressbook_id, sort_name, key, {_VALUES} FROM card"  # noqa: S608 - names of ours
        " WHERE id IN (SELECT card_id FROM trigram_due)"
    )
)

_names = ("card_id", "addressbook_id", "sort_name", "key", *FIELDS)
_line = table("card_line", *(column(name) for name in _names))


def containing(
    cards: Select[tuple[int]],
    books: Sequence[int],
    names: Iterable[str],
    part: ColumnElement[str],
    first: int | None,
) -> Select[int]:
    """Return the SELECT of those of ``cards`` in ``books`` that have ``part`` in one of the fields.

    Where there is a ``first``, more than so many may be left out, which come by name behind those
    that are found.
    """
    named = cards.subquery()
    # The sum keeps SQLite from asking the index about the card of each line.
    found = (
        select(_line.c.card_id)
        .join_from(named, _line, _line.c.card_id == named.c.rowid + 0)
        .where(
            _line.c.addressbook_id.in_(books),
            or_(*(func.instr(_line.c[name], part) > 0 for name in names)),
        )
    )
    if not first:
        return found
    ordered = found.order_by(_line.c.sort_name, _line.c.key).limit(first)
    # As a part of a UNION, it would have neither an order nor a limit of its own.
    return select(ordered.subquery().c.card_id)
