"""``dirserver import``, ``export`` and ``search``: what can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import MOST, BookOption, ForceOption, JSONOption, LoginOption
from dirserver.exchange.formats.choices import DateOrder, Format, LabelsAs, Leftover, Separator
from dirserver.model.duplicates.meeting import OnDuplicate


def import_cards(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", hidden=True)],
    book: BookOption,
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report, but leave the book as it is.")
    ] = False,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=PROPERTY", help="What a column becomes; - is nothing."
        ),
    ] = None,
    map_file: Annotated[
        str,
        typer.Option(
            "--map-file",
            metavar="NAME|FILE",
            help="Use a map that was saved.",
            show_default=False,
        ),
    ] = "",
    save_map: Annotated[
        str,
        typer.Option(
            "--save-map",
            metavar="NAME|FILE",
            help="Save what columns became, for next time.",
            show_default=False,
        ),
    ] = "",
    leftover: Annotated[
        Leftover,
        typer.Option("--leftover", help="Where unknown columns go."),
    ] = Leftover.NOTE,
    dates: Annotated[
        DateOrder | None,
        typer.Option("--dates", help="What comes first in unclear dates."),
    ] = None,
    labels_as: Annotated[
        LabelsAs,
        typer.Option("--labels-as", help="With books, each goes into the book of its label."),
    ] = LabelsAs.CATEGORIES,
    on_duplicate: Annotated[
        OnDuplicate,
        typer.Option(
            "--on-duplicate", metavar="update|skip|add|ask", help="What becomes of who is known."
        ),
    ] = OnDuplicate.UPDATE,
    as_json: JSONOption = False,
) -> None:
    """Read files of contacts into a book.

    vCards, CSV, LDIF, and the phone books of desk phones; - is the standard input. What a file
    is, and what becomes of its columns, is shown first. A card whose UID is in the book replaces
    the one that is there; one of a person who certainly is known updates their card. What had to
    be repaired, and what was left out (exit code 1), is told. All files go in, or none.

    \b
    dirserver import --dry-run --book customers phones.vcf outlook/*.csv
    dirserver import --book customers crm.csv --map "Client no.=X-CLIENT" --map "Tel 2=TEL;home"
    \b
    --json: book, dry_run, batch, files (file, recognised (format, encoding, separator, people,
      columns (name, becomes, values), remarks), cards, new, changed, unchanged, updated, skipped,
      added, left_out, lost, remarks (card, line, name, uid, imported, lost, notes), duplicates
      (card, line, name, uid, fate, reasons, other (book, href, key, file, card, line)))
    """
    from dirserver.cli.intake import importing
    from dirserver.cli.intake.mapping import Mapped

    mapped = Mapped(tuple(maps or ()), map_file, save_map, leftover, dates)
    request = importing.Request(tuple(files), book, login, dry_run, mapped, labels_as, on_duplicate)
    importing.import_files(invocation(context), request, as_json=as_json)


def export_cards(
    context: typer.Context,
    book: BookOption,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all."),
    ] = None,
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="What to write, if FILE's ending does not say it."),
    ] = None,
    separator: Annotated[
        Separator | None,
        typer.Option("--separator", help="What is between the cells of CSV, if no comma."),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="CSV for programs: no guard against formulas, numbers as is."),
    ] = False,
    force: ForceOption = False,
    login: LoginOption = "",
) -> None:
    """Write all cards of a book to one file.

    FILE ends in .vcf (vCards, byte for byte as stored), .csv or .ldif; other files are vCards
    without --format. With --as LOGIN, what is hidden from that user is left out. In CSV, a cell
    that a spreadsheet would calculate has a ' before it, which an import takes away again; a
    spreadsheet in German, French or Dutch wants --separator semicolon.

    \b
    dirserver export --book customers -o customers.vcf
    dirserver export --book customers -o customers.csv --separator semicolon
    dirserver export --book customers --format outlook -o outlook.csv --force
    """
    from dirserver.cli.cards import exporting

    wanted = exporting.Wanted(book, output, kind, separator, raw, force)
    exporting.export_cards(invocation(context), wanted, login)


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
    found however it is written. Linked cards are shown as one. A text that begins with - comes
    after --.

    \b
    dirserver search anna example
    dirserver search 0049 171 39200
    \b
    --json: a list of book, href, key, uid, name, numbers, mails, organisation, linked (book, href,
            key)
    """
    from dirserver.cli.cards import searching

    request = searching.Request(" ".join(words), login, book, limit)
    searching.search(invocation(context), request, as_json=as_json)
