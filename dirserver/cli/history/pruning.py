"""``dirserver history prune``: old versions go."""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.cli import screen
from dirserver.cli.acting import acting
from dirserver.cli.invocation import Invocation
from dirserver.directory.past.pruning import due
from dirserver.directory.past.pruning import prune as prune_history


@dataclass(frozen=True, slots=True)
class PrunedBook:
    """How many versions of a book went."""

    book: str
    versions: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was pruned. With ``dry_run``, what would be; ``keep_days`` is 0 for ever."""

    dry_run: bool
    keep_days: int
    versions: int
    books: tuple[PrunedBook, ...]


def prune(invocation: Invocation, *, dry_run: bool, as_json: bool) -> None:
    """Delete the versions that the config does not want kept, and print how many went."""
    with acting(invocation) as who:
        directory = who.services.directory
        keep = who.services.config.history.keep
        waiting: dict[str, int] = {}
        number = 0
        if keep is not None:
            waiting = due(directory, who.principal, who.client, keep)
            number = sum(waiting.values())
        if keep is not None and not dry_run:
            with screen.progress("pruning the history") as advance:
                number = prune_history(directory, who.principal, who.client, keep, advance)
        if not dry_run:
            # An erasure may have left that to be made up for.
            directory.scrub()
    books = tuple(PrunedBook(label, count) for label, count in waiting.items())
    if as_json:
        screen.say_json(Pruned(dry_run, keep.days if keep else 0, number, books))
    elif keep is None:
        screen.say("nothing to do: without keep in [history], all versions are kept for ever")
    else:
        _tell(number, books, dry_run=dry_run)


def _tell(number: int, books: tuple[PrunedBook, ...], *, dry_run: bool) -> None:
    for book in books:
        screen.say(f"{book.book}: {screen.counted(book.versions, 'version')}")
    if dry_run:
        screen.say(f"this was a dry run: {screen.counted(number, 'version')} would be deleted")
    else:
        screen.say(f"done: {screen.counted(number, 'version')} deleted")
