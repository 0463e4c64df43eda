"""``dirserver history``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.leading import led_by
from dirserver.cli.typed.options import JSONOption, LoginOption

_DEFAULT = "card"

app = typer.Typer(
    cls=led_by(_DEFAULT),
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Tell who changed what of a CARD, or let go of what is old.",
)


@app.command(_DEFAULT)
def history(
    context: typer.Context,
    card: Annotated[list[str], typer.Argument(metavar="CARD", hidden=True)],
    book: Annotated[
        str, typer.Option("--book", metavar="BOOK", help="Only this book.", show_default=False)
    ] = "",
    login: LoginOption = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="The newest so many.")
    ] = 100,
    as_json: JSONOption = False,
) -> None:
    """Tell who changed which field of a card from what to what.

    CARD is a UID, a key, an href such as anna.vcf or customers/anna.vcf, or a part of the name; the
    card may be deleted.

    "card" may be left out.

    \b
    dirserver history anna müller
    \b
    --json: book, href, key, name, deleted, versions (version, at, actor, device, what, operation,
            batch, book, href, moved_from, carried_from, fields (property, field, before, after),
            protocol, address, agent)
    """
    from dirserver.cli.cards.choosing import Wanted
    from dirserver.cli.history import telling

    wanted = Wanted(" ".join(card), book, login)
    telling.tell(invocation(context), wanted, limit, as_json=as_json)


@app.command()
def prune(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how much would go, and leave it.")
    ] = False,
    as_json: JSONOption = False,
) -> None:
    """Delete the versions of cards that are older than `keep` in [history] says.

    A version is as old as what replaced it: what was stored long ago and changed yesterday can be
    restored. Cards stay, and clients sync on.

    \b
    --json: dry_run, keep_days, versions, books (book, versions)
    """
    from dirserver.cli.history import pruning

    pruning.prune(invocation(context), dry_run=dry_run, as_json=as_json)
