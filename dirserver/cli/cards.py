"""``dirserver import``, ``export`` and ``search``: what can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.options import MOST, BookOption, JSONOption, LoginOption


def import_cards(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", hidden=True)],
    book: BookOption,
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report, but leave the book as it is.")
    ] = False,
    as_json: JSONOption = False,
) -> None:
    """Read vCard files into a book.

    The files hold vCards 2.1, 3.0 or 4.0; - is the standard input. A card whose UID is in the
    book replaces the one that is there. What had to be repaired is told, card by card. What
    cannot be read is left out, and then the exit code is 1. All files go in together, or none
    does.

    \b
    dirserver import --dry-run --book customers phones.vcf outlook/*.vcf
    \b
    --json: book, dry_run, files (file, cards, new, changed, unchanged, left_out, remarks (card,
            line, name, uid, imported, notes))
    """
    from dirserver.cli import importing

    request = importing.Request(tuple(files), book, login, dry_run)
    importing.import_files(invocation(context), request, as_json=as_json)


def export_cards(
    context: typer.Context,
    book: BookOption,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all."),
    ] = None,
    login: LoginOption = "",
) -> None:
    """Write all cards of a book, one after the other, as a .vcf file.

    With --as LOGIN, what is hidden from that user is left out.

    \b
    dirserver export --book customers -o customers.vcf
    """
    from dirserver.cli import exporting

    exporting.export_cards(invocation(context), book, output, login)


def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", hidden=True)],
    login: LoginOption = "",
    book: Annotated[
        str, typer.Option("--book", metavar="BOOK", help="Only this book.", show_default=False)
    ] = "",
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, max=MOST, help="At most so many cards."),
    ] = 100,
    as_json: JSONOption = False,
) -> None:
    """Find cards by names, mail addresses, organisations, numbers.

    Each word must be somewhere in one of these, in any spelling: mueller finds Müller. A number is
    found however it is written. A text that begins with - comes after --.

    \b
    dirserver search anna example
    dirserver search 0049 171 39200
    \b
    --json: a list of book, href, key, uid, name, numbers, mails, organisation
    """
    from dirserver.cli import searching

    request = searching.Request(" ".join(words), login, book, limit)
    searching.search(invocation(context), request, as_json=as_json)
