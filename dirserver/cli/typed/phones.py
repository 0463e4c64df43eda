"""``dirserver phone``: what can be typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dirserver.cli.invocation import invocation


def phone(
    context: typer.Context,
    family: Annotated[str, typer.Argument(metavar="[FAMILY]", hidden=True)] = "",
    user: Annotated[
        str, typer.Option("--user", metavar="LOGIN", help="Whose phone it is.", show_default=False)
    ] = "",
    book: Annotated[
        str,
        typer.Option("--book", metavar="BOOK", help="Look in this book only.", show_default=False),
    ] = "",
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="HOST", help="The server, as the phone finds it.", show_default=False
        ),
    ] = "",
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Make a password for this phone.")
    ] = False,
) -> None:
    """Print the LDAP settings for a desk phone; without FAMILY, list the families.

    They are for the phone's provisioning file, or for its web page. Without --new-password, a
    word stands where the password belongs.

    \b
    dirserver phone
    dirserver phone yealink --user alice --host contacts.example.org > ldap.cfg
    """
    from dirserver.cli.upkeep import provisioning

    asked = provisioning.Request(family, user, book, host, new_password)
    provisioning.phone(invocation(context), asked)
