"""The PostgreSQL server that tests start for themselves is no burden to the machine afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.postgresql import USER, Server
from tests.processes import environment

_STARTS_ONE = """
import time
from tests.postgresql import started_server
with started_server() as directory:
    print(directory, flush=True)
    time.sleep(600)
"""


def is_reached(directory: Path) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(host=str(directory), user=USER, dbname="postgres").close()
        return True
    return False


def test_a_server_ends_with_the_tests_that_are_killed(postgresql_server: Server) -> None:
    """The server of this process shows that there is PostgreSQL here, and that it is not hit."""
    command = [sys.executable, "-c", _STARTS_ONE]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        directory = Path(tests.stdout.readline().strip())
        assert is_reached(directory)
        tests.kill()
    late = time.monotonic() + 60
    while directory.exists() or is_reached(directory):
        if time.monotonic() > late:
            pytest.fail("the server was left behind")
        time.sleep(0.05)
    assert is_reached(postgresql_server.directory)
