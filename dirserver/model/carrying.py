"""An edit of one card, carried into another of the same person: the decision, without a database.

Of three bodies - what the one card said, what it says now, what the other says - a fourth is made:
the other card with the same edit, where it said the same before or did not say anything. Where it
says something of its own, that stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dirserver.model.contentline import ContentLine
from dirserver.model.conversion import convert
from dirserver.model.history.difference import FieldChange, Pair, changes, difference
from dirserver.model.history.items import SINGLE, Item, is_binary, read
from dirserver.model.history.rewriting import Rewriting
from dirserver.model.history.wording import text_of
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import NumberStyle, styled
from dirserver.model.vcard import parse_card

# A vCard 3.0 without them is none, and some programs read no other.
_REQUIRED = frozenset({"FN", "N"})
# How a value is to be read: of two lines that differ in these, one cannot have the other's.
_SPELLING = ("VALUE", "ENCODING")


@dataclass(frozen=True, slots=True)
class Carried:
    """A card with what was carried into it; without ``changes`` it is what it was."""

    body: bytes
    changes: tuple[FieldChange, ...]


def carried(
    before: bytes, after: bytes, other: bytes, names: Collection[str], plan: DialPlan
) -> Carried:
    """Carry what became of ``before`` in ``after`` into ``other``: the properties ``names`` only.

    Numbers are the same in any notation that ``plan`` reads, and mail addresses in any case. All
    else of ``other`` stays as it is, byte for byte, and so does what it calls a value by.
    """
    version = parse_card(other).version
    old, new = (_told(body, version, names) for body in (before, after))
    pairs = changes(old, new)
    if not pairs:
        return Carried(other, ())
    body = _Carrying(other, names, plan, new).run(pairs)
    return Carried(body, difference(other, body))


def _told(body: bytes, version: str, names: Collection[str]) -> list[Item]:
    """Return what a card says of ``names``, in the words of another version."""
    there = {item.name for item in read(body).items}
    # One that is made because that version has to have it was said by nobody.
    made = _REQUIRED - there
    return _named(read(convert(body, version)).items, frozenset(names) - made)


def _named(items: Sequence[Item], names: Collection[str]) -> list[Item]:
    return [item for item in items if item.name in names]


class _Carrying:
    """Carries edits into one card."""

    def __init__(
        self, other: bytes, names: Collection[str], plan: DialPlan, new: Sequence[Item]
    ) -> None:
        sheet = read(other)
        self._rewriting = Rewriting(sheet)
        self._left = _named(sheet.items, names)
        self._plan = plan
        self._stays = {self._says(item) for item in new}

    def run(self, pairs: Sequence[Pair]) -> bytes:
        """Return the card with all of ``pairs``, as far as they can be carried."""
        for old, new in pairs:
            there = None if old is None else self._like(old)
            if new is None:
                if there is not None and there.name not in _REQUIRED:
                    self._remove(there)
            elif old is None:
                self._add(new)
            elif there is not None:
                self._change(there, old, new)
        return self._rewriting.finish()

    def _like(self, item: Item) -> Item | None:
        """Return what says the same as ``item``, best in the very same way."""
        same = [one for one in self._left if self._says(one) == self._says(item)]
        return min(same, key=lambda one: one.meaning != item.meaning, default=None)

    def _says(self, item: Item) -> tuple[str, str]:
        """Return what ``item`` says, however it is spelled."""
        text = item.line.value if is_binary(item.line) else text_of(item)
        if item.name == "TEL":
            bare = text.removeprefix("tel:")
            return item.name, styled(bare, NumberStyle.E164, self._plan)
        if item.name == "EMAIL":
            return item.name, text.removeprefix("mailto:").casefold()
        return item.name, "".join(text.split()) if is_binary(item.line) else text

    def _add(self, new: Item) -> None:
        if self._like(new) is not None:
            return
        if new.name in SINGLE and any(one.name == new.name for one in self._left):
            # It has one of its own.
            return
        self._rewriting.insert(new)

    def _change(self, there: Item, old: Item, new: Item) -> None:
        is_said = self._says(old) == self._says(new)
        if not is_said and (self._says(old) in self._stays or self._like(new) is not None):
            self._add(new)
            self._remove(there)
        elif there.meaning == old.meaning:
            self._left.remove(there)
            self._rewriting.replace(there, new)
        elif not is_said:
            # It is called otherwise here, which stays.
            self._left.remove(there)
            if _spelling(there.line) == _spelling(new.line):
                self._rewriting.say(there, new.line.value)
            else:
                self._rewriting.replace(there, new)

    def _remove(self, item: Item) -> None:
        """Take ``item`` out, unless the one card still says so in some other line."""
        if self._says(item) not in self._stays:
            self._left.remove(item)
            self._rewriting.remove(item)


def _spelling(line: ContentLine) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(str.lower, line.param(name))) for name in _SPELLING)
