"""What may be chosen of a format, apart from all that it takes to read and write one."""

from __future__ import annotations

from enum import StrEnum


class Leftover(StrEnum):
    """Where what has no place in a card of its own goes: the note, X- properties, nowhere."""

    NOTE = "note"
    X = "x"
    DROP = "drop"


class LabelsAs(StrEnum):
    """What the groups and labels of another program become."""

    CATEGORIES = "categories"
    BOOKS = "books"


class DateOrder(StrEnum):
    """How a file writes dates that do not say it themselves."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Separator(StrEnum):
    """What is between the cells of a CSV file."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"


class Format(StrEnum):
    """What cards can be written as."""

    VCARD = "vcard"
    VCARD_3 = "vcard3"
    VCARD_4 = "vcard4"
    CSV = "csv"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    LDIF = "ldif"
    FRITZBOX = "fritzbox"
    YEALINK = "yealink"
    SNOM = "snom"
    GRANDSTREAM = "grandstream"


TABLES = (Format.CSV, Format.GOOGLE, Format.OUTLOOK)
# What phones read; a file's name does not say which.
XML = (Format.FRITZBOX, Format.YEALINK, Format.SNOM, Format.GRANDSTREAM)

_ENDINGS = {".vcf": Format.VCARD, ".csv": Format.CSV, ".ldif": Format.LDIF}


def format_of(name: str) -> Format | None:
    """Return what the ending of a file's name says that it is, if it says so."""
    return _ENDINGS.get(name[name.rfind(".") :].lower())
