"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

# More than anybody reads, and still a number that every database takes.
MOST = 1_000_000_000

BookOption = Annotated[
    str,
    typer.Option(
        "--book",
        metavar="BOOK",
        help="The address book; LOGIN/personal is a private one.",
        show_default=False,
    ),
]
LoginOption = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="LOGIN",
        help="Act as this user, with what they may do and see.",
        show_default=False,
    ),
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")]
