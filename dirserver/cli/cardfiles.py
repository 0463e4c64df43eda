"""Reading the files of an import: which cards are in them, and what is to be said of each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.cli.recognising import opened
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.exchange.formats.layout import Layout, Wishes
from dirserver.exchange.vcards import ReadCard

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
    """A file that was read: as what, how many cards are in it, those to import, and the remarks.

    ``name`` is for reports, not for opening the file.
    """

    name: str
    layout: Layout
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


def read_files(names: Sequence[str], wishes: Wishes) -> list[CardFile]:
    """Read files of contacts. Raises Failed, naming all that cannot be opened."""
    contents: list[tuple[str, bytes]] = []
    faults: list[str] = []
    for name in dict.fromkeys(names):
        try:
            contents.append((_shown_name(name), _read_bytes(name)))
        except OSError as error:
            faults.append(f"{_shown_name(name)}: {_why(error)}")
    if faults:
        raise Failed(*faults, "Nothing was imported. Correct the names, and start again.")
    read: list[tuple[str, Layout, list[ReadCard]]] = []
    while contents:
        # A file's bytes are let go as soon as its cards are there.
        name, data = contents.pop(0)
        with screen.progress(f"reading {name}") as advance:
            read.append((name, *_read_cards(data, wishes, advance)))
    # A book has a UID once; as if they came one by one, the last of several stands.
    kept: dict[str, tuple[str, ReadCard]] = {}
    for name, _layout, cards in read:
        for card in cards:
            if _fits(card) and not _is_there(card, kept):
                kept[card.uid] = (name, card)
    return [_file(name, layout, cards, kept) for name, layout, cards in read]


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


def _read_cards(
    data: bytes, wishes: Wishes, advance: screen.Advance
) -> tuple[Layout, list[ReadCard]]:
    contacts = opened(data, wishes)
    # Some files write it in small letters; then the bar is wrong, and nothing else.
    expected = contacts.layout.people or data.count(b"BEGIN:VCARD")
    read: list[ReadCard] = []
    for card in contacts.cards:
        read.append(card)
        advance(len(read), max(expected, len(read)))
    return contacts.layout, read


def _file(
    name: str,
    layout: Layout,
    cards: Sequence[ReadCard],
    kept: Mapping[str, tuple[str, ReadCard]],
) -> CardFile:
    remarks, going_in = [], []
    for card in cards:
        why = _why_not(name, card, kept)
        # What was mended in a card that does not go in is nobody's concern.
        notes = (why,) if why else card.notes
        if notes:
            left_out = card.body is None or bool(why and not _is_there(card, kept))
            remarks.append(Remark(card.number, card.line, card.name, card.uid, not left_out, notes))
        if card.body is not None and not why:
            going_in.append(card)
    return CardFile(name, layout, len(going_in), tuple(going_in), tuple(remarks))


def _fits(card: ReadCard) -> bool:
    return card.body is not None and len(card.body) <= MAX_CARD_BYTES


def _is_there(card: ReadCard, kept: Mapping[str, tuple[str, ReadCard]]) -> bool:
    """Whether these very bytes go in, from here or from where they are once more."""
    return card.uid in kept and kept[card.uid][1].body == card.body


def _why_not(name: str, card: ReadCard, kept: Mapping[str, tuple[str, ReadCard]]) -> str:
    """Say why a card that could be read does not go in from here, or nothing."""
    if card.body is None:
        return ""
    if not _fits(card):
        return f"the card has more than {MAX_CARD_BYTES // _MEBIBYTE} MiB"
    file, instead = kept[card.uid]
    if instead is card:
        return ""
    where = f"card {instead.number}" if file == name else f"card {instead.number} of {file}"
    if instead.body == card.body:
        return f"{where} is the same"
    return f"{where} has the same UID and stands instead"
