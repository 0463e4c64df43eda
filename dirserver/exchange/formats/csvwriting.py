"""Contacts as CSV: our own columns, Outlook's or Google's, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dirserver.exchange.formats import googlewriting
from dirserver.exchange.formats.contact import Contact
from dirserver.exchange.formats.filling import Columns
from dirserver.exchange.formats.headers import layout_of
from dirserver.exchange.formats.values import guarded
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import grouped

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Safety:
    """Whether cells are made safe for spreadsheets, and where numbers are read for that."""

    is_raw: bool
    plan: DialPlan

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
    yield from _written(names, (columns.row(safety.contact(one)) for one in contacts()), safety)


def write_outlook(contacts: Callable[[], Iterator[Contact]], safety: Safety) -> Iterator[bytes]:
    """Yield a CSV file as Outlook's import reads it in English."""
    names, targets = layout_of("Outlook (English)")
    columns = Columns(names, targets, several=False)
    rows = (columns.row(_for_outlook(safety.contact(one))) for one in contacts())
    yield from _written(names, rows, safety)


def write_google(contacts: Callable[[], Iterator[Contact]], safety: Safety) -> Iterator[bytes]:
    """Yield a CSV file of Google's, with as many columns as the fullest contact needs."""
    widths = googlewriting.Widths()
    for contact in contacts():
        widths.heed(contact)
    names = widths.names()
    rows = (widths.row(safety.contact(one)) for one in contacts())
    yield from _written(names, rows, safety)


def _written(
    names: Sequence[str], rows: Iterable[Sequence[str]], safety: Safety
) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_BYTE_ORDER_MARK)
    writer.writerow(names)
    for row in rows:
        writer.writerow([safety.cell(cell) for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    # Also when there was no row.
    yield buffer.getvalue().encode()


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
