"""``dirserver person``: what can be typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import ForceOption, JSONOption

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Answer people who ask what is kept of them, or want it erased.",
)

_Words = Annotated[list[str], typer.Argument(metavar="TEXT", hidden=True)]
_Cards = Annotated[
    list[str] | None,
    typer.Option("--card", metavar="KEY", help="Only this card is meant; may be repeated."),
]


@app.command()
def find(context: typer.Context, words: _Words, as_json: JSONOption = False) -> None:
    """Find all that is kept of a person: in every book, in archived ones, in the history.

    TEXT is a name, a mail address, a number, or a card's key or UID. Of a name, all words must be
    words of the card's names. The audit trail remembers that somebody was looked for.

    \b
    dirserver person find Anna Beispiel
    dirserver person find anna@kunde.example
    \b
    --json: a list of name, cards (key, uid, name, mails, numbers, book, href, archived, current,
            versions (at, operation, book, href, actor, protocol, device, agent), source),
            events (id, at, actor, action, outcome, book, card, detail), copies (book, login,
            device, agent, since, last, stored), mentions (key, book, href, properties), logins
    """
    from dirserver.cli.people import finding

    finding.find(invocation(context), " ".join(words), as_json=as_json)


@app.command()
def export(
    context: typer.Context,
    words: _Words,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The ZIP file to write.")
    ],
    cards: _Cards = None,
    force: ForceOption = False,
) -> None:
    """Write all that is kept of a person into one ZIP file, to be given to them.

    In it are a page to read (index.html), the same as JSON, and every version of every card.

    \b
    dirserver person export Anna Beispiel --output anna.zip
    """
    from dirserver.cli.people import finding

    finding.export(invocation(context), " ".join(words), cards or (), output, force=force)


@app.command()
def erase(
    context: typer.Context,
    words: _Words,
    cards: _Cards = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and leave it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate", metavar="FILE", help="Write what was erased to FILE, and to FILE.json."
        ),
    ] = None,
    as_json: JSONOption = False,
) -> None:
    """Erase a person everywhere at once: books, history, index, and what the audit trail says.

    Clients sync to the deletion. A keyed fingerprint stays, from which nobody can be read: a later
    import or change that brings the person again is refused, until `person readmit`. It cannot be
    undone.

    \b
    dirserver person erase Anna Beispiel --dry-run
    dirserver person erase Anna Beispiel --certificate anna.txt
    \b
    --json: case, at, by, dry_run, books, cards, versions, events, fingerprints, copies (book,
            login, device, agent, since, last, stored), mentions, head, scrubbed
    """
    from dirserver.cli.people import erasing

    request = erasing.Request(" ".join(words), tuple(cards or ()), dry_run, yes, certificate)
    erasing.erase(invocation(context), request, as_json=as_json)


@app.command()
def erased(context: typer.Context, as_json: JSONOption = False) -> None:
    """List the cases of people who were erased. Who they were is not known any more.

    \b
    --json: a list of case, at, fingerprints
    """
    from dirserver.cli.people import erasing

    erasing.list_erased(invocation(context), as_json=as_json)


@app.command()
def readmit(
    context: typer.Context, case: Annotated[str, typer.Argument(metavar="CASE", hidden=True)]
) -> None:
    """Let a person be kept again, who has consented since. CASE is as `person erased` names it."""
    from dirserver.cli.people import erasing

    erasing.readmit(invocation(context), case)
