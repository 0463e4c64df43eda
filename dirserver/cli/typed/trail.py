"""``dirserver audit``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import MOST, JSONOption

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def audit(
    context: typer.Context,
    book: Annotated[
        str, typer.Option("--book", metavar="BOOK", help="What happened in this book.")
    ] = "",
    user: Annotated[str, typer.Option("--user", metavar="LOGIN", help="What this user did.")] = "",
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="NAME", help='What was done with "iphone", or "alice iphone".'
        ),
    ] = "",
    card: Annotated[
        str, typer.Option("--card", metavar="HREF", help="What happened to a card, as anna.vcf.")
    ] = "",
    action: Annotated[
        str,
        typer.Option("--action", metavar="KIND", help="Such as login, card or card:delete."),
    ] = "",
    since: Annotated[
        str,
        typer.Option("--since", metavar="WHEN", help="30m, 2h, 2d, 1w, 2026-11-01, yesterday..."),
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="The same; a day counts to its end.")
    ] = "",
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, max=MOST, help="The newest so many."),
    ] = 100,
    as_json: JSONOption = False,
) -> None:
    """Tell who did what, when and from where; oldest first.

    Of an import there is one event, not one for each card.

    \b
    dirserver audit --book customers --since 2d
    dirserver audit --action login --since "yesterday 14:00"
    dirserver audit verify
    \b
    --json: a list of id, at, actor, action, outcome, book, card, detail, protocol, address, agent,
            device, erased
    """
    if context.invoked_subcommand is not None:
        return
    from dirserver.cli.upkeep import auditing

    request = auditing.Request(book, user, device, card, action, since, until, limit)
    auditing.audit(invocation(context), request, as_json=as_json)


@app.command()
def verify(
    context: typer.Context,
    expect: Annotated[
        str,
        typer.Option("--expect", metavar="ID:DIGEST", help="A head that was noted down before."),
    ] = "",
    as_json: JSONOption = False,
) -> None:
    """Say whether the trail is as it was written: no event changed, none missing.

    Each event is sealed to the one before it. The seal of the last one, the head, is printed; note
    it down in another place. Without that, nobody can tell whether events were cut off the end, or
    all of the trail was made anew. The exit code is 1 when something does not fit.

    \b
    dirserver audit verify --expect 1520:9f86d081884c...
    \b
    --json: ok, events, erased, head, broken_at, reason
    """
    from dirserver.cli.upkeep import sealing

    sealing.verify(invocation(context), expect, as_json=as_json)
