"""``dirserver passwd``."""

from __future__ import annotations

import sys
from getpass import getpass

from passlib.hash import argon2

from dirserver.cli import screen
from dirserver.cli.failure import Failed

_SHORT = 12
# More is refused at a login, unseen.
_LONGEST_BYTES = 1024


def passwd(*, from_stdin: bool) -> None:
    """Print the hash of a password. Raises Failed for one that nobody could log in with."""
    password = _read_line() if from_stdin else _ask()
    if not password:
        raise Failed("The password is empty. Nobody can log in without one; type at least a word.")
    if not password.isprintable():
        raise Failed(
            "The password has characters that cannot be seen, such as a tab. Use another one."
        )
    if len(password.encode()) > _LONGEST_BYTES:
        raise Failed(f"The password has more than {_LONGEST_BYTES} bytes; use a shorter one.")
    if len(password) < _SHORT:
        screen.warn(f"this password is short; {_SHORT} characters or more are harder to guess")
    screen.say(f'password_hash = "{argon2.hash(password)}"')


def _read_line() -> str:
    line = sys.stdin.buffer.readline()
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Failed("The password is not UTF-8 text; convert it with iconv.") from error


def _ask() -> str:
    if not sys.stdin.isatty():
        raise Failed("There is no terminal to ask on. Give the password as input, with --stdin.")
    try:
        password = getpass("Password: ")
        again = getpass("Once more: ")
    except EOFError as error:
        raise Failed("No password was typed.") from error
    if password != again:
        raise Failed("The two passwords differ. Nothing was made; try again.")
    return password
