"""``dirserver sync-source``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import JSONOption


def sync_source(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)] = "",
    everything: Annotated[bool, typer.Option("--all", help="All sources, one by one.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would come, change and go; do nothing.")
    ] = False,
    accept_removals: Annotated[
        bool,
        typer.Option("--accept-removals", help="Go on although more than 20 % would go."),
    ] = False,
    as_json: JSONOption = False,
) -> None:
    """Bring a book up to its source in the config; list the sources without NAME.

    All of it goes in, or nothing, as one batch. Who is not in the source any more goes; but when
    that is more than 20 % of its cards, or nobody is in it, it asks, or ends with 3 where nobody
    is there to be asked. What people have added stays.

    \b
    dirserver sync-source staff --dry-run
    \b
    --json: a list of source, type, where, book, schedule, last (at, ending, said), run (dry_run,
            batch, new, changed, gone, unchanged, left_out, doubtful, cards (fate, href, key, name,
            fields (property, field, before, after), reason), remarks (number, name, taken, notes))
    """
    from dirserver.cli.intake import following

    request = following.Request(name, everything, dry_run, accept_removals)
    following.sync_source(invocation(context), request, as_json=as_json)
