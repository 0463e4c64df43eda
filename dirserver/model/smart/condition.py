"""What a smart book asks of a card, and of the book that the card is kept in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from dirserver.model.query import And, Constant, Not, Or, Query


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Any part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Contrary:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Says:
    """The card says what ``query`` looks for."""

    query: Query


@dataclass(frozen=True, slots=True)
class BookName:
    """The name of a book, and where in the text it stands, counted from 0."""

    name: str
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class InBooks:
    """The card is kept in one of these books."""

    names: tuple[BookName, ...]


Condition: TypeAlias = Every | Some | Contrary | Says | InBooks


@dataclass(frozen=True, slots=True)
class SmartQuery:
    """The query of a smart book: as somebody wrote it, and what it means.

    ``words`` are those of the text, in one spelling: queries with the same words are the same.
    """

    text: str = field(compare=False)
    words: str
    condition: Condition

    @property
    def digest(self) -> str:
        """A short name for what is asked; another query has another one."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:12]


def in_book(condition: Condition, name: str) -> Query:
    """Return what ``condition`` asks of the cards in the book ``name``."""
    match condition:
        case Every(parts):
            return And(tuple(in_book(part, name) for part in parts))
        case Some(parts):
            return Or(tuple(in_book(part, name) for part in parts))
        case Contrary(part):
            return Not(in_book(part, name))
        case Says(query):
            return query
        case InBooks(names):
            return Constant(any(one.name == name for one in names))


def books_named(condition: Condition) -> Iterator[BookName]:
    """Yield the books that ``condition`` names, in their order."""
    match condition:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from books_named(part)
        case Contrary(part):
            yield from books_named(part)
        case InBooks(names):
            yield from names
        case Says():
            pass
