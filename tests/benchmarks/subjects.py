"""Filling and starting the dirserver that is measured."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dirserver import __version__
from tests.benchmarks.cards import LOGIN, people
from tests.benchmarks.measuring import Figure
from tests.benchmarks.process import Subject
from tests.organisation import password_hash
from tests.system.running import RunningServer, run_cold, running_cold

_CONFIG = """
[organisation]
name = "Example GmbH"
domain = "example.org"
country = "DE"
outside_line = ["0"]

[carddav]
listen = ["127.0.0.1:0"]

[ldap]
listen = ["127.0.0.1:0"]

[users.{login}]
name = "Alice Example"
mail = "alice@example.org"
password_hash = "{hash}"

[books.customers]
name = "Customers"
grants = [{{ to = "{login}", access = "manage" }}]
"""


def write_config(directory: Path) -> Path:
    """Write the config file of what is measured and return its path."""
    config = directory / "dirserver.toml"
    config.write_text(_CONFIG.format(login=LOGIN, hash=password_hash()), encoding="utf-8")
    return config


def fill_dirserver(directory: Path, cards: int) -> Figure:
    """Make a config and a database there, import ``cards`` cards, and say what that took."""
    config = write_config(directory)
    file = directory / "people.vcf"
    with file.open("wb") as opened:
        for one in people(cards):
            opened.write(one.card)
    _finish(run_cold(config, "apply"))
    before, began = _cpu_of_commands(), time.perf_counter()
    _finish(run_cold(config, "import", "--book", "customers", str(file), timeout=3600))
    seconds, cpu = time.perf_counter() - began, _cpu_of_commands() - before
    return Figure(seconds * 1000, cpu * 1000, cards / seconds, 1, 0)


def _cpu_of_commands() -> float:
    """Return how long the commands that have ended were busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _finish(done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode:
        raise SystemExit((done.stdout + done.stderr).decode())


@contextmanager
def dirserver(directory: Path, *, module: str = "dirserver") -> Iterator[Subject]:
    """Serve what ``fill_dirserver`` has made, with what ``module`` makes of it."""
    with running_cold(directory / "dirserver.toml", module=module) as server:
        yield subject_of(server)


def subject_of(server: RunningServer) -> Subject:
    """Return a dirserver that runs as what is measured."""
    http, ldap = server.address("http"), server.address("ldap")
    return Subject(
        "dirserver",
        server.process,
        (http.host, http.port),
        (ldap.host, ldap.port),
        f"dirserver {__version__}",
        f"/{LOGIN}/",
        f"/{LOGIN}/customers/",
    )


def database_size(directory: Path) -> float:
    """Return how many megabytes the database takes."""
    return sum(path.stat().st_size for path in directory.glob("dirserver.db*")) / 1e6
