"""From which revision on a client must be told of changes (RFC 6578 section 3.2)."""

from __future__ import annotations

from dirserver.errors import InvalidSyncToken
from dirserver.model.policy import VisibleBook
from dirserver_radicale import tokens


def since(token: str, view: VisibleBook, revision: int) -> int:
    """Return the revision that a client with ``token`` has, of a book that is at ``revision``.

    When what is hidden from the reader is not what it was, that is 0: all cards have changed.
    Raises InvalidSyncToken for a token that the book never gave out, as far as it remembers.
    """
    old = tokens.parse(token)
    remembered = view.book.remembers(old.incarnation, old.revision)
    if old.book != view.book.uuid or old.revision > revision or not remembered:
        raise InvalidSyncToken("the token is not one of this book")
    return old.revision if old.visibility == view.visibility else 0
