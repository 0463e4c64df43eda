"""Conversations: what a client says and what it must hear, as a text that reads like a log.

    C: GET /alice/customers/anna.vcf
    S: 200
       ETag: $anna
    C: PUT /alice/customers/anna.vcf
       If-Match: $anna
       <anna.vcf
    S: 204
       ETag: $new

A ``C:`` block is given to the client of the protocol, which says it and renders what comes
back, one fact a line; the ``S:`` block must be exactly that. The first ``$name`` in an ``S:``
block takes what is there, later ones, in either block, stand for it; ``$_`` takes anything.
A line ``...`` in an ``S:`` block stands for any lines, so that a test can keep to its subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import unified_diff
from textwrap import dedent
from typing import Protocol

_NAME = re.compile(r"\$(\w+)")


class Speaker(Protocol):
    """A client of one protocol."""

    def say(self, lines: list[str]) -> list[str]:
        """Say what the lines of a C: block say, and render the answer, one fact a line."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One C: block and the S: block that follows it."""

    said: list[str]
    heard: list[str]


def read_script(text: str) -> list[Exchange]:
    """Take a conversation apart. The lines of a block are indented as its first is."""
    exchanges: list[Exchange] = []
    block: list[str] | None = None
    for line in dedent(text).strip("\n").splitlines():
        if line.startswith("C:"):
            block = [line[2:].strip()]
            exchanges.append(Exchange(block, []))
        elif line.startswith("S:"):
            assert exchanges, "a conversation begins with C:"
            block = exchanges[-1].heard
            block.append(line[2:].strip())
        elif line.strip():
            assert block is not None, f"outside of any block: {line!r}"
            block.append(line[3:].rstrip())
    return exchanges


def play(client: Speaker, text: str, known: dict[str, str] | None = None) -> dict[str, str]:
    """Hold the conversation ``text`` and return what its names stand for in the end."""
    names = dict(known or {})
    for exchange in read_script(text):
        said = [_filled_in(line, names) for line in exchange.said]
        heard = client.say(said)
        _compare(exchange, said, heard, names)
    return names


def _filled_in(line: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda match: names.get(match[1], match[0]), line)


def _compare(exchange: Exchange, said: list[str], heard: list[str], names: dict[str, str]) -> None:
    found = _match(exchange.heard, heard, names)
    if found is None:
        expected = [_filled_in(line, names) for line in exchange.heard]
        difference = "\n".join(unified_diff(expected, heard, "expected", "heard", lineterm=""))
        raise AssertionError(f"after\n{chr(10).join(said)}\n\n{difference}")
    names.update(found)


def _match(expected: list[str], heard: list[str], names: dict[str, str]) -> dict[str, str] | None:
    """Match from the front; where ``...`` stands, try every number of lines for it."""
    if not expected:
        return {} if not heard else None
    first, *rest = expected
    if first.strip() == "...":
        for skipped in range(len(heard) + 1):
            found = _match(rest, heard[skipped:], names)
            if found is not None:
                return found
        return None
    if not heard:
        return None
    taken = _match_line(first, heard[0], names)
    if taken is None:
        return None
    others = _match(rest, heard[1:], {**names, **taken})
    return None if others is None else {**taken, **others}


def _match_line(expected: str, heard: str, names: dict[str, str]) -> dict[str, str] | None:
    pattern, at, seen = "", 0, set[str]()
    for match in _NAME.finditer(expected):
        pattern += re.escape(expected[at : match.start()])
        name = match[1]
        if name == "_":
            pattern += ".+?"
        elif name in names:
            pattern += re.escape(names[name])
        elif name in seen:
            pattern += f"(?P={name})"
        else:
            seen.add(name)
            pattern += f"(?P<{name}>.+?)"
        at = match.end()
    found = re.fullmatch(pattern + re.escape(expected[at:]), heard, re.DOTALL)
    return None if found is None else found.groupdict()
