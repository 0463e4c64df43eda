"""What was typed, before Typer reads it: put in order, and all of it where it is ``serve``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from dirserver.cli.invocation import ENVIRONMENT, Invocation


def reordered(typed: Sequence[str]) -> list[str]:
    """Put ``-c FILE`` and ``--verbose`` before the command, wherever they were typed."""
    before: list[str] = []
    others: list[str] = []
    rest = iter(typed)
    for word in rest:
        if word == "--":
            others += [word, *rest]
        elif word in ("-c", "--config"):
            before += [word, *islice(rest, 1)]
        elif word == "--verbose" or word.startswith(("-c", "--config=")):
            before.append(word)
        else:
            others.append(word)
    return before + others


def read_serve(words: Sequence[str]) -> Invocation | None:
    """Read ``words`` that are in order, as Typer would; None when they are not just ``serve``.

    A server would keep Typer, and what that brings along, for as long as it runs: 9 MB.
    """
    *options, command = words or [""]
    if command != "serve":
        return None
    file, verbose = os.environ.get(ENVIRONMENT) or None, False
    rest = iter(options)
    for word in rest:
        if word == "--verbose":
            verbose = True
        elif word in ("-c", "--config"):
            file = next(rest, "")
        elif word.startswith("-c"):
            file = word.removeprefix("-c")
        elif word.startswith("--config="):
            file = word.removeprefix("--config=")
        else:
            return None
    if file == "":
        return None
    return Invocation(None if file is None else Path(file), verbose)
