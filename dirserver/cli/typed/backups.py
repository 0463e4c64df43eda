"""``dirserver backup``: what can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.leading import led_by
from dirserver.cli.typed.options import ForceOption, JSONOption

_MAKE = "make"


app = typer.Typer(
    cls=led_by(_MAKE),
    no_args_is_help=True,
    rich_markup_mode=None,
    subcommand_metavar="FILE | COMMAND FILE",
    help="""Make a backup, check one, put one back.

    \b
    dirserver backup /mnt/nas/monday.backup            make one, also while the server runs
    dirserver backup verify /mnt/nas/monday.backup     is it whole?
    dirserver backup restore /mnt/nas/monday.backup    put it into an empty database

    A backup holds all books with their history, the audit trail and the password hashes.
    """,
)

_File = Annotated[Path, typer.Argument(metavar="FILE", hidden=True)]


@app.command(_MAKE)
def make_backup(
    context: typer.Context,
    file: _File,
    force: ForceOption = False,
    as_json: JSONOption = False,
) -> None:
    """Write a copy of everything in the database, as it is at one moment, to FILE.

    The server may go on serving. FILE is there when it is whole, or not at all, and only you may
    read it: the password hashes are in it.

    \b
    --json: file, bytes, digest, made, dirserver, schema, engine, organisation, domain,
            books (book, uuid, cards, revision, archived), last_event
    """
    from dirserver.cli.upkeep import backing

    backing.make(invocation(context), file, force=force, as_json=as_json)


@app.command("verify")
def verify_backup(file: _File, as_json: JSONOption = False) -> None:
    """Say whether FILE is a good backup: every bit, and what is in it. Needs no config file.

    \b
    --json: as for `backup FILE`; nothing, and exit code 1, when it is not good
    """
    from dirserver.cli.upkeep import backing

    backing.verify(file, as_json=as_json)


@app.command("restore")
def restore_backup(
    context: typer.Context,
    file: _File,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="The database to put it into; else that of the config file.",
            show_default=False,
        ),
    ] = "",
    force: Annotated[
        bool,
        typer.Option("--force", help="Also when it is not empty; what is there is kept beside."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and whether it can be.")
    ] = False,
    erase_again: Annotated[
        bool,
        typer.Option("--erase-again", help="Take those out again who were erased since."),
    ] = False,
    as_json: JSONOption = False,
) -> None:
    """Put FILE back. The server must not run meanwhile.

    Phones and mail clients sync on afterwards: what came after the backup leaves them again.
    Users and grants are as they were then, until the config file is applied or the server starts.

    \b
    dirserver backup restore monday.backup --to sqlite:///practice.db     to practise it
    \b
    --json: file, digest, made, engine, dry_run, kept,
            books (book, uuid, cards, revision, archived),
            replaced (book, uuid, cards, revision, archived), erased (case, key, book, href),
            erased_again
    """
    from dirserver.cli.upkeep import backing

    asked = backing.Request(file, to, force, dry_run, erase_again)
    backing.restore(invocation(context), asked, as_json=as_json)
