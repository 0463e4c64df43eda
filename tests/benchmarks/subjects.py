"""Starting what is measured: dirserver, and a stock Radicale beside it."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from dirserver import __version__
from tests.benchmarks.carddav import LOGIN
from tests.benchmarks.cards import people
from tests.benchmarks.measuring import Figure
from tests.benchmarks.process import Subject
from tests.organisation import PASSWORD, password_hash
from tests.system.running import run_command, running, wait_until

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
_RADICALE = """
[server]
hosts = 127.0.0.1:{port}
max_connections = 100
# As it comes, it takes no more than 100 MB at once, and no longer than half a minute.
max_content_length = 2000000000
timeout = 3600
[auth]
type = htpasswd
htpasswd_filename = {directory}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {directory}/storage
"""


def write_config(directory: Path) -> Path:
    """Write the config file of what is measured and return its path."""
    config = directory / "dirserver.toml"
    config.write_text(_CONFIG.format(login=LOGIN, hash=password_hash()), encoding="utf-8")
    return config


def fill_dirserver(directory: Path, cards: int) -> Figure:
    """Make a config and a database there, import ``cards`` cards, and say what that took."""
    config = write_config(directory)
    file = write_people(directory, cards)
    _finish(run_command(config, "apply"))
    before, began = _cpu_of_commands(), time.perf_counter()
    _finish(run_command(config, "import", "--book", "customers", str(file), timeout=3600))
    seconds, cpu = time.perf_counter() - began, _cpu_of_commands() - before
    return Figure(seconds * 1000, cpu * 1000, cards / seconds, 1, 0)


def write_people(directory: Path, cards: int) -> Path:
    """Write ``cards`` cards into a file and return its path."""
    file = directory / "people.vcf"
    with file.open("wb") as opened:
        for one in people(cards):
            opened.write(one.card)
    return file


def _cpu_of_commands() -> float:
    """Return how long the commands that have ended were busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _finish(done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode:
        raise SystemExit((done.stdout + done.stderr).decode())


@contextmanager
def dirserver(directory: Path) -> Iterator[Subject]:
    """Serve what ``fill_dirserver`` has made."""
    with running(directory / "dirserver.toml") as server:
        http, ldap = server.address("http"), server.address("ldap")
        yield Subject(
            "dirserver",
            server.process,
            (http.host, http.port),
            (ldap.host, ldap.port),
            f"dirserver {__version__}",
        )


def fill_radicale(directory: Path, cards: int) -> None:
    """Write the cards to disk as Radicale keeps them, and who may log in."""
    book = directory / "storage" / "collection-root" / LOGIN / "customers"
    book.mkdir(parents=True)
    properties = {"tag": "VADDRESSBOOK", "D:displayname": "Customers"}
    (book / ".Radicale.props").write_text(json.dumps(properties), encoding="utf-8")
    for one in people(cards):
        (book / one.href).write_bytes(one.card)
    (directory / "users").write_text(f"{LOGIN}:{PASSWORD}\n", encoding="utf-8")


@contextmanager
def radicale(directory: Path) -> Iterator[Subject]:
    """Serve what ``fill_radicale`` has written with the radicale command, as it comes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = directory / "radicale.conf"
    config.write_text(_RADICALE.format(port=port, directory=directory), encoding="utf-8")
    with (directory / "radicale.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(config)], stderr=log, stdout=log
        )
    try:
        wait_until(lambda: _answers(port), "Radicale to listen")
        yield Subject(
            "radicale", process, ("127.0.0.1", port), None, f"Radicale {version('radicale')}"
        )
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def database_size(directory: Path) -> float:
    """Return how many megabytes the database takes."""
    return sum(path.stat().st_size for path in directory.glob("dirserver.db*")) / 1e6
