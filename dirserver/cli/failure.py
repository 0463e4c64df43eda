"""What went wrong, in the words of whoever typed the command, and what they can do next."""

from __future__ import annotations

from dirserver.cli import again
from dirserver.errors import ConfigError, DirectoryError, StoreUnavailable

FAILED = 1
CHANGES = 2
STOPPED = 3
BUG = 70
INTERRUPTED = 130


class Failed(Exception):
    """A command could not do what it was asked to, or not all of it.

    ``sentences`` say what is wrong and what to do next; each gets a line of its own. ``code`` is
    what the command ends with.
    """

    code = FAILED

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def explain(error: DirectoryError) -> tuple[str, ...]:
    """Say what ``error`` means to an admin, and what to do about it."""
    match error:
        case ConfigError():
            return error.faults
        case StoreUnavailable():
            return (_about_the_database(" ".join(str(error).split())),)
        case _:
            # Whoever is at the server's own command line may know what clients may not.
            return (f"This was refused: {error}",)


# These say themselves what to do.
_ADVISED = ("run: dirserver", "newer dirserver")
# What the engines say, and what helps.
_ADVICE = {
    "readonly database": "Run this as the user that the server runs as, with sudo -u.",
    "unable to open": "Run this as the user that the server runs as, with sudo -u.",
    "permission denied": "Give the database role that privilege, or name another role in the URL.",
    "not a database": "Correct url in [database]; the file there is something else.",
    "malformed": "The file is damaged; restore it from a backup.",
    "locked": "Another process is writing to it; try again when that is done.",
    "disk is full": "Make room on the disk of the database.",
    "there is no directory": "Create it, or correct url in [database].",
    "is a directory": "Name a file in it with url in [database].",
    "something else": "Name another database with url in [database]; this one is left as it is.",
    "authentication failed": "Correct the user or the password in [database].",
    "does not exist": "Create it, or correct url in [database].",
}


def _about_the_database(said: str) -> str:
    if any(words in said for words in _ADVISED):
        said = said.replace("dirserver apply", again.command("apply"))
        return f"{said[:1].upper()}{said[1:]}"
    lowered = said.lower()
    advice = next(
        (advice for words, advice in _ADVICE.items() if words in lowered),
        "Look whether it runs, and whether url in [database] leads to it.",
    )
    return f"The database cannot be used: {said}. {advice}"
