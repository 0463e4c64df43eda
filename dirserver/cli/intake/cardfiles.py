"""Reading the files of an import: which cards are in them, and what is to be said of each."""

from __future__ import annotations

import stat
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.cli.intake.recognising import opened
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.exchange.formats.layout import Layout, Wishes
from dirserver.exchange.spool import Bodies, Spool, Spooled
from dirserver.exchange.vcards import ReadCard

_STDIN = "-"
_NOTHING = "Nothing was imported. Correct the names, and start again."
_TOO_LARGE = f"the card has more than {MAX_CARD_BYTES // (1024 * 1024)} MiB"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of one card, or of what is between the cards of a file.

    ``lost`` counts the values that are not in the card that was imported.
    """

    card: int
    line: int
    name: str
    uid: str
    imported: bool
    lost: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file that was read: as what, the cards to import, and the remarks.

    ``name`` is for reports, not for opening the file.
    """

    name: str
    layout: Layout
    kept: Spooled
    remarks: tuple[Remark, ...]

    @property
    def bodies(self) -> Bodies:
        """The cards to import."""
        return Bodies(self.kept)

    def without(self, hindrances: Mapping[bytes, str]) -> CardFile:
        """Return the file with the remark that these cards were not imported, and why not."""
        if not hindrances:
            return self
        remarks = [
            Remark(card.number, card.line, card.name, card.uid, False, 0, (hindrances[card.body],))
            for card in self.kept
            if card.body is not None and card.body in hindrances
        ]
        return replace(self, remarks=(*self.remarks, *remarks))

    @property
    def left_out(self) -> int:
        """How many cards could not be imported."""
        return sum(not remark.imported for remark in self.remarks)

    @property
    def lost(self) -> int:
        """How many values are not in the cards that were imported."""
        return sum(remark.lost for remark in self.remarks)


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the spool: what was read from one file."""

    name: str
    layout: Layout
    first: int
    end: int


def read_files(names: Sequence[str], wishes: Wishes, spool: Spool) -> list[CardFile]:
    """Read files of contacts into ``spool``. Raises Failed, naming all that cannot be opened."""
    names = list(dict.fromkeys(names))
    faults = [f"{_shown_name(name)}: {fault}" for name in names if (fault := _fault(name))]
    if faults:
        raise Failed(*faults, _NOTHING)
    # A book has a UID once; as if they came one by one, the last of several stands.
    standing: dict[str, int] = {}
    sections: list[_Section] = []
    for name in names:
        first = spool.end
        try:
            layout = _read(name, wishes, spool, standing)
        except OSError as error:
            raise Failed(f"{_shown_name(name)}: {_why(error)}", _NOTHING) from error
        sections.append(_Section(_shown_name(name), layout, first, spool.end))
    return [_file(section, spool, sections, standing) for section in sections]


def _shown_name(name: str) -> str:
    # The name of a file may be any bytes, which neither a terminal nor a database takes.
    return "standard input" if name == _STDIN else screen.plain(name)


def _fault(name: str) -> str:
    """Say why a file cannot be read, as far as can be told without touching a pipe."""
    if name == _STDIN:
        return ""
    try:
        if stat.S_IFMT(Path(name).stat().st_mode) in (stat.S_IFREG, stat.S_IFDIR):
            Path(name).open("rb").close()
    except OSError as error:
        return _why(error)
    return ""


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file."
    if isinstance(error, IsADirectoryError):
        return "this is a directory; name the files in it."
    return f"it cannot be read: {(error.strerror or str(error)).lower()}."


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name != _STDIN:
        with Path(name).open("rb") as file:
            yield file
        return
    if sys.stdin.isatty():
        screen.note("Reading cards from the terminal; end with Ctrl-D.")
    yield sys.stdin.buffer


def _read(name: str, wishes: Wishes, spool: Spool, standing: dict[str, int]) -> Layout:
    """Read one file, and note in ``standing`` where in the spool the cards are that go in."""
    with _opened(name) as file, screen.progress(f"reading {_shown_name(name)}") as advance:
        size = 0 if name == _STDIN else Path(name).stat().st_size
        contacts = opened(file, wishes)
        people = contacts.layout.people
        found = 0
        for number, card in enumerate(contacts.cards, 1):
            found += card.body is not None
            place = spool.add(card)
            if _fits(card) and not _is_there(card, spool, standing):
                standing[card.uid] = place
            # How many there are is told only by how far this is.
            total = people or (number * size // file.tell() if size else number)
            advance(number, max(number, total))
        return replace(contacts.layout, people=people or found)


def _file(
    section: _Section, spool: Spool, sections: Sequence[_Section], standing: Mapping[str, int]
) -> CardFile:
    remarks, going_in = [], array("q")
    for place, card in spool.between(section.first, section.end):
        if not _fits(card):
            why = _TOO_LARGE if card.body is not None else ""
        elif standing[card.uid] == place:
            why = ""
            going_in.append(place)
        else:
            why = _instead(card, section, standing[card.uid], spool, sections)
        # What was mended in a card that does not go in is nobody's concern.
        notes = (why,) if why else card.notes
        if notes:
            is_there = _fits(card) and _is_there(card, spool, standing)
            left_out = card.body is None or bool(why and not is_there)
            lost = 0 if why else card.lost
            said = (card.number, card.line, card.name, card.uid)
            remarks.append(Remark(*said, not left_out, lost, notes))
    return CardFile(section.name, section.layout, Spooled(spool, going_in), tuple(remarks))


def _fits(card: ReadCard) -> bool:
    return card.body is not None and len(card.body) <= MAX_CARD_BYTES


def _is_there(card: ReadCard, spool: Spool, standing: Mapping[str, int]) -> bool:
    """Whether these very bytes go in, from here or from where they are once more."""
    place = standing.get(card.uid)
    return place is not None and spool.at(place).body == card.body


def _instead(
    card: ReadCard, section: _Section, place: int, spool: Spool, sections: Sequence[_Section]
) -> str:
    """Say which card goes in instead of one with the same UID."""
    instead = spool.at(place)
    its = next(one for one in sections if one.first <= place < one.end)
    where = f"card {instead.number}"
    if its is not section:
        where += f" of {its.name}"
    if instead.body == card.body:
        return f"{where} is the same"
    return f"{where} has the same UID and stands instead"
