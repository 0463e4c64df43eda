"""Which of the formats a file is in, whatever its name is, and its contacts."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO

from dirserver.exchange.formats.encodings import decoded, is_binary
from dirserver.exchange.formats.layout import Contacts, Layout, UnknownFormat, Wishes
from dirserver.exchange.formats.ldif import looks_like_ldif
from dirserver.exchange.formats.ldifcontacts import open_ldif
from dirserver.exchange.formats.phonebooks import open_phonebook
from dirserver.exchange.formats.spreadsheet import open_spreadsheet
from dirserver.exchange.vcards import read_vcards

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BYTES = 128 * 1024 * 1024
_HEAD = 65_536
_BEGIN = re.compile(r"^[ \t]*BEGIN[ \t]*:[ \t]*VCARD", re.IGNORECASE | re.MULTILINE)
_XML = re.compile(r"\s*<(\?xml|!--|!DOCTYPE|[A-Za-z_])")
_MARKED = (
    (b"PK\x03\x04", "this is a ZIP archive or a workbook of Excel; unpack it, or save it as CSV"),
    (b"\x1f\x8b", "this is compressed with gzip; unpack it first"),
    (b"BZh", "this is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "this is compressed with xz; unpack it first"),
    (b"7z\xbc\xaf", "this is a 7z archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "this is compressed with zstd; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "this is an old workbook of Excel, or a mailbox; save it as CSV"),
    (b"%PDF", "this is a PDF; export the contacts as vCard or CSV instead"),
    (b"!BDN", "this is a data file of Outlook; export its contacts as CSV from there"),
    (b"SQLite format 3", "this is a database; export its contacts as vCard or CSV instead"),
)


def is_vcard(head: bytes) -> bool:
    """Say whether a file is read as vCards, by its beginning; all that is nothing else is."""
    return bool(_BEGIN.search(_text(head[:_HEAD])))


def open_contacts(file: BinaryIO, wishes: Wishes) -> Contacts:
    """Recognise a file, and return its contacts.

    vCards are read a piece at a time; of all else, which says what it is only as a whole, no more
    than MAX_BYTES is read.

    Raises UnknownFormat, also for what a format has that is damaged beyond reading, and BadTarget
    for a column that is to become something that is none.
    """
    head = file.read(_HEAD)
    if not head.strip():
        raise UnknownFormat("the file is empty")
    for mark, why in _MARKED:
        if head.startswith(mark):
            raise UnknownFormat(why)
    if is_vcard(head):
        rejoined = io.BufferedReader(_Rejoined(head, file), _HEAD)
        return Contacts(Layout("vCard"), read_vcards(rejoined))
    if is_binary(head):
        raise UnknownFormat("this is no text, so no file of contacts")
    data = head + file.read(MAX_BYTES + 1 - len(head))
    if len(data) > MAX_BYTES:
        raise UnknownFormat(
            f"a file that holds no vCards has at most {MAX_BYTES // 1024 // 1024} MiB; split it"
        )
    text = _text(head)
    if not text.strip():
        raise UnknownFormat("the file is empty")
    if _XML.match(text):
        return open_phonebook(data, wishes)
    if looks_like_ldif(text):
        return open_ldif(data, wishes)
    return open_spreadsheet(data, wishes)


class _Rejoined(io.RawIOBase):
    """A file of which the beginning was read already; pipes cannot be read again."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        chunk = self._head[: len(room)] or self._rest.read(len(room))
        self._head = self._head[len(chunk) :]
        room[: len(chunk)] = chunk
        return len(chunk)


def _text(head: bytes) -> str:
    # Cut where no character of UTF-16 is, lest its last one be half.
    return decoded(head[: len(head) & ~1 or None], lambda _text: 0)[0].lstrip("\ufeff")
