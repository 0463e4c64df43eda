"""``dirserver duplicates``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed import links
from dirserver.cli.typed.leading import led_by
from dirserver.cli.typed.options import MOST, JSONOption, LoginOption

_FIND = "find"


app = typer.Typer(
    cls=led_by(_FIND, alone=True),
    rich_markup_mode=None,
    subcommand_metavar="[BOOK]... | COMMAND",
    help="""Find people who are in the books twice, and why it seems so; link those of two books.

    \b
    dirserver duplicates                        in all books
    dirserver duplicates customers staff        in these
    dirserver duplicates --verdict certain      only what leaves no doubt
    dirserver duplicates not-same KEY KEY       do not ask again
    dirserver duplicates link KEY KEY           they are one person, in two books
    dirserver merge KEY KEY                     make one card of them
    dirserver duplicates find --help            all that can be asked for
    """,
)


@app.command(_FIND)
def find(
    context: typer.Context,
    books: Annotated[list[str] | None, typer.Argument(metavar="BOOK", hidden=True)] = None,
    login: LoginOption = "",
    verdict: Annotated[
        str,
        typer.Option(
            "--verdict", metavar="VERDICT", help="At least so sure: certain, likely or possible."
        ),
    ] = "likely",
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, max=MOST, help="At most so many pairs."),
    ] = 100,
    as_json: JSONOption = False,
) -> None:
    """Find pairs of cards of one person, the surest first, with what speaks for it and against it.

    A pair is certain when the same name comes with an address or a number of one's own and nothing
    speaks against it; namesakes, couples, and who shares a switchboard or info@ are no pairs.
    With --as LOGIN, what that user may not see is neither shown nor used.

    \b
    dirserver duplicates customers --verdict possible --limit 20
    \b
    --json: a list of verdict, reasons, against, cards (book, href, key, uid, name), group, whole
    """
    from dirserver.cli.same import pairing

    request = pairing.Request(tuple(books or ()), login, verdict, limit)
    pairing.find(invocation(context), request, as_json=as_json)


app.command()(links.link)
app.command()(links.unlink)
app.command()(links.offers)
app.command()(links.accept)
app.command()(links.dismiss)


@app.command("not-same")
def not_same(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="KEY", hidden=True)],
    other: Annotated[str, typer.Argument(metavar="KEY", hidden=True)],
    undo: Annotated[bool, typer.Option("--undo", help="Take back that they are not.")] = False,
    login: LoginOption = "",
) -> None:
    """Say that two cards are not of one person: they are no pair any more, to anybody.

    KEY is a card's key, as `dirserver duplicates` prints it, or as for `link`. It is remembered
    until it is taken back, however the cards are edited, and takes the right to write to the books
    of both.
    """
    from dirserver.cli.same import pairing

    pairing.not_same(invocation(context), one, other, login, undo=undo)


def merge(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="A B", hidden=True)] = None,
    certain: Annotated[
        bool,
        typer.Option("--certain", help="All that are certain, in all books or in those named."),
    ] = False,
    keep: Annotated[
        str,
        typer.Option(
            "--keep", metavar="A|B", help="The card that stays; else a source's, or the oldest."
        ),
    ] = "",
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--take", metavar="BDAY=A", help="Whose value stays; without BDAY=, in all conflicts."
        ),
    ] = None,
    login: LoginOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would become of them, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JSONOption = False,
) -> None:
    """Make one card of two of one person, or of all that certainly are.

    What only one of them says stays; numbers and addresses that mean the same are there once. Where
    they contradict each other, the card that was changed last has its way, and the note keeps the
    other value. Until they sync, clients may go on under the old name: nothing is lost, nor twice.
    Cards of two books stay two, and are linked.

    \b
    dirserver merge 7nfun3bps6ps a7wmgkm4j3dd --take ORG=A --dry-run
    dirserver merge --certain customers
    \b
    --json: dry_run, batch, merges (book, kept (href, key, uid, name), gone (href, key, uid, name),
            fields (property, field, before, after), conflicts (properties, field, side, kept,
            lost, in_note), source), linked (book, href, key)
    """
    from dirserver.cli.same import uniting

    request = uniting.Request(
        tuple(names or ()), certain, keep, tuple(take or ()), login, dry_run, yes
    )
    uniting.unite(invocation(context), request, as_json=as_json)
