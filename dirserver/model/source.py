"""What keeps a book equal to something outside: a company directory, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

# Before the name of a source, where it acts by itself; no login has a colon.
_ACTOR = "source:"
# What the versions are called that come of a source.
OPERATION = "sync"


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the cards of the book ``book``.

    ``owns`` are the properties that it has a say in; without them, all those that it has in a
    card. Unless they are ``writable``, what others make of them is put back.
    """

    name: str
    book: str
    owns: frozenset[str] | None = None
    writable: bool = False

    @property
    def actor(self) -> str:
        """Under which name it acts."""
        return f"{_ACTOR}{self.name}"


# By the slugs of their books.
Sources: TypeAlias = Mapping[str, Source]
NO_SOURCES: Sources = {}


def is_source(actor: str) -> bool:
    """Say whether ``actor`` is a source, and no user."""
    return actor.startswith(_ACTOR)
