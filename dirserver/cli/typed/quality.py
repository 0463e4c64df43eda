"""``dirserver quality``: what can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.leading import led_by
from dirserver.cli.typed.options import ForceOption, JSONOption, LoginOption

_DEFAULT = "report"
_BookArgument = Annotated[str, typer.Argument(metavar="BOOK", hidden=True)]


app = typer.Typer(
    cls=led_by(_DEFAULT),
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Say which cards of a BOOK break its standards, or repair them.",
)


@app.command(_DEFAULT)
def report(
    context: typer.Context,
    book: _BookArgument,
    login: LoginOption = "",
    months: Annotated[
        int, typer.Option("--months", metavar="N", min=1, max=1200, help="So old is stale.")
    ] = 24,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    force: ForceOption = False,
    as_json: JSONOption = False,
) -> None:
    """Say what breaks the standards of BOOK, is stale, lacks a number or a mail, or is there twice.

    The counts of past days are those that the server has made at night. "report" may be left out.

    \b
    dirserver quality customers --months 12
    \b
    --json: book, cards, breaking, months, rules (rule, policy, cards, repairable), faults (href,
            key, name, rule, property, said, becomes), stale (href, key, name, changed),
            without_number (href, key, name, changed), without_mail (href, key, name, changed),
            duplicates (verdict, reasons, against, cards (book, href, key, uid, name), group,
            whole), days (day, rule, cards)
    """
    from dirserver.cli.cards import assessing

    request = assessing.Request(book, login, months, html, force)
    assessing.report(invocation(context), request, as_json=as_json)


@app.command()
def fix(
    context: typer.Context,
    book: _BookArgument,
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be repaired, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Repair the cards of BOOK by its standards, as far as nothing must be guessed.

    That is one batch, which `undo --batch` takes back.

    \b
    dirserver quality fix customers --dry-run
    \b
    --json: book, dry_run, batch, cards, repairs (href, key, rule, property, said, becomes)
    """
    from dirserver.cli.cards import repairing

    request = repairing.Request(book, login, dry_run, yes)
    repairing.fix(invocation(context), request, as_json=as_json)
