"""The trigram index over ``card_value``: what makes "contains" as fast as "begins with".

The one thing that has no common SQL. PostgreSQL has the extension pg_trgm, whose index has every
value and follows by itself.

SQLite has the FTS5 tokenizer ``trigram``, whose index has a row for each card, with all that it
says. To write it costs nearly the same for sixty cards as for one. So it is noted which cards it
is behind with, and what it still has of these, and it is brought up to date for many at a time; a
search looks at those cards by themselves. Triggers note cards that come and go, and ``follow``
those of which something is about to change: a trigger for each value would take longer than
what it is about. What it names is only where to look, either way: the
values themselves tell whether they contain what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.sql import column, table

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
_SAID = (
    "SELECT coalesce(char(31, 31) || group_concat(value, char(31, 31)) || char(31, 31), '') FROM "
    "(SELECT value FROM card_value WHERE card_id = {card} ORDER BY field, value)"
)
_FOLLOWING = (
    "CREATE TRIGGER {name} {event} ON card "
    "WHEN {when}NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = {card}) BEGIN "
    "INSERT INTO trigram_due (card_id, indexed) VALUES ({card}, ({said})); "
    "DELETE FROM card_line WHERE card_id = {card}; END"
)
_WHEN_RENAMED = "old.sort_name <> new.sort_name AND "
# Values are folded already. Nobody asks how long they are, nor where in them a trigram is.
SQLITE = (
    "CREATE VIRTUAL TABLE card_trigram USING fts5("
    "said, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE card_trigram_term USING fts5vocab(card_trigram, row)",
    "CREATE TABLE trigram_due (card_id INTEGER NOT NULL PRIMARY KEY, indexed TEXT NOT NULL)",
    lines.SQLITE,
    *(
        _FOLLOWING.format(
            name=name, event=event, when=when, card=card, said=_SAID.format(card=card)
        )
        for name, event, when, card in (
            ("card_created", "AFTER INSERT", "", "new.id"),
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
# In the order of the cards, each first out and then in: else the index would write itself out in
# between. https://sqlite.org/fts5.html section 6.3 tells what the first column is for.
_SETTLE = Prepared(
    text(
        "INSERT INTO card_trigram (card_trigram, rowid, said)"  # noqa: S608 - names of ours
        " SELECT 'delete' AS act, card_id AS card, indexed FROM trigram_due WHERE indexed <> ''"
        f" UNION ALL SELECT NULL, card_id, ({_SAID.format(card='due.card_id')})"
        " FROM trigram_due AS due"
        " WHERE EXISTS (SELECT 1 FROM card_value WHERE card_id = due.card_id)"
        " ORDER BY card, act DESC"
    )
)
_SETTLED = Prepared(text("DELETE FROM trigram_due"))
_CHANGING = "SELECT value FROM json_each(:cards)"
_FOLLOW = Prepared(
    text(
        f"INSERT INTO trigram_due (card_id, indexed) SELECT id, ({_SAID.format(card='card.id')})"  # noqa: S608 - names of ours
        f" FROM card WHERE id IN ({_CHANGING}) AND id NOT IN (SELECT card_id FROM trigram_due)"
    )
)
_NO_LINES = Prepared(text(f"DELETE FROM card_line WHERE card_id IN ({_CHANGING})"))  # noqa: S608 - names of ours

# https://sqlite.org/fts5.html section 6.8; a negative number begins to merge whatever there is.
_COMMAND = "INSERT INTO card_trigram (card_trigram, rank) VALUES ({})"
_PAGES = -500
_LEAST_CHANGES = 2
_MOST_TRIGRAMS = 12

_trigram = table("card_trigram", column("rowid"))
_term = table("card_trigram_term", column("term"))
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
        _SETTLE.run(connection)
        lines.FILL.run(connection)
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
        connection.execute(text(_COMMAND.format("'optimize', NULL")))
        return False
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.execute(text(_COMMAND.format(f"'merge', {_PAGES}")))
    after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return bool(after - before >= _LEAST_CHANGES)


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
    """Yield what ``contains_short`` binds, to find the values that contain ``part``."""
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


def _trigrams(part: str) -> str:
    """Return the match of what has the trigrams of ``part``; some of a long one are enough."""
    last = len(part) - SHORTEST
    starts = [*range(0, last, 2 if last > SHORTEST else 1), last][:_MOST_TRIGRAMS]
    found = [part[start : start + SHORTEST].replace('"', '""') for start in starts]
    return " AND ".join([f'"{one}"' for one in found])


def contains(
    value: ColumnElement[str],
    card_id: ColumnElement[int],
    bound: Iterator[ColumnElement[str]],
    dialect: Dialect,
) -> list[ColumnElement[bool]]:
    """Return the conditions that a value contains a part, with what was ``asked`` as ``bound``."""
    if dialect.name == "sqlite":
        return [card_id.in_(cards(next(bound))), func.instr(value, next(bound)) > 0]
    return [value.like(next(bound), escape="\\")]


def contains_short(
    value: ColumnElement[str],
    card_id: ColumnElement[int],
    bound: Iterator[ColumnElement[str]],
    dialect: Dialect,
) -> list[ColumnElement[bool]]:
    """Return the conditions that a value contains a part which is too short for a trigram."""
    if dialect.name == "sqlite":
        match = beginning_with(next(bound), next(bound))
        return [card_id.in_(cards(match)), func.instr(value, next(bound)) > 0]
    return [value.like(next(bound), escape="\\")]


def beginning_with(first: ColumnElement[str], behind: ColumnElement[str]) -> ColumnElement[str]:
    """Return the match of what has a trigram from ``first`` on and before ``behind``."""
    quoted = literal('"') + func.replace(_term.c.term, '"', '""') + literal('"')
    terms = select(func.group_concat(quoted, " OR ", type_=String)).where(
        _term.c.term >= first, _term.c.term < behind
    )
    # Which is in no card.
    return func.coalesce(terms.scalar_subquery(), '""')


def cards(match: ColumnElement[str]) -> Select[tuple[int]]:
    """Return the SELECT of the cards that ``match`` finds, and of those that are due."""
    return select(union_all(indexed(match), due()).subquery().c.rowid)


def indexed(match: ColumnElement[str]) -> Select[tuple[int]]:
    """Return the SELECT of the cards that ``match`` finds; some may be due."""
    # The table's own name stands for all of its columns (https://sqlite.org/fts5.html section 3).
    whole = literal_column(_trigram.name, String)
    return select(_trigram.c.rowid).where(whole.op("MATCH", is_comparison=True)(match))


def due() -> Select[tuple[int]]:
    """Return the SELECT of the cards that the index is behind with."""
    return select(_due.c.card_id)
