"""Many clients at once that ask for much and take nothing: all others are answered as ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from tests.ldap import wire
from tests.organisation import PASSWORD
from tests.system.dav import DAVClient, dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import crowd
from tests.system.running import RunningServer, run_command, wait_until
from tests.system.serving import STAFF, SUFFIX

MANY = 60
# A machine that does other things meanwhile may take some of it; stalled, it would be for ever.
AT_ONCE = 8.0


def test_many_that_take_nothing_keep_nobody_waiting(
    server: RunningServer, dav: Callable[[str], DAVClient]
) -> None:
    cards = b"".join(crowd("crowd", 1100))
    done = run_command(server.config, "import", "--book", "customers", "-", stdin=cards)
    assert done.returncode == 0, done.stderr
    alice = dav("alice")
    assert alice.get("/alice/").status < 500
    greedy = [wire.bind("alice", PASSWORD), *([wire.search(SUFFIX)] * 28)]
    with ExitStack() as stack:
        for _ in range(MANY):
            one = LDAPConnection(server.address("ldap"), slow=True)
            stack.enter_context(one).send(*greedy)
        for _ in range(3):
            began = time.monotonic()
            with LDAPConnection(server.address("ldap")) as phone:
                assert phone.bind("bob") == "success"
                assert phone.ask(wire.search(STAFF, scope="base"))[1] == "success"
            looked_up = time.monotonic()
            assert alice.get("/alice/").status < 500
            got = time.monotonic()
            assert looked_up - began < AT_ONCE
            assert got - looked_up < AT_ONCE


def test_while_another_process_writes_wrong_logins_keep_nobody_waiting(
    server: RunningServer, dav: Callable[[str], DAVClient]
) -> None:
    alice = dav("alice")
    assert alice.get("/alice/").status < 500
    logins = [f"nobody{number}" for number in range(20)]

    def fail(login: str) -> int:
        with dav_client(server.address("http"), login) as client:
            return client.get("/").status

    file = server.config.with_name("test.db")
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as importing,
        ThreadPoolExecutor(20) as pool,
    ):
        importing.execute("BEGIN IMMEDIATE")
        failing = [pool.submit(fail, login) for login in logins]
        for _ in range(3):
            began = time.monotonic()
            assert alice.get("/alice/").status < 500
            assert time.monotonic() - began < AT_ONCE
        assert [one.result(20) for one in failing] == [401] * 20
        importing.execute("ROLLBACK")
    wait_until(lambda: audited(server, "unknown:") == 20, "the refusals to be in the audit trail")


def audited(server: RunningServer, actor: str) -> int:
    """Return how many events tell of those whose names begin with ``actor``."""
    told = run_command(server.config, "audit", "--json").stdout.decode()
    return sum(f'"{actor}' in line for line in told.splitlines())
