"""Running what was typed: every way in which it can end becomes words and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from io import TextIOWrapper
from pathlib import Path

from dirserver.cli.failure import BUG, FAILED, INTERRUPTED, Failed, explain
from dirserver.cli.ordering import read_serve, reordered
from dirserver.errors import DirectoryError
from dirserver.lean import import_lean


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments``, or in those of the process; return the exit code."""
    typed = sys.argv[1:] if arguments is None else arguments
    # Whoever started this may have closed them.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - it is open for good
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - it is open for good
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal cannot show is no reason to stop.
            stream.reconfigure(errors="replace")
    return reported(lambda: _run(typed), verbose="--verbose" in typed)


def reported(work: Callable[[], int], *, verbose: bool) -> int:
    """Return the exit code of ``work``, or say what went wrong in it and return that of this."""
    try:
        return work()
    except Failed as failed:
        _complain(failed.sentences)
        return failed.code
    except DirectoryError as error:
        return _complain(explain(error))
    except KeyboardInterrupt:
        _complain(["Interrupted. What was not finished has left no trace."])
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _discard_output()
        return FAILED
    except OSError as error:
        _discard_output()
        where = f" at {error.filename}" if error.filename else ""
        reason = error.strerror or str(error)
        return _complain([f"The operating system refused something{where}: {reason}."])
    except Exception as error:  # noqa: BLE001 - the last resort: what is no user's mistake
        return _confess(error, verbose=verbose)


def _run(typed: Sequence[str]) -> int:
    words = reordered(typed)
    if (served := read_serve(words)) is not None:
        import_lean()
        # Not before that, and this not for the command line, which is to answer at once.
        from dirserver.cli import serving

        return serving.serve(served)
    try:
        _command()(words, prog_name="dirserver")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    sys.stdout.flush()
    return code


@cache
def _command() -> Callable[..., object]:
    """Return what reads the words; all signatures are looked at for it, so it is made once."""
    # Not before, since a server has no use for what reads a command line.
    from typer.main import get_command

    from dirserver.cli.app import app

    return get_command(app)


def _discard_output() -> None:
    """Let what was not written yet go nowhere, or the interpreter would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _complain(sentences: Sequence[str]) -> int:
    from dirserver.cli import screen

    for sentence in sentences:
        screen.complain(sentence)
    return FAILED


def _confess(error: Exception, *, verbose: bool) -> int:
    from dirserver.cli import screen

    if verbose or os.environ.get("DIRSERVER_DEBUG"):
        traceback.print_exception(error)
        screen.complain("This is a bug in dirserver. Please report it with the lines above.")
    else:
        screen.complain(
            f"This is a bug in dirserver ({type(error).__name__}). Please report it: "
            "the same command with --verbose shows where it is."
        )
    return BUG
