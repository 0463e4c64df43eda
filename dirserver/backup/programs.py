"""PostgreSQL's own programs, pg_dump and pg_restore, as child processes.

A password goes to them through their environment, never on a command line, which everybody on
the machine can read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dirserver.backup.failure import BackupError

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# Where they are when they are not on the PATH; the newest first.
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


def places() -> list[Path]:
    """Return the directories in which PostgreSQL's programs may be, in the order of preference."""
    on_path = [Path(one) for one in os.environ.get("PATH", "").split(os.pathsep) if one]
    further = [
        found
        for pattern in _PLACES
        for found in sorted(Path("/").glob(pattern.removeprefix("/")), key=_number, reverse=True)
    ]
    return [*on_path, *further]


def _number(directory: Path) -> int:
    found = re.search(r"\d+", str(directory))
    return int(found[0]) if found else 0


def find(name: str, at_least: int, directories: Iterable[Path]) -> Path:
    """Return the program ``name`` of PostgreSQL ``at_least`` or newer. Raises BackupError."""
    older = 0
    for directory in directories:
        found = shutil.which(name, path=str(directory))
        if found is not None:
            version = _version_of(found)
            if version >= at_least:
                return Path(found)
            older = max(older, version)
    cure = f"Install PostgreSQL's client programs (on Debian: postgresql-client-{at_least})."
    if older:
        raise BackupError(
            f"{name} is of PostgreSQL {older}, and {at_least} or newer is needed. {cure}"
        )
    raise BackupError(f"The program {name} is missing. {cure}")


def _version_of(program: str) -> int:
    try:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, from the PATH
            [program, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(done.stdout)
    return int(found[1]) if found else 0


def dump(
    program: Path,
    parameters: Mapping[str, str],
    snapshot: str,
    namespace: str,
    target: Path,
    heard: Callable[[str], None],
) -> None:
    """Have pg_dump write all tables in ``namespace``, as they are in ``snapshot``, to ``target``.

    ``heard`` hears each line that it says on its way; what that raises ends it. Raises
    BackupError.
    """
    password = parameters.get("password", "")
    said = {name: value for name, value in parameters.items() if name != "password"}
    command = [
        str(program),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        "--verbose",
        f"--snapshot={snapshot}",
        f'--schema="{namespace}"',
        f"--file={target}",
        f"--dbname={conninfo(said)}",
    ]
    with _running(command, password) as process:
        complaint = ""
        for raw in process.stderr or ():
            line = raw.decode(errors="replace").strip()
            if "error:" in line:
                complaint = complaint or line
            heard(line)
        _require_success(process, program, complaint)


def conninfo(parameters: Mapping[str, str]) -> str:
    """Write connection parameters as libpq reads them."""
    quoted = {
        name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parameters.items()
    }
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


def list_dump(program: Path, dump_file: Path) -> None:
    """Have pg_restore read the table of contents of a dump. Raises BackupError."""
    for _line in _restored(program, "--list", dump_file):
        pass


def rows_script(program: Path, dump_file: Path, table: str) -> Iterator[bytes]:
    """Yield the lines of the script by which pg_restore would fill ``table``.

    Raises BackupError when it cannot read the dump.
    """
    return _restored(program, f"--data-only --table={table} --file=-", dump_file)


def _restored(program: Path, options: str, dump_file: Path) -> Iterator[bytes]:
    command = [str(program), *options.split(), str(dump_file)]
    with _running(command) as process:
        yield from process.stdout or ()
        complaints = process.stderr.read().decode(errors="replace") if process.stderr else ""
        _require_success(process, program, complaints.partition("\n")[0])


@contextmanager
def _running(command: list[str], password: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, and end it when the block ends before it does."""
    environment = {**os.environ, "LC_ALL": "C"}
    if password:
        environment["PGPASSWORD"] = password
    process = subprocess.Popen(  # noqa: S603 - each argument is ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _require_success(process: subprocess.Popen[bytes], program: Path, complaint: str) -> None:
    if process.wait() != 0:
        reason = complaint.removeprefix(f"{program.name}: ").removeprefix("error: ")
        raise BackupError(f"{program.name} did not succeed: {reason or 'it does not say why'}.")
