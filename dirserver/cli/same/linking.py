"""``dirserver duplicates link``, ``offers`` and the rest: cards of one person in several books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cards.naming import Named, writable
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.history.outcomes import tell_field
from dirserver.cli.invocation import Invocation
from dirserver.cli.same.linked import (
    LinkedPeople,
    ShownPlace,
    UnlinkedCard,
    UnlinkedCards,
    people,
    places,
)
from dirserver.directory import Reading
from dirserver.directory.same import linking as door
from dirserver.directory.same import offering
from dirserver.directory.same.bykey import Keyed
from dirserver.directory.same.linking import CannotLink, Linked, SaidNotSame, TwoOfOneBook
from dirserver.errors import AccessDenied, DirectoryError
from dirserver.model.audit import AuditAction
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
class ShownOffer:
    """What a card would take over from another, as programs read it."""

    book: str
    href: str
    key: str
    name: str
    source: ShownPlace
    at: datetime
    changes: tuple[FieldChange, ...]


def mode_of(request: Request) -> LinkMode | None:
    """Return what is to become of an edit, if that was said."""
    if request.carry is None:
        return None
    return LinkMode.CARRY if request.carry else LinkMode.OFFER


def properties_of(request: Request) -> tuple[str, ...]:
    """Return the properties that are to be linked; none if nothing was said. Raises Failed."""
    if not request.properties:
        return ()
    try:
        return linkable(request.properties.split(","))
    except ValueError as error:
        raise Failed(f"--properties: {error}.") from error


def link(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Link cards. Raises Failed."""
    mode, properties = mode_of(request), properties_of(request)
    with acting(invocation, request.login) as who:
        keys = _keys(who, request.cards, AuditAction.CARD_LINK)
        made, batch = linked(who, keys, mode, properties)
        with who.reading() as reading:
            views = reading.books(Privilege.WRITE)
            told = () if made is None else people(reading, views, [keys])
    if as_json:
        screen.say_json(LinkedPeople(dry_run=False, batch=batch, people=told))
    elif made is None:
        screen.say("nothing to do: they are linked already")
    else:
        tell(made, batch)


def linked(
    who: Acting,
    keys: Sequence[str],
    mode: LinkMode | None = None,
    properties: Sequence[str] = (),
) -> tuple[Linked | None, int | None]:
    """Link cards; return how, and the number that takes it back.

    None of it if they are linked already. Raises Failed.
    """
    try:
        with _told(who, "link them"), who.writing() as writing:
            made = door.link(writing, keys, mode, properties)
            return made, None if made is None else writing.batch
    except CannotLink as error:
        raise Failed(f"They cannot be linked: {error}{_way_on(error)}") from error


def _way_on(error: CannotLink) -> str:
    """Say what can be done where cards cannot be linked."""
    match error:
        case TwoOfOneBook():
            merge = again.command(f"merge {' '.join(error.keys)}")
            return f". To make one card of these: {merge}"
        case SaidNotSame():
            keys = " ".join(error.keys)
            return f". If they are: {again.command(f'duplicates not-same {keys} --undo')}"
        case _:
            return "."


def tell(made: Linked, batch: int | None) -> None:
    """Print that cards were linked, and how to take that back."""
    screen.say(f"linked {_listed(made)}: {_TOLD[made.link.mode]}")
    screen.note(f"To take this back: {again.undo(batch)}")


def link_apart(
    who: Acting, named: Sequence[Named], *, dry_run: bool, yes: bool, quiet: bool
) -> tuple[tuple[ShownPlace, ...], int | None]:
    """Link cards of different books that were to be merged, once that is confirmed. Raises Failed.

    Return which they are, and the number that takes it back.
    """
    cards = [Keyed(each.view, each.card.href, each.card.key) for each in named]
    if not quiet:
        words = " and ".join(each.place for each in named)
        books = " and ".join(card.label for card in cards)
        screen.say(f"{words} stay two cards, since {books} have readers of their own.")
        screen.say("They become one person, who is shown once.")
    if dry_run:
        if not quiet:
            screen.say("this was a dry run, and all is as it was")
        return places(cards), None
    confirm("Link these cards?", yes)
    made, batch = linked(who, [card.key for card in cards])
    if not quiet:
        if made is None:
            screen.say("nothing to do: they are linked already")
        else:
            tell(made, batch)
    return places(cards), batch


def unlink(invocation: Invocation, cards: Sequence[str], login: str, *, as_json: bool) -> None:
    """Take cards out of their links, all of them or none. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "unlink it"):
        named = _named(who, cards, AuditAction.CARD_UNLINK)
        with who.writing() as writing:
            each = door.unlink_each(writing, [one.card.key for one in named])
            batch = writing.batch if any(each) else None
    if as_json:
        screen.say_json(UnlinkedCards(batch, tuple(map(_parted, named, each))))
        return
    for text, left in zip(cards, each, strict=True):
        which = f"{text}: " if len(cards) > 1 else ""
        if left is None:
            screen.say(f"{which}nothing to do: it is not linked")
            continue
        screen.say(f"{which}unlinked from {_listed(left)}")
    if batch is not None:
        screen.note(f"To take this back: {again.undo(batch)}")


def _parted(named: Named, left: Linked | None) -> UnlinkedCard:
    (place,) = places([Keyed(named.view, named.card.href, named.card.key)])
    others = () if left is None else places(left.cards)
    return UnlinkedCard(place.book, place.href, place.key, others)


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
        accept = again.command("duplicates accept KEY")
        screen.note(f"To take it over: {accept}; to leave it: dismiss KEY")
    if len(shown) > limit:
        screen.note(f"These are the oldest {limit}; for more: --limit.")


def accept(invocation: Invocation, cards: Sequence[str], login: str) -> None:
    """Take over what is offered to cards. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "take it over"):
        keys = _keys(who, cards, AuditAction.CARD_CARRY)
        for text, key in zip(cards, keys, strict=True):
            with who.writing() as writing:
                changes = offering.accept(writing, key)
            screen.say(f"{text}: " + ("changed" if changes else "nothing is offered to it"))
            for change in changes:
                tell_field(change)


def dismiss(invocation: Invocation, cards: Sequence[str], login: str) -> None:
    """Leave what is offered to cards. Raises Failed."""
    with acting(invocation, login) as who, _told(who, "dismiss it"):
        keys = _keys(who, cards, AuditAction.CARD_DISMISS)
        for text, key in zip(cards, keys, strict=True):
            with who.writing() as writing:
                number = offering.dismiss(writing, key)
            screen.say(f"{text}: " + ("dismissed" if number else "nothing is offered to it"))


def _listed(linked: Linked) -> str:
    return ", ".join(f"{card.label}/{card.href}" for card in linked.cards)


def _shown(reading: Reading, one: offering.Offered) -> ShownOffer:
    target = one.target
    (source,) = places([one.source])
    name = name_of(reading.read(target.view, target.href)[1]) or target.key
    return ShownOffer(target.label, target.href, target.key, name, source, one.at, one.changes)


def _keys(who: Acting, names: Sequence[str], action: AuditAction) -> list[str]:
    return [named.card.key for named in _named(who, names, action)]


def _named(who: Acting, names: Sequence[str], action: AuditAction) -> list[Named]:
    """Return the cards that are meant, which may be written to. Raises Failed."""
    with who.reading() as reading:
        return [writable(who, reading, name, action) for name in names]


@contextmanager
def _told(who: Acting, what: str) -> Iterator[None]:
    """Tell why somebody may not do ``what``, in words of theirs."""
    try:
        yield
    except AccessDenied as error:
        raise Failed(f"{who.principal.login} may not {what}: {error}.") from error
    except DirectoryError as error:
        raise Failed(f"That cannot be stored: {error}.") from error
