"""``dirserver duplicates link`` and what belongs to it: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import MOST, JSONOption, LoginOption

_CARD = "KEY"
_CardsArgument = Annotated[list[str], typer.Argument(metavar=_CARD, show_default=False)]


def link(
    context: typer.Context,
    cards: Annotated[list[str] | None, typer.Argument(metavar=_CARD, show_default=False)] = None,
    certain: Annotated[
        bool,
        typer.Option("--certain", help="All that are certain, in all books or in those named."),
    ] = False,
    carry: Annotated[
        bool | None,
        typer.Option(
            "--carry/--offer",
            help="What becomes of an edit: it is carried into the others, or offered to them.",
            show_default=False,
        ),
    ] = None,
    properties: Annotated[
        str,
        typer.Option(
            "--properties", metavar="TEL,EMAIL...", help="Of these only.", show_default=False
        ),
    ] = "",
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --certain: show them, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --certain: do not ask.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Say that cards of different books are of one person, who is shown once from then on.

    KEY is a card's key, its UID, BOOK/HREF or a part of the name. It takes the right to write to
    the books of all. An edit of names, numbers, addresses, organisation, title, birthday
    or photo of one is offered to the others; with --carry it is written there, too, where whoever
    edits may write, with their name and to be undone with it. Notes and categories stay each
    book's own. Who may not read one of the books learns nothing of it.

    \b
    dirserver duplicates link customers/anna.vcf staff/vogt.vcf
    dirserver duplicates link k7m2p9q4r8st w3x5y7z9b2cd --carry --properties TEL,EMAIL
    dirserver duplicates link --certain customers staff --dry-run
    \b
    --json: dry_run, batch, people (name, cards (book, href, key))
    """
    from dirserver.cli.same import linking, linkingall

    request = linking.Request(tuple(cards or ()), carry, properties, login)
    if certain:
        linkingall.link_certain(
            invocation(context), request, dry_run=dry_run, yes=yes, as_json=as_json
        )
    else:
        linking.link(invocation(context), request, as_json=as_json)


def unlink(
    context: typer.Context,
    cards: _CardsArgument,
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """Take cards out of their links: each is a person of its own again, and keeps all it says.

    KEY is as for `link`. It takes the right to write to the books of these cards. All of them are
    taken out at once, or none; `undo` takes that back.

    \b
    --json: batch, cards (book, href, key, linked (book, href, key))
    """
    from dirserver.cli.same import linking

    linking.unlink(invocation(context), tuple(cards), login, as_json=as_json)


def offers(
    context: typer.Context,
    books: Annotated[list[str] | None, typer.Argument(metavar="BOOK", hidden=True)] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="At most so many.")
    ] = 100,
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """List what edits of linked cards offer to cards of these books, or of all, oldest first.

    Told are offers to cards that may be written to, from cards that may be read.

    \b
    --json: a list of book, href, key, name, source (book, href, key), at, changes (property, field,
            before, after)
    """
    from dirserver.cli.same import linking

    linking.offers(invocation(context), tuple(books or ()), login, limit, as_json=as_json)


def accept(context: typer.Context, cards: _CardsArgument, login: LoginOption = "") -> None:
    """Let cards take over what is offered to them, as `offers` lists it. KEY is as for `link`."""
    from dirserver.cli.same import linking

    linking.accept(invocation(context), tuple(cards), login)


def dismiss(context: typer.Context, cards: _CardsArgument, login: LoginOption = "") -> None:
    """Let cards stay as they are; later edits are offered again. KEY is as for `link`."""
    from dirserver.cli.same import linking

    linking.dismiss(invocation(context), tuple(cards), login)
