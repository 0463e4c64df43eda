"""What users have set for themselves on books."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from dirserver.store.prepared import Prepared
from dirserver.store.tables import book_property, home_property

_OF_USER = Prepared(
    select(book_property.c.addressbook_id, book_property.c.name, book_property.c.value).where(
        book_property.c.login == bindparam("login")
    )
)
_COUNT = select(func.count()).where(book_property.c.login == bindparam("login"))
_FORGET = delete(book_property).where(
    book_property.c.login == bindparam("whose"),
    book_property.c.addressbook_id == bindparam("book_id"),
    book_property.c.name == bindparam("called"),
)
# Programs set a name and a colour there.
MOST_OF_A_HOME = 50


def of_user(connection: Connection, login: str) -> dict[int, dict[str, str]]:
    """Return the properties that ``login`` has set, by the id of the book and their names."""
    found: dict[int, dict[str, str]] = {}
    for book_id, name, value in _OF_USER.rows(connection, login=login):
        found.setdefault(book_id, {})[name] = value
    return found


def count(connection: Connection, login: str) -> int:
    """Return how many properties ``login`` has set."""
    return connection.scalar(_COUNT, {"login": login}) or 0


def change(
    connection: Connection, login: str, book_id: int, changes: Mapping[str, str | None]
) -> None:
    """Set properties of a book for ``login``; None takes one away."""
    if not changes:
        return
    connection.execute(
        _FORGET, [{"whose": login, "book_id": book_id, "called": name} for name in changes]
    )
    rows = [
        {"login": login, "addressbook_id": book_id, "name": name, "value": value}
        for name, value in changes.items()
        if value is not None
    ]
    if rows:
        connection.execute(insert(book_property), rows)


def of_home(connection: Connection, login: str) -> dict[str, str]:
    """Return the properties that ``login`` has set on the one book of a merged home."""
    rows = connection.execute(
        select(home_property.c.name, home_property.c.value).where(home_property.c.login == login)
    )
    return {row.name: row.value for row in rows}


def change_home(connection: Connection, login: str, changes: Mapping[str, str | None]) -> None:
    """Set properties of that book for ``login``; None takes one away."""
    connection.execute(
        delete(home_property).where(
            home_property.c.login == login, home_property.c.name.in_(list(changes))
        )
    )
    rows = [
        {"login": login, "name": name, "value": value}
        for name, value in changes.items()
        if value is not None
    ]
    if rows:
        connection.execute(insert(home_property), rows)
