"""The difference of two cards, field by field, as a person reads it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.history.items import Item, Meaning, is_binary, read, surplus
from dirserver.model.history.wording import field_name, shortened, text_of

# What was there and what is there now; None where it came or went.
Pair: TypeAlias = tuple[Item | None, Item | None]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a card that became another one.

    ``property`` is what vCard calls it and ``field`` what a person does. ``before`` and
    ``after`` are empty where it came or went.
    """

    property: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a card says of a field; the names are those of a ``FieldChange``."""

    property: str
    field: str
    value: str


def said(body: bytes) -> tuple[FieldValue, ...]:
    """Say what a card that was stored once says, field by field, in its order."""
    return tuple(
        FieldValue(item.name, field_name(item), text_of(item)) for item in read(body).items
    )


def difference(before: bytes, after: bytes) -> tuple[FieldChange, ...]:
    """Say what of ``before`` is otherwise in ``after``; both were stored once.

    When a card was written, and by which program, is not told.
    """
    if before == after:
        return ()
    return tuple(_told(*pair) for pair in changes(read(before).items, read(after).items))


def changes(before: Sequence[Item], after: Sequence[Item]) -> list[Pair]:
    """Return what differs, with what of one belongs to what of the other, in their order."""
    gone, come = surplus(before, after), surplus(after, before)
    pairs: list[Pair] = []
    for sameness in (_field, _value):
        found = _partners(gone, come, sameness)
        pairs += found
        gone = _without(gone, [old for old, _ in found])
        come = _without(come, [new for _, new in found])
    pairs += [(old, None) for old in gone]
    pairs += [(None, new) for new in come]
    return sorted(pairs, key=_position)


def _field(item: Item) -> Meaning:
    return item.field


def _value(item: Item) -> Meaning:
    return item.value


def _partners(
    gone: Iterable[Item], come: Iterable[Item], sameness: Callable[[Item], Meaning]
) -> list[tuple[Item, Item]]:
    waiting: dict[Meaning, deque[Item]] = {}
    for item in come:
        waiting.setdefault(sameness(item), deque()).append(item)
    return [(old, same.popleft()) for old in gone if (same := waiting.get(sameness(old)))]


def _without(items: Iterable[Item], taken: Iterable[Item]) -> list[Item]:
    places = {item.written.start for item in taken}
    return [item for item in items if item.written.start not in places]


def _position(pair: Pair) -> tuple[int, int]:
    old, new = pair
    # What went comes where it was, which is about there.
    there = new if new is not None else old
    return (0 if there is None else there.written.start, new is None)


def _told(old: Item | None, new: Item | None) -> FieldChange:
    told = next(item for item in (old, new) if item is not None)
    before = "" if old is None else text_of(old)
    after = "" if new is None else text_of(new)
    if old is not None and new is not None:
        if field_name(old) != field_name(new):
            after = f"{after} ({field_name(new)})"
        elif before == after and is_binary(new.line):
            after = f"{after} (another)"
        elif before == after:
            before, after = shortened(old.written.text), shortened(new.written.text)
    return FieldChange(told.name, field_name(told), before, after)
