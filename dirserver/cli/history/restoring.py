"""``dirserver restore`` and ``dirserver book restore``: cards as they once were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cards.choosing import Chosen, Wanted, choose
from dirserver.cli.cards.showing import version_at
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.history import outcomes
from dirserver.cli.invocation import Invocation
from dirserver.cli.moments import asked_past
from dirserver.directory import Reading, label_of
from dirserver.directory.past.restoring import (
    BookChange,
    BookCount,
    CardRestore,
    Pruned,
    foresee_book,
    plan_book,
    plan_card,
    restore_book,
    restore_card,
)
from dirserver.directory.past.settling import Fate, Outcome
from dirserver.errors import AccessDenied, AlreadyExists, NotFound, UIDConflict
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.history.items import NOISE
from dirserver.model.history.life import Version
from dirserver.model.policy import VisibleBook


@dataclass(frozen=True, slots=True)
class Request:
    """Which card, and what it is to be again, as it was typed."""

    wanted: Wanted
    at: str
    version: int | None
    fields: tuple[str, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class BookRequest:
    """Which book, and as of when, as it was typed."""

    book: str
    at: str
    login: str
    dry_run: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class RestoredCard:
    """How it went with a card. ``batch`` takes it back again; None where nothing was done."""

    dry_run: bool
    batch: int | None
    version: int
    card: Outcome


@dataclass(frozen=True, slots=True)
class RestoredBook:
    """How it went with a book. With ``dry_run``, ``cards`` are those that would change.

    ``begins`` is when its history does, if that is only after ``at``.
    """

    dry_run: bool
    batch: int | None
    book: str
    at: datetime
    stored: int
    taken_out: int
    begins: datetime | None
    cards: tuple[Outcome, ...]


def restore(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Bring a card, or fields of it, back. Raises Failed."""
    names = _names(request.fields)
    now = datetime.now().astimezone()
    at = asked_past(request.at, now) if request.at else None
    with acting(invocation, request.wanted.login) as who:
        with who.reading() as reading:
            card = choose(who, reading, request.wanted, AuditAction.CARD_RESTORE)
            version = _version(card, request.version, at)
            try:
                planned = plan_card(reading, card.views, card.key, version, names)
            except (NotFound, AlreadyExists, UIDConflict) as error:
                raise Failed(_why_not(card, error)) from error
        batch, outcome = None, planned.outcome
        if not request.dry_run and outcome.fate is not Fate.STAYS:
            batch, outcome = _restore(who, card, planned, version, names)
    if as_json:
        screen.say_json(RestoredCard(request.dry_run, batch, version.id, outcome))
        return
    if outcome.fate is Fate.STAYS:
        screen.say(f"{outcome.name} is as it was in version #{version.id}; nothing to do")
        return
    outcomes.tell(outcome)
    if request.dry_run:
        screen.say(f"this was a dry run: {outcome.book} is as it was")
    else:
        _say_how_back(batch)


def _names(fields: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(field.upper() for field in fields)
    if unknown := sorted(names & NOISE):
        raise Failed(f"{unknown[0]} says nothing of a person; name properties such as TEL or NOTE.")
    return names


def _version(card: Chosen, number: int | None, at: datetime | None) -> Version:
    """Return the version that is asked for. Raises Failed if there is none."""
    if number is not None and at is not None:
        raise Failed("Name a moment with --at or a version with --version, not both.")
    if number is not None:
        for version in card.life:
            if version.id == number and not version.is_gone:
                return version
        raise Failed(
            f"{card.name} has no version #{number}; see them with: "
            + again.command(f"history {card.key}")
        )
    if at is not None:
        return version_at(card, at)
    if card.is_gone:
        return card.last
    raise Failed(
        f"{card.name} is there. Say with --at or --version what it is to be again; see what it "
        f"was with: {again.command(f'history {card.key}')}"
    )


def _why_not(card: Chosen, error: NotFound | AlreadyExists | UIDConflict) -> str:
    match error:
        case UIDConflict():
            why = (
                f"{card.label}/{error.href} has its UID by now. Delete that one first, or restore "
                "single fields of it."
            )
        case AlreadyExists():
            why = f"another card is called {card.label}/{error} by now. Move or delete that first."
        case _:
            why = f"{error}."
    return f"{card.name} cannot come back: {why}"


def _restore(
    who: Acting, card: Chosen, planned: CardRestore, version: Version, names: frozenset[str]
) -> tuple[int | None, Outcome]:
    try:
        with who.writing() as writing:
            slug = planned.outcome.book
            outcome = restore_card(writing, slug, card.key, version, names)
            return (None if outcome.fate is Fate.STAYS else writing.batch), outcome
    except (NotFound, AlreadyExists, UIDConflict) as error:
        raise Failed(_why_not(card, error)) from error


def _say_how_back(batch: int | None) -> None:
    screen.note(f"To take this back: {again.undo(batch)}")


def restore_whole(invocation: Invocation, request: BookRequest, *, as_json: bool) -> None:
    """Bring a book back to a moment, all of it or nothing. Raises Failed."""
    moment = asked_past(request.at, datetime.now().astimezone())
    dry_run = request.dry_run
    cards: list[Outcome] = []
    count, batch = BookCount(0), None
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            view = who.book(reading, request.book, Privilege.MANAGE, AuditAction.BOOK_RESTORE)
            label = label_of(view.book)
            change = _foreseen(reading, view, moment)
            for outcome in plan_book(reading, view, moment) if dry_run else ():
                if as_json:
                    cards.append(outcome)
                else:
                    outcomes.tell(outcome)
                count.gone += outcome.fate is Fate.GOES
                count.stored += outcome.fate is not Fate.GOES
        told = f"{label} as of {screen.local(moment)}"
        if change.begins is not None:
            screen.warn(
                f"nothing was in {label} yet at {screen.local(moment)}: its history begins at "
                f"{screen.local(change.begins)}, so every card goes"
            )
        if not dry_run and (change.stored or change.gone):
            if not request.yes:
                back, out = _number(change.stored), _number(change.gone)
                screen.note(f"This makes {told}: {back} as they were, {out} taken out.")
            confirm("Do it?", request.yes)
            count, batch = _restore_book(who, label, moment)
    if as_json:
        counts = (count.stored, count.gone, change.begins)
        screen.say_json(RestoredBook(dry_run, batch, label, moment, *counts, tuple(cards)))
        return
    if not count.stored and not count.gone:
        screen.say(f"{told}: nothing has changed since")
    else:
        screen.say(f"{told}: {_number(count.stored)} as they were, {_number(count.gone)} taken out")
    if dry_run:
        screen.say(f"this was a dry run: {label} is as it was")
    elif batch is not None:
        _say_how_back(batch)


def _foreseen(reading: Reading, view: VisibleBook, at: datetime) -> BookChange:
    try:
        return foresee_book(reading, view, at)
    except Pruned as pruned:
        label = label_of(view.book)
        raise Failed(
            f"What was in {label} then is not known any more: its history from before "
            f"{screen.local(pruned.until)} is pruned, as keep in [history] says. It can be "
            "restored to any later moment; an older backup may have more."
        ) from pruned


def _restore_book(who: Acting, label: str, at: datetime) -> tuple[BookCount, int | None]:
    count = BookCount(0)
    try:
        with screen.progress(f"restoring {label}") as advance, who.writing() as writing:
            for count in restore_book(writing, label, at):
                advance(count.done, count.total)
            return count, writing.batch if count.stored or count.gone else None
    except AccessDenied as denied:
        raise Failed(f"{who.principal.login} may not manage {label}: {denied}.") from denied


def _number(cards: int) -> str:
    return screen.counted(cards, "card")
