"""What searches by name look at of cards, on SQLite: read once at each moment."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, text

from dirserver.model.fields import PHONES
from dirserver.store.index import lines
from dirserver.store.index.places import ALIKE, ALIKE_IN_CROWD, CROWD
from dirserver.store.moment import Known, Line, Moment, Said, keep, place_of
from dirserver.store.prepared import Found, Prepared, listed

# The kinds of numbers that the search index has, in the order in which they are known of a card.
NUMBERS = tuple(sorted(map(str, PHONES)))

# So many are read at once.
_AT_ONCE = 500
# More with nearly the same name are not put in order outside of the database.
MOST_ALIKE = 4000
# What a card says at more length is not known, but read each time.
_LONGEST = 2000

_AMONG = "(SELECT value FROM json_each(:{name}))"
_CARDS = Prepared(
    text(
        "SELECT sort_name, key, id, addressbook_id, revision, uid, link_id FROM card"  # noqa: S608 - names of ours
        f" WHERE id IN {_AMONG.format(name='cards')}"
    )
)
_TEXTS = ", ".join(f"coalesce({name}, '')" for name in lines.FIELDS)
_LINES = Prepared(
    text(
        f"SELECT place, card_id, addressbook_id, {_TEXTS} FROM card_line"  # noqa: S608 - names of ours
        f" WHERE place IN {_AMONG.format(name='places')}"
    )
)
_VALUES = "SELECT card_id, field, group_concat(value, char(31)) FROM card_value WHERE card_id IN "
_NUMBERS = Prepared(
    text(f"{_VALUES}{_AMONG.format(name='cards')} AND field IN {NUMBERS} GROUP BY card_id, field")
)
_DUE = "(SELECT card_id FROM trigram_due)"
_BEHIND = Prepared(text(f"SELECT id, addressbook_id FROM card WHERE id IN {_DUE}"))  # noqa: S608 - names of ours
_SAID_BEHIND = Prepared(
    text(f"{_VALUES}{_DUE} AND field IN {(*lines.FIELDS, *NUMBERS)} GROUP BY card_id, field")
)
_CROWD = Prepared(
    text("SELECT EXISTS (SELECT 1 FROM card_line WHERE place > :last - :crowd AND place <= :last)")
)
_NAMED = Prepared(
    text(
        # In this order, or else SQLite may begin with all cards.
        "SELECT place, card_id, card.sort_name, card.key FROM card_line"
        " CROSS JOIN card ON card.id = card_id WHERE place BETWEEN :first AND :last LIMIT :most"
    )
)


def cards(connection: Connection, moment: Moment, wanted: Collection[int]) -> list[Known]:
    """Return the cards with the ids that are ``wanted``, in any order."""
    known = moment.cards
    there = [*map(known.get, wanted)]
    if all(there):
        return cast("list[Known]", there)
    found = [one for one in there if one is not None]
    missing = [one for one in wanted if one not in known]
    for some in _in_turn(missing):
        rows = _CARDS.rows(connection, cards=listed(some))
        more: dict[int, Known] = {
            id_: (place_of(name, key), (book, key, None, revision, id_), uid, link)
            for name, key, id_, book, revision, uid, link in rows
        }
        keep(known, more)
        found += more.values()
    return found


def at(connection: Connection, moment: Moment, places: Sequence[int]) -> Mapping[int, Line | None]:
    """Return the lines at ``places`` of the trigram index, where there is one."""
    known = moment.lines
    missing = [place for place in places if place not in known]
    if not missing:
        return known
    there = {place: known[place] for place in places if place in known}
    more: dict[int, Line | None] = dict.fromkeys(missing)
    for place, card, book, *texts in _LINES.rows(connection, places=listed(missing)):
        more[place] = card, book, tuple(texts)
    keep(known, {one: line for one, line in more.items() if line is None or _is_short(line[2])})
    return there | more


def numbers(
    connection: Connection, moment: Moment, there: Iterable[Line | None]
) -> Mapping[int, Said]:
    """Return the numbers of the cards whose lines are ``there``, by their ids."""
    known = moment.numbers
    wanted = [line[0] for line in there if line is not None]
    found = {one: known[one] for one in wanted if one in known}
    if len(found) < len(wanted):
        missing = [one for one in wanted if one not in found]
        said = _by_card(_NUMBERS.rows(connection, cards=listed(missing)))
        more = {one: _in_order(said.get(one), NUMBERS) for one in missing}
        keep(known, {one: said for one, said in more.items() if _is_short(said)})
        found |= more
    return found


def behind(connection: Connection, moment: Moment) -> list[tuple[Line, Said]]:
    """Return the lines of cards that the trigram index is behind with, and their numbers."""
    if moment.behind is None:
        rows = _BEHIND.rows(connection)
        said = _by_card(_SAID_BEHIND.rows(connection)) if rows else {}
        moment.behind = [
            ((id_, book, _in_order(said.get(id_), lines.FIELDS)), _in_order(said.get(id_), NUMBERS))
            for id_, book in rows
        ]
    return moment.behind


def alike(connection: Connection, moment: Moment, place: int) -> tuple[int, int]:
    """Return the first and the last place of cards whose names are like that of the one at this.

    Those before come before it by name, and those behind it come behind.
    """
    last = place | ALIKE_IN_CROWD
    is_crowded = moment.crowds.get(last)
    if is_crowded is None:
        found = _CROWD.row(connection, last=last, crowd=CROWD)
        is_crowded = found is not None and bool(found[0])
        keep(moment.crowds, {last: is_crowded})
    ones = ALIKE_IN_CROWD if is_crowded else ALIKE
    return place & ~ones, place | ones


def in_order(connection: Connection, moment: Moment, first: int, last: int) -> Sequence[int] | None:
    """Return the places from the ``first`` to the ``last`` in the order of the cards there.

    None where these are some thousands.
    """
    order = _order(connection, moment, first, last)
    return None if order is None else order[0]


def cards_in_order(connection: Connection, moment: Moment, place: int) -> Sequence[int] | None:
    """Return the ids of all cards whose names are like that of one at ``place``, in their order.

    Those that the trigram index is behind with are not among them. None as ``in_order`` does.
    """
    order = _order(connection, moment, *alike(connection, moment, place))
    return None if order is None else order[1]


def _order(
    connection: Connection, moment: Moment, first: int, last: int
) -> tuple[array[int], array[int]] | None:
    order = moment.orders.get(first)
    if order is None:
        rows = _NAMED.rows(connection, first=first, last=last, most=MOST_ALIKE + 1)
        if len(rows) > MOST_ALIKE:
            return None
        named = sorted((place_of(name, key), place, card) for place, card, name, key in rows)
        order = array("q", [one[1] for one in named]), array("q", [one[2] for one in named])
        keep(moment.orders, {first: order})
    return order


def _in_turn(wanted: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield a few at a time: what is read is known, even if there is no time for the next."""
    for begin in range(0, len(wanted), _AT_ONCE):
        yield wanted[begin : begin + _AT_ONCE]


def _by_card(rows: Iterable[Found]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for card, field, values in rows:
        found.setdefault(card, {})[field] = values
    return found


def _is_short(said: Said) -> bool:
    return sum(map(len, said)) <= _LONGEST


def _in_order(said: Mapping[str, str] | None, fields: Sequence[str]) -> Said:
    return tuple([said.get(one, "") for one in fields]) if said else ("",) * len(fields)
