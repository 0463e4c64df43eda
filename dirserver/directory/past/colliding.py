"""Cards that would come back to a name, or with a UID, that another card has by now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dirserver.directory.past.settling import Fate, Goal, Outcome
from dirserver.directory.reading import Reading
from dirserver.model.history.life import Place
from dirserver.model.history.takeback import Conflict
from dirserver.store import cards


@dataclass(frozen=True, slots=True)
class Coming:
    """A card that is to become something else, and how that is told.

    ``uid`` is the one that it will have; None if it has that already. Of two that want the same
    name, the one whose last version is ``latest`` has it.
    """

    goal: Goal
    outcome: Outcome
    uid: str | None
    latest: int


def without_collisions(reading: Reading, comings: Sequence[Coming]) -> list[Coming]:
    """Return ``comings``, of which those that cannot come stay as they are, which is told."""
    named, known = _occupants(reading, comings)
    staying: dict[str, str] = {}
    while found := _collisions(comings, staying, named, known):
        # One that stays may be in the way of another.
        staying |= found
    return [
        _stays(one, staying[one.goal.key]) if one.goal.key in staying else one for one in comings
    ]


# Which card, by its key, is at a place, or has a UID in a book: (place, key).
Occupants = dict[tuple[int, str], tuple[Place, str]]


def _occupants(reading: Reading, comings: Iterable[Coming]) -> tuple[Occupants, Occupants]:
    hrefs: dict[int, list[str]] = {}
    uids: dict[int, list[str]] = {}
    for one in comings:
        if (to := one.goal.to) is not None:
            hrefs.setdefault(to.book_id, []).append(to.href)
            if one.uid:
                uids.setdefault(to.book_id, []).append(one.uid)
    return _found(reading, "href", hrefs), _found(reading, "uid", uids)


def _found(reading: Reading, column: str, wanted: dict[int, list[str]]) -> Occupants:
    return {
        (book_id, value): (Place(book_id, stored.card.href), stored.card.key)
        for book_id, values in wanted.items()
        for value, stored in cards.find_many(reading.connection, book_id, column, values).items()
    }


def _collisions(
    comings: Sequence[Coming], staying: dict[str, str], named: Occupants, known: Occupants
) -> dict[str, str]:
    """Return which cards find their place taken when those in ``staying`` stay, and by what."""
    moving = [one for one in comings if one.goal.key not in staying]
    leaving = {one.goal.now for one in moving if one.goal.now not in (None, one.goal.to)}
    places: set[Place] = set()
    uids: set[tuple[int, str]] = set()
    found: dict[str, str] = {}

    def is_taken(occupant: tuple[Place, str] | None, key: str) -> bool:
        return occupant is not None and occupant[1] != key and occupant[0] not in leaving

    for one in sorted(moving, key=_latest, reverse=True):
        to, key = one.goal.to, one.goal.key
        if to is None:
            continue
        identity = (to.book_id, one.uid or "")
        if to in places or is_taken(named.get((to.book_id, to.href)), key):
            found[key] = "another card has its name by now"
        elif one.uid and (identity in uids or is_taken(known.get(identity), key)):
            found[key] = "another card has its UID by now"
        else:
            places.add(to)
            uids.update({identity} if one.uid else ())
    return found


def _latest(one: Coming) -> int:
    return one.latest


def _stays(one: Coming, why: str) -> Coming:
    did = {Fate.RETURNS: "deleted", Fate.MOVES: "moved"}.get(one.outcome.fate, "changed")
    conflicts = (*one.outcome.conflicts, Conflict("", "card", did, why))
    outcome = replace(one.outcome, fate=Fate.STAYS, fields=(), conflicts=conflicts)
    return replace(one, goal=replace(one.goal, to=one.goal.now, source=None), outcome=outcome)
