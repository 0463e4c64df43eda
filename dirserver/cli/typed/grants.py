"""``dirserver grant`` and ``why``: what can be typed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dirserver.cli.invocation import invocation
from dirserver.cli.typed.options import JSONOption, LoginOption

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Give others access to a book, beside what the config file grants.",
)

_BookArgument = Annotated[str, typer.Argument(metavar="BOOK", hidden=True)]
_ToOption = Annotated[
    str, typer.Option("--to", metavar="WHO", help="A login or group:NAME.", show_default=False)
]


class Given(StrEnum):
    """What a manager can give."""

    READ = "read"
    WRITE = "write"


class Asked(StrEnum):
    """What there can be asked after."""

    SEARCH = "search"
    READ = "read"
    WRITE = "write"
    MANAGE = "manage"


class Protocol(StrEnum):
    """What a device may be good for."""

    CARDDAV = "carddav"
    LDAP = "ldap"


@app.command("add")
def add_grant(
    context: typer.Context,
    book: _BookArgument,
    to: _ToOption,
    access: Annotated[
        Given, typer.Option("--access", help="What they may do.", show_default=False)
    ],
    hide: Annotated[
        str,
        typer.Option("--hide", metavar="A,B", help="Properties kept from them; with read only."),
    ] = "",
    networks: Annotated[
        str, typer.Option("--from", metavar="NET,NET", help="Only for clients from there.")
    ] = "",
    login: LoginOption = "",
) -> None:
    """Give a user or a group access to a book.

    Those who manage the book may, with --as, and so may the operator; not where the config file
    says delegate = false. It takes the place of what the same user or group was given before.

    \b
    dirserver grant add customers --to dave --access read --hide NOTE,BDAY --as alice
    """
    from dirserver.cli.rights import granting

    request = granting.Request(book, to, access.value, hide, networks, login)
    granting.add(invocation(context), request)


@app.command("remove")
def remove_grant(
    context: typer.Context, book: _BookArgument, to: _ToOption, login: LoginOption = ""
) -> None:
    """Take back what a user or a group was given with `grant add`, by whomever.

    \b
    dirserver grant remove customers --to dave --as alice
    """
    from dirserver.cli.rights import granting

    granting.remove(invocation(context), book, to, login)


@app.command("list")
def list_grants(
    context: typer.Context,
    book: Annotated[str, typer.Argument(metavar="[BOOK]", hidden=True)] = "",
    login: LoginOption = "",
    as_json: JSONOption = False,
) -> None:
    """List who may do what, and who says so: of all books, or those that a user manages.

    \b
    --json: a list of book, grants (to, access, hide, networks, logins, given_by, idle)
    """
    from dirserver.cli.rights import granting

    granting.list_grants(invocation(context), book, login, as_json=as_json)


def why(
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN", hidden=True)],
    privilege: Annotated[Asked, typer.Argument(metavar="PRIVILEGE", hidden=True)],
    book: _BookArgument,
    address: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="As a client at this address.")
    ] = "",
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="With this device of theirs.")
    ] = "",
    protocol: Annotated[Protocol | None, typer.Option("--over", help="Over this protocol.")] = None,
    as_json: JSONOption = False,
) -> None:
    """Explain whether somebody may do something with a book, and by which grants.

    PRIVILEGE is search, read, write or manage; LOGIN may be anonymous. The exit code is 0 if
    they may, and 1 if not. A device may do less than its user, and the shield may have stopped
    it; that is told, too.

    \b
    dirserver why alice write customers
    dirserver why alice write customers --device iphone
    dirserver why anonymous search customers --from 10.20.3.4
    \b
    --json: login, privilege, book, address, allowed, reason, grants (to, terms, origin, way,
            shortfall), hidden, needed, device, protocol, limits, stopped (device, at, reason)
    """
    from dirserver.cli.rights import explaining

    request = explaining.Request(
        login, privilege.value, book, address, device, protocol.value if protocol else ""
    )
    explaining.why(invocation(context), request, as_json=as_json)
