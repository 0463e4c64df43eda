"""What was recognised of a file, and what may be wished of its reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from dirserver.exchange.formats.choices import DateOrder, Leftover
from dirserver.exchange.vcards import ReadCard
from dirserver.model.number import DialPlan


@dataclass(frozen=True, slots=True)
class Wishes:
    """How files are to be read: what the user says of them, and where they are.

    ``columns`` are those that are mapped by hand, by their names, with what they become; those
    that are ``required`` must be there. ``key`` is the column by which a person is known again, in
    what ``source`` stands for.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    required: Collection[str] = ()
    leftover: Leftover = Leftover.NOTE
    dates: DateOrder | None = None
    plan: DialPlan = field(default_factory=DialPlan)
    today: date = date.max
    key: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column or an attribute, what became of it, and how many have a value in it."""

    name: str
    becomes: str
    values: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file was recognised as.

    ``encoding`` and ``separator`` are empty where that says nothing. ``people`` counts those that
    it tells of, as far as that is known before they are read. ``remarks`` are about all of it.
    """

    format: str
    encoding: str = ""
    separator: str = ""
    people: int = 0
    columns: tuple[Column, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contacts:
    """A file that was recognised, and its contacts, which are read one after the other."""

    layout: Layout
    cards: Iterator[ReadCard]


class UnknownFormat(Exception):
    """This is no file of contacts; the text says why, in words that follow "FILE: "."""


class BadTarget(Exception):
    """A column is to become something that is no property; the text says what to write."""
