"""Groups that name somebody whose card went into another one: they name that one from now on."""

from __future__ import annotations

from collections.abc import Mapping

from dirserver.directory.writing import Writing
from dirserver.model.policy import VisibleBook
from dirserver.model.uniting.members import renamed
from dirserver.store import naming
from dirserver.store.cards import find_with_body
from dirserver.store.same import joined


def rename_members(
    writing: Writing, view: VisibleBook, uids: Mapping[str, str], operation: str
) -> None:
    """Let the groups of the book that name a UID among ``uids`` name the one that it stands for.

    As they came, they are known again: who brings them once more has changed nothing.
    """
    found = naming.naming(writing.connection, view.book.id, uids)
    for href in sorted({href for hrefs in found.values() for href in hrefs}):
        there = find_with_body(writing.connection, view.book.id, href)
        if there is None:
            continue
        stored, before = there
        body = before
        for uid in sorted(uid for uid, hrefs in found.items() if href in hrefs):
            body = renamed(body, uid, uids[uid])
        if body != before:
            group = writing.new_card(href, writing.parsed(body), body, stored)
            writing.store(view, [group], operation, binding=False)
            went = {stored.card.key: [stored.card.etag]}
            joined.remember(writing.connection, view.book.id, went, skipped=False)
