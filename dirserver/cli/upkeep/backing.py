"""``dirserver backup``: making backups, checking them, putting them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dirserver import config
from dirserver.backup import BackupError, Restoring, check_backup, make_backup, restore_backup
from dirserver.backup.archive import Archive
from dirserver.backup.returning import Erased
from dirserver.cli import screen
from dirserver.cli.acting import acting, command_line, os_login
from dirserver.cli.again import command
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.people.erasing import erase_cards
from dirserver.config.database import database_url, located
from dirserver.config.faults import Refused
from dirserver.model.principal import operator
from dirserver.store.contents import BookContents
from dirserver.store.people.returned import ErasedCard


@dataclass(frozen=True, slots=True)
class ShownBackup:
    """What a backup is; ``digest`` is the SHA-256 that seals it."""

    file: str
    bytes: int
    digest: str
    made: datetime
    dirserver: str
    schema: str
    engine: str
    organisation: str
    domain: str
    books: tuple[BookContents, ...]
    last_event: int


@dataclass(frozen=True, slots=True)
class ShownReturn:
    """How a backup was put back, or would be; ``kept`` is where that is which was there.

    ``replaced`` are the books that were there.
    """

    file: str
    digest: str
    made: datetime
    engine: str
    dry_run: bool
    kept: str
    books: tuple[BookContents, ...]
    replaced: tuple[BookContents, ...]
    erased: tuple[ErasedCard, ...]
    erased_again: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What to put back, as it was typed."""

    file: Path
    to: str
    force: bool
    dry_run: bool
    erase_again: bool


def make(invocation: Invocation, file: Path, *, force: bool, as_json: bool) -> None:
    """Make a backup and say what is in it. Raises Failed."""
    with _in_words(), acting(invocation) as who:
        archive = make_backup(
            who.services, file, who.principal, who.client, screen.progress, force=force
        )
    if as_json:
        screen.say_json(_shown(archive))
    else:
        _tell("", archive)


def verify(file: Path, *, as_json: bool) -> None:
    """Check a backup and say what is in it. Raises Failed with what is wrong."""
    with _in_words():
        archive = check_backup(file, screen.progress)
    if as_json:
        screen.say_json(_shown(archive))
    else:
        _tell("is good: ", archive)


def restore(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Put a backup back, or say what that would do. Raises Failed."""
    if request.erase_again and request.to:
        raise Failed(
            "--erase-again is for the database of the config file; leave --to out, or erase those "
            "who are named afterwards one by one."
        )
    url = _url(request.to) if request.to else config.load(invocation.config_file).database.url
    who = operator(os_login())
    restoring = Restoring(request.file, url, who, command_line(), request.force, request.dry_run)
    with _in_words():
        restored = restore_backup(restoring, screen.progress)
    erased = restored.erased
    again = request.erase_again and not request.dry_run
    if again and erased.cards:
        with acting(invocation) as acts:
            erase_cards(acts, [card.key for card in erased.cards])
    manifest = restored.archive.manifest
    books = manifest.contents.books
    if as_json:
        screen.say_json(
            ShownReturn(
                str(request.file),
                restored.archive.digest,
                manifest.made,
                manifest.engine,
                request.dry_run,
                restored.kept,
                books,
                restored.replaced,
                erased.cards,
                again,
            )
        )
        return
    be = "would be" if request.dry_run else "is"
    screen.say((str(request.file), "bold"), f" of {screen.local(manifest.made)} {be} put back")
    if restored.replaced:
        _tell_replaced(books, restored.replaced, dry_run=request.dry_run)
    else:
        _tell_books(books)
    if restored.kept:
        screen.say(f"what was there {be} kept: {restored.kept}")
    if request.dry_run:
        screen.say("this was a dry run: nothing is changed")
    else:
        apply = command("apply")
        screen.say(f"users and grants are of then, too: run {apply}, or start the server")
        _tell_erased(erased, again=again, is_practice=bool(request.to))


def _tell_erased(erased: Erased, *, again: bool, is_practice: bool) -> None:
    """Say who was erased since the backup, and is there again or was erased again."""
    for card in erased.cards:
        said = "was erased again" if again else f"is back; {command(f'person erase {card.key}')}"
        place = f"{card.book}/{card.href}"
        screen.say((f"erased as {card.case}: {place} {said}", "" if again else "red"))
    if erased.cards and not again:
        screen.warn(
            "people who were erased are in the backup, and in the database again; --erase-again "
            "would have taken them out"
        )
    if not erased.is_known and not is_practice:
        screen.note(
            "Who was erased since the backup was made is not known, as the database was empty or "
            "another one: compare with your certificates, and erase them again."
        )


def _url(typed: str) -> str:
    try:
        return located(database_url(typed), Path.cwd())
    except Refused as refused:
        raise Failed(f"--to {typed.partition('://')[0]}: {refused}.") from refused


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise Failed(str(error)) from error


def _shown(archive: Archive) -> ShownBackup:
    manifest = archive.manifest
    return ShownBackup(
        str(archive.file),
        archive.size,
        archive.digest,
        manifest.made,
        manifest.dirserver,
        manifest.schema,
        manifest.engine,
        manifest.organisation,
        manifest.domain,
        manifest.contents.books,
        manifest.contents.last_event,
    )


def _tell(verdict: str, archive: Archive) -> None:
    manifest = archive.manifest
    screen.say(
        (str(archive.file), "bold"),
        f" {verdict}{manifest.organisation}, {screen.local(manifest.made)}, "
        f"{archive.size / 1e6:.1f} MB",
    )
    _tell_books(manifest.contents.books)
    screen.say(f"SHA-256 {archive.digest}")


def _tell_books(books: Sequence[BookContents]) -> None:
    rows = [
        (book.book, str(book.cards), str(book.revision), "archived" if book.archived else "")
        for book in books
    ]
    if rows:
        screen.say_table(("book", "cards", "revision", ""), rows)


def _tell_replaced(
    books: Sequence[BookContents], replaced: Sequence[BookContents], *, dry_run: bool
) -> None:
    """Show what comes beside what is there and goes, book by book."""
    there = {book.uuid: book for book in replaced}
    coming = {book.uuid for book in books}
    rows = [
        (
            book.book,
            str(book.cards),
            str(there[book.uuid].cards) if book.uuid in there else "no such book",
            "archived" if book.archived else "",
        )
        for book in books
    ]
    goes = "goes" if dry_run else "is gone"
    rows += [
        (book.book, "no such book", str(book.cards), goes)
        for book in replaced
        if book.uuid not in coming
    ]
    heads = ("book", "cards in the backup", "cards now" if dry_run else "cards before", "")
    screen.say_table(heads, rows)
