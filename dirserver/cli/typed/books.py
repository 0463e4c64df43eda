"""``dirserver book``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import JSONOption, LoginOption

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Show address books, restore or purge one."
)


@app.command("list")
def list_books(
    context: typer.Context, login: LoginOption = "", as_json: JSONOption = False
) -> None:
    """List the books: all of them, or those that a user has. Smart ones come last.

    \b
    --json: a list of what `book show` prints
    """
    from dirserver.cli.rights import bookshelf

    bookshelf.list_books(invocation(context), login, as_json=as_json)


@app.command("show")
def show_book(
    context: typer.Context,
    book: Annotated[str, typer.Argument(metavar="BOOK", hidden=True)],
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """Show one book: who may do what, how many cards, the last change.

    \b
    --json: book, name, description, uuid, cards, revision, changed, access, hidden, query, shows,
            grants (to, access, hide, networks, logins, given_by, idle); grants is empty with
            --as, query and shows are but for smart books
    """
    from dirserver.cli.rights import bookshelf

    bookshelf.show_book(invocation(context), book, login, as_json=as_json)


@app.command("restore")
def restore_book(
    context: typer.Context,
    book: Annotated[str, typer.Argument(metavar="BOOK", hidden=True)],
    at: Annotated[
        str, typer.Option("--at", metavar="WHEN", help="What it was then; of a day, at its end.")
    ],
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would change, card by card.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Make a whole book what it was, all of it or nothing. It says how much that is, and asks.

    Deleted cards come back, new ones go, changed ones are as they were. To its clients these are
    changes like any other, and they can be undone.

    \b
    dirserver book restore customers --at "yesterday 14:00" --dry-run
    \b
    --json: dry_run, batch, book, at, stored, taken_out, begins, cards (fate, book, href, key, name,
            fields (property, field, before, after), conflicts (property, field, actor_made, now))
    """
    from dirserver.cli.history import restoring

    request = restoring.BookRequest(book, at, login, dry_run, yes)
    restoring.restore_whole(invocation(context), request, as_json=as_json)


@app.command("purge")
def purge_book(
    context: typer.Context,
    book: Annotated[str, typer.Argument(metavar="BOOK", hidden=True)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Delete an archived book for good, with its cards and all their versions.

    A book is archived when it is taken out of the config file. The audit trail and older backups
    keep what they have of it.

    \b
    --json: book, uuid, cards, versions, changes, dry_run
    """
    from dirserver.cli.upkeep import purging

    asked = purging.Request(book, yes, dry_run)
    purging.purge(invocation(context), asked, as_json=as_json)
