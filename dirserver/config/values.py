"""Values of the plain kinds: text, numbers, truth values, words to choose from, names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta
from enum import StrEnum
from typing import TypeVar

from dirserver.config.faults import Refused, kind_of, listing, nearest, shown

Word = TypeVar("Word", bound=StrEnum)

# XML 1.0 section 2.2 has no way to write these, and both faces show what is written here.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_LINE_BREAK = re.compile("[\t\n\r\u2028\u2029]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LARGEST = 2**31 - 1
_DURATION = re.compile(r"([0-9]{1,4})\s*(d|w|y)(?:ays?|eeks?|ears?)?")
_DAYS = {"d": 1, "w": 7, "y": 365}


def string(value: object) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise Refused(f"expected a string, in quotes; found {kind_of(value)}")
    return value


def text(value: object) -> str:
    """Read text of one line that is not blank."""
    read = paragraphs(value).strip()
    if not read:
        raise Refused("expected some text")
    if _LINE_BREAK.search(read):
        raise Refused("expected text without line breaks and tabs")
    return read


def paragraphs(value: object) -> str:
    """Read text of any number of lines."""
    read = string(value)
    if found := _UNWRITABLE.search(read):
        raise Refused(f"the control character U+{ord(found[0]):04X} cannot be in a text")
    return read


def boolean(value: object) -> bool:
    """Read a truth value."""
    if not isinstance(value, bool):
        raise Refused(f"expected true or false, without quotes; found {kind_of(value)}")
    return value


def count(value: object) -> int:
    """Read a whole number from 1 on."""
    # To Python, though not to TOML, true is the number 1.
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"expected a whole number, without quotes; found {kind_of(value)}")
    if not 1 <= value <= _LARGEST:
        raise Refused(f"expected a whole number from 1 to {_LARGEST}")
    return value


def count_to(most: int) -> Callable[[object], int]:
    """Return what reads a whole number from 1 to ``most``."""

    def read(value: object) -> int:
        number = count(value)
        if number > most:
            raise Refused(f"expected a whole number from 1 to {most}")
        return number

    return read


def time_of_day(value: object) -> time:
    """Read a time of the day."""
    if isinstance(value, time):
        raise Refused('expected a time in quotes, such as "02:30"')
    match = _TIME.fullmatch(string(value))
    if match is None:
        raise Refused('expected a time of the day from "00:00" to "23:59"')
    return time(int(match[1]), int(match[2]))


def duration(value: object) -> timedelta:
    """Read a span of time, in days or more."""
    read = string(value).strip().lower()
    found = _DURATION.fullmatch(read)
    if found is None or int(found[1]) == 0:
        raise Refused(
            'expected a span of time, such as "90d" (days), "26w" (weeks) or "2y" (years)'
        )
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def one_of(words: type[Word]) -> Callable[[object], Word]:
    """Return what reads one of ``words``."""

    def read(value: object) -> Word:
        word = string(value)
        if word in set(words):
            return words(word)
        meant = nearest(word, words)
        hint = f"; did you mean {shown(meant)}?" if meant else ""
        raise Refused(f"expected {listing(shown(str(each)) for each in words)}{hint}")

    return read


def name(value: object) -> str:
    """Read a name that becomes a part of addresses: a URL's segment and an RDN's value."""
    read = string(value)
    if _NAME.fullmatch(read):
        return read
    lowered = read.lower()
    hint = f"; did you mean {shown(lowered)}?" if _NAME.fullmatch(lowered) else ""
    raise Refused(
        'expected a name of at most 64 characters from a-z, 0-9, ".", "_" and "-",'
        f" beginning with a letter or a digit{hint}"
    )


def login(value: object) -> str:
    """Read the name that a user logs in with."""
    if value == "standards":
        raise Refused("repairs by a book's standards are made under this name; take another login")
    if value in ("anonymous", "everyone"):
        raise Refused("grants use this word for other people than one user; take another login")
    return name(value)


def mail(value: object) -> str:
    """Read a mail address. Only a mail server can tell whether it is one."""
    read = text(value)
    if not _MAIL.fullmatch(read):
        raise Refused('expected a mail address, such as "alice@example.org"')
    return read
