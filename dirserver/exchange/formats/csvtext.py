"""Rows of a CSV file: which separator it has, and each row with the line that it begins in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

SEPARATORS = (",", ";", "\t")
MAX_CELL = 131_072
MAX_COLUMNS = 2_000

_SAID = re.compile(r"(?:\ufeff)?sep=(.)[ \t]*(?:\r\n|\n|\r)", re.IGNORECASE)
_SAMPLE = 200_000
_SAMPLE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A row, the line that it begins in, and why it could not be read, if so."""

    line: int
    cells: Sequence[str]
    fault: str = ""


class _Reader(Protocol):
    """What ``csv.reader`` returns."""

    line_num: int

    def __next__(self) -> list[str]: ...


def said_separator(text: str) -> tuple[str, int]:
    """Return the separator that Excel's first line says, and where the rows begin after it."""
    found = _SAID.match(text)
    return (found[1], found.end()) if found else ("", 0)


def first_rows(text: str, separator: str) -> list[Row]:
    """Return the first rows that can be read, to see what kind of file this is."""
    rows = []
    for row in read_rows(text[:_SAMPLE], separator):
        if not row.fault and any(cell.strip() for cell in row.cells):
            rows.append(row)
        if len(rows) == _SAMPLE_ROWS or row.line > 100:
            break
    return rows


def read_rows(text: str, separator: str, first_line: int = 1) -> Iterator[Row]:
    """Yield the rows of a file, those too that cannot be read.

    A quote that is never closed would make one cell of all that follows it; so it is the row that
    it begins in that cannot be read, and those behind it are rows.
    """
    lines = list(io.StringIO(text, newline=""))
    done = 0
    while done < len(lines):
        before = done
        # Not a part of the list, nor passing over its beginning: many rows may be like that.
        rest = map(lines.__getitem__, range(before, len(lines)))
        reader = csv.reader(rest, delimiter=separator)
        for row in _read(reader, first_line + before):
            ends = before + reader.line_num
            if not row.fault and _is_torn(lines[done:ends], separator, is_last=ends == len(lines)):
                number = first_line + done
                yield Row(number, (), f"line {number}: a quote is never closed")
                done += 1
                break
            done = ends
            yield row
        else:
            return


def _read(reader: _Reader, first_line: int) -> Iterator[Row]:
    while True:
        begins = reader.line_num + first_line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            ends = reader.line_num + first_line - 1
            where = f"lines {begins} to {ends}" if ends > begins else f"line {begins}"
            yield Row(begins, (), f"{where}: {_why(error)}")
            continue
        if len(cells) > MAX_COLUMNS:
            yield Row(begins, (), f"line {begins}: there are more than {MAX_COLUMNS} cells")
        else:
            yield Row(begins, cells)


def _is_torn(lines: Sequence[str], separator: str, *, is_last: bool) -> bool:
    """Say whether a row has more lines than it should, since a quote in the first has no other.

    Then it ends with the file, or with the first quote of another row, behind which it goes on.
    """
    if len(lines) == 1 and not is_last:
        return False
    try:
        list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        return len(lines) > 1 or "unexpected end of data" in str(error)
    return False


def _why(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"a cell has more than {MAX_CELL} characters, or its quotes are never closed"
    return f"this is no row of a CSV file: {error}"
