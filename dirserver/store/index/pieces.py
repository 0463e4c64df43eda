"""Long texts in the search index: in pieces that overlap, as a database indexes no longer ones.

A mark that no text can have stands where a piece is not the beginning or the end of its text, so
that it is taken for neither. What is looked for in the middle of a text is found when it is no
longer than what two pieces have in common.
"""

from __future__ import annotations

# PostgreSQL indexes no value much longer than 2,700 bytes.
LONGEST = 512
IN_COMMON = 64
# Sorts before everything that a text can begin with; it is a blank, which folding makes a space of.
_MARK = "\x1f"
# Every text sorts after this, but what a piece goes on with before it.
LEAST = " "


def beginning_of(text: str) -> str:
    """Return the first piece of ``text``: all of it, if it is short."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + _MARK


def pieces_of(text: str) -> tuple[str, ...]:
    """Return ``text`` in pieces of LONGEST characters at most."""
    found, rest = [], text
    while len(rest) > LONGEST:
        found.append(beginning_of(rest))
        rest = _MARK + rest[LONGEST - 1 - IN_COMMON :]
    return (*found, rest)
