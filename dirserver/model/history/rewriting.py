"""Changing single properties of a card, while every other byte stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from dirserver.model.contentline import fold
from dirserver.model.history.items import Item, Sheet, Written


@dataclass(slots=True)
class Rewriting:
    """A card on its way to another one.

    What is put in comes from another card, where a group of the same name may have held
    something else; so it is given a name that is free, if need be.
    """

    sheet: Sheet
    _edits: dict[int, tuple[int, str]] = field(default_factory=dict)
    _inserted: list[str] = field(default_factory=list)
    _before: dict[int, str] = field(default_factory=dict)
    _leaving: Counter[str] = field(default_factory=Counter)
    _left: dict[str, Item] = field(default_factory=dict)
    _groups: set[str] = field(init=False)
    _free: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Begin with the groups that the card has."""
        self._groups = set(self.sheet.groups)

    def remove(self, item: Item) -> None:
        """Take ``item`` out."""
        self._put(item.written, "")
        self._leave(item)

    def replace(self, item: Item, by: Item) -> None:
        """Put ``by``, which is of another card, in the place of ``item``."""
        if item.label_meaning == by.label_meaning:
            self._put(item.written, _regrouped(by.written, by.line.group, item.line.group))
            return
        own = item.line.group.lower()
        is_alone = self.sheet.members[own] == 1 and own not in self.sheet.crowded
        group = item.line.group if own and is_alone else self._group_for(by)
        self._put(item.written, _block(by, group))
        self._leave(item)

    def say(self, item: Item, value: str) -> None:
        """Give ``item`` another value, which is escaped, and leave all else of it."""
        line, text = item.line, item.written.text
        self._put(item.written, fold(text[: len(text) - len(line.value)] + value).decode())

    def insert(self, item: Item, before: Item | None = None) -> None:
        """Put ``item``, which is of another card, at the end, or ``before`` one of this card."""
        block = _block(item, self._group_for(item))
        if before is None:
            self._inserted.append(block)
        else:
            there = before.written.start
            self._before[there] = self._before.get(there, "") + block

    def finish(self) -> bytes:
        """Return the card."""
        for group, item in self._left.items():
            # Labels go with the last of what they label.
            if self._leaving[group] == self.sheet.members[group]:
                for _, written in item.labels:
                    self._put(written, "")
        self._edits[self.sheet.end] = (self.sheet.end, "".join(self._inserted))
        for there, text in self._before.items():
            end, instead = self._edits.get(there, (there, ""))
            self._edits[there] = (end, text + instead)
        pieces, at = [], 0
        for start, (end, text) in sorted(self._edits.items()):
            pieces += [self.sheet.text[at:start], text]
            at = end
        return "".join([*pieces, self.sheet.text[at:]]).encode()

    def _put(self, written: Written, text: str) -> None:
        self._edits[written.start] = (written.end, text)

    def _leave(self, item: Item) -> None:
        if item.labels:
            self._leaving[item.line.group.lower()] += 1
            self._left[item.line.group.lower()] = item

    def _group_for(self, item: Item) -> str:
        """Return the group that ``item`` can have here: its own, unless that is taken."""
        own = item.line.group
        if not own or (not item.labels and own.lower() in self.sheet.groups):
            return ""
        group = own
        while group.lower() in self._groups:
            group = f"item{next(self._free)}"
        self._groups.add(group.lower())
        return group


def _block(item: Item, group: str) -> str:
    """Return the lines of ``item``, in another group."""
    lines = [(item.line.group, item.written)]
    lines += [(label.group, written) for label, written in item.labels]
    return "".join(_regrouped(written, own, group) for own, written in lines)


def _regrouped(written: Written, own: str, group: str) -> str:
    """Return a line in the group ``group``; as it is, if that is its own."""
    if own.lower() == group.lower():
        return written.raw
    bare = written.text.partition(".")[2] if own else written.text
    return fold(f"{group}.{bare}" if group else bare).decode()
