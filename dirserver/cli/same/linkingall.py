"""``dirserver duplicates link --certain``: all who certainly are in several books."""

from __future__ import annotations

from collections.abc import Sequence

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.same import linking, pairing
from dirserver.cli.same.linked import LinkedPeople, ShownPerson, people
from dirserver.cli.same.linking import Request
from dirserver.directory import Reading
from dirserver.directory.same import duplicates
from dirserver.directory.same import linking as door
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook

_MOST_SHOWN = 20


def link_certain(
    invocation: Invocation, request: Request, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Link the cards of all who certainly are in several books, once confirmed. Raises Failed."""
    mode, properties = linking.mode_of(request), linking.properties_of(request)
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            views = _views(who, reading, request.cards)
            gathered, pairs = pairing.compared(reading, views, Verdict.CERTAIN)
            found = duplicates.apart(gathered, pairs)
            told = people(reading, views, found.people)
        if not as_json:
            _tell(told, found.doubled, dry_run=dry_run)
        counted = screen.counted(len(told), "person", "people")
        linked: dict[str, bool] = {}
        batch: int | None = None
        if told and not dry_run:
            confirm(f"Link the cards of {counted}?", yes)
            with screen.progress("linking") as advance, who.writing() as writing:
                each = door.link_each(writing, found.people, mode, properties)
                for done, (keys, one) in enumerate(zip(found.people, each, strict=True), 1):
                    linked[keys[0]] = one is not None
                    advance(done, len(found.people))
                batch = writing.batch if any(linked.values()) else None
    if as_json:
        those = [one for one in told if dry_run or any(linked.get(at.key) for at in one.cards)]
        screen.say_json(LinkedPeople(dry_run, batch, tuple(those)))
    elif not told:
        screen.say("nobody is certainly in two books, and not linked yet")
    elif dry_run:
        screen.say(f"the cards of {counted} would be linked; this was a dry run")
    else:
        made = screen.counted(sum(linked.values()), "person", "people")
        screen.say(f"done: linked the cards of {made}")
        if batch is not None:
            screen.note(f"To take this back: {again.undo(batch)}")
        screen.note(f"To take some of it back: {again.command('duplicates unlink KEY...')}")


def _tell(told: Sequence[ShownPerson], doubled: int, *, dry_run: bool) -> None:
    """Print who is found, or the first of them."""
    shown = told if dry_run else told[:_MOST_SHOWN]
    for one in shown:
        places = ", ".join(f"{card.book}/{card.href}" for card in one.cards)
        screen.say(("~", "yellow"), f" {one.name}: {places}")
    if len(shown) < len(told):
        screen.say(f"... and {len(told) - len(shown)} more; all are shown with --dry-run")
    if doubled:
        more = screen.counted(doubled, "person", "people")
        screen.note(
            f"Of {more} more, a book has two cards. Make these one first: "
            + again.command("merge --certain --dry-run")
        )


def _views(who: Acting, reading: Reading, books: Sequence[str]) -> list[VisibleBook]:
    """Return the books that are named, or all, if they may be written to. Raises Failed."""
    if not books:
        return list(reading.books(Privilege.WRITE))
    action = AuditAction.CARD_LINK
    views = (who.book(reading, name, Privilege.WRITE, action) for name in books)
    found = list({view.book.id: view for view in views}.values())
    if len(found) < 2:
        raise Failed("Name two books or more, or none for all.")
    return found
