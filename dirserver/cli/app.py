"""What can be typed: the commands, their options and their help.

What a command does is in a file of its own, imported when it runs, so that help and slips of
the pen are answered at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dirserver import __version__
from dirserver.cli import again
from dirserver.cli.invocation import ENVIRONMENT, Invocation, invocation
from dirserver.cli.typed.backups import app as backups
from dirserver.cli.typed.books import app as books
from dirserver.cli.typed.cards import export_cards, import_cards, search
from dirserver.cli.typed.devices import app as devices
from dirserver.cli.typed.doctors import app as doctors
from dirserver.cli.typed.duplicates import app as duplicates
from dirserver.cli.typed.duplicates import merge
from dirserver.cli.typed.grants import app as grants
from dirserver.cli.typed.grants import why
from dirserver.cli.typed.histories import app as histories
from dirserver.cli.typed.options import JSONOption
from dirserver.cli.typed.past import restore, show, undo
from dirserver.cli.typed.persons import app as persons
from dirserver.cli.typed.phones import phone
from dirserver.cli.typed.quality import app as quality
from dirserver.cli.typed.sources import sync_source
from dirserver.cli.typed.trail import app as trail

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Plain text: it fits a screen, and reads the same in a log.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dirserver {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "-c",
            "--config",
            metavar="FILE",
            # What is wrong with it is told in our words, and with our exit code.
            readable=False,
            envvar=ENVIRONMENT,
            show_envvar=False,
            help=f"The config file; else ${ENVIRONMENT}.",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log more, and show where a bug is.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            # Everybody knows it, and the help has to fit a screen.
            hidden=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """\b
    Serve address books. To begin: dirserver import phones.vcf --book customers
    Exit codes: 0 done; 1 not done; 2 not understood; 3 stopped; 70 bug; 130 ^C
    """
    source = context.get_parameter_source("config")
    again.remember(config if source is not None and source.name == "COMMANDLINE" else None)
    context.obj = Invocation(config, verbose)


@app.command()
def serve(context: typer.Context) -> None:
    """Serve in the foreground, once the config is applied.

    Prints one line when every address is listened on; the log goes to standard error. SIGTERM
    stops when what was asked is answered. SIGHUP applies the config again; one that has faults
    is refused, and the old one stays.
    """
    from dirserver.cli import serving

    raise typer.Exit(serving.serve(invocation(context)))


@app.command()
def check(context: typer.Context, as_json: JSONOption = False) -> None:
    """Say whether the config file can be used, and what is unwise in it.

    Every fault is named at once, one a line. The database is not looked at: `plan` does that. But
    where users need devices to log in, it says who has none.

    \b
    --json: file, ok, faults, warnings, users, groups, books, listens, suffix, database
    """
    from dirserver.cli.upkeep import checking

    checking.check(invocation(context), as_json=as_json)


@app.command()
def plan(
    context: typer.Context,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 2 when there are changes.")
    ] = False,
    as_json: JSONOption = False,
) -> None:
    """Show what `apply` would change: + comes, ~ changes, - goes, = stays.

    What stays are the grants that were given with `grant add`.

    \b
    --json: file, applied, changes (sign, action, book, text), kept (book, to, given_by, text),
            reindexed
    """
    from dirserver.cli.upkeep import reconciling

    reconciling.plan(invocation(context), exit_code=exit_code, as_json=as_json)


@app.command()
def apply(context: typer.Context, as_json: JSONOption = False) -> None:
    """Make the database what the config file says, all of it or nothing.

    It is set up, or brought up to date, if need be. A book that is gone from the file is
    archived, never deleted.

    \b
    --json: as for `plan`
    """
    from dirserver.cli.upkeep import reconciling

    reconciling.apply(invocation(context), as_json=as_json)


@app.command()
def passwd(
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the password from the first line of the input.")
    ] = False,
) -> None:
    """Print the hash of a password, ready for the config file.

    It is asked for twice, without showing it. The hash belongs under [users.LOGIN].

    \b
    dirserver passwd
    pwgen -s 20 1 | tee /dev/stderr | dirserver passwd --stdin
    """
    from dirserver.cli import passwd as asking

    asking.passwd(from_stdin=from_stdin)


app.add_typer(books, name="book")
app.add_typer(grants, name="grant")
app.command()(why)
app.add_typer(devices, name="device")
app.command()(phone)
app.add_typer(doctors, name="doctor")
app.command("import")(import_cards)
app.command("export")(export_cards)
app.command("sync-source")(sync_source)
app.command()(search)
app.add_typer(duplicates, name="duplicates")
app.command()(merge)
app.add_typer(histories, name="history")
app.command()(show)
app.command()(restore)
app.command()(undo)
app.add_typer(backups, name="backup")
app.add_typer(trail, name="audit")
app.add_typer(persons, name="person")
app.add_typer(quality, name="quality")
