"""Whether somebody who comes into a book was erased, and is not to be there again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dirserver.model.person import identities
from dirserver.store.people import erasures
from dirserver.store.people.erasures import cases_of, fingerprints
from dirserver.store.writing import NewCard

if TYPE_CHECKING:
    from dirserver.directory.writing import Writing


def erased_among(writing: Writing, new: Sequence[NewCard]) -> dict[str, str]:
    """Return the cases of people who were erased, by the key of the card that is theirs."""
    # Somebody may have been erased, as the first ever, while this transaction waited for the
    # book; whoever erases has all of them.
    secret = writing.policy.erasure_key or erasures.key_by_now(writing.connection)
    if not secret:
        return {}
    prints = {
        card.key: fingerprints(secret, identities(card.uid, _values(writing, card))) for card in new
    }
    cases = cases_of(writing.connection, (one for some in prints.values() for one in some))
    return {
        key: cases[found]
        for key, some in prints.items()
        if (found := next((one for one in some if one in cases), ""))
    }


def _values(writing: Writing, card: NewCard) -> tuple[tuple[str, str], ...]:
    if card.was is None:
        return card.derived.values
    # There is only what has changed.
    return writing.deriver.derive_body(card.body, card.key).values
