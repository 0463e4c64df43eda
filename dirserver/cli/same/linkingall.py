"""``dirserver duplicates link --certain``: all who certainly are in several books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.same import linking, pairing
from dirserver.cli.same.linking import Request
from dirserver.directory import Reading, label_of
from dirserver.directory.same import duplicates
from dirserver.directory.same import linking as door
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.query import KeyIs, Or

_MOST_SHOWN = 20
_AT_ONCE = 200


def link_certain(invocation: Invocation, request: Request, *, dry_run: bool, yes: bool) -> None:
    """Link the cards of all who certainly are in several books, once confirmed. Raises Failed."""
    mode, properties = linking.mode_of(request), linking.properties_of(request)
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            views = _views(who, reading, request.cards)
            gathered, pairs = pairing.compared(reading, views, Verdict.CERTAIN)
            found = duplicates.apart(gathered, pairs)
            lines = sorted(_told(reading, views, found.people))
        shown = lines if dry_run else lines[:_MOST_SHOWN]
        for line in shown:
            screen.say(("~", "yellow"), f" {line}")
        if len(shown) < len(lines):
            screen.say(f"... and {len(lines) - len(shown)} more; all are shown with --dry-run")
        if found.doubled:
            people = screen.counted(found.doubled, "person", "people")
            screen.note(
                f"Of {people} more, a book has two cards. Make these one first: "
                "dirserver merge --certain --dry-run"
            )
        if not found.people:
            screen.say("nobody is certainly in two books, and not linked yet")
            return
        counted = screen.counted(len(found.people), "person", "people")
        if dry_run:
            screen.say(f"the cards of {counted} would be linked; this was a dry run")
            return
        confirm(f"Link the cards of {counted}?", yes)
        made = 0
        with screen.progress("linking") as advance, who.writing() as writing:
            each = door.link_each(writing, found.people, mode, properties)
            for done, one in enumerate(each, 1):
                made += one is not None
                advance(done, len(found.people))
    screen.say(f"done: linked the cards of {screen.counted(made, 'person', 'people')}")
    screen.note("To take one of them back: dirserver duplicates unlink KEY")


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


def _told(
    reading: Reading, views: Sequence[VisibleBook], people: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Yield whose cards these are, and where they are."""
    keys = [key for of_one in people for key in of_one]
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = Or(tuple(map(KeyIs, keys[start : start + _AT_ONCE])))
        for view, card, body in reading.cards_found(query, views):
            names[card.key] = name_of(body) or card.key
            places[card.key] = f"{label_of(view.book)}/{card.href}"
    for of_one in people:
        cards = sorted(of_one, key=places.__getitem__)
        called = dict.fromkeys(names[key] for key in cards)
        yield f"{', '.join(called)}: {', '.join(places[key] for key in cards)}"
