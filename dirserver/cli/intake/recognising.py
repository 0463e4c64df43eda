"""What a file was recognised as, told before anything of it is stored."""

from __future__ import annotations

from typing import BinaryIO

from dirserver.cli import screen
from dirserver.exchange.formats.layout import Contacts, Layout, UnknownFormat, Wishes
from dirserver.exchange.formats.opening import open_contacts
from dirserver.exchange.formats.targets import NOTHING
from dirserver.exchange.vcards import ReadCard

VCARD = "vCard"
_UNKNOWN = "unknown"


def opened(file: BinaryIO, wishes: Wishes) -> Contacts:
    """Recognise a file. Of one that is no file of contacts, all that is read is why not."""
    try:
        return open_contacts(file, wishes)
    except UnknownFormat as error:
        left_out = ReadCard(1, 1, None, "", "", (str(error),))
        return Contacts(Layout(_UNKNOWN), iter((left_out,)))


def tell_layout(name: str, layout: Layout) -> None:
    """Print as what a file is read, and what becomes of its columns; vCards have none."""
    if layout.format == _UNKNOWN:
        return
    parts = [layout.encoding, f"separator {layout.separator}" if layout.separator else ""]
    people = screen.counted(layout.people, "contact")
    screen.say((name, "bold"), ": ", ", ".join(filter(None, (layout.format, *parts, people))))
    for remark in layout.remarks:
        screen.say((name, "bold"), f": {remark}")
    filled = [column for column in layout.columns if column.values]
    if filled:
        rows = [
            (one.name, "left out" if one.becomes == NOTHING else one.becomes, str(one.values))
            for one in filled
        ]
        screen.say_table(("column", "becomes", "values"), rows)
