"""What was given while the server runs is taken back while it runs."""

from __future__ import annotations

from collections.abc import Callable

from dirserver.cli import main
from tests.ldap import wire
from tests.system.dav import DAVClient
from tests.system.ldapsocket import LDAPConnection
from tests.system.permissions.table import (
    GIVEN,
    SUFFIX,
    card_of,
)
from tests.system.running import RunningServer


def test_what_is_taken_back_is_gone_at_once_on_both_faces(
    server: RunningServer,
    dav: Callable[[str], DAVClient],
    ldap: Callable[[str], LDAPConnection],
) -> None:
    path, base = f"/{GIVEN}/given-write/", f"ou=given-write,{SUFFIX}"
    client, connection = dav(GIVEN), ldap(GIVEN)
    assert client.get(f"{path}anna.vcf").status == 200
    assert connection.ask(wire.search(base, scope="base"))[1] == "success"
    words = ["grant", "remove", "given-write", "--to", GIVEN, "--as", "boss"]
    assert main(["-c", str(server.config), *words]) == 0
    assert client.get(f"{path}anna.vcf").status == 403
    assert client.put(f"{path}x.vcf", card_of("anna")).status == 403
    assert connection.ask(wire.search(base, scope="base"))[1] == "noSuchObject"
