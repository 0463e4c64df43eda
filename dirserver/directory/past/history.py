"""The past of cards, for those who manage the books that they were in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dirserver.directory.reading import Reading
from dirserver.model.addressbook import is_href
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Version
from dirserver.model.policy import VisibleBook
from dirserver.store import history
from dirserver.store.storable import is_storable

_BATCH = 100

# Books by their ids: those whose past somebody may see.
Views = Mapping[int, VisibleBook]


def managed(reading: Reading, slug: str = "") -> dict[int, VisibleBook]:
    """Return the book ``slug``, or all books that the principal manages, by their ids.

    Raises AccessDenied, whether there is no such book or it is not for the principal to manage.
    """
    if slug:
        views: Sequence[VisibleBook] = [reading.book(slug, Privilege.MANAGE)]
    else:
        views = reading.books(Privilege.MANAGE)
    return {view.book.id: view for view in views}


def named(reading: Reading, views: Views, name: str) -> list[str]:
    """Return the keys of the cards that have ``name`` as key, href or UID, or once had it.

    What is there now comes first, and what went last. Of one that is gone, the UID is told by
    ``gone`` alone.
    """
    if not is_storable(name):
        return []
    ids = list(views)
    connection = reading.connection
    found = [name] if lives(reading, views, [name]) else []
    if is_href(name):
        found += history.keys_named(connection, ids, name)
    found += history.keys_of_uid(connection, ids, name)
    alive = history.alive(connection, found)
    return sorted(dict.fromkeys(found), key=lambda key: key not in alive)


def is_named(reading: Reading, view: VisibleBook, name: str) -> bool:
    """Say whether a card that is in the book now has ``name`` as key, href or UID."""
    if not is_storable(name):
        return False
    has_href = reading.stored(view, name) is not None
    return has_href or reading.has_uid(view, name) or reading.has_key([view], name)


def gone(reading: Reading, views: Views) -> Iterator[tuple[str, bytes]]:
    """Yield the keys of all cards that are in none of the books any more, with their last bytes."""
    for book_id in views:
        yield from history.last_of_the_gone(reading.connection, book_id)


def lives(reading: Reading, views: Views, keys: Iterable[str]) -> dict[str, list[Version]]:
    """Return the versions of cards by their keys, oldest first, as far as they were in ``views``.

    Those that never were have no line.
    """
    found = history.lives(reading.connection, list(keys))
    seen = {
        key: [version for version in versions if version.place.book_id in views]
        for key, versions in found.items()
    }
    return {key: versions for key, versions in seen.items() if versions}


def bodies(reading: Reading, versions: Iterable[Version]) -> dict[int, bytes]:
    """Return the very bytes of versions, by their ids; of those that are without, nothing."""
    return history.bodies(reading.connection, [one.id for one in versions if not one.is_gone])
