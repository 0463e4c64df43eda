"""``dirserver device``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import JSONOption, LoginOption

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Give phones passwords of their own."
)

_Login = Annotated[str, typer.Argument(metavar="LOGIN", hidden=True)]
_Name = Annotated[str, typer.Argument(metavar="NAME", hidden=True)]


@app.command("add")
def add_device(
    context: typer.Context,
    owner: _Login,
    name: _Name,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PROTOCOL", help="Only over carddav, or only over ldap."),
    ] = None,
    books: Annotated[
        list[str] | None,
        typer.Option("--book", metavar="BOOK", help="Only this book; may be repeated."),
    ] = None,
    networks: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="NET", help="Only from this network; may be repeated."),
    ] = None,
    expires: Annotated[
        str,
        typer.Option("--expires", metavar="WHEN", help="Such as 90d, or 2027-01-01 to its end."),
    ] = "",
    merged: Annotated[
        bool,
        typer.Option("--merged", help="Show it all books as one: for Macs, and phones with one."),
    ] = False,
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """Make a password for a phone or a program of a user's, and show it, once.

    It is typed in beside the user's login, with or without its hyphens.

    \b
    dirserver device add alice "alice iphone"
    dirserver device add alice "desk phone" --only ldap --from 10.20.0.0/16 --book customers
    \b
    --json: login, device, password, protocols, books, networks, expires, merged, carddav, ldap,
            base_dn, bind_dn
    """
    from dirserver.cli.rights import handing

    request = handing.Request(
        owner, name, tuple(only or ()), tuple(books or ()), tuple(networks or ()), expires, merged
    )
    handing.add(invocation(context), request, login, as_json=as_json)


@app.command("list")
def list_devices(
    context: typer.Context,
    owner: Annotated[str, typer.Argument(metavar="[LOGIN]", hidden=True)] = "",
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """List devices: what they are good for, when they were last seen, where they are stopped.

    One without a name stands for the user's own password, if it is stopped somewhere. When one was
    last seen may be told five minutes too early, and of a first time a few seconds late.

    \b
    --json: a list of login, device, protocols, books, networks, created, created_by, expires,
            expired, merged, last_seen, last_address, last_agent, stopped (book, at, reason)
    """
    from dirserver.cli.rights import keyring

    keyring.list_devices(invocation(context), owner, login, as_json=as_json)


@app.command("revoke")
def revoke_device(
    context: typer.Context, owner: _Login, name: _Name, login: LoginOption = ""
) -> None:
    """Make a device's password worth nothing, at once: for a phone that is lost or sold.

    \b
    dirserver device revoke alice "alice iphone"
    """
    from dirserver.cli.rights import keyring

    keyring.revoke(invocation(context), owner, name, login)


@app.command("release")
def release_device(
    context: typer.Context,
    owner: _Login,
    name: Annotated[str, typer.Argument(metavar="[NAME]", hidden=True)] = "",
    book: Annotated[str, typer.Option("--book", metavar="BOOK", help="Only in this book.")] = "",
    login: LoginOption = "",
) -> None:
    """Let a client write again that was stopped because it deleted too much.

    Without NAME, everything of the user's that is stopped. With --as, whoever manages the book.

    \b
    dirserver device release alice "alice iphone" --book customers
    """
    from dirserver.cli.rights import keyring

    keyring.release(invocation(context), owner, name, book, login)
