"""What of a card tells who it is of, as the search index has it: folded, numbers as digits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dirserver.model.duplicates.names import Name, name_of
from dirserver.model.fields import SOURCES, Field
from dirserver.model.firms import JOINING, LEGAL_FORMS
from dirserver.model.person import ROLES, is_role

# A shorter number is an extension, which somebody has in every house.
_FEWEST_DIGITS = 7
_LONGEST = 200
# Nobody has so many numbers; a card that has is not worth hours of comparing.
_MOST_VALUES = 200
_DATE = re.compile(r"(\d{4}|--)-?(\d{2})-?(\d{2})")
# The year that Apple's clients write where there is none.
_NO_YEAR = "1604"
_STREETS = (Field.HOME_STREET, Field.WORK_STREET)
_LOCALITIES = (Field.HOME_LOCALITY, Field.WORK_LOCALITY)
_CODES = (Field.HOME_POSTAL_CODE, Field.WORK_POSTAL_CODE)
_LINES = (Field.WORK_PHONE, Field.HOME_PHONE, Field.OTHER_PHONE)
# What is not looked at: it tells nothing of who somebody is, or says again what others say.
_UNREAD = frozenset({Field.PREFERRED_PHONE, Field.SECOND_MAIL, Field.UID})
_BEYOND_NAMES = frozenset(
    {Field.MAIL, Field.MOBILE_PHONE, Field.BIRTHDAY, Field.ORGANISATION, *_STREETS, *_LINES}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card says of who it is of.

    Of mail addresses there are those that are a person's own, not a desk's. A number is there by
    the shortest string of digits for it; those of a house are not. ``content`` is equal for cards
    that say the same but for the UID, and None where there is nothing but a name. ``source`` is
    what has a card for each of its people, this one among them.
    """

    key: str
    uid: str
    name: Name
    is_house: bool
    mails: frozenset[str]
    mobiles: frozenset[str]
    lines: frozenset[str]
    birthday: str
    organisations: frozenset[str]
    streets: tuple[str, ...]
    localities: tuple[str, ...]
    codes: tuple[str, ...]
    content: int | None
    source: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        """All numbers at which one reaches somebody."""
        return self.mobiles | self.lines


def seen_fields(hidden: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the fields that are looked at, for one from whom ``hidden`` is kept."""
    seen = (one for one in Field if SOURCES[one].isdisjoint(hidden) and one not in _UNREAD)
    return frozenset(map(str, seen))


def facts_of(
    key: str,
    uid: str,
    values: Iterable[tuple[str, str]],
    seen: Collection[str],
    source: str = "",
) -> Facts:
    """Return the facts of the card ``key`` from its values in the index, but for hidden ones."""
    said: dict[str, list[str]] = {}
    # The engines sort differently, and so do their indexes.
    for field, value in sorted(set(values)):
        if field in seen and len(of_field := said.setdefault(field, [])) < _MOST_VALUES:
            of_field.append(value[:_LONGEST])

    def get(*fields: Field) -> list[str]:
        return [one for field in fields for one in said.get(field, ())]

    full = [one for one in get(Field.FULL_NAME) if _is_name(one)]
    family = [one for one in get(Field.FAMILY_NAME) if _is_name(one)]
    given, organisations = get(Field.GIVEN_NAME), get(Field.ORGANISATION)
    mobiles = _numbers(get(Field.MOBILE_PHONE))
    lines = {one for field in _LINES for one in _numbers(get(field))}
    return Facts(
        key,
        uid,
        name_of(full, given, family, get(Field.NAME_SUFFIX)),
        _is_house(full, given, organisations),
        frozenset(one for one in get(Field.MAIL) if "@" in one and not is_role(one)),
        frozenset(mobiles),
        frozenset(lines - mobiles),
        next((date for one in get(Field.BIRTHDAY) if (date := _date(one))), ""),
        frozenset(map(_firm, organisations)),
        tuple(get(*_STREETS)),
        tuple(get(*_LOCALITIES)),
        tuple(get(*_CODES)),
        _content(said),
        source,
    )


def birthday_beginnings(birthday: str) -> tuple[str, ...]:
    """Return how values begin in the index that are this day of birth; none without a year."""
    if not birthday or birthday.startswith("--"):
        return ()
    return birthday, f"{birthday[:4]}-{birthday[4:6]}-{birthday[6:]}"


def _numbers(forms: list[str]) -> set[str]:
    """Return numbers by the shortest of the forms that the index has for each."""
    kept: list[str] = []
    for form in sorted(forms, key=len):
        if len(form) >= _FEWEST_DIGITS and not form.endswith(tuple(kept)):
            kept.append(form)
    # 030 23125-0: whoever calls it reaches the house.
    return {one for one in kept if not ("0" in forms and one.endswith("0"))}


def _date(value: str) -> str:
    found = _DATE.match(value)
    if found is None:
        return ""
    year, month, day = found.groups()
    return f"{'--' if year in (_NO_YEAR, '--') else year}{month}{day}"


def _is_name(text: str) -> bool:
    """Say whether this is a name, and not the address or number that stands where there is none."""
    return "@" not in text and any(map(str.isalpha, text))


def _firm(organisation: str) -> str:
    """Return the name of a firm without what its legal form is."""
    words = [word.strip(".") for word in organisation.replace(",", " ").split()]
    kept = [word for word in words if word not in LEGAL_FORMS and word not in JOINING]
    return " ".join(kept) or organisation


def _is_house(full: list[str], given: list[str], organisations: list[str]) -> bool:
    """Say whether this is a firm or one of its desks, and not a person."""
    words = {word for one in full for word in one.replace("-", " ").split()}
    if not words.isdisjoint(LEGAL_FORMS):
        return True
    if given:
        return False
    return not set(full).isdisjoint(organisations) or (bool(words) and words <= ROLES)


def _content(said: dict[str, list[str]]) -> int | None:
    if _BEYOND_NAMES.isdisjoint(said):
        return None
    return hash(tuple((field, tuple(said[field])) for field in sorted(said)))
