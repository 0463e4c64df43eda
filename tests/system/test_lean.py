"""A server has in its memory what its config asks for, and no more; and has it in time."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection

import pytest

from tests.ldap import wire
from tests.organisation import write_config
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import RunningServer, run_command, running_cold
from tests.system.serving import SUFFIX, Authority

STARTTLS = wire.extended("1.3.6.1.4.1.1466.20037")
TLS = '\n[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
METRICS = '\n[metrics]\nlisten = ["127.0.0.1:0"]\n'

# What reads command lines; what only some configs ask for; what is for commands alone. Attempts to
# import what is not to be found are told, too, and so some stand for their packages.
NEEDLESS = [
    *("typer", "pydantic", "rich.text", "pygments"),
    *("OpenSSL.crypto", "cryptography", "dirserver.tls"),
    *("prometheus_client", "twisted.web.server", "dirserver.metrics"),
    *("psycopg", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm"),
    *("alembic", "babel", "jinja2", "ldap3", "rapidfuzz", "segno", "dirserver.backup"),
]


@dataclass(frozen=True, slots=True)
class Lean:
    """A server, and what it had imported when it was ready."""

    server: RunningServer
    ready: list[str]


def imported(log: str) -> list[str]:
    """Return what a process that told of all its imports has imported."""
    return re.findall(r"^import time:.*\| +([\w.]+)$", log, re.MULTILINE)


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lean]:
    """A server without a certificate, which tells of its imports."""
    listen = 'listen = ["127.0.0.1:0"]\n'
    config = write_config(tmp_path_factory.mktemp("lean"), ldap=f"{listen}\n[carddav]\n{listen}")
    assert run_command(config, "apply").returncode == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPROFILEIMPORTTIME", "1")
        with running_cold(config) as found:
            yield Lean(found, imported(found.log))


def ask_everything(server: RunningServer) -> None:
    """Do what clients do all the time."""
    with dav_client(server.address("http"), "alice") as alice:
        assert alice.put("/alice/customers/anna.vcf", made_up("anna", "Anna Berg")).status == 201
        assert alice.get("/alice/customers/anna.vcf").status == 200
        token = alice.sync("/alice/customers/").token()
        assert alice.delete("/alice/customers/anna.vcf").status in (200, 204)
        assert alice.sync("/alice/customers/", token).status == 207
        assert alice.request("PROPFIND", "/alice/", headers={"Depth": "1"}).status == 207
    with LDAPConnection(server.address("ldap")) as phone:
        assert phone.bind("alice") == "success"
        assert phone.ask(wire.search(SUFFIX, "(cn=*an*)", attributes=["cn"]))[1] == "success"


def test_what_the_config_does_not_ask_for_is_not_imported(lean: Lean) -> None:
    assert "dirserver.server" in lean.ready
    assert [one for one in NEEDLESS if one in lean.ready] == []


def test_no_request_waits_for_an_import(lean: Lean) -> None:
    before = imported(lean.server.log)
    ask_everything(lean.server)
    later = [one for one in imported(lean.server.log) if one not in before]
    # How numbers are written in a country: there are many.
    assert [one for one in later if not one.startswith("phonenumbers.data.region_")] == []


def test_what_a_new_config_asks_for_is_imported_then(lean: Lean, authority: Authority) -> None:
    server = lean.server
    trusting = authority.context()
    with LDAPConnection(server.address("ldap")) as phone:
        assert phone.ask(STARTTLS)[1] != "success"
        text = server.config.read_text(encoding="utf-8")
        tls = TLS.format(certificate=authority.certificate, key=authority.key)
        server.config.write_text(
            text.replace("[carddav]\n", '[carddav]\nlisten_tls = ["127.0.0.1:0"]\n')
            + tls
            + METRICS,
            encoding="utf-8",
        )
        server.reload()
        # Also on a connection that was there before there was a certificate.
        assert phone.ask(STARTTLS)[1] == "success"
        phone.start_tls(trusting)
        assert phone.bind("alice") == "success"
    (https,) = re.findall(r"listening address=https://(\S+)", server.log)
    with closing(HTTPSConnection(https, context=trusting, timeout=20)) as browser:
        browser.request("GET", "/")
        # Whoever asks for a password has understood.
        assert browser.getresponse().status == 401
    (metrics,) = re.findall(r"listening address=(http://\S+/metrics)", server.log)
    with urllib.request.urlopen(metrics, timeout=20) as answer:
        assert b"dirserver_requests" in answer.read()
