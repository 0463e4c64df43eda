"""``dirserver duplicates link``, ``offers`` and the rest: cards of one person in several books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.outcomes import tell_field
from dirserver.directory import Reading, offering
from dirserver.directory import linking as door
from dirserver.directory.bykey import Keyed
from dirserver.directory.linking import CannotLink, Linked
from dirserver.errors import AccessDenied, DirectoryError, NotFound
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange
from dirserver.model.history.wording import name_of
from dirserver.model.linking import LinkMode, linkable

_TOLD = {
    LinkMode.OFFER: "what is edited in one is offered to the others",
    LinkMode.CARRY: "what is edited in one is carried into the others",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Which cards are one person, as it was typed; ``carry`` is None if nothing was said of it."""

    cards: tuple[str, ...]
    carry: bool | None
    properties: str
    login: str


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A card, as somebody names it to a command."""

    book: str
    href: str
    key: str


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """What a card would take over from another, as programs read it."""

    book: str
    href: str
    key: str
    name: str
    source: ShownPlace
    at: datetime
    changes: tuple[FieldChange, ...]


def link(invocation: Invocation, request: Request) -> None:
    """Link cards. Raises Failed."""
    properties: tuple[str, ...] = ()
    if request.properties:
        try:
            properties = linkable(request.properties.split(","))
        except ValueError as error:
            raise Failed(f"--properties: {error}.") from error
    mode = None
    if request.carry is not None:
        mode = LinkMode.CARRY if request.carry else LinkMode.OFFER
    with acting(invocation, request.login) as who, _told(who, "link them"):
        keys = _keys(who, request.cards)
        try:
            with who.writing() as writing:
                made = door.link(writing, keys, mode, properties)
        except CannotLink as error:
            raise Failed(
                f"They cannot be linked: {error}. What is one person twice in one book is for "
                "`dirserver duplicates` to find."
            ) from error
    if made is None:
        screen.say("nothing to do: they are linked already")
        return
    screen.say(f"linked {_listed(made)}: {_TOLD[made.link.mode]}")
    screen.note(f"To take that back: dirserver duplicates unlink {made.cards[0].key}")


def unlink(invocation: Invocation, card: str, login: str) -> None:
    """Take a card out of its link. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "unlink it"):
        (key,) = _keys(who, [card])
        with who.writing() as writing:
            left = door.unlink(writing, key)
    if left is None:
        screen.say("nothing to do: it is not linked")
        return
    how = " --carry" if left.link.mode is LinkMode.CARRY else ""
    screen.say(f"unlinked from {_listed(left)}")
    screen.note(f"To link them again: dirserver duplicates link {key} {left.cards[0].key}{how}")


def offers(
    invocation: Invocation, books: Sequence[str], login: str, limit: int, *, as_json: bool
) -> None:
    """Print what is offered. Raises Failed."""
    with acting(invocation, login) as who, who.reading() as reading:
        views = [who.book(reading, name, Privilege.WRITE) for name in books]
        seen = offering.offered(reading, views or reading.books(Privilege.WRITE))
        # One more than is shown tells whether there are more.
        shown = [_shown(reading, one) for one in islice(seen, limit + 1)]
    if as_json:
        screen.say_json(shown[:limit])
        return
    for one in shown[:limit]:
        source = one.source
        screen.say(
            (one.name, "bold"), f"  ({one.book}/{one.href}, key {one.key})",
            (f"  from {source.book}/{source.href}, {screen.local(one.at)}", "dim"),
        )  # fmt: skip
        for change in one.changes:
            tell_field(change)
    if not shown:
        screen.say("nothing is offered")
    else:
        screen.note("To take it over: dirserver duplicates accept KEY; to leave it: dismiss KEY")
    if len(shown) > limit:
        screen.note(f"These are the oldest {limit}; for more: --limit.")


def accept(invocation: Invocation, cards: Sequence[str], login: str) -> None:
    """Take over what is offered to cards. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "take it over"):
        for text, key in zip(cards, _keys(who, cards), strict=True):
            with who.writing() as writing:
                changes = offering.accept(writing, key)
            screen.say(f"{text}: " + ("changed" if changes else "nothing is offered to it"))
            for change in changes:
                tell_field(change)


def dismiss(invocation: Invocation, cards: Sequence[str], login: str) -> None:
    """Leave what is offered to cards. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "dismiss it"):
        for text, key in zip(cards, _keys(who, cards), strict=True):
            with who.writing() as writing:
                number = offering.dismiss(writing, key)
            screen.say(f"{text}: " + ("dismissed" if number else "nothing is offered to it"))


def places(cards: Sequence[Keyed]) -> tuple[ShownPlace, ...]:
    """Return cards as programs read them."""
    return tuple(ShownPlace(card.label, card.href, card.key) for card in cards)


def _listed(linked: Linked) -> str:
    return ", ".join(f"{card.label}/{card.href}" for card in linked.cards)


def _shown(reading: Reading, one: offering.Offered) -> ShownOffer:
    target = one.target
    (source,) = places([one.source])
    name = name_of(reading.read(target.view, target.href)[1]) or target.key
    return ShownOffer(target.label, target.href, target.key, name, source, one.at, one.changes)


def _keys(who: Acting, cards: Sequence[str]) -> list[str]:
    """Return the keys of cards that are named by it, or as BOOK/HREF. Raises Failed."""
    with who.reading() as reading:
        return [_key(who, reading, text) for text in cards]


def _key(who: Acting, reading: Reading, text: str) -> str:
    book, slash, href = text.rpartition("/")
    if not slash:
        return text
    view = who.book(reading, book, Privilege.READ)
    try:
        return reading.card(view, href).key
    except NotFound as error:
        raise Failed(f"There is no card {href} in {book}.") from error


@contextmanager
def _told(who: Acting, what: str) -> Iterator[None]:
    """Tell why somebody may not do ``what``, in words of theirs."""
    try:
        yield
    except NotFound as error:
        raise Failed(
            f"There is no card with the key {error}. `dirserver search NAME --json` tells the keys."
        ) from error
    except AccessDenied as error:
        raise Failed(f"{who.principal.login} may not {what}: {error}.") from error
    except DirectoryError as error:
        raise Failed(f"That cannot be stored: {error}.") from error
