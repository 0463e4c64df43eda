"""What a card says, field by field: computed once, when the card is stored.

The values are what a person would read: unescaped, stripped, the preferred one first and the
others in the order of the card. Nothing here fails, whatever is in the card.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

from dirserver.model.contentline import ContentLine, split_value, unescape
from dirserver.model.fields import GROUP, SOURCES, Field
from dirserver.model.relations import colleagues, is_group, members
from dirserver.model.vcard import VCard

MAX_VALUES = 64
MAX_LENGTH = 4096

# Lines of one property that are looked at: enough to fill each field that TEL can go to.
_MAX_LINES = 8 * MAX_VALUES
_NO_PREFERENCE = 101  # PREF goes from 1 to 100 (RFC 6350 section 5.3)

_TEXTS = {
    "FN": Field.FULL_NAME,
    "TITLE": Field.TITLE,
    "ROLE": Field.ROLE,
    "EMAIL": Field.MAIL,
    "LANG": Field.LANGUAGE,
    "NOTE": Field.NOTE,
    "BDAY": Field.BIRTHDAY,
    **{
        name: field
        for field in (
            Field.MESSAGING,
            Field.ANNIVERSARY,
            Field.CUSTOM_1,
            Field.CUSTOM_2,
            Field.CUSTOM_3,
            Field.CUSTOM_4,
        )
        for name in SOURCES[field] - {"X-ABDATE"}
    },
}
_LISTS = {"NICKNAME": Field.NICKNAME, "CATEGORIES": Field.CATEGORY}
_NAME_PARTS = (
    Field.FAMILY_NAME,
    Field.GIVEN_NAME,
    Field.ADDITIONAL_NAME,
    Field.NAME_PREFIX,
    Field.NAME_SUFFIX,
)
# RFC 9554 section 2.2 adds a second family name, and a generation such as "Jr.".
_PARTS_OF_N = (*_NAME_PARTS, Field.FAMILY_NAME, Field.NAME_SUFFIX)
# What stands for no year: RFC 6350 section 4.3.1, and what Apple writes in vCard 3.0.
_NO_PART = ("--", "1604")
_BIRTH = (Field.BIRTH_YEAR, Field.BIRTH_MONTH, Field.BIRTH_DAY)
_SPOKEN_ORDER = (3, 1, 2, 0, 4)
_WORK_ADDRESS = (
    Field.WORK_STREET,
    Field.WORK_STREET_2,
    Field.WORK_LOCALITY,
    Field.WORK_REGION,
    Field.WORK_POSTAL_CODE,
    Field.WORK_COUNTRY,
    Field.WORK_ADDRESS,
)
_HOME_ADDRESS = (
    Field.HOME_STREET,
    Field.HOME_STREET_2,
    Field.HOME_LOCALITY,
    Field.HOME_REGION,
    Field.HOME_POSTAL_CODE,
    Field.HOME_COUNTRY,
    Field.HOME_ADDRESS,
)
_MOBILE = frozenset({"cell", "mobile", "iphone"})
_WORK = frozenset({"work", "main", "main-number"})
# Types that do not say whose or what number it is.
_NEUTRAL = frozenset({"voice", "pref", "msg", "text", "dom", "intl"})
# A date or its beginning, basic or extended; without a year it is --MMDD (RFC 6350 section 4.3.1).
_DATE = re.compile(r"(\d{4}|--)-?(?:(\d\d)(?:-?(\d\d))?)?(?:T.*)?", re.ASCII)
_RELATIONS = SOURCES[Field.MANAGER] | SOURCES[Field.ASSISTANT]
# Marks of writing direction, which come along when a number is copied from a screen.
_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


class _Found(dict[Field, list[str]]):
    def add(self, field: Field, value: str) -> None:
        if value:
            self.setdefault(field, []).append(value)


def derive(card: VCard) -> dict[Field, tuple[str, ...]]:
    """Say what ``card`` says of each field; a field of which it says nothing is absent.

    No value is empty or twice in a field, longer than MAX_LENGTH, or beyond the MAX_VALUES-th.
    """
    by_name: dict[str, list[ContentLine]] = {}
    for line in card.lines:
        by_name.setdefault(line.name, []).append(line)
    found = _Found()
    for name, lines in by_name.items():
        if field := _TEXTS.get(name):
            for line in _preferred_first(lines):
                found.add(field, unescape(line.value))
        elif field := _LISTS.get(name):
            for line in _preferred_first(lines):
                for part in split_value(line.value, ",")[:MAX_VALUES]:
                    found.add(field, unescape(part))
        elif name == "TEL":
            _telephones(lines, by_name.get("X-ABLABEL", ()), found)
        elif name == "X-ABDATE":
            _dates(lines, by_name.get("X-ABLABEL", ()), found)
        elif reader := _READERS.get(name):
            for line in _preferred_first(lines):
                reader(line, found)
    if not _RELATIONS.isdisjoint(by_name):
        for field, value in colleagues(by_name, _labels(by_name.get("X-ABLABEL", ()))):
            found.add(field, value)
    found.add(Field.UID, card.uid)
    fields = _finished(found)
    if is_group(by_name):
        fields[Field.KIND] = (GROUP,)
        if named := members(by_name):
            fields[Field.MEMBER] = named
    return fields


def _finished(found: _Found) -> dict[Field, tuple[str, ...]]:
    fields = {field: kept for field, values in found.items() if (kept := _bounded(values))}
    if Field.FULL_NAME not in fields:
        parts = (fields.get(_NAME_PARTS[index], ("",))[0] for index in _SPOKEN_ORDER)
        if name := _bounded([" ".join(part for part in parts if part)]):
            fields[Field.FULL_NAME] = name
    if Field.FAMILY_NAME not in fields and Field.FULL_NAME in fields:
        fields[Field.FAMILY_NAME] = fields[Field.FULL_NAME]
    if len(mails := fields.get(Field.MAIL, ())) > 1:
        fields[Field.SECOND_MAIL] = mails[1:2]
    if codes := tuple(filter(_is_country_code, fields.get(Field.WORK_COUNTRY, ()))):
        fields[Field.WORK_COUNTRY_CODE] = codes[:1]
    if Field.BIRTHDAY in fields and (date := _DATE.fullmatch(fields[Field.BIRTHDAY][0])):
        for field, part in zip(_BIRTH, date.groups(), strict=True):
            if part and part not in _NO_PART:
                fields[field] = (part,)
    return fields


def _is_country_code(value: str) -> bool:
    return len(value) == 2 and value.isascii() and value.isalpha()


def _bounded(values: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for value in values:
        value = value.strip()
        if len(value) > MAX_LENGTH:
            value = value[:MAX_LENGTH].rstrip()
        if value:
            kept[value] = None
            if len(kept) == MAX_VALUES:
                break
    return tuple(kept)


def _preferred_first(lines: Sequence[ContentLine]) -> Sequence[ContentLine]:
    if len(lines) < 2:
        return lines
    return sorted(lines, key=_preference)[:_MAX_LINES]


def _preference(line: ContentLine) -> int:
    for value in line.param("PREF"):
        if len(value) <= 3 and value.isascii() and value.isdigit():
            return int(value)
    return 1 if "pref" in line.types() else _NO_PREFERENCE


def _is_private(line: ContentLine) -> bool:
    """Whether this is an address for home only; what has no type counts as work."""
    types = line.types()
    return "home" in types and "work" not in types


def _joined(part: str, between: str) -> str:
    """Join the list of values that a part of N or ADR may be (RFC 6350 section 6.2.2)."""
    if "," not in part:
        return unescape(part).strip()
    values = (unescape(value).strip() for value in split_value(part, ","))
    return between.join(value for value in values if value)


def _name(line: ContentLine, found: _Found) -> None:
    for field, part in zip(_PARTS_OF_N, split_value(line.value, ";"), strict=False):
        if part:
            found.add(field, _joined(part, " "))


def _organisation(line: ContentLine, found: _Found) -> None:
    organisation, *units = split_value(line.value, ";")
    found.add(Field.ORGANISATION, unescape(organisation))
    for unit in units[:MAX_VALUES]:
        found.add(Field.UNIT, unescape(unit))


def _url(line: ContentLine, found: _Found) -> None:
    found.add(Field.HOME_URL if _is_private(line) else Field.WORK_URL, unescape(line.value))


def _telephones(lines: Sequence[ContentLine], labels: Sequence[ContentLine], found: _Found) -> None:
    label_of = _labels(labels)
    for line in _preferred_first(lines):
        number = telephone_number(unescape(line.value))
        if not number:
            continue
        types = line.types()
        if line.group and (label := label_of.get(line.group.lower())):
            types |= {label}
        field = _telephone_field(types)
        found.add(field, number)
        found.add(Field.ANY_PHONE, number)
        if (
            field not in (Field.FAX, Field.PAGER)
            and Field.PREFERRED_PHONE not in found
            and _preference(line) < _NO_PREFERENCE
        ):
            found.add(Field.PREFERRED_PHONE, number)
    # Most phones ask for telephoneNumber only: the one number of a card belongs there.
    if Field.OTHER_PHONE in found and len(set(found[Field.ANY_PHONE])) == 1:
        found[Field.WORK_PHONE] = found.pop(Field.OTHER_PHONE)


def _dates(lines: Sequence[ContentLine], labels: Sequence[ContentLine], found: _Found) -> None:
    """Take the anniversary from Apple's dates, where a label says which day each is."""
    label_of = _labels(labels)
    for line in _preferred_first(lines):
        if label_of.get(line.group.lower()) == "anniversary":
            found.add(Field.ANNIVERSARY, unescape(line.value))


def _telephone_field(types: frozenset[str]) -> Field:
    if not types:
        return Field.WORK_PHONE
    if any("fax" in word for word in types):
        return Field.FAX
    if "pager" in types:
        return Field.PAGER
    if not types.isdisjoint(_MOBILE):
        return Field.MOBILE_PHONE
    if "home" in types and "work" not in types:
        return Field.HOME_PHONE
    if not types.isdisjoint(_WORK) or types <= _NEUTRAL:
        return Field.WORK_PHONE
    return Field.OTHER_PHONE


def _labels(lines: Iterable[ContentLine]) -> dict[str, str]:
    return {line.group.lower(): _label(line.value) for line in lines if line.group}


def _label(value: str) -> str:
    """The word in Apple's ``_$!<Mobile>!$_``, or a label of the user's own; in lower case."""
    return unescape(value).strip().removeprefix("_$!<").removesuffix(">!$_").lower()


def telephone_number(value: str) -> str:
    """The number as a person writes it, also out of a tel: URI (RFC 3966)."""
    value = value.strip().strip(_INVISIBLE).strip()
    if value[:4].lower() != "tel:":
        return value
    number, *params = unquote(value[4:]).split(";")
    # A percent sign may hide what no database or terminal should meet.
    number = "".join(character for character in number if character.isprintable()).strip(" /")
    for param in params:
        name, _, extension = param.partition("=")
        if number and name.strip().lower() == "ext" and extension.isprintable():
            return f"{number} ext. {extension.strip()}" if extension.strip() else number
    return number


def _address(line: ContentLine, found: _Found) -> None:
    """Take an ADR apart (RFC 6350 section 6.3.1): PO box, extension, street, then the town."""
    parts = [*split_value(line.value, ";")[:7], "", "", "", "", "", "", ""]
    box, extension, street = (_joined(part, "\n") for part in parts[:3])
    town, region, code, country = (_joined(part, ", ") for part in parts[3:7])
    lines = "\n".join(part for part in (street, extension, box) if part)
    label = "\n".join(line.param("LABEL")).strip()
    if not label:
        # New York, NY 10001 where there is a region, 10115 Berlin where there is none.
        place = f"{town}, {region} {code}" if region else f"{code} {town}"
        label = "\n".join(part for part in (lines, place.strip(" ,"), country) if part)
    if not street:
        street, extension = extension, ""
    street = "\n".join(part for part in (street, box) if part)
    fields = _HOME_ADDRESS if _is_private(line) else _WORK_ADDRESS
    values = (street, extension, town, region, code, country, label)
    for field, value in zip(fields, values, strict=True):
        found.add(field, value)


_READERS: dict[str, Callable[[ContentLine, _Found], None]] = {
    "N": _name,
    "ORG": _organisation,
    "ADR": _address,
    "URL": _url,
}
