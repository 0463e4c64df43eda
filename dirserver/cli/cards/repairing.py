"""``dirserver quality fix``: cards are repaired by the standards of their book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.directory import label_of
from dirserver.directory.standards.fixing import fix as fix_book
from dirserver.directory.standards.fixing import repairs
from dirserver.errors import AccessDenied, ErasedPerson
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.standards.rules import Rule

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What to repair, as it was typed."""

    book: str
    login: str
    dry_run: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class ShownRepair:
    """What breaks a rule, and the value that the property gets."""

    href: str
    key: str
    rule: Rule
    property: str
    said: str
    becomes: str | None


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was, or would be, repaired, in how many cards; ``batch`` takes it back."""

    book: str
    dry_run: bool
    batch: int | None
    cards: int
    repairs: tuple[ShownRepair, ...]


def fix(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Repair the cards of a book, once somebody has said yes. Raises Failed."""
    batch: int | None = None
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            view = who.book(reading, request.book, Privilege.MANAGE, AuditAction.CARD_REPAIR)
            label = label_of(view.book)
            found = [
                ShownRepair(
                    one.card.href,
                    one.card.key,
                    fault.rule,
                    fault.property,
                    fault.sentence,
                    fault.mended,
                )
                for one in repairs(reading, view)
                for fault in one.faults
            ]
        number = len({one.href for one in found})
        if not as_json:
            _tell(label, found, everything=request.dry_run)
        if found and not request.dry_run:
            confirm(f"Repair {screen.counted(number, 'card')} of {label}?", request.yes)
            batch, number = _fix(who, request)
    if as_json:
        screen.say_json(Fixed(label, request.dry_run, batch, number, tuple(found)))
    elif found and request.dry_run:
        counted = screen.counted(number, "card")
        screen.say(f"this was a dry run: {counted} would be repaired, and all is as it was")
    elif batch is not None:
        screen.say(f"done: {screen.counted(number, 'card')} repaired")
        screen.note(f"To take this back: {again.undo(batch)}")


def _tell(label: str, found: Sequence[ShownRepair], *, everything: bool) -> None:
    if not found:
        screen.say(f"in {label}, there is nothing that could be repaired")
    shown = found if everything else found[:_MOST_SHOWN]
    for one in shown:
        screen.say(("~", "yellow"), f" {label}/{one.href}: {one.said}")
    if len(shown) < len(found):
        screen.say(f"... and {len(found) - len(shown)} more; all are shown with --dry-run")


def _fix(who: Acting, request: Request) -> tuple[int | None, int]:
    repaired = 0
    try:
        with screen.progress("repairing") as advance, who.writing() as writing:
            for count in fix_book(writing, request.book):
                advance(count.looked_at, count.total)
                repaired = count.repaired
            return (writing.batch if repaired else None), repaired
    except AccessDenied as denied:
        raise Failed(f"This is not for {who.principal.login} to repair: {denied}.") from denied
    except ErasedPerson as erased:
        raise Failed(f"Nothing was repaired: {erased}; somebody was erased meanwhile.") from erased
