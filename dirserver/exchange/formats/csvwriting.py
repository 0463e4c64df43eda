"""Contacts as CSV, by name: our own columns, Outlook's or Google's, safe for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import TypeAlias

from dirserver.exchange.formats import googlewriting
from dirserver.exchange.formats.choices import Separator
from dirserver.exchange.formats.contact import Contact
from dirserver.exchange.formats.filling import Columns
from dirserver.exchange.formats.headers import layout_of
from dirserver.exchange.formats.values import guarded
from dirserver.model.fold import fold
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import grouped

_BYTE_ORDER_MARK = "\ufeff"
_SEPARATORS = {Separator.COMMA: ",", Separator.SEMICOLON: ";", Separator.TAB: "\t"}
# Somebody's name, and their cells.
_Row: TypeAlias = tuple[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Safety:
    """Whether cells are made safe for spreadsheets, and where numbers are read for that.

    ``separator`` is what the spreadsheet looks for between them.
    """

    is_raw: bool
    plan: DialPlan
    separator: Separator = Separator.COMMA

    def contact(self, contact: Contact) -> Contact:
        """Return the contact with its numbers in groups, of which no formula is made."""
        if self.is_raw:
            return contact
        phones = [replace(said, text=grouped(said.text, self.plan)) for said in contact.phones]
        return replace(contact, phones=phones)

    def cell(self, cell: str) -> str:
        """Return the cell, so that it is no formula."""
        return cell if self.is_raw else guarded(cell)


def write_plain(contacts: Callable[[], Iterator[Contact]], safety: Safety) -> Iterator[bytes]:
    """Yield a CSV file with columns of our own, which says most of a contact."""
    names, targets = layout_of("dirserver")
    columns = Columns(names, targets, several=True)
    named = (replace(one, full_name=one.name()) for one in contacts())
    rows = ((one.full_name, columns.row(safety.contact(one))) for one in named)
    yield from _written(names, rows, safety)


def write_outlook(contacts: Callable[[], Iterator[Contact]], safety: Safety) -> Iterator[bytes]:
    """Yield a CSV file as Outlook's import reads it in English."""
    names, targets = layout_of("Outlook (English)")
    columns = Columns(names, targets, several=False)
    rows = ((one.name(), columns.row(_for_outlook(safety.contact(one)))) for one in contacts())
    yield from _written(names, rows, safety)


def write_google(contacts: Callable[[], Iterator[Contact]], safety: Safety) -> Iterator[bytes]:
    """Yield a CSV file of Google's, with as many columns as the fullest contact needs."""
    widths = googlewriting.Widths()
    for contact in contacts():
        widths.heed(contact)
    names = widths.names()
    rows = ((one.name(), widths.row(safety.contact(one))) for one in contacts())
    yield from _written(names, rows, safety)


def _written(names: Sequence[str], rows: Iterable[_Row], safety: Safety) -> Iterator[bytes]:
    """Yield the row of the names, and then the others in the order of whom they are of."""
    yield f"{_BYTE_ORDER_MARK}{_line(names, safety)}".encode()
    # Only the names are in memory, however large the book is.
    order: list[tuple[str, int, int]] = []
    with TemporaryFile(prefix="dirserver-") as file:
        for name, cells in rows:
            line = _line([safety.cell(cell) for cell in cells], safety).encode()
            order.append((fold(name), file.tell(), len(line)))
            file.write(line)
        for _, place, size in sorted(order):
            file.seek(place)
            yield file.read(size)


def _line(cells: Sequence[str], safety: Safety) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=_SEPARATORS[safety.separator]).writerow(cells)
    return buffer.getvalue()


def _for_outlook(contact: Contact) -> Contact:
    """Return the contact with days as Outlook reads them in English; none without a year."""
    birthday = _american(contact.birthday)
    events = [replace(said, text=_american(said.text)) for said in contact.events]
    return replace(contact, birthday=birthday, events=events)


def _american(day: str) -> str:
    year, _, rest = day.partition("-")
    month, _, day_ = rest.partition("-")
    if not (len(year) == 4 and month.isdigit() and day_.isdigit()):
        return day
    return f"{int(month)}/{int(day_)}/{year}"
