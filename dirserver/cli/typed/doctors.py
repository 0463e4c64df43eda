"""``dirserver doctor``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import MOST, JSONOption

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def doctor(context: typer.Context, as_json: JSONOption = False) -> None:
    """Say whether the server is in good health, or with `ldap` why a phone finds nothing.

    Config, database, certificate, ports, backups and clock are looked at; exits with 1 if
    something is wrong.

    \b
    --json: a list of name, ok, said, advice
    """
    if context.invoked_subcommand is None:
        from dirserver.cli.upkeep import health

        health.doctor(invocation(context), as_json=as_json)


@app.command("ldap")
def doctor_ldap(
    context: typer.Context,
    client: Annotated[
        str,
        typer.Option(
            "--client", metavar="ADDRESS", help="The phone's address; without, who has asked."
        ),
    ] = "",
    show: Annotated[
        bool, typer.Option("--show", help="Show names and numbers; the audit trail is told.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="The newest so many.")
    ] = 10,
    as_json: JSONOption = False,
) -> None:
    """Say why a phone finds nothing: its last requests, what they match, the likely reason.

    The running server remembers them for an hour, in its memory only. Searches are run again, to
    count what they match before grants and after them.

    \b
    dirserver doctor ldap
    dirserver doctor ldap --client 10.20.0.31
    --json: a list of at, address, operation, tls, login, device, method, base, scope, filter,
            attributes, size_limit, code, hits, before, after, cause, reason, advice, family
    """
    from dirserver.cli.upkeep import doctoring

    asked = doctoring.Question(client, show, limit, as_json)
    doctoring.doctor_ldap(invocation(context), asked)
