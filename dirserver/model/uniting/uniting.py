"""Two cards of one person become one: what is the survivor's stays, what only the other has comes.

What a card has several of is united by meaning, and nothing of it goes. Of what it has once, such
as the birthday, the newer value stays unless somebody chooses; the other one goes into the note,
but for pictures and sounds, which stay in the history and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dirserver.model.contentline import escape, split_value, unescape
from dirserver.model.conversion import convert
from dirserver.model.history.items import SINGLE, Item, Meaning, is_binary, read, surplus
from dirserver.model.history.rewriting import Rewriting
from dirserver.model.history.wording import field_name, full_text_of, shortened, text_of
from dirserver.model.number import DialPlan
from dirserver.model.uniting.filling import filled
from dirserver.model.uniting.notes import earlier, longer, paragraphs
from dirserver.model.uniting.rewritten import (
    is_preferred,
    new_item,
    with_value,
    without_preference,
)
from dirserver.model.uniting.sameness import both, meant
from dirserver.model.vcard import parse_card


class Side(StrEnum):
    """One of the two cards."""

    SURVIVOR = "survivor"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a card has once, and of which the two say different things.

    Any of ``properties`` chooses it. What is ``kept`` is said by the card ``side``; what is not
    is in the note from now on, or, if that is no text, in the history alone.
    """

    properties: tuple[str, ...]
    field: str
    side: Side
    kept: str
    lost: str
    in_note: bool


@dataclass(frozen=True, slots=True)
class United:
    """The card that the two become, and what they did not agree on."""

    body: bytes
    conflicts: tuple[Conflict, ...]


# What belongs together is chosen together: nobody's title goes to another firm.
_TOGETHER = (("FN", "N"), ("ORG", "TITLE", "ROLE"))
_LISTS = ("CATEGORIES", "NICKNAME")
_APART = frozenset({"UID", "NOTE", *_LISTS})
_ALONE = SINGLE - _APART - {name for unit in _TOGETHER for name in unit}
UNITS = (*_TOGETHER, *((name,) for name in sorted(_ALONE)))
_NOT_SEVERAL = SINGLE | _APART
# Beyond so many of what a card has once, or of one value, nobody can say what belongs to what.
_MOST_ALIKE = 10
_EMPTY = frozenset(" ;,")


def unite(
    survivor: bytes,
    other: bytes,
    plan: DialPlan,
    newer: Side,
    choices: Mapping[str, Side] | None = None,
    fixed: frozenset[str] = frozenset(),
) -> United:
    """Return ``survivor`` with all that only ``other`` says; both were stored once.

    Every byte of the survivor stays that need not change, with it its UID and its version. Of
    what the two do not agree on, the ``newer`` card's value is taken, or that of the card which
    ``choices`` has for the property (upper case). Of the properties in ``fixed``, the survivor
    keeps each value as it is, and gets more only where there may be several. To unite the outcome
    with ``other`` again changes nothing.
    """
    version = parse_card(survivor).version
    said = {line.name for line in parse_card(other).lines}
    # The other version may have names where this one need not, but nobody has said those.
    made = {"FN", "N"} - said
    theirs = [item for item in read(convert(other, version)).items if item.name not in made]
    firm = {name: Side.SURVIVOR for unit in UNITS if not fixed.isdisjoint(unit) for name in unit}
    return _Uniting(survivor, theirs, plan, newer, {**(choices or {}), **firm}, fixed).run()


class _Uniting:
    """The two cards on their way to be one."""

    def __init__(
        self,
        survivor: bytes,
        theirs: Sequence[Item],
        plan: DialPlan,
        newer: Side,
        choices: Mapping[str, Side],
        fixed: frozenset[str],
    ) -> None:
        sheet = read(survivor)
        self._all_mine, self._all_theirs = sheet.items, theirs
        self._mine, self._theirs = _by_name(sheet.items), _by_name(theirs)
        self._rewriting = Rewriting(sheet)
        self._plan, self._newer, self._choices, self._fixed = plan, newer, choices, fixed
        self._preferring = {item.name for item in sheet.items if is_preferred(item)}
        self._conflicts: list[Conflict] = []
        self._earlier: list[str] = []

    def run(self) -> United:
        for unit in UNITS:
            self._unite_once(unit)
        for name in _LISTS:
            self._unite_list(name)
        self._unite_several()
        if "UID" not in self._mine:
            self._insert(self._theirs.get("UID", []))
        self._unite_notes()
        return United(self._rewriting.finish(), tuple(self._conflicts))

    def _unite_once(self, unit: tuple[str, ...]) -> None:
        """Unite what a card has once; with the first of ``unit``, the others are decided on."""
        if self._fitting(unit[0]) is None:
            self._decide(unit)
            return
        for name in unit:
            fits = self._fitting(name)
            if fits is None:
                self._decide((name,))
                continue
            more = [(one, made) for one, made in fits if made is not one]
            if more and name in self._fixed:
                self._decide((name,))
                continue
            for one, made in more:
                self._rewriting.replace(one, made)
            if name not in self._mine:
                self._insert(self._coming((name,)))

    def _coming(self, names: tuple[str, ...]) -> list[Item]:
        """Return what only the other card says, but for what is empty."""
        come = surplus(_named(self._theirs, names), _named(self._mine, names))
        return [item for item in come if not _EMPTY.issuperset(item.line.value)]

    def _fitting(self, name: str) -> list[tuple[Item, Item]] | None:
        """Return what becomes of items, as the two agree on them; None if they contradict."""
        mine, come = self._mine.get(name, []), self._coming((name,))
        if not mine:
            return []
        if max(len(mine), len(come)) > _MOST_ALIKE:
            return None if come else []
        fits = [(one, filled(one, item)) for item in come for one in mine]
        agreed = [(one, made) for one, made in fits if made is not None]
        is_simple = len(mine) == 1 and len(come) < 2
        if len(agreed) < len(come) or not (is_simple or all(a is b for a, b in agreed)):
            return None
        return agreed

    def _decide(self, unit: tuple[str, ...]) -> None:
        """Let one card's values stay where the two contradict each other."""
        mine, theirs = _named(self._mine, unit), _named(self._theirs, unit)
        come, gone = self._coming(unit), surplus(mine, theirs)
        chosen = (self._choices[name] for name in unit if name in self._choices)
        side = next(chosen, self._newer)
        kept, lost = (mine, come) if side is Side.SURVIVOR else (theirs, gone)
        if side is Side.OTHER:
            self._exchange(lost, come)
        said = {full_text_of(item) for item in kept}
        for item in lost:
            text = full_text_of(item)
            if text and text not in said and not is_binary(item.line):
                self._earlier.append(earlier(item))
                said.add(text)
        stays, goes = (gone, come) if side is Side.SURVIVOR else (come, gone)
        self._conflicts.append(
            Conflict(
                unit,
                field_name((come or gone)[0]),
                side,
                _texts(stays or kept),
                _texts(goes),
                not any(is_binary(item.line) for item in goes),
            )
        )

    def _exchange(self, gone: Sequence[Item], come: Sequence[Item]) -> None:
        """Put ``come`` in the places of those that are ``gone``, each in that of its kind."""
        left = list(come)
        for item in gone:
            instead = next((one for one in left if one.name == item.name), None)
            if instead is None:
                self._rewriting.remove(item)
            else:
                left.remove(instead)
                self._rewriting.replace(item, instead)
        self._insert(left)

    def _unite_list(self, name: str) -> None:
        """Add the words of a list that only the other card has."""
        mine, theirs = self._mine.get(name, []), self._theirs.get(name, [])
        if not mine:
            self._insert(theirs)
            return
        known = {word.casefold() for item in mine for word in _words(item)}
        more = dict.fromkeys(word for item in theirs for word in _words(item))
        added = [escape(word) for word in more if word.casefold() not in known]
        if added and name in self._fixed:
            self._earlier.append(earlier(with_value(theirs[0], ",".join(added))))
        elif added:
            first = mine[0]
            parts = [first.line.value] if first.line.value.strip() else []
            self._rewriting.replace(first, with_value(first, ",".join([*parts, *added])))

    def _unite_several(self) -> None:
        """Unite what a card has as many of as there are, such as numbers, by what they mean."""
        places: dict[Meaning, list[Item]] = {}
        now: dict[int, Item] = {}
        mine = [item for item in self._all_mine if item.name not in _NOT_SEVERAL]
        for item in mine:
            places.setdefault(meant(item, self._plan), []).append(item)
            now[item.written.start] = item
        theirs = [item for item in self._all_theirs if item.name not in _NOT_SEVERAL]
        for item in surplus(theirs, mine):
            for place in places.get(meant(item, self._plan), [])[:_MOST_ALIKE]:
                there = now[place.written.start]
                joined = both(there, item)
                if joined is None:
                    continue
                if item.name not in self._fixed or joined.line.value == there.line.value:
                    now[place.written.start] = joined
                break
            else:
                self._insert([item])
        for place in mine:
            if now[place.written.start] is not place:
                self._rewriting.replace(place, now[place.written.start])

    def _insert(self, items: Iterable[Item]) -> None:
        """Put what only the other card has beside its like: before it, if that card is newer."""
        for item in items:
            like = self._mine.get(item.name, [])
            # Whom the survivor prefers is preferred.
            new = without_preference(item) if item.name in self._preferring else item
            is_first = like and self._newer is Side.OTHER
            self._rewriting.insert(new, like[0] if is_first else None)

    def _unite_notes(self) -> None:
        mine, theirs = self._mine.get("NOTE", []), self._theirs.get("NOTE", [])
        said = [one for item in theirs for one in paragraphs(item)] + self._earlier
        known = {_spaced(one) for item in mine for one in paragraphs(item)}
        more = {_spaced(one): one for one in said if _spaced(one) not in known}
        if not more:
            return
        if mine and "NOTE" not in self._fixed:
            value = longer(mine[0].line.value, more.values())
            self._rewriting.replace(mine[0], with_value(mine[0], value))
        else:
            first = theirs[0] if theirs else new_item("NOTE", "")
            self._rewriting.insert(with_value(first, longer("", more.values())))


def _by_name(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def _named(items: Mapping[str, list[Item]], names: tuple[str, ...]) -> list[Item]:
    return [item for name in names for item in items.get(name, ())]


def _words(item: Item) -> list[str]:
    parts = (unescape(part).strip() for part in split_value(item.line.value, ","))
    return [part for part in parts if part]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _texts(items: Iterable[Item]) -> str:
    return shortened(", ".join(dict.fromkeys(text_of(item) for item in items)))
