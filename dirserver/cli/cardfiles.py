"""Reading the files of an import: which cards are in them, and what is to be said of each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.exchange.vcards import ReadCard, read_vcards

_STDIN = "-"
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of one card, or of what is between the cards of a file."""

    card: int
    line: int
    name: str
    uid: str
    imported: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file that was read: how many cards are in it, those to import, and the remarks.

    ``name`` is for reports, not for opening the file.
    """

    name: str
    cards: int
    kept: tuple[ReadCard, ...]
    remarks: tuple[Remark, ...]

    @property
    def bodies(self) -> tuple[bytes, ...]:
        """The cards to import."""
        return tuple(card.body for card in self.kept if card.body is not None)

    def without(self, hindrances: Mapping[bytes, str]) -> CardFile:
        """Return the file with the remark that these cards were not imported, and why not."""
        remarks = [
            Remark(card.number, card.line, card.name, card.uid, False, (hindrances[card.body],))
            for card in self.kept
            if card.body is not None and card.body in hindrances
        ]
        return replace(self, remarks=(*self.remarks, *remarks))

    @property
    def left_out(self) -> int:
        """How many cards could not be imported."""
        return sum(not remark.imported for remark in self.remarks)


def read_files(names: Sequence[str]) -> list[CardFile]:
    """Read vCard files. Raises Failed, naming all that cannot be opened."""
    contents: list[tuple[str, bytes]] = []
    faults: list[str] = []
    for name in dict.fromkeys(names):
        try:
            contents.append((_shown_name(name), _read_bytes(name)))
        except OSError as error:
            faults.append(f"{_shown_name(name)}: {_why(error)}")
    if faults:
        raise Failed(*faults, "Nothing was imported. Correct the names, and start again.")
    files = []
    while contents:
        # A file's bytes are let go as soon as its cards are there.
        name, data = contents.pop(0)
        with screen.progress(f"reading {name}") as advance:
            files.append(_read_cards(name, data, advance))
    return files


def _shown_name(name: str) -> str:
    # The name of a file may be any bytes, which neither a terminal nor a database takes.
    return "standard input" if name == _STDIN else screen.plain(name)


def _read_bytes(name: str) -> bytes:
    if name != _STDIN:
        return Path(name).read_bytes()
    if sys.stdin.isatty():
        screen.note("Reading cards from the terminal; end with Ctrl-D.")
    return sys.stdin.buffer.read()


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file."
    if isinstance(error, IsADirectoryError):
        return "this is a directory; name the files in it."
    return f"it cannot be read: {(error.strerror or str(error)).lower()}."


def _read_cards(name: str, data: bytes, advance: screen.Advance) -> CardFile:
    # Some files write it in small letters; then the bar is wrong, and nothing else.
    expected = data.count(b"BEGIN:VCARD")
    read: list[ReadCard] = []
    for card in read_vcards(data):
        read.append(card)
        advance(len(read), max(expected, len(read)))
    # A book has a UID once; as if they came one by one, the last of several stands.
    kept = {card.uid: card for card in read if _fits(card)}
    remarks = []
    for card in read:
        hindrance = _hindrance(card, kept)
        notes = (*card.notes, hindrance) if hindrance else card.notes
        if notes:
            imported = card.body is not None and not hindrance
            remarks.append(Remark(card.number, card.line, card.name, card.uid, imported, notes))
    cards = sum(card.body is not None for card in read)
    return CardFile(name, cards, tuple(kept.values()), tuple(remarks))


def _fits(card: ReadCard) -> bool:
    return card.body is not None and len(card.body) <= MAX_CARD_BYTES


def _hindrance(card: ReadCard, kept: Mapping[str, ReadCard]) -> str:
    """Say why a card that could be read is not imported even so, or nothing."""
    if card.body is None:
        return ""
    if not _fits(card):
        return f"the card has more than {MAX_CARD_BYTES // _MEBIBYTE} MiB"
    instead = kept[card.uid]
    if instead.body == card.body:
        return ""
    return f"card {instead.number} has the same UID and stands instead"
