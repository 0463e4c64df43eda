"""What is shown: words, tables and bars for people, JSON for programs.

Reports go to standard output; complaints, warnings and bars to standard error. Colours and bars
are for terminals, and for those who do not set NO_COLOR.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TextIO, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from dirserver.model.counting import counted as counted

Advance: TypeAlias = Callable[[int, int], None]

# They shape words in some scripts and do nothing to a line.
_JOINERS = "\u200c\u200d"
# Wider than any table: where no terminal sets the width, nothing is to be cut.
_UNBOUNDED = 100_000


def is_lively(stream: TextIO) -> bool:
    """Whether colours and bars may be shown on ``stream``."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain(text: str) -> str:
    """Return ``text`` on one line, without what would command a terminal or reorder a line."""
    return "".join(
        char if char.isprintable() or char in _JOINERS else " " if char in "\r\n\t" else "\ufffd"
        for char in text
    )


def _console(stream: TextIO) -> Console:
    lively = is_lively(stream)
    return Console(
        file=stream,
        force_terminal=lively,
        no_color=not lively,
        markup=False,
        emoji=False,
        highlight=False,
        width=None if stream.isatty() else _UNBOUNDED,
    )


def say(*parts: str | tuple[str, str]) -> None:
    """Print a line of a report. A part is a text, or a text and the style that it has."""
    _print(sys.stdout, parts)


def note(text: str) -> None:
    """Print a line that is not a part of the report."""
    _print(sys.stderr, (text,))


def warn(text: str) -> None:
    """Print a warning."""
    _print(sys.stderr, (("warning: ", "yellow"), text))


def complain(text: str) -> None:
    """Print what went wrong."""
    _print(sys.stderr, ((text, "red"),))


def _print(stream: TextIO, parts: Sequence[str | tuple[str, str]]) -> None:
    line = Text()
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, "")
        line.append(plain(text), style)
    _console(stream).print(line, soft_wrap=True)


def say_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, with the names of its columns if it has any. A cell may have lines."""
    table = Table(
        box=None,
        pad_edge=False,
        show_header=bool(heads),
        header_style="bold",
        padding=(0, 2, 0, 0),
    )
    for head in heads or rows[0]:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*("\n".join(map(plain, cell.split("\n"))) for cell in row))
    console = _console(sys.stdout)
    with console.capture() as captured:
        console.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def say_json(value: object) -> None:
    """Print ``value``, which may hold dataclasses and times, as JSON in ASCII."""
    sys.stdout.write(json.dumps(value, default=jsonable, indent=2) + "\n")


def jsonable(value: object) -> object:
    """Return what JSON has for a dataclass or a time. Raises TypeError for anything else."""
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


def local(at: datetime) -> str:
    """Return a moment as the clock on the wall had it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a bar while the block runs. Yields what is to be told how many of how many are done."""
    if not is_lively(sys.stderr):
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=_console(sys.stderr),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        task = bar.add_task(plain(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
