"""The trigram index over ``card_value``: what makes "contains" as fast as "begins with".

The one thing that has no common SQL. PostgreSQL has the extension pg_trgm, whose index has every
value and follows by itself.

SQLite has the FTS5 tokenizer ``trigram``, whose index has a row for each card. There are three: of
names, mail addresses and numbers, which are asked for all day long, of organisations, which half of
all cards may have in common, and of all else that cards say, where a part that is rare in names may
be in every note. To write them costs nearly the same for sixty cards as for one. So it is noted
which cards they are behind with, and what they still have of these, and they are brought up to date
for many at a time; a search looks at those cards by themselves. Triggers note cards that come and
go, and ``follow`` those of which something is about to change: a trigger for each value would take
longer than what it is about. What an index names is only where to look, either way: the
values themselves tell whether they contain what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.sql import column, table

from dirserver.model.fields import PHONES, Field
from dirserver.store.index import lines
from dirserver.store.prepared import Prepared, listed

# Shorter parts have no trigram; they are found by looking at the values themselves, or, when they
# are rare, by all trigrams that begin with them.
SHORTEST = 3
# Sorts after every character, so that it ends the range of values with a given beginning.
LAST = "\U0010ffff"

# Two characters that no card can hold are between two values, so that no trigram is of both, and
# around them all: the least beginning or end of a value is in a trigram.
_BETWEEN = "\x1f\x1f"
_NAMES, _FIRMS, _OTHERS = INDEXES = (
    "card_trigram",
    "card_trigram_organisation",
    "card_trigram_other",
)
# The fields of each index but the last, which has all others.
_ORGANISATION = str(Field.ORGANISATION)
_FIELDS = {
    _NAMES: tuple(sorted({*lines.FIELDS, *map(str, PHONES)} - {_ORGANISATION})),
    _FIRMS: (_ORGANISATION,),
}
_INDEX_OF = {field: index for index, fields in _FIELDS.items() for field in fields}
# What each calls its text where it is behind, and how its values are told. The sign keeps SQLite
# from looking up one field after the other.
_KINDS = {
    _NAMES: ("named", f"+field IN {_FIELDS[_NAMES]}"),
    _FIRMS: ("organisation", f"+field = '{_ORGANISATION}'"),
    _OTHERS: ("other", f"NOT +field IN {tuple(sorted(_INDEX_OF))}"),
}
_COLUMNS = ", ".join(column for column, _ in _KINDS.values())
_ALL_SAID = "coalesce(char(31, 31) || group_concat(value, char(31, 31)){} || char(31, 31), '')"
_SAID = ", ".join(_ALL_SAID.format(f" FILTER (WHERE {kind})") for _, kind in _KINDS.values())
_NOTED = (
    "CREATE TRIGGER {name} {event} ON card "
    "WHEN {when}NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = {card}) BEGIN "
)
# Of a card that comes, the index has nothing.
_CREATED = (
    _NOTED  # noqa: S608 - names of ours
    + "INSERT INTO trigram_due (card_id, {columns}) VALUES (new.id, '', '', ''); END"
).format(name="card_created", event="AFTER INSERT", when="", card="new.id", columns=_COLUMNS)
_FOLLOWING = (
    _NOTED  # noqa: S608 - names of ours
    + "INSERT INTO trigram_due (card_id, place, {columns}) "
    "SELECT {card}, (SELECT place FROM card_line WHERE card_id = {card}), {said} "
    "FROM card_value WHERE card_id = {card}; "
    "DELETE FROM card_line WHERE card_id = {card}; END"
)
_WHEN_RENAMED = "old.sort_name <> new.sort_name AND "
# Values are folded already. Nobody asks how long they are, nor where in them a trigram is.
SQLITE = (
    *(
        made
        for index in _KINDS
        for made in (
            f"CREATE VIRTUAL TABLE {index} USING fts5("
            "said, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
            f"CREATE VIRTUAL TABLE {index}_term USING fts5vocab({index}, row)",
        )
    ),
    "CREATE TABLE trigram_due (card_id INTEGER NOT NULL PRIMARY KEY, place INTEGER, "
    + ", ".join(f"{column} TEXT NOT NULL" for column, _ in _KINDS.values())
    + ")",
    *lines.SQLITE,
    _CREATED,
    *(
        _FOLLOWING.format(
            name=name, event=event, when=when, card=card, columns=_COLUMNS, said=_SAID
        )
        for name, event, when, card in (
            ("card_removed", "BEFORE DELETE", "", "old.id"),
            ("card_renamed", "BEFORE UPDATE OF sort_name", _WHEN_RENAMED, "new.id"),
        )
    ),
)
POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_card_value_trigram ON card_value USING gin (value gin_trgm_ops)",
)

# The fewer, the less a search has to look at by itself; the more, the less a write costs.
MOST_DUE = 64
# How many cards the index is behind with, on SQLite.
DUE = Prepared(text("SELECT count(*) FROM trigram_due"))
# Where an index has a card, and where it is to have it.
_AT_PLACES = "due.place", "(SELECT place FROM card_line WHERE card_id = due.card_id)"
_AT_CARDS = "due.card_id", "due.card_id"
# In the order of the index, each first out and then in: else it would write itself out in between.
# https://sqlite.org/fts5.html section 6.3 tells what the first column is for.
_SETTLE = [
    Prepared(
        text(
            f"WITH now AS (SELECT {was_at} AS was_at, {is_at} AS is_at, due.{column} AS was,"  # noqa: S608 - names of ours
            f" {_ALL_SAID.format('')} AS is_said FROM trigram_due AS due"
            f" LEFT JOIN card_value ON card_value.card_id = due.card_id AND {is_of_kind}"
            " GROUP BY due.card_id)"
            f" INSERT INTO {index} ({index}, rowid, said)"
            " SELECT 'delete' AS act, was_at AS at, was FROM now"
            " WHERE was <> '' AND (was, was_at) IS NOT (is_said, is_at)"
            " UNION ALL SELECT NULL, is_at, is_said FROM now"
            " WHERE is_said <> '' AND (was, was_at) IS NOT (is_said, is_at)"
            " ORDER BY at, act DESC"
        )
    )
    for index, (column, is_of_kind) in _KINDS.items()
    for was_at, is_at in (_AT_PLACES if index in _FIELDS else _AT_CARDS,)
]
_SETTLED = Prepared(text("DELETE FROM trigram_due"))
_CHANGING = "SELECT value FROM json_each(:cards)"
_FOLLOW = Prepared(
    text(
        f"INSERT INTO trigram_due (card_id, place, {_COLUMNS})"  # noqa: S608 - names of ours
        f" SELECT id, (SELECT place FROM card_line WHERE card_line.card_id = id), {_SAID}"
        " FROM card LEFT JOIN card_value ON card_id = id"
        f" WHERE id IN ({_CHANGING}) AND id NOT IN (SELECT card_id FROM trigram_due) GROUP BY id"
    )
)
_NO_LINES = Prepared(text(f"DELETE FROM card_line WHERE card_id IN ({_CHANGING})"))  # noqa: S608 - names of ours

# https://sqlite.org/fts5.html section 6.8; a negative number begins to merge whatever there is.
_COMMAND = "INSERT INTO {index} ({index}, rank) VALUES ({command}, {pages})"
# Bring the whole index into order.
OPTIMIZE = tuple(_COMMAND.format(index=one, command="'optimize'", pages="NULL") for one in _KINDS)
_PAGES = -500
_LEAST_CHANGES = 2
_MOST_TRIGRAMS = 12
_LAST_DIGITS = 7

# Where each index that is in the order of names has a match, in that order.
PLACES = {
    index: Prepared(text(f"SELECT rowid FROM {index} WHERE {index} MATCH :match ORDER BY rowid"))  # noqa: S608 - names of ours
    for index in _FIELDS
}

_due = table("trigram_due", column("card_id"))


def create(connection: Connection) -> None:
    """Create the index for the engine that ``connection`` leads to."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.execute(text(statement))


def follow(connection: Connection, card_ids: Iterable[int]) -> None:
    """Note that the index will be behind with cards that are there, before anything changes."""
    if connection.dialect.name == "sqlite":
        cards = listed(card_ids)
        _FOLLOW.run(connection, cards=cards)
        _NO_LINES.run(connection, cards=cards)


def settle(connection: Connection, *, least: int = 1) -> None:
    """Bring the index up to date if it is behind with ``least`` cards."""
    if connection.dialect.name != "sqlite":
        return
    due = DUE.row(connection)
    if due is not None and due[0] >= least:
        lines.fill(connection)
        for one in _SETTLE:
            one.run(connection)
        _SETTLED.run(connection)


def tidy(connection: Connection, *, wholly: bool = False) -> bool:
    """Bring the index into better order, a little or ``wholly``; say whether more is to be done.

    SQLite keeps what was written together in a part of its own, and a search looks into each.
    PostgreSQL sees to its index by itself.
    """
    if connection.dialect.name != "sqlite":
        return False
    settle(connection)
    if wholly:
        for optimize in OPTIMIZE:
            connection.exec_driver_sql(optimize)
        return False
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    for index in _KINDS:
        merge = _COMMAND.format(index=index, command="'merge'", pages=_PAGES)
        connection.exec_driver_sql(merge)
    after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return bool(after - before >= _LEAST_CHANGES * len(_KINDS))


def asked(part: str, dialect: Dialect) -> Iterator[str]:
    """Yield what ``contains`` binds, to find the values that contain ``part``.

    It has at least ``SHORTEST`` characters.
    """
    if dialect.name == "sqlite":
        yield _trigrams(part)
        yield part
    else:
        escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        yield f"%{escaped}%"


def asked_short(part: str, dialect: Dialect) -> Iterator[str]:
    """Yield what ``contains`` binds for a part that is too short for a trigram."""
    if dialect.name == "sqlite":
        yield part
        yield part + LAST
    yield from list(asked(part, dialect))[-1:]


def among(values: Sequence[str]) -> str:
    """Return the match of the cards that may have one of ``values``, on SQLite."""
    return " OR ".join(
        f"({_trigrams(one if len(one) >= SHORTEST else f'{_BETWEEN}{one}{_BETWEEN}')})"
        for one in values
    )


def beginning(part: str) -> str:
    """Return the match of the cards that may have a value that begins so, on SQLite."""
    return _trigrams(part if len(part) >= SHORTEST else f"{_BETWEEN}{part}")


# Names and numbers are mostly asked for the same.
@lru_cache(maxsize=64)
def _trigrams(part: str) -> str:
    """Return the match of what has the trigrams of ``part``; some of a long one are enough."""
    telling = _telling(part)
    last = len(telling) - SHORTEST
    starts = [*range(0, last, 2 if last > SHORTEST else 1), last][:_MOST_TRIGRAMS]
    found = dict.fromkeys(telling[start : start + SHORTEST].replace('"', '""') for start in starts)
    return " AND ".join([f'"{one}"' for one in found])


def _telling(part: str) -> str:
    """Return what of ``part`` tells cards apart: what many have takes long to go through.

    Most mail addresses are at a few hosts, most numbers of a country and an area, and what is
    numbered begins alike.
    """
    found = part.partition("@")[0] if part.find("@") >= SHORTEST else part
    if found.isdecimal():
        return found[-_LAST_DIGITS:]
    first = next((at for at, one in enumerate(found) if one.isdecimal()), 0)
    return found[max(0, min(first - SHORTEST + 1, len(found) - SHORTEST)) :]


def contains(
    value: ColumnElement[str],
    card_id: ColumnElement[int],
    fields: Sequence[str],
    bound: Iterator[ColumnElement[str]],
    dialect: Dialect,
    *,
    is_short: bool,
) -> list[ColumnElement[bool]]:
    """Return the conditions that a value of one of ``fields`` contains a part.

    ``bound`` is what was ``asked``, or where it ``is_short`` ``asked_short``.
    """
    if dialect.name == "sqlite":
        match = list(islice(bound, 2 if is_short else 1))
        return [card_id.in_(cards(fields, *match)), func.instr(value, next(bound)) > 0]
    return [value.like(next(bound), escape="\\")]


def cards(fields: Sequence[str], *match: ColumnElement[str]) -> Select[tuple[int]]:
    """Return the SELECT of the cards that ``match`` finds in ``fields``, and of those due.

    Of two it is a range: a trigram from the first on and before the second.
    """
    found = []
    for index in dict.fromkeys(index_of(name) for name in fields):
        rows = _found(index, _wanted(index, *match))
        found.append(lines.cards_at(rows) if index in _FIELDS else rows)
    return select(union_all(*found, due()).subquery().c[0])


def index_of(field: str) -> str:
    """Return which of the ``INDEXES`` has what cards say in ``field``."""
    return _INDEX_OF.get(field, _OTHERS)


def in_lines(
    fields: Sequence[str],
    books: Sequence[int],
    match: Sequence[ColumnElement[str]],
    part: ColumnElement[str],
) -> Select[int]:
    """Return what ``lines.containing`` does of the cards that ``match`` finds in one index."""
    index = index_of(fields[0])
    return lines.containing(_found(index, _wanted(index, *match)), books, fields, part)


def _wanted(index: str, *match: ColumnElement[str]) -> ColumnElement[str]:
    return match[0] if len(match) == 1 else _in_range(index, *match)


def _found(index: str, wanted: ColumnElement[str]) -> Select[tuple[int]]:
    # The table's own name stands for all of its columns (https://sqlite.org/fts5.html section 3).
    whole = literal_column(index, String)
    found = table(index, column("rowid", Integer))
    return select(found.c.rowid).where(whole.op("MATCH", is_comparison=True)(wanted))


def match_between(connection: Connection, index: str, first: str, behind: str) -> str:
    """Return the match of all trigrams from the ``first`` on and before the one ``behind``."""
    found = _BETWEEN_TERMS[index].row(connection, first=first, behind=behind)
    return lines.NOWHERE if found is None else str(found[0])


def _in_range(
    index: str, first: ColumnElement[str], behind: ColumnElement[str]
) -> ColumnElement[str]:
    term = table(f"{index}_term", column("term", String)).c.term
    quoted = literal('"') + func.replace(term, '"', '""') + literal('"')
    terms = select(func.group_concat(quoted, " OR ", type_=String)).where(
        term >= first, term < behind
    )
    return func.coalesce(terms.scalar_subquery(), lines.NOWHERE)


_ENDS = ("first", "behind")
_BETWEEN_TERMS = {
    index: Prepared(select(_in_range(index, *[bindparam(one, "", String) for one in _ENDS])))
    for index in _FIELDS
}


def due() -> Select[tuple[int]]:
    """Return the SELECT of the cards that the index is behind with."""
    return select(_due.c.card_id)
