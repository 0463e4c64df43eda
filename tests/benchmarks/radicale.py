"""A stock Radicale, to be measured beside dirserver."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.cards import LOGIN, people
from tests.benchmarks.process import Subject
from tests.organisation import PASSWORD
from tests.system.running import wait_until

_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
max_connections = 100
# As it comes, it takes no more than 100 MB at once, and waits no longer than half a minute.
max_content_length = 2000000000
timeout = 3600
[auth]
type = htpasswd
htpasswd_filename = {directory}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {directory}/storage
"""


def missing() -> str:
    """Return why it cannot be measured: never, dirserver has it in itself."""
    return ""


def fill(directory: Path, cards: int) -> None:
    """Write the cards to disk as Radicale keeps them."""
    book = directory / "storage" / "collection-root" / LOGIN / "customers"
    book.mkdir(parents=True)
    properties = {"tag": "VADDRESSBOOK", "D:displayname": "Customers"}
    (book / ".Radicale.props").write_text(json.dumps(properties), encoding="utf-8")
    for one in people(cards):
        (book / one.href).write_bytes(one.card)
    (directory / "users").write_text(f"{LOGIN}:{PASSWORD}\n", encoding="utf-8")


@contextmanager
def serve(cards: int, directory: Path) -> Iterator[Subject]:
    """Serve ``cards`` people from ``directory`` with the radicale command, as it comes."""
    fill(directory, cards)
    port = free_port()
    config = directory / "radicale.conf"
    config.write_text(_CONFIG.format(port=port, directory=directory), encoding="utf-8")
    with (directory / "radicale.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(config)], stderr=log, stdout=log
        )
    try:
        wait_until(lambda: answers(port), "Radicale to listen")
        yield Subject(
            "Radicale",
            process,
            ("127.0.0.1", port),
            None,
            f"Radicale {version('radicale')}",
            f"/{LOGIN}/",
            f"/{LOGIN}/customers/",
        )
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    """Say whether somebody listens at ``port``."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True
