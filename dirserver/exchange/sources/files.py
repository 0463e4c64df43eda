"""Files that others write, such as a nightly export: their cards, and whether all of them came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dirserver.exchange.formats.finishing import NAMELESS
from dirserver.exchange.formats.layout import (
    BadTarget,
    Contacts,
    Layout,
    UnknownFormat,
    Wishes,
)
from dirserver.exchange.formats.opening import open_contacts
from dirserver.exchange.mending import CUT_OFF
from dirserver.exchange.sources.unavailable import SourceUnavailable
from dirserver.exchange.sources.web import Page, downloaded
from dirserver.exchange.vcards import ReadCard

_VCARD = "vCard"


@contextmanager
def opened_file(place: Path | Page, wishes: Wishes, *, vcards: bool) -> Iterator[Contacts]:
    """Recognise a file, which stays open for a block; its cards are read as they are asked for.

    One that is elsewhere is fetched first, all of it. Raises SourceUnavailable, also when it is of
    the other kind.
    """
    try:
        with downloaded(place) if isinstance(place, Page) else place.open("rb") as file:
            contacts = open_contacts(file, wishes)
            if (contacts.layout.format == _VCARD) is not vcards:
                kind = "no vCards" if vcards else "vCards"
                raise SourceUnavailable(
                    f"{place}: there are {kind} in it; correct type in the config"
                )
            yield contacts
    except OSError as error:
        raise SourceUnavailable(f"{place}: {_why(error)}") from error
    except (UnknownFormat, BadTarget) as error:
        raise SourceUnavailable(f"{place}: {error}") from error


def is_doubtful(card: ReadCard) -> bool:
    """Say whether something of a file could not be read, so that somebody may be missing."""
    if card.body is None:
        return NAMELESS not in card.notes
    return any(CUT_OFF in note for note in card.notes)


def is_cut_off(layout: Layout) -> bool:
    """Say whether a file as a whole looks as if it went on."""
    return any("cut off" in remark for remark in layout.remarks)


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror or "it cannot be read").lower()
