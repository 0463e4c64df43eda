"""Files that are damaged, or made to do harm: a report, in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.exchange.formats.layout import UnknownFormat
from tests.exchange.formats.files import CORPUS, read


def zipped() -> bytes:
    """A small file that is a large one when it is unpacked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contacts.vcf", b"\0" * 5_000_000)
    return buffer.getvalue()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<phonebooks><phonebook>&b;</phonebook></phonebooks>"
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n", "the file is empty"),
        (zipped(), "ZIP archive"),
        (gzip.compress(b"BEGIN:VCARD", mtime=0), "gzip"),
        (bytes(range(256)) * 20, "no text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text"),
        (b"Dear all,\nplease find the contacts attached.\n", "--map"),
        (LAUGHS.encode(), "is cut off|DTD"),
        (b"<phonebooks><phonebook><contact>", "cut off"),
        (b"<html><body>no</body></html>", "begins with <html>"),
        (b"<" + b"a><" * 10_000, "cut off"),
    ],
)
def test_what_is_no_file_of_contacts_says_why(data: bytes, why: str) -> None:
    with pytest.raises(UnknownFormat, match=why):
        read(data)


def test_a_cell_of_ten_megabytes_costs_its_row_and_no_other() -> None:
    rows = f"Ada;Byron;030 1;\n{'x' * 10_000_000};B;;\nZoe;Z;030 2;\n"
    started = time.process_time()
    _, cards = read("Vorname;Nachname;Telefon;Notiz\n" + rows)
    assert time.process_time() - started < 5
    assert [card.name for card in cards if card.body] == ["Ada Byron", "Zoe Z"]
    (fault,) = [card.notes[0] for card in cards if card.body is None]
    assert fault.startswith("line 3: a cell has more than 131072 characters")


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("more", ["", 'Cy;C;2\n"Di\nDi";D;3\nEd;E;4\n'])
def test_a_quote_that_is_never_closed_costs_its_row_and_no_other(more: str, end: str) -> None:
    text = f'Vorname;Nachname;Telefon\nAda;Byron;030 1\n"Ben;B;1\n{more}'
    _, cards = read(text.rstrip("\n") + end)
    faults = [card.notes[0] for card in cards if card.body is None]
    assert faults == ["line 3: a quote is never closed"]
    names = [card.name for card in cards if card.body]
    assert names == ["Ada Byron", *(["Cy C", "Di Di D", "Ed E"] if more else [])]


def test_quotes_that_are_never_closed_in_every_row_take_no_time() -> None:
    started = time.process_time()
    _, cards = read("Vorname;Nachname;Telefon\n" + '"Ben;B;1\n' * 60_000)
    assert sum(card.body is None for card in cards) > 30_000
    assert time.process_time() - started < 5


def test_a_cell_full_of_quotes_takes_no_time() -> None:
    started = time.process_time()
    read("Name;E-Mail\nAda;" + "'" * 100_000 + "@" * 20_000 + "\n")
    assert time.process_time() - started < 3


def test_ldif_tells_its_faults_and_keeps_the_rest() -> None:
    text = (
        "dn: cn=a\nobjectClass: person\ncn: Ada\nmail:: !!!\njpegPhoto:< file:///etc/passwd\n"
        "nonsense\n\ndn: cn=b\nobjectClass: person\ncn: Ben\n"
    )
    _, (ada, ben) = read(text)
    assert ada.notes == (
        "line 4: the base64 of mail is damaged",
        "line 5: jpegphoto is in another file, which is not read",
        "line 6: this is no attribute",
    )
    assert (ada.name, ben.name, ben.line) == ("Ada", "Ben", 8)
    assert b"passwd" not in (ada.body or b"")


FILES = [path.read_bytes() for path in CORPUS.iterdir() if path.suffix != ".md"]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_a_file_that_is_cut_off_or_overwritten_is_read_or_refused(
    data: bytes, drawn: st.DataObject
) -> None:
    at = drawn.draw(st.integers(0, len(data)))
    garbage = drawn.draw(st.binary(max_size=8))
    end = drawn.draw(st.sampled_from([b"", data[at + len(garbage) :]]))
    try:
        layout, cards = read(data[:at] + garbage + end)
    except UnknownFormat:
        return
    for card in cards:
        assert card.body or card.notes
    if layout.format != "vCard":
        assert layout.people == len(cards) or any(card.body is None for card in cards)
