"""Taking back what somebody changed in a card, and nothing else.

Of three bodies - what there was, what the actor made of it, what there is now - a fourth is
made: in it the actor's changes are undone where nobody has changed them since, and every other
byte is as it is now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from dirserver.model.history.difference import Pair, changes
from dirserver.model.history.items import SINGLE, Item, Meaning, read, surplus
from dirserver.model.history.rewriting import Rewriting
from dirserver.model.history.wording import field_name, text_of


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that stays as it is, since somebody else has changed it after the actor.

    ``actor_made`` is what the actor had made of it, ``now`` what it is; empty where it is gone.
    """

    property: str
    field: str
    actor_made: str
    now: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A card without the actor's changes, but for those in ``conflicts``."""

    body: bytes
    conflicts: tuple[Conflict, ...] = ()


def take_back(before: bytes, after: bytes, now: bytes) -> TakenBack:
    """Take what an actor changed, from ``before`` to ``after``, back out of ``now``.

    Where nobody has changed anything since, that is ``before``, byte for byte.
    """
    if now == after:
        return TakenBack(before)
    if before == after:
        return TakenBack(now)
    made = read(after).items
    return _Taking(now, made).run(changes(read(before).items, made))


def bring_back(then: bytes, now: bytes, names: Collection[str]) -> bytes:
    """Return ``now`` with the properties ``names`` (upper case) as they were in ``then``."""
    wanted = [item for item in read(then).items if item.name in names]
    there = [item for item in read(now).items if item.name in names]
    return _Taking(now, there).run(changes(wanted, there)).body


class _Taking:
    """Takes changes that led to the items ``made`` out of a card."""

    def __init__(self, now: bytes, made: Sequence[Item]) -> None:
        sheet = read(now)
        self._rewriting = Rewriting(sheet)
        # What there is, by what it says; and what of it somebody else has brought.
        self._there = _by_meaning(sheet.items)
        others = surplus(sheet.items, made)
        self._others = _by_meaning(others)
        self._by_field: dict[Meaning, Item] = {}
        self._names: dict[str, Item] = {}
        for item in others:
            self._by_field.setdefault(item.field, item)
            self._names.setdefault(item.name, item)

    def run(self, pairs: Iterable[Pair]) -> TakenBack:
        conflicts = [self._undo(old, new) for old, new in pairs]
        body = self._rewriting.finish()
        return TakenBack(body, tuple(one for one in conflicts if one is not None))

    def _undo(self, old: Item | None, new: Item | None) -> Conflict | None:
        """Put ``old`` in the place of ``new``, unless somebody was there before."""
        if new is None:
            return None if old is None else self._put_back(old)
        there = _taken(self._there, new)
        if there is not None:
            if old is None or _taken(self._others, old) is not None:
                self._rewriting.remove(there)
            else:
                self._rewriting.replace(there, old)
            return None
        if old is not None and _taken(self._others, old) is not None:
            return None
        since = self._by_field.get(new.field)
        if old is None and since is None:
            # Somebody else has taken it away already.
            return None
        return _conflict(new, text_of(new), since)

    def _put_back(self, old: Item) -> Conflict | None:
        if _taken(self._others, old) is not None:
            return None
        if old.name in SINGLE and old.name in self._names:
            return _conflict(old, "", self._names[old.name])
        self._rewriting.insert(old)
        return None


def _by_meaning(items: Iterable[Item]) -> dict[Meaning, deque[Item]]:
    found: dict[Meaning, deque[Item]] = {}
    for item in items:
        found.setdefault(item.meaning, deque()).append(item)
    return found


def _taken(items: dict[Meaning, deque[Item]], like: Item) -> Item | None:
    """Take one that says what ``like`` does out of ``items``, if there is one."""
    same = items.get(like.meaning)
    return same.popleft() if same else None


def _conflict(about: Item, actor_made: str, now: Item | None) -> Conflict:
    said = "" if now is None else text_of(now)
    return Conflict(about.name, field_name(about), actor_made, said)
