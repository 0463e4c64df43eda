"""Spreadsheets as CSV: recognised by their columns, and read row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dirserver.exchange.formats import dates, google
from dirserver.exchange.formats.choices import DateOrder, Leftover
from dirserver.exchange.formats.csvtext import (
    SEPARATORS,
    Row,
    first_rows,
    read_rows,
    said_separator,
)
from dirserver.exchange.formats.draft import Draft
from dirserver.exchange.formats.encodings import decoded
from dirserver.exchange.formats.finishing import finish
from dirserver.exchange.formats.google import GOOGLE
from dirserver.exchange.formats.headers import Known, best, folded, numbered
from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.layout import Column, Contacts, Layout, UnknownFormat, Wishes
from dirserver.exchange.formats.leaving import x_name
from dirserver.exchange.formats.listed import as_spoken
from dirserver.exchange.formats.targets import NOTHING, Target, parse_target
from dirserver.exchange.formats.values import DEFAULTS, cleaned
from dirserver.exchange.vcards import ReadCard

_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_DATES = frozenset({"BDAY", "ANNIVERSARY"})
# Below their reports some programs say what they are.
_FOOTER = re.compile(
    r"confidential information|copyright \(c\)|grand total|total records|generated (by|at|on)\b"
    r"|report generated|\d+ records?$",
    re.IGNORECASE,
)
_FEW_COLUMNS = 3
_SHOWN_NAMES = 8


@dataclass(frozen=True, slots=True)
class _Header:
    """The row of the names, what is known of them, and where the rows after it begin."""

    known: Known
    line: int
    names: tuple[str, ...]
    folded: tuple[str, ...]
    targets: tuple[Target | None, ...]

    def name(self, index: int) -> str:
        """The name of a column; those without one are counted."""
        named = self.names[index].strip() if index < len(self.names) else ""
        return named or f"column {index + 1}"

    def is_numbered(self, index: int) -> bool:
        """Say whether a column is one of Google's numbered ones and not mapped otherwise."""
        return (
            self.known.source == GOOGLE
            and self.targets[index] is None
            and google.is_numbered(self.folded[index])
        )


def open_spreadsheet(data: bytes, wishes: Wishes) -> Contacts:
    """Recognise a spreadsheet. Raises UnknownFormat, saying which columns it has."""
    mapped = {folded(name): parse_target(target) for name, target in wishes.columns.items()}
    wanted = frozenset(mapped)
    text, encoding = decoded(data, lambda head: _guess(head, wanted)[0])
    said, start = said_separator(text)
    _, separator, row, known = _guess(text, wanted)
    if row is None or known is None:
        raise UnknownFormat("there is nothing in it but blanks")
    header = _header(row, known, mapped)
    if wishes.key and folded(wishes.key) not in header.folded:
        raise UnknownFormat(f"there is no column {wishes.key!r} in it, which is to be the key")
    if missing := [name for name in wishes.required if folded(name) not in header.folded]:
        raise UnknownFormat(f"there is no column {missing[0]!r} in it, which --map names")
    body = text[start:]
    first_line = 2 if said else 1
    gathered = _gather(body, separator, header, first_line)
    order = wishes.dates or dates.order_of(gathered.dates) or known.order
    layout = Layout(
        known.title + (", CSV" if known.source != "spreadsheet" else " as CSV"),
        encoding,
        _SEPARATOR_NAMES.get(separator, separator),
        gathered.people,
        tuple(_columns(header, gathered.values, wishes)),
        (*_remarks(text, header, order, gathered), *_missing(header, wishes)),
    )
    cards = _cards(body, separator, header, first_line, order, wishes, gathered.usual)
    return Contacts(layout, cards)


def _guess(text: str, wanted: frozenset[str]) -> tuple[int, str, Row | None, Known | None]:
    """Find the separator and the row of names with the most names that are known or wanted."""
    said, start = said_separator(text)
    found: tuple[int, str, Row | None, Known | None] = (-1, ",", None, None)
    for separator in (said,) if said else SEPARATORS:
        for row in first_rows(text[start:], separator):
            known, count = best(row.cells)
            count += len(wanted.intersection(map(folded, row.cells)))
            if count > found[0] or (
                count == found[0] == 0 and row.line == 1 and len(row.cells) > _width(found[2])
            ):
                found = (count, separator, row, known)
    return found


def _width(row: Row | None) -> int:
    return len(row.cells) if row else 0


def _header(row: Row, known: Known, mapped: dict[str, Target]) -> _Header:
    names = tuple(cell.strip() for cell in row.cells)
    told = tuple(numbered(names))
    by_hand = [name for name in told if name.partition("#")[0] in mapped]
    recognised = known.counts(dict.fromkeys(told))
    filled = len([name for name in told if name])
    if (not by_hand and recognised < min(2, filled)) or (recognised + len(by_hand) == 0):
        shown = ", ".join(repr(name[:40]) for name in names[:_SHOWN_NAMES])
        more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
        raise UnknownFormat(
            f"this is no file of contacts that is known; if it is a spreadsheet, say what its "
            f"columns ({shown}{more}) are with --map"
        )
    targets = tuple(_target(name, told, known, mapped) for name in told)
    return _Header(known, row.line, names, told, targets)


def _target(
    name: str, told: Sequence[str], known: Known, mapped: dict[str, Target]
) -> Target | None:
    plain = name.partition("#")[0]
    if plain in mapped:
        return mapped[plain]
    if name not in known.columns and plain not in known.columns:
        return None
    target = known.columns.get(name, known.columns.get(plain))
    if plain == "title" and known.source in ("outlook", "spreadsheet"):
        # Outlook's salutation; where no other column has the job, people mean that.
        return Target("N", "prefix") if "job title" in told else Target("TITLE")
    return target


@dataclass(slots=True)
class _Gathered:
    """What the rows have, as far as one must know it before reading the first."""

    people: int
    values: list[int]
    dates: list[str]
    short_last: bool

    @property
    def usual(self) -> int:
        """How many cells a row has at least, up to the last column that most have a value in.

        Excel leaves out the empty cells at the end of a row, so what is behind that may be missing.
        """
        filled = [index for index, count in enumerate(self.values, 1) if 2 * count >= self.people]
        return max(filled, default=0)


def _gather(text: str, separator: str, header: _Header, first_line: int) -> _Gathered:
    values = [0] * len(header.names)
    days: list[str] = []
    people = width = 0
    for row in _body(text, separator, header, first_line):
        if row.fault:
            continue
        people += 1
        width = len(row.cells)
        for index, cell in enumerate(row.cells):
            cell = cleaned(cell)
            if not cell or cell.casefold() in DEFAULTS:
                continue
            if index >= len(values):
                values += [0] * (index + 1 - len(values))
            values[index] += 1
            target = header.targets[index] if index < len(header.targets) else None
            if target is not None and target.name in _DATES and not target.part:
                days.append(cell)
    return _Gathered(people, values, days, 0 < width < len(header.names) // 2)


def _body(text: str, separator: str, header: _Header, first_line: int) -> Iterator[Row]:
    """Yield the rows below the header that have anything in them."""
    for row in read_rows(text, separator, first_line):
        if row.line <= header.line + first_line - 1:
            continue
        if row.fault:
            yield row
            continue
        filled = [cell for cell in row.cells if cell.strip()]
        if not filled or (len(filled) == 1 and _FOOTER.match(filled[0].strip())):
            continue
        if len(filled) == 1 and _is_parted(filled[0], separator, len(header.names)):
            fault = f"line {row.line}: this row has another separator than the header"
            yield Row(row.line, (), fault)
        else:
            yield row


def _is_parted(cell: str, separator: str, columns: int) -> bool:
    """Say whether the only cell of a row is all of its cells, parted by another separator.

    Who has a list in a cell has other cells, too; where there are few columns, the parts must be
    as many as these.
    """
    counts = [cell.count(other) for other in SEPARATORS if other != separator]
    if columns > _FEW_COLUMNS:
        return any(count >= _FEW_COLUMNS for count in counts)
    return columns == _FEW_COLUMNS and columns - 1 in counts


def _columns(header: _Header, values: list[int], wishes: Wishes) -> Iterator[Column]:
    for index, count in enumerate(values):
        name = header.name(index)
        target = header.targets[index] if index < len(header.targets) else None
        if index < len(header.names) and header.is_numbered(index):
            becomes = google.becomes(header.folded[index])
            becomes = _rest(name, wishes) if becomes == "NOTE" else becomes
        elif target is not None:
            becomes = str(target)
        else:
            becomes = _rest(name, wishes)
        if count or (target is not None and target.name != NOTHING):
            yield Column(name, becomes, count)


def _rest(name: str, wishes: Wishes) -> str:
    match wishes.leftover:
        case Leftover.NOTE:
            return f"NOTE;label={name}"
        case Leftover.X:
            return x_name(name)
        case Leftover.DROP:
            return NOTHING


def _remarks(
    text: str, header: _Header, order: DateOrder | None, gathered: _Gathered
) -> tuple[str, ...]:
    remarks = []
    if header.line > 1:
        remarks.append(f"the names of the columns are in line {header.line}")
    if gathered.dates:
        ambiguous = any(map(dates.is_ambiguous, gathered.dates))
        if order is not None and ambiguous:
            first = "day" if order is DateOrder.DAY_FIRST else "month"
            remarks.append(f"dates are read with the {first} first; --dates says it otherwise")
    if gathered.short_last:
        remarks.append("the last row has few cells: the file may be cut off")
    if "\ufffd" in text:
        remarks.append("some characters are of no known encoding and became \ufffd")
    return tuple(remarks)


def _cards(
    text: str,
    separator: str,
    header: _Header,
    first_line: int,
    order: DateOrder | None,
    wishes: Wishes,
    usual: int,
) -> Iterator[ReadCard]:
    identities = Identities(wishes.source or header.known.source)
    key = header.folded.index(folded(wishes.key)) if wishes.key else -1
    for number, row in enumerate(_body(text, separator, header, first_line), 1):
        if row.fault:
            yield ReadCard(number, row.line, None, "", "", (row.fault,))
            continue
        draft = Draft(wishes, order)
        if len(row.cells) < usual:
            there, lacking = len(row.cells), header.name(usual - 1)
            cells = "1 cell" if there == 1 else f"{there} cells"
            draft.notes.add(f"this row has {cells} and ends before {lacking!r}, which most have")
        apart: list[tuple[str, str]] = []
        for index, raw in enumerate(row.cells):
            cell = cleaned(raw)
            if not cell:
                continue
            if index == key:
                draft.source_id = cell
            if index >= len(header.names):
                draft.leave(header.name(index), cell)
            elif header.is_numbered(index):
                apart.append((header.folded[index], cell))
            elif header.known.source == GOOGLE and _is_labels(header.targets[index]):
                draft.contact.categories += google.labels_in(cell)
            else:
                draft.take(header.name(index), header.targets[index], cell)
        google.take_numbered(draft, apart)
        contact = as_spoken(draft.finished())
        yield finish(contact, draft.notes, identities, (number, row.line), draft.source_id)


def _is_labels(target: Target | None) -> bool:
    return target is not None and target.name == "CATEGORIES"


def _missing(header: _Header, wishes: Wishes) -> list[str]:
    """Say which columns of a map that was saved are not there; that is no fault of the file."""
    missing = [repr(name) for name in wishes.columns if folded(name) not in header.folded]
    return [f"there is no column {', '.join(missing)} in it, which the map has"] if missing else []
