"""``dirserver book purge``: deleting an archived book for good."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.config.faults import listing
from dirserver.directory import Reading, label_of
from dirserver.directory.past.purging import archived_books, belongings, purge_book
from dirserver.errors import NotFound
from dirserver.store.purging import Belongings


@dataclass(frozen=True, slots=True)
class Purged:
    """What is gone for good, or would be."""

    book: str
    uuid: str
    cards: int
    versions: int
    changes: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What to purge, as it was typed."""

    book: str
    yes: bool
    dry_run: bool


def purge(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Say what goes, ask, and delete it. Raises Failed."""
    with acting(invocation) as who:
        with who.reading() as reading:
            uuid, found = _found(who, reading, request.book)
        if not request.dry_run:
            if not request.yes:
                _ask(request.book, found)
            found = _purge(who, request.book)
    if as_json:
        counts = found.cards, found.versions, found.changes
        screen.say_json(Purged(request.book, uuid, *counts, request.dry_run))
    elif request.dry_run:
        screen.say(f"{request.book} would be gone for good: {_what(found)}")
        screen.say("this was a dry run: nothing is changed")
    else:
        screen.say(f"{request.book} is gone for good: {_what(found)}")


def _found(who: Acting, reading: Reading, name: str) -> tuple[str, Belongings]:
    archived = archived_books(reading)
    if name in archived:
        return archived[name].uuid, belongings(reading, archived[name])
    in_use = {label_of(book) for book in reading.policy.books}
    if name in in_use:
        file = who.services.config.path.name
        raise Failed(
            f"{name} is in use, and only an archived book can be purged. Take it out of {file} "
            f"and run: {again.command('apply')}"
        )
    there = f"there is {listing(sorted(archived), 'and')}" if archived else "there is none"
    raise Failed(f"No book {name} is archived; {there}.")


def _ask(name: str, found: Belongings) -> None:
    if not sys.stdin.isatty():
        raise Failed(
            f"There is no terminal to ask on. With --yes, {name} is purged without asking; "
            "--dry-run says what would go."
        )
    screen.note(f"This cannot be undone, not even by `dirserver apply`: {_what(found)} go.")
    sys.stderr.write(f"Type the name of the book to purge it: {screen.plain(name)} > ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != name:
        raise Failed("Nothing was purged.")


def _purge(who: Acting, name: str) -> Belongings:
    try:
        with who.writing() as writing:
            return purge_book(writing, name)
    except NotFound as error:
        raise Failed(f"{name} is no longer archived. Nothing was purged.") from error


def _what(found: Belongings) -> str:
    cards, versions = screen.counted(found.cards, "card"), screen.counted(found.versions, "version")
    return f"{cards} with {versions} in all"
