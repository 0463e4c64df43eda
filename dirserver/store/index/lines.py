"""A line for each card with what people look for parts of: its names and mail addresses.

Of SQLite only, whose trigram index tells which cards may contain a part. To look at the values of
each in ``card_value`` took most of such a search; a line has them together. The lines are in the
order of the cards' names, and so is what the trigram index finds: of what a third of all cards
have, a screen shows the first, and the others are not looked at. A card has a line as long as the
trigram index has what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, text
from sqlalchemy.sql import column, table

from dirserver.model.fields import NAMES, Field
from dirserver.store.index.places import (
    ALIKE,
    group_of,
    ranges_of,
)
from dirserver.store.prepared import Prepared

FIELDS = tuple(sorted(map(str, NAMES | {Field.MAIL})))
SQLITE = (
    "CREATE TABLE card_line (place INTEGER NOT NULL PRIMARY KEY, card_id INTEGER NOT NULL,"
    " addressbook_id INTEGER NOT NULL, " + ", ".join(f"{name} TEXT" for name in FIELDS) + ")",
    "CREATE UNIQUE INDEX ix_card_line_card_id ON card_line (card_id)",
)

# A character that no card can hold is between two values.
_VALUES = ", ".join(
    f"(SELECT group_concat(value, char(31)) FROM card_value"  # noqa: S608 - names of ours
    f" WHERE card_id = card.id AND field = '{name}')"
    for name in FIELDS
)
_DUE = Prepared(
    text("SELECT id, sort_name, place FROM card JOIN trigram_due ON trigram_due.card_id = id")
)
# Behind the last that is taken, or else where one is free in between.
_FREE = Prepared(
    text(
        "SELECT CASE WHEN taken IS NULL THEN :first WHEN taken < :last THEN taken + 1 ELSE"
        " (SELECT min(place) + 1 FROM card_line AS one WHERE place BETWEEN :first AND :last - 1"
        " AND NOT EXISTS (SELECT 1 FROM card_line WHERE place = one.place + 1)) END FROM"
        " (SELECT max(place) AS taken FROM card_line WHERE place BETWEEN :first AND :last)"
    )
)
_FILL = Prepared(
    text(
        "INSERT INTO card_line SELECT :place, id, addressbook_id,"  # noqa: S608 - names of ours
        f" {_VALUES} FROM card WHERE id = :card"
    )
)

_names = ("place", "card_id", "addressbook_id", *FIELDS)
_line = table("card_line", *map(column, _names))

# The match of what is in no card.
NOWHERE = '""'


def fill(connection: Connection) -> None:
    """Write the lines of the cards that the trigram index is behind with.

    A card stays at its place as long as it has the name.
    """
    kept, new = [], []
    for card_id, name, place in _DUE.rows(connection):
        group = group_of(name)
        if place is not None and group <= place <= group | ALIKE:
            kept.append({"card": card_id, "place": place})
        else:
            new.append((card_id, group))
    _FILL.each(connection, kept)
    for card_id, group in new:
        _FILL.run(connection, card=card_id, place=_free(connection, group))


def _free(connection: Connection, group: int) -> int | None:
    """Return a place for one more card, of which a group has half a million."""
    for first, last in ranges_of(group):
        found = _FREE.row(connection, first=first, last=last)
        if found is not None and found[0] is not None:
            return int(found[0])
    return None


def cards_at(places: Select[tuple[int]]) -> Select[tuple[int]]:
    """Return the SELECT of the cards whose lines are at ``places``."""
    return select(_line.c.card_id).where(_line.c.place.in_(places))


def containing(
    places: Select[tuple[int]],
    books: Sequence[int],
    names: Iterable[str],
    part: ColumnElement[str],
) -> Select[int]:
    """Return the SELECT of the cards in ``books`` that have ``part`` in one of the fields.

    Their lines are at ``places``.
    """
    at = places.subquery()
    # The sum keeps SQLite from asking the index about the place of each line.
    lines = select(_line.c.card_id).join_from(at, _line, _line.c.place == at.c.rowid + 0)
    return lines.where(
        _line.c.addressbook_id.in_(books),
        or_(*(func.instr(_line.c[name], part) > 0 for name in names)),
    )
