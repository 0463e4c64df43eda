"""A card that follows a source: what the source says comes in, what people added stays.

Of three bodies - what the source said last time, what it says, what there is now - a fourth is
made. Programs write values in their own way when they save a card, so a value is known again by
what it comes to, not by how it is written.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.contentline import ContentLine, unescape
from dirserver.model.conversion import convert
from dirserver.model.history.items import SINGLE, Item, Sheet, is_binary, read
from dirserver.model.history.rewriting import Rewriting
from dirserver.model.vcard import parse_card

_Value: TypeAlias = tuple[str, object]

_NO_DIGIT = re.compile(r"[^0-9+*#,;xX]")
_SPACE = re.compile(r"\s+")
_DATES = frozenset({"BDAY", "ANNIVERSARY"})


@dataclass(frozen=True, slots=True)
class FollowedCard:
    """A card as it is to be, and the names of the properties in which that is another."""

    body: bytes
    changed: tuple[str, ...] = ()


def follow(
    said: bytes | None,
    says: bytes,
    now: bytes,
    owns: frozenset[str] | None = None,
    *,
    firmly: bool = True,
) -> FollowedCard:
    """Bring into ``now`` what a source ``says``, that has ``said`` something else before.

    That concerns the properties ``owns`` (upper case), or all that it has. A value that it has
    no longer goes, and one that people have added stays. With ``firmly``, it has its own way;
    without, what people made of a value of its own stays until the source itself changes it.
    """
    sheet = read(now)
    version = parse_card(now).version
    before = _owned(() if said is None else read(convert(said, version)).items, owns)
    after = _owned(read(convert(says, version)).items, owns)
    following = _Following(sheet, before, after, firmly=firmly or said is None)
    names = dict.fromkeys(item.name for item in (*after, *before))
    for name in names:
        if name in SINGLE:
            following.single(name)
        else:
            following.several(name)
    return following.finish()


def owned_names(says: bytes, now: bytes, owns: frozenset[str] | None = None) -> frozenset[str]:
    """Return of which properties a source that ``says`` something has a say in the card ``now``."""
    version = parse_card(now).version
    return frozenset(item.name for item in _owned(read(convert(says, version)).items, owns))


def _owned(items: Iterable[Item], owns: frozenset[str] | None) -> list[Item]:
    # By the UID, the source finds the card again.
    return [item for item in items if owns is None or item.name in owns or item.name == "UID"]


class _Following:
    """Brings a card up to date, one property after the other."""

    def __init__(
        self, now: Sheet, before: Sequence[Item], after: Sequence[Item], *, firmly: bool
    ) -> None:
        self._rewriting = Rewriting(now)
        self._now, self._before, self._after = (
            _by_name(items) for items in (now.items, before, after)
        )
        self._firmly = firmly
        self._changed: list[str] = []
        self._body = now.text

    def single(self, name: str) -> None:
        """Settle a property of which a card has one."""
        now = next(iter(self._now.get(name, ())), None)
        after = next(iter(self._after.get(name, ())), None)
        before = {_value(item) for item in self._before.get(name, ())}
        if after is None:
            if now is not None and _value(now) in before:
                self._rewriting.remove(now)
                self._changed.append(name)
        elif now is None:
            if self._firmly or _value(after) not in before:
                self._rewriting.insert(after)
                self._changed.append(name)
        elif _value(now) != _value(after) and (self._firmly or _value(after) not in before):
            self._rewriting.replace(now, after)
            self._changed.append(name)

    def several(self, name: str) -> None:
        """Settle a property of which a card may have more than one."""
        there: dict[_Value, deque[Item]] = {}
        for item in self._now.get(name, ()):
            there.setdefault(_value(item), deque()).append(item)
        known = Counter(_value(item) for item in self._before.get(name, ()))
        coming: list[Item] = []
        for item in self._after.get(name, ()):
            value = _value(item)
            was_known = known[value] > 0
            known[value] -= was_known
            same = there.get(value)
            if same:
                same.popleft()
            elif self._firmly or not was_known:
                coming.append(item)
        # What is left was the source's, and is no longer.
        going = [
            same.popleft()
            for value, number in known.items()
            for _ in range(number)
            if (same := there.get(value))
        ]
        self._exchange(name, going, coming)

    def _exchange(self, name: str, going: list[Item], coming: list[Item]) -> None:
        if going or coming:
            self._changed.append(name)
        for item in going:
            like = next((one for one in coming if one.field == item.field), None)
            if like is None:
                self._rewriting.remove(item)
            else:
                coming.remove(like)
                self._rewriting.replace(item, like)
        for item in coming:
            self._rewriting.insert(item)

    def finish(self) -> FollowedCard:
        if not self._changed:
            return FollowedCard(self._body.encode())
        return FollowedCard(self._rewriting.finish(), tuple(self._changed))


def _by_name(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def _value(item: Item) -> _Value:
    """Return what a value comes to, in whichever version of vCard and by whichever program."""
    line = item.line
    if is_binary(line):
        return line.name, _octets(line)
    text = unescape(line.value)
    match line.name:
        case "TEL":
            return line.name, _NO_DIGIT.sub("", text.removeprefix("tel:"))
        case "EMAIL":
            return line.name, text.removeprefix("mailto:").strip().casefold()
        case name if name in _DATES:
            return line.name, text.partition("T")[0].replace("-", "")
        case _:
            # Programs leave out the empty parts at the end, or add some.
            return line.name, _SPACE.sub(" ", text).strip().rstrip("; ")


def _octets(line: ContentLine) -> object:
    text = _SPACE.sub("", line.value)
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return text
