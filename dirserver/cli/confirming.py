"""Asking before much is done: once, of whoever is at the keyboard."""

from __future__ import annotations

import sys

import typer

from dirserver.cli import screen
from dirserver.cli.failure import Failed


def confirm(question: str, yes: bool) -> None:
    """Go on if the answer is yes, or was given with ``--yes``.

    Raises Failed if it is no, or if nobody is there to give it.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failed("Nothing was done. Look at it with --dry-run, then say --yes to do it.")
    if not typer.confirm(screen.plain(question), err=True):
        raise Failed("Nothing was done.")
