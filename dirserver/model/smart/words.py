"""The text of a query as words: names, values between quotes, signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from dirserver.model.smart.misspelt import Misspelt

_WORD = re.compile(
    r"""(?P<space>\s+)
    |(?P<name>[A-Za-z][A-Za-z0-9_-]*)
    |(?P<sign>!=|=|\(|\)|,)
    |"(?P<double>(?:[^"\\]|\\["\\])*)"
    |'(?P<single>(?:[^'\\]|\\['\\])*)'""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# What begins at a place where no word does, up to where the next may begin.
_OTHER = re.compile(r"""["'][^"']*|[^\s"'(),]+""")


class Kind(Enum):
    """What a word is. A value stands between quotes."""

    NAME = "name"
    SIGN = "sign"
    VALUE = "value"
    END = "end"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was typed, and where in the text it begins, counted from 0.

    Of a value, that is what stands between the quotes.
    """

    kind: Kind
    text: str
    at: int

    @property
    def name(self) -> str:
        """The word if it is a name or a sign; upper and lower case are the same."""
        return self.text.lower() if self.kind in (Kind.NAME, Kind.SIGN) else ""

    @property
    def shown(self) -> str:
        """The word as it is repeated where it is not understood."""
        if self.kind is Kind.END:
            return "the end of the query"
        return f'the value "{self.text}"' if self.kind is Kind.VALUE else f'"{self.text}"'

    @property
    def spelled(self) -> str:
        """The word in its one spelling."""
        if self.kind is not Kind.VALUE:
            return self.name
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


def words(text: str) -> Iterator[Word]:
    """Yield the words of ``text``, and in the end that it ends. Raises Misspelt."""
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        match found.lastgroup:
            case "name":
                yield Word(Kind.NAME, found[0], at)
            case "sign":
                yield Word(Kind.SIGN, found[0], at)
            case "double" | "single":
                yield Word(Kind.VALUE, _ESCAPE.sub(r"\1", found[0][1:-1]), at)
        at = found.end()
    yield Word(Kind.END, "", at)


def _unreadable(text: str, at: int) -> Misspelt:
    if text[at] in "\"'":
        quote = text[at]
        expected = (
            f"a value that ends with {quote}, with a backslash before any {quote} or \\ in it"
        )
        return Misspelt(at, expected, "no such end")
    other = _OTHER.match(text, at)
    found = other[0] if other else text[at]
    return Misspelt(at, 'a word, a value between quotes, or one of = != ( ) ","', f'"{found}"')
