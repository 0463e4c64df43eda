"""What speaks for and against two cards being of one person, and how much."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from dirserver.model.duplicates.facts import Facts
from dirserver.model.duplicates.likeness import (
    are_near_numbers,
    have_same_numbers,
    is_one_slip,
    share_words,
    spelled_alike,
)
from dirserver.model.duplicates.names import Alike, Likeness, compared


class Sign(StrEnum):
    """A kind of what two cards have, or have not, in common."""

    UID = "uid"
    CONTENT = "content"
    NAME = "name"
    MAIL = "mail"
    MOBILE = "mobile"
    NUMBER = "number"
    BIRTHDAY = "birthday"
    ORGANISATION = "organisation"
    STREET = "street"
    CODE = "postal code"
    LOCALITY = "locality"
    GENERATION = "generation"
    SOURCE = "source"

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for it, or against it, in words; ``exact`` is when nothing differs at all."""

    sign: Sign
    words: str
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is to be said of two cards. ``weight`` is in doublings of the odds."""

    weight: float
    name: Likeness
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]

    def has(self, *signs: Sign) -> bool:
        """Say whether one of ``signs`` speaks for it, and exactly."""
        return any(one.exact and one.sign in signs for one in self.reasons)

    def hints(self, *signs: Sign) -> bool:
        """Say whether one of ``signs`` speaks for it, if not exactly."""
        return any(one.sign in signs for one in self.reasons) or any(
            not one.exact and one.sign in signs for one in self.against
        )


# Doublings of the odds that it is one person. What many share by chance weighs little.
_GIVEN = {
    Alike.EQUAL: 3.5, Alike.SHORT: 3.0, Alike.INITIAL: 1.0, Alike.MISSPELLED: 2.5,
    Alike.UNKNOWN: 0.0, Alike.OTHER: -2.0,
}  # fmt: skip
_FAMILY = {
    Alike.EQUAL: 5.0, Alike.SHORT: 2.5, Alike.MISSPELLED: 3.5, Alike.UNKNOWN: 0.0,
    Alike.OTHER: -2.0,
}  # fmt: skip
_UID, _CONTENT, _MAIL, _MOBILE, _LINE = 15.0, 10.0, 10.0, 10.0, 4.0
_NEAR_LINE = 3.0
_BIRTHDAY, _ANNIVERSARY, _NEAR_BIRTHDAY, _OTHER_BIRTHDAY = 8.0, 5.0, 6.0, -2.0
_STREET, _LIKE_STREET, _LITTLE_LIKE_STREET = 6.0, 4.5, 2.25
_CODE, _LIKE_CODE, _LOCALITY, _LIKE_LOCALITY = 2.5, 1.5, 2.0, 1.5
_ORGANISATION, _OTHER_ORGANISATION = 3.0, -3.5
_GENERATION, _ONE_GENERATION = -12.0, -2.0
_MUCH_ALIKE, _RATHER_ALIKE, _LIKE_FIRMS = 0.8, 0.6, 0.9


class _Scales:
    def __init__(self, one: Facts, other: Facts, shared: Container[str]) -> None:
        self.one, self.other, self.shared = one, other, shared
        self.weight = 0.0
        self.reasons: list[Reason] = []
        self.against: list[Reason] = []

    def speaks_for(self, weight: float, sign: Sign, words: str, *, exact: bool = True) -> None:
        self.weight += weight
        self.reasons.append(Reason(sign, words, exact))

    def speaks_against(self, weight: float, sign: Sign, words: str, *, exact: bool = True) -> None:
        self.weight += weight
        self.against.append(Reason(sign, words, exact))


def weigh(one: Facts, other: Facts, shared: Container[str], least: float = -inf) -> Evidence | None:
    """Return what is to be said of two cards; None when that comes to less than ``least``.

    A person and a house are never the same, nor are two who have neither a part of a name nor a
    birthday in common.
    ``shared`` are mail addresses and numbers that so many have that they say nothing.
    """
    if one.is_house != other.is_house:
        return None
    name = compared(one.name, other.name)
    is_same_uid = bool(one.uid) and one.uid == other.uid
    is_same_day = bool(one.birthday) and one.birthday == other.birthday
    others = name.given is Alike.OTHER and name.family is Alike.OTHER
    if others and not is_same_uid and not is_same_day:
        return None
    scales = _Scales(one, other, shared)
    scales.weight = _GIVEN[name.given] + _FAMILY[name.family]
    _weigh_contacts(scales, is_alike=Alike.OTHER not in (name.given, name.family))
    _weigh_birthday(scales)
    _weigh_organisation(scales)
    _weigh_address(scales)
    if is_same_uid:
        scales.speaks_for(_UID, Sign.UID, "the same UID")
    if one.content is not None and one.content == other.content:
        scales.speaks_for(_CONTENT, Sign.CONTENT, "both say the same")
    if one.source and one.source == other.source and not is_same_uid:
        # It may have somebody twice itself; but it knows them by something of its own.
        scales.speaks_against(0.0, Sign.SOURCE, f"the source {one.source} has both")
    if scales.weight < least:
        return None
    _tell_name(scales, name)
    return Evidence(scales.weight, name, tuple(scales.reasons), tuple(scales.against))


def _tell_name(scales: _Scales, name: Likeness) -> None:
    """Say, before all else, how the names go together."""
    one, other = scales.one.name, scales.other.name
    spelled = f"{_spelled(scales.one)} and {_spelled(scales.other)}"
    if one.generation != other.generation:
        both = one.generation and other.generation
        words = " and ".join(filter(None, (one.generation, other.generation)))
        told = words if both else f"only one is {words}"
        scales.weight += _GENERATION if both else _ONE_GENERATION
        scales.against.insert(0, Reason(Sign.GENERATION, told))
    if Alike.OTHER in (name.given, name.family):
        what = "given names" if name.family is not Alike.OTHER else "names"
        scales.against.insert(0, Reason(Sign.NAME, f"other {what}, {spelled}"))
    elif name.is_same and name.given is Alike.EQUAL and not name.swapped:
        scales.reasons.insert(0, Reason(Sign.NAME, "the same name"))
    elif one == other:
        # Of which nobody knows whether it is the given or the family name.
        scales.reasons.insert(0, Reason(Sign.NAME, "the same name", exact=False))
    elif name.family is not Alike.UNKNOWN or name.given is not Alike.UNKNOWN:
        turned = "the same name turned round" if name.is_same and name.swapped else "like names"
        scales.reasons.insert(0, Reason(Sign.NAME, f"{turned}, {spelled}", name.is_same))


def _spelled(facts: Facts) -> str:
    name = facts.name
    return " ".join(part[0] for part in (name.given, name.family) if part) or "no name"


def _weigh_contacts(scales: _Scales, *, is_alike: bool) -> None:
    one, other = scales.one, scales.other
    mails = sorted(mail for mail in one.mails & other.mails if mail not in scales.shared)
    if mails:
        scales.speaks_for(_MAIL, Sign.MAIL, f"the same mail address, {mails[0]}")
    common = one.numbers & other.numbers
    numbers = sorted(number for number in common if number not in scales.shared)
    own = [number for number in numbers if number in one.mobiles or number in other.mobiles]
    if own:
        scales.speaks_for(_MOBILE, Sign.MOBILE, f"the same mobile number, {own[0]}")
    elif numbers:
        scales.speaks_for(_LINE, Sign.NUMBER, f"the same number, {numbers[0]}")
    elif is_alike and not common and one.numbers and other.numbers:
        # Who works or lives together may have one number after the other.
        _weigh_near_numbers(scales)


def _weigh_near_numbers(scales: _Scales) -> None:
    for number in sorted(scales.one.numbers):
        for other in sorted(scales.other.numbers):
            if not are_near_numbers(number, other):
                continue
            if number not in scales.shared and other not in scales.shared:
                words = f"nearly the same number, {number} and {other}"
                scales.speaks_for(_NEAR_LINE, Sign.NUMBER, words, exact=False)
                return


def _weigh_birthday(scales: _Scales) -> None:
    one, other = scales.one.birthday, scales.other.birthday
    if not one or not other:
        return
    if one == other:
        exact = not one.startswith("--")
        weight = _BIRTHDAY if exact else _ANNIVERSARY
        scales.speaks_for(weight, Sign.BIRTHDAY, "the same birthday", exact=exact)
    elif one[-4:] == other[-4:] and (one.startswith("--") or other.startswith("--")):
        words = "the same birthday, once without a year"
        scales.speaks_for(_ANNIVERSARY, Sign.BIRTHDAY, words, exact=False)
    else:
        turned = f"{other[:4]}{other[6:]}{other[4:6]}"
        if is_one_slip(one, other) or one == turned:
            words = "birthdays that differ by a slip of the pen"
            scales.speaks_against(_NEAR_BIRTHDAY, Sign.BIRTHDAY, words, exact=False)
        else:
            scales.speaks_against(_OTHER_BIRTHDAY, Sign.BIRTHDAY, "other birthdays")


def _weigh_address(scales: _Scales) -> None:
    one, other = scales.one, scales.other
    if not one.organisations.isdisjoint(other.organisations):
        # It is the organisation's, as like as not, and all who work there have it.
        return
    if one.streets and other.streets:
        alike = max(share_words(a, b) for a in one.streets for b in other.streets)
        if alike == 1.0:
            scales.speaks_for(_STREET, Sign.STREET, "the same street")
        elif alike >= _RATHER_ALIKE:
            if any(have_same_numbers(a, b) for a in one.streets for b in other.streets):
                weight = _LIKE_STREET if alike >= _MUCH_ALIKE else _LITTLE_LIKE_STREET
                scales.speaks_for(weight, Sign.STREET, "nearly the same street", exact=False)
            elif _is_same_place(one, other):
                words = "another number in the same street"
                scales.speaks_for(_LITTLE_LIKE_STREET, Sign.STREET, words, exact=False)
    if not set(one.codes).isdisjoint(other.codes):
        scales.speaks_for(_CODE, Sign.CODE, "the same postal code")
    elif any(is_one_slip(a, b) for a in one.codes for b in other.codes):
        scales.weight += _LIKE_CODE
    if not set(one.localities).isdisjoint(other.localities):
        scales.speaks_for(_LOCALITY, Sign.LOCALITY, "the same town")
    elif spelled_alike(one.localities, other.localities) >= _MUCH_ALIKE:
        scales.weight += _LIKE_LOCALITY


def _is_same_place(one: Facts, other: Facts) -> bool:
    return not (
        set(one.codes).isdisjoint(other.codes) and set(one.localities).isdisjoint(other.localities)
    )


def _weigh_organisation(scales: _Scales) -> None:
    one, other = scales.one.organisations, scales.other.organisations
    if not one or not other:
        return
    if not one.isdisjoint(other):
        scales.speaks_for(_ORGANISATION, Sign.ORGANISATION, "the same organisation")
    elif any(
        have_same_numbers(a, b) and spelled_alike([a], [b]) >= _LIKE_FIRMS
        for a in one
        for b in other
    ):
        words = "nearly the same organisation"
        scales.speaks_for(_ORGANISATION / 2, Sign.ORGANISATION, words, exact=False)
    elif not any(reason.sign in (Sign.MAIL, Sign.MOBILE) for reason in scales.reasons):
        # Whoever takes their number along has changed firms.
        scales.speaks_against(_OTHER_ORGANISATION, Sign.ORGANISATION, "other organisations")
