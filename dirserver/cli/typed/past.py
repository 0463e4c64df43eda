"""``dirserver show``, ``restore`` and ``undo``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import JSONOption, LoginOption

_CardArgument = Annotated[list[str], typer.Argument(metavar="CARD", hidden=True)]
_BookOption = Annotated[
    str, typer.Option("--book", metavar="BOOK", help="Only this book.", show_default=False)
]
_DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would become of it, and change nothing.")
]


def show(
    context: typer.Context,
    card: _CardArgument,
    at: Annotated[
        str, typer.Option("--at", metavar="WHEN", help="As it was then; of a day, at its end.")
    ] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Print the very bytes.")] = False,
    book: _BookOption = "",
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """Show a card as it is, or as it was.

    CARD is named as for `history`.

    \b
    dirserver show anna --at "yesterday 14:00"
    \b
    --json: book, href, key, uid, name, version, changed, actor, device, fields (property, field,
            value), linked (book, href, key), link_batch
    """
    from dirserver.cli.cards import showing
    from dirserver.cli.cards.choosing import Wanted

    wanted = Wanted(" ".join(card), book, login)
    showing.show(invocation(context), wanted, at, raw=raw, as_json=as_json)


def restore(
    context: typer.Context,
    card: _CardArgument,
    at: Annotated[
        str, typer.Option("--at", metavar="WHEN", help="What it was then; of a day, at its end.")
    ] = "",
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", help="What `history` calls #N.", show_default=False),
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="TEL", help="Only this vCard property; may be repeated."),
    ] = None,
    book: _BookOption = "",
    login: LoginOption = "",
    dry_run: _DryRunOption = False,
    as_json: JSONOption = False,
) -> None:
    """Make a card what it was, or bring a deleted one back.

    CARD is named as for `history`. A deleted one needs neither --at nor --version: it comes back
    as it went. To its clients this is a change like any other.

    \b
    dirserver restore anna --at "yesterday 14:00" --field TEL
    \b
    --json: dry_run, batch, version, card (fate, book, href, key, name, fields (property, field,
            before, after), conflicts (property, field, actor_made, now))
    """
    from dirserver.cli.cards.choosing import Wanted
    from dirserver.cli.history import restoring

    wanted = Wanted(" ".join(card), book, login)
    request = restoring.Request(wanted, at, version, tuple(fields or ()), dry_run)
    restoring.restore(invocation(context), request, as_json=as_json)


def undo(
    context: typer.Context,
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="NAME", help='What was done with "iphone", or "alice iphone".'
        ),
    ] = "",
    user: Annotated[str, typer.Option("--user", metavar="LOGIN", help="What they did.")] = "",
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch",
            "--import",
            metavar="N",
            help="An import, a restore, a merge, a link or an undo, by its number.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option("--since", metavar="WHEN", help="30m, 2h, 2d, 1w, 2026-11-01, yesterday..."),
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="The same; a day counts to its end.")
    ] = "",
    book: _BookOption = "",
    login: LoginOption = "",
    dry_run: _DryRunOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Take back what a device, a user, or an import did.

    What nobody has changed since is as it was before: deleted cards come back, new ones go. Where
    somebody has, their fields stay, which is told; then the exit code is 1. An undo can be undone.

    \b
    dirserver undo --user alice --device iphone --since 2h --dry-run
    dirserver undo --import 12
    \b
    --json: dry_run, batch, pruned, cards (fate, book, href, key, name, fields (property, field,
            before, after), conflicts (property, field, actor_made, now))
    """  # fmt: skip
    from dirserver.cli.history import undoing

    request = undoing.Request(device, user, batch, since, until, book, login, dry_run, yes)
    undoing.take_back(invocation(context), request, as_json=as_json)
