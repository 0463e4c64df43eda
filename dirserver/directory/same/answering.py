"""Which card answers for one that went into it, when that is taken back, or done again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from dirserver.directory.same import linking
from dirserver.directory.writing import Writing
from dirserver.model.policy import VisibleBook
from dirserver.store.same import forwarding


def taken_back(writing: Writing, keys: Collection[str]) -> None:
    """Let the cards ``keys``, which are back in a book, answer for themselves."""
    for key, heir in forwarding.lift(writing.connection, keys):
        linking.disinherit(writing, key, heir)


def done_again(writing: Writing, view: VisibleBook, gone_by: Mapping[str, int]) -> None:
    """Let others answer for cards of a book that are gone again, if they did so before.

    ``gone_by`` has the numbers of the batches by which the cards had gone then, by their keys.
    """
    revision = writing.state(view).revision if gone_by else 0
    for key, number in gone_by.items():
        lifted = forwarding.lifted(writing.connection, key, number)
        if lifted is not None:
            linked = linking.inherit(writing, key, lifted.survivor)
            batch = writing.batch
            again = replace(lifted, revision=revision, batch=batch, linked=linked)
            forwarding.add(writing.connection, view.book.id, [again], writing.at)
