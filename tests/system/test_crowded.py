"""Many clients at once that ask for much and take nothing: all others are answered as ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.ldap import wire
from tests.organisation import PASSWORD
from tests.system.dav import DAVClient
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import crowd
from tests.system.running import RunningServer, run_command
from tests.system.serving import STAFF, SUFFIX

MANY = 60
# A machine that does other things meanwhile may take some of it; stalled, it would be for ever.
AT_ONCE = 3.0


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
