"""What is wrong with a query, said so that whoever wrote it can mend it."""

from __future__ import annotations

from collections.abc import Collection


class Misspelt(Exception):
    """A query cannot be understood from ``at`` on, counted from 0.

    ``found`` is there instead of what was ``expected``: perhaps the ``word``, of which it is one
    of the ``choices`` that was meant.
    """

    def __init__(
        self, at: int, expected: str, found: str, word: str = "", choices: Collection[str] = ()
    ) -> None:
        """Tell it."""
        super().__init__(f"expected {expected}; found {found}")
        self.at = at
        self.word = word
        self.choices = choices


def place(text: str, at: int) -> str:
    """Say where in ``text`` that is, as an editor counts."""
    before = text[:at]
    column = at - (before.rfind("\n") + 1) + 1
    lines = before.count("\n")
    return f"line {lines + 1}, column {column}" if "\n" in text else f"column {column}"
