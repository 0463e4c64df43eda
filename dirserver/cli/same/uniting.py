"""``dirserver merge``: two cards of one person become one, or all that certainly are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cards.naming import Named, writable
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.history import outcomes
from dirserver.cli.invocation import Invocation
from dirserver.cli.same import linking, pairing
from dirserver.cli.same.linked import ShownPlace
from dirserver.config.faults import listing, nearest
from dirserver.directory import Reading, label_of
from dirserver.directory.same.uniting import (
    Certain,
    ChangedMeanwhile,
    KeptBySource,
    Merger,
    NotTheSame,
    OfOneSource,
    Place,
    certain,
    merge,
    plan,
)
from dirserver.errors import AccessDenied, CardTooLarge, ErasedPerson
from dirserver.model.addressbook import Card
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange
from dirserver.model.policy import VisibleBook
from dirserver.model.uniting import UNITS, Conflict, Side

_MOST_SHOWN = 20
_LETTERS = ("A", "B")
_NOTHING = "Nothing was done"
_CHOSEN = tuple(name for unit in UNITS for name in unit)


@dataclass(frozen=True, slots=True)
class Request:
    """Which cards, or which books, and who has their way, as it was typed."""

    names: tuple[str, ...]
    certain: bool
    keep: str
    take: tuple[str, ...]
    login: str
    dry_run: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card that stays, or goes into another one."""

    href: str
    key: str
    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ShownMerger:
    """What becomes of cards: one is ``kept`` and changed, and what is ``gone`` is in it.

    What the ``source`` says of it stays, if it comes of one.
    """

    book: str
    kept: ShownCard
    gone: tuple[ShownCard, ...]
    fields: tuple[FieldChange, ...]
    conflicts: tuple[Conflict, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What was, or would be, made one; ``batch`` takes it back, and is None where nothing was done.

    Cards of two books are ``linked``.
    """

    dry_run: bool
    batch: int | None
    merges: tuple[ShownMerger, ...]
    linked: tuple[ShownPlace, ...] = ()


def unite(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Make cards one, once that is confirmed. Raises Failed."""
    if request.certain:
        _merge_certain(invocation, request, as_json=as_json)
        return
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            named = _named(who, reading, request)
            in_one_book = len({each.view.book.id for each in named.values()}) == 1
            if in_one_book:
                merger, letters, choices = _planned(reading, request, named)
        if not in_one_book:
            _link(who, request, tuple(named.values()), as_json=as_json)
            return
        if not as_json:
            _tell(merger, letters)
        batch = None
        if not request.dry_run:
            confirm("Make these two cards one?", request.yes)
            batch = _merge(who, [merger], choices)
    _say_how_it_went(request, batch, [merger], as_json=as_json)


def _named(who: Acting, reading: Reading, request: Request) -> dict[str, Named]:
    """Return the two cards that are named, by their letters."""
    if len(request.names) != len(_LETTERS):
        raise Failed(
            f"Name two cards: {again.command('merge A B')}. A card is named by its key, as "
            f"`{again.command('duplicates')}` prints it, its UID, its "
            "href, or a part of the name in quotes."
        )
    one, other = (writable(who, reading, name, AuditAction.CARD_MERGE) for name in request.names)
    if one.card.key == other.card.key:
        raise Failed(f"These are one card: {one.place}.")
    return dict(zip(_LETTERS, (one, other), strict=True))


def _planned(
    reading: Reading, request: Request, named: Mapping[str, Named]
) -> tuple[Merger, dict[str, str], dict[str, Side]]:
    """Return what becomes of two cards of one book, and their letters by their keys."""
    keep, take = _letter(request.keep), _taken(request.take)
    one, other = named.values()
    places = [Place(each.view, each.card.href) for each in (one, other)]
    try:
        first = plan(reading, places, named[keep].card.href if keep else "")
        sides = {
            letter: Side.SURVIVOR if each.card.key == first.survivor.key else Side.OTHER
            for letter, each in named.items()
        }
        choices = {field: sides[letter] for field, letter in take.items()}
        merger = plan(reading, places, first.survivor.href, choices) if choices else first
    except NotTheSame as error:
        raise Failed(
            f"Somebody said that {one.place} and {other.place} are not of one person. If they are: "
            + again.command(f"duplicates not-same {one.card.key} {other.card.key} --undo")
        ) from error
    except OfOneSource as error:
        raise Failed(
            f"{one.place} and {other.place} both come of the source {error}, which would bring "
            "back the one that goes. Make them one there: its next run does it here."
        ) from error
    except KeptBySource as error:
        other_letter = next(letter for letter in _LETTERS if letter != keep)
        raise Failed(
            f"{named[other_letter].place} comes of the source {error}, which would bring it back, "
            f"so it stays: say --keep {other_letter}, or nothing."
        ) from error
    return merger, {each.card.key: letter for letter, each in named.items()}, choices


def _link(who: Acting, request: Request, named: Sequence[Named], *, as_json: bool) -> None:
    """Link cards of two books, which have readers of their own. Raises Failed."""
    if request.keep or request.take:
        raise Failed("--keep and --take are for cards of one book; those of two stay as they are.")
    dry_run, yes = request.dry_run, request.yes
    places, batch = linking.link_apart(who, named, dry_run=dry_run, yes=yes, quiet=as_json)
    if as_json:
        screen.say_json(Merged(dry_run, batch, (), places))


def _letter(text: str) -> str:
    if text.upper() not in ("", *_LETTERS):
        raise Failed(f"Say A for the first card or B for the second, not {text}.")
    return text.upper()


def _taken(take: Sequence[str]) -> dict[str, str]:
    """Return which card has its way, by property. Raises Failed."""
    found: dict[str, str] = {}
    # What is said of one property counts more than what is said of all.
    for text in sorted(take, key=lambda one: "=" in one):
        field, is_one, letter = text.rpartition("=")
        name = field.upper()
        if is_one and name not in _CHOSEN:
            meant = nearest(name, list(_CHOSEN))
            hint = f"did you mean {meant}?" if meant else f"that can be: {listing(_CHOSEN, 'or')}."
            raise Failed(f"Of {field} nothing is to be chosen, since all of it stays; {hint}")
        found.update(dict.fromkeys([name] if is_one else _CHOSEN, _letter(letter)))
    return found


def _merge_certain(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    if request.keep or request.take:
        raise Failed("--keep and --take are for two cards that are named, not for --certain.")
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            found = _certain(reading, _views(who, reading, request.names))
        batch = None
        if not as_json:
            shown = found.mergers if request.dry_run else found.mergers[:_MOST_SHOWN]
            for merger in shown:
                _tell(merger, {})
            if len(shown) < len(found.mergers):
                more = len(found.mergers) - len(shown)
                screen.say(f"... and {more} more; all are shown with --dry-run")
            _tell_what_stays(found)
        if found.mergers and not request.dry_run:
            gone = sum(len(merger.others) for merger in found.mergers)
            people = screen.counted(len(found.mergers), "card")
            confirm(f"Let {screen.counted(gone, 'card')} go into {people}?", request.yes)
            batch = _merge(who, found.mergers, {})
    if not found.mergers and not as_json:
        screen.say("nobody is certainly twice in one book")
        return
    _say_how_it_went(request, batch, found.mergers, as_json=as_json)


def _views(who: Acting, reading: Reading, books: Sequence[str]) -> list[VisibleBook]:
    if not books:
        return list(reading.books(Privilege.WRITE))
    action = AuditAction.CARD_MERGE
    views = (who.book(reading, name, Privilege.WRITE, action) for name in books)
    return list({view.book.id: view for view in views}.values())


def _certain(reading: Reading, views: Sequence[VisibleBook]) -> Certain:
    _, found = pairing.compared(reading, views, Verdict.CERTAIN)
    return certain(reading, views, found)


def _merge(who: Acting, mergers: Sequence[Merger], choices: Mapping[str, Side]) -> int:
    try:
        with screen.progress("merging") as advance, who.writing() as writing:
            for done in merge(writing, mergers, choices):
                advance(done, len(mergers))
            return writing.batch
    except ChangedMeanwhile as error:
        raise Failed(f"{_NOTHING}: one of the cards has changed. Look again: --dry-run.") from error
    except CardTooLarge as error:
        raise Failed(f"{_NOTHING}: together they are larger than a card may be.") from error
    except ErasedPerson as error:
        raise Failed(f"{_NOTHING}: one is of a person who was erased, {error}.") from error
    except AccessDenied as denied:
        raise Failed(f"{_NOTHING}: {denied}.") from denied


def _tell(merger: Merger, letters: Mapping[str, str]) -> None:
    """Print what becomes of cards: what changes in the one that stays, and what is not in it."""
    book = label_of(merger.view.book)

    def told(card: Card) -> str:
        letter = letters.get(card.key, "")
        return f"{letter + ': ' if letter else ''}{book}/{card.href}"

    goes = listing([told(card) for card in merger.others], "and")
    stays = f" {merger.names[0]}, {told(merger.survivor)} stays; into it goes {goes}"
    screen.say(("~", "yellow"), stays)
    for change in merger.fields:
        outcomes.tell_field(change)
    for conflict in merger.conflicts:
        kept, lost = outcomes.short(conflict.kept), outcomes.short(conflict.lost)
        where = "the note has that" if conflict.in_note else "which only the history has"
        not_kept = f", not {lost}" if lost else ""
        screen.say("    ", ("!", "red"), f" {conflict.field}: {kept}{not_kept}; {where}")
    if merger.source:
        screen.say(f"    it comes of the source {merger.source}: what that says of it stays")


def _tell_what_stays(found: Certain) -> None:
    if found.apart:
        groups = screen.counted(found.apart, "group")
        screen.note(
            f"{groups} of cards of one person are in different books, and stay apart. To link "
            f"them: {again.command('duplicates link --certain --dry-run')}"
        )
    if found.doubtful:
        groups = screen.counted(found.doubtful, "group")
        screen.note(
            f"{groups} of certain pairs stay as they are: of two of the cards, something speaks "
            f"against it. See them with: {again.command('duplicates')}"
        )


def _say_how_it_went(
    request: Request, batch: int | None, mergers: Sequence[Merger], *, as_json: bool
) -> None:
    if as_json:
        screen.say_json(Merged(request.dry_run, batch, tuple(map(_shown, mergers))))
        return
    gone = screen.counted(sum(len(merger.others) for merger in mergers), "card")
    into = screen.counted(len(mergers), "card")
    if batch is None:
        screen.say(f"{gone} would go into {into}; this was a dry run, and all is as it was")
        return
    screen.say(f"done: {gone} went into {into}")
    screen.note(f"To take this back: {again.undo(batch)}")


def _shown(merger: Merger) -> ShownMerger:
    kept, *gone = (
        ShownCard(card.href, card.key, card.uid, name)
        for card, name in zip(merger.cards, merger.names, strict=True)
    )
    book = label_of(merger.view.book)
    return ShownMerger(book, kept, tuple(gone), merger.fields, merger.conflicts, merger.source)
