"""``dirserver history``: what was done to a card, by whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.cli import screen
from dirserver.cli.acting import acting
from dirserver.cli.cards.choosing import Chosen, Wanted, choose
from dirserver.cli.history.outcomes import tell_field
from dirserver.cli.invocation import Invocation
from dirserver.directory import Reading, label_of
from dirserver.directory.past import history
from dirserver.directory.same import linking
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.history.life import LATE, MERGE, Deed, DeedKind, Version, deeds


@dataclass(frozen=True, slots=True)
class ToldDeed:
    """Something that was done to a card, as programs read it.

    ``moved_from`` is where it was before, as BOOK/HREF; empty if it is where it was, and
    ``carried_from`` is the linked card that was edited.
    """

    version: int
    at: datetime
    actor: str
    device: str
    what: DeedKind
    operation: str
    batch: int | None
    book: str
    href: str
    moved_from: str
    carried_from: str
    fields: tuple[FieldChange, ...]
    protocol: str
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class ToldCard:
    """A card with what was done to it, oldest first."""

    book: str
    href: str
    key: str
    name: str
    deleted: bool
    versions: tuple[ToldDeed, ...]


def tell(invocation: Invocation, wanted: Wanted, limit: int, *, as_json: bool) -> None:
    """Print the newest deeds of a card's life, oldest first. Raises Failed."""
    with acting(invocation, wanted.login) as who, who.reading() as reading:
        card = choose(who, reading, wanted)
        all_deeds = list(deeds(card.life))
        shown = [_told(reading, card, deed) for deed in all_deeds[-limit:]]
    href = card.last.place.href
    told = ToldCard(card.label, href, card.key, card.name, card.is_gone, tuple(shown))
    if as_json:
        screen.say_json(told)
    else:
        screen.say((card.name, "bold"), f"  ({card.label}/{href}, key {card.key})")
        for deed in shown:
            _say(deed)
    if len(all_deeds) > limit:
        screen.note(f"These are the newest {limit} of {len(all_deeds)}; for more: --limit.")


def _told(reading: Reading, card: Chosen, deed: Deed) -> ToldDeed:
    version, before = deed.version, deed.before
    fields: tuple[FieldChange, ...] = ()
    if before is not None and deed.kind is not DeedKind.DELETED and before.etag != version.etag:
        stored = history.bodies(reading, [before, version])
        fields = difference(stored[before.id], stored[version.id])
    moved = deed.kind is DeedKind.MOVED and before is not None
    return ToldDeed(
        version.id,
        version.at,
        version.actor,
        version.device,
        deed.kind,
        version.operation,
        version.batch,
        _label(card, version),
        version.place.href,
        f"{_label(card, before)}/{before.place.href}" if moved and before is not None else "",
        linking.source_of(reading, version),
        fields,
        version.protocol,
        version.address,
        version.agent,
    )


def _label(card: Chosen, version: Version) -> str:
    return label_of(card.views[version.place.book_id].book)


_WORDS = {
    DeedKind.CREATED: "created it",
    DeedKind.CHANGED: "changed it",
    DeedKind.MOVED: "moved it",
    DeedKind.DELETED: "deleted it",
    DeedKind.RETURNED: "brought it back",
}


def _say(deed: ToldDeed) -> None:
    who = deed.actor + (f' with "{deed.device}"' if deed.device else "")
    origin = ", ".join(filter(None, (f"{deed.protocol} {deed.address}".strip(), deed.agent)))
    screen.say(
        (screen.local(deed.at), "dim"),
        f"  #{deed.version}  {who}  {sentence(deed)}",
        (f"  [{origin}]", "dim"),
    )
    for change in deed.fields:
        tell_field(change)
    if deed.what is DeedKind.CHANGED and not deed.fields:
        screen.say("    only how it is written, not what it says")


def sentence(deed: ToldDeed) -> str:
    """Say what was done, in words that follow a name."""
    words = _WORDS[deed.what]
    if deed.operation == "move" and deed.what is not DeedKind.MOVED:
        # The other end is in a book that somebody else manages.
        words = "moved it away" if deed.what is DeedKind.DELETED else "moved it here"
    elif deed.operation == MERGE and deed.what is DeedKind.DELETED:
        words = "let it go into another card"
    elif deed.operation == LATE:
        words = "sent it, not knowing that; it went into that card"
    if deed.moved_from:
        words += f" from {deed.moved_from} to {deed.book}/{deed.href}"
    if deed.carried_from:
        words += f", carried from {deed.carried_from}"
    if deed.batch is not None and deed.operation != LATE:
        words += f", by {deed.operation} {deed.batch}"
    return words
