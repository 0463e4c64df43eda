"""What the card is of: KIND and MEMBER (RFC 6350 sections 6.1.4, 6.6.5), GENDER (6.2.7).

Apple's clients and servers know groups by two properties of their own, and an organisation by
X-ABSHOWAS. X-GENDER is written as a word.
"""

from __future__ import annotations

import re

from dirserver.model.contentline import ContentLine
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import parts, text_for_four, uri

_KIND, _MEMBER = "X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER"
_SHOWN_AS = "X-ABSHOWAS"
_SEXES = {"male": "M", "female": "F", "m": "M", "f": "F"}
_WORDS = {"M": "Male", "F": "Female"}
_GENDER = re.compile(r"[MFONUmfonu]?(?:;.*)?", re.DOTALL)


def kind_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """KIND; what the card says by that name comes first."""
    if (line.name != "KIND" and "KIND" in source.names) or not source.is_first("KIND"):
        return (line,)
    kind = text_for_four(line.value.strip()).lower()
    return (ContentLine(line.group, "KIND", line.params, kind),) if kind else (line,)


def shown_as_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """KIND:org."""
    taken = "KIND" in source.names or _KIND in source.names
    if taken or line.value.strip().upper() != "COMPANY" or not source.is_first("KIND"):
        return (line,)
    return (ContentLine(line.group, "KIND", line.params, "org"),)


def kind_for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """Apple's word for it."""
    kind = line.value.strip().lower()
    if kind == "org" and _SHOWN_AS not in source.names and _KIND not in source.names:
        return (ContentLine(line.group, _SHOWN_AS, line.params, "COMPANY"),)
    return (ContentLine(line.group, _KIND, line.params, kind),)


def member_for_four(line: ContentLine) -> ContentLine:
    """MEMBER."""
    return ContentLine(line.group, "MEMBER", line.params, uri(line.value))


def member_for_three(line: ContentLine) -> ContentLine:
    """Apple's word for it."""
    return ContentLine(line.group, _MEMBER, line.params, uri(line.value))


def gender_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """GENDER; a word that is no sex is an identity."""
    if (line.name != "GENDER" and "GENDER" in source.names) or not source.is_first("GENDER"):
        return (line,)
    value = line.value.strip()
    if sex := _SEXES.get(value.lower()):
        value = sex
    elif _GENDER.fullmatch(value):
        value = value[:1].upper() + parts(value[1:])
    else:
        value = f";{text_for_four(value).replace(';', chr(92) + ';')}"
    return (ContentLine(line.group, "GENDER", line.params, value),)


def gender_for_three(line: ContentLine) -> ContentLine:
    """X-GENDER: a word, or all that GENDER says."""
    value = line.value.strip()
    return ContentLine(line.group, "X-GENDER", line.params, _WORDS.get(value.upper(), value))
