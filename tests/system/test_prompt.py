"""Whoever has been told that something is done finds it so, however many ask meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.ldap import wire
from tests.system.dav import DAVClient
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import RunningServer
from tests.system.serving import SUFFIX

_TIMES = 40
_OTHERS = 6


def _search(text: str) -> bytes:
    return wire.search(SUFFIX, text, size_limit=50, attributes=["cn", "telephoneNumber"])


def test_what_is_stored_is_found_by_the_next_lookup(
    server: RunningServer, dav: Callable[[str], DAVClient]
) -> None:
    alice, asked, stop = dav("alice"), 0, threading.Event()

    def keep_asking() -> None:
        nonlocal asked
        with LDAPConnection(server.address("ldap")) as other:
            assert other.bind("alice") == "success"
            while not stop.is_set():
                _, code = other.ask(_search("(|(cn=prompt*)(sn=prompt*))"))
                assert code == "success"
                asked += 1

    others = [threading.Thread(target=keep_asking) for _ in range(_OTHERS)]
    for other in others:
        other.start()
    try:
        with LDAPConnection(server.address("ldap")) as phone:
            assert phone.bind("alice") == "success"
            for number in range(_TIMES):
                name = f"prompt{number % 4}"
                path = f"/alice/customers/{name}.vcf"
                answer = alice.put(path, made_up(name, f"Prompt Person{number}"))
                assert answer.status in (201, 204)
                found, _ = phone.ask(_search(f"(cn=Prompt Person{number})"))
                assert len(found) == 1
                gone, _ = phone.ask(_search(f"(cn=Prompt Person{number - 4})"))
                assert gone == []
    finally:
        stop.set()
        for other in others:
            other.join(60)
    assert asked > _TIMES
