"""Devices and the shield through both faces of a real server, also when it is killed."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Unpack

import pytest

from dirserver.assembly import Services, open_services
from dirserver.config import load
from dirserver.directory.access import devices
from dirserver.model.network import parse_network
from tests.directory import keys
from tests.directory.keys import Limits
from tests.ldap import wire
from tests.organisation import ADMIN, HERE, PASSWORD
from tests.postgresql import fresh_database
from tests.system.dav import DAVClient, dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import RunningServer, run_command, running, start, wait_until
from tests.system.secrecy import WRONG_PASSWORD
from tests.system.serving import CUSTOMERS, Authority, write_served

BOOK = "/alice/customers/"
EVERYBODY = wire.search(CUSTOMERS, "(objectClass=inetOrgPerson)", attributes=["cn"])
METRICS = '\n[metrics]\nlisten = ["127.0.0.1:0"]\n'


def served(path: Path, more: str = METRICS) -> Path:
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server for all tests here but those that end it or change its config."""
    with running(served(write_served(tmp_path_factory.mktemp("devices"), authority))) as found:
        yield found


def command(config: Path, *words: str) -> str:
    done = run_command(config, *words)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@contextmanager
def opened(config: Path) -> Iterator[Services]:
    """Open what the server serves, in another process than the server's."""
    services = open_services(load(config))
    with closing(services.store):
        yield services


def hand_out(config: Path, name: str, **limits: Unpack[Limits]) -> str:
    with opened(config) as services:
        return keys.hand_out(services, name, **limits)


def fill(client: DAVClient, number: int = 25, prefix: str = "c") -> None:
    for n in range(number):
        name = f"{prefix}{n}"
        assert client.put(f"{BOOK}{name}.vcf", made_up(name, f"Card {name}")).status == 201


def figures(server: RunningServer) -> dict[str, float]:
    """Return the figures as they are told, by name and labels."""
    url = next(
        one for one in server.addresses if one.scheme == "http" and one is not server.addresses[0]
    )
    with urllib.request.urlopen(f"{url.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"
    }


def test_one_password_opens_both_faces_until_it_is_revoked(server: RunningServer) -> None:
    secret = hand_out(server.config, "alice iphone")
    with (
        dav_client(server.address("http"), "alice", secret) as phone,
        LDAPConnection(server.address("ldap")) as desk,
        LDAPConnection(server.address("ldap")) as other,
    ):
        fill(phone, 2, "both")
        assert desk.bind("alice", secret) == "success"
        assert other.bind("alice") == "success"
        assert len(desk.ask(EVERYBODY)[0]) >= 2
        assert secret not in command(server.config, "device", "list", "alice")
        command(server.config, "device", "revoke", "alice", "alice iphone")
        assert phone.get(f"{BOOK}both0.vcf").status == 401
        assert desk.ask(EVERYBODY) == ([], "insufficientAccessRights")
        assert desk.bind("alice", secret) == "invalidCredentials"
        assert len(other.ask(EVERYBODY)[0]) >= 2
    trail = json.loads(command(server.config, "audit", "--device", "alice iphone", "--json"))
    assert [(one["action"], one["outcome"], one["protocol"]) for one in trail] == [
        ("card:create", "done", "carddav"),
        ("card:create", "done", "carddav"),
        ("login", "refused", "carddav"),
        ("login", "refused", "ldap"),
    ]
    assert secret not in server.log


def test_limits_hold_on_each_face(server: RunningServer) -> None:
    here, elsewhere = (parse_network("127.0.0.0/8"),), (parse_network("10.0.0.0/8"),)
    desk = hand_out(server.config, "desk", protocols=frozenset({"ldap"}), networks=here)
    away = hand_out(server.config, "away", networks=elsewhere)
    staff = hand_out(server.config, "staff", books=frozenset({"staff"}))
    with dav_client(server.address("http"), "alice") as alice:
        fill(alice, 2, "limits")
    expected = {
        desk: (401, "success", True),
        away: (401, "invalidCredentials", False),
        staff: (403, "success", False),
    }
    for secret, (status, code, finds) in expected.items():
        with (
            dav_client(server.address("http"), "alice", secret) as phone,
            LDAPConnection(server.address("ldap")) as connection,
        ):
            assert phone.get(f"{BOOK}limits0.vcf").status == status
            assert connection.bind("alice", secret) == code
            if code == "success":
                assert bool(connection.ask(EVERYBODY)[0]) is finds


def test_a_face_that_takes_devices_only_says_so_to_nobody(
    authority: Authority, tmp_path: Path
) -> None:
    config = served(write_served(tmp_path, authority), "")
    with running(config) as server:
        secret = hand_out(config, "desk")
        text = config.read_text(encoding="utf-8")
        strict = text.replace("[carddav]\n", "[carddav]\nrequire_device_passwords = true\n")
        config.write_text(strict, encoding="utf-8")
        server.reload()
        for password, status in ((PASSWORD, 401), (secret, 207)):
            with dav_client(server.address("http"), "alice", password) as client:
                assert client.sync(BOOK).status == status
        with LDAPConnection(server.address("ldap")) as connection:
            assert connection.bind("alice") == "success"
    # When a device was seen is written when the server stops, if not before.
    with opened(config) as services, services.directory.reading(ADMIN, HERE) as reading:
        (record,) = devices.listed(reading, "alice")
        assert record.last_address == "127.0.0.1"


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Iterator[Path]:
    """The organisation's config file, for each engine."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(database))
        yield served(write_served(tmp_path, authority, url))


def test_a_stopped_client_is_stopped_though_the_server_is_killed(config: Path) -> None:
    server = start(config)
    try:
        secret = hand_out(config, "phone")
        with (
            dav_client(server.address("http"), "alice") as alice,
            dav_client(server.address("http"), "alice", secret) as phone,
        ):
            fill(alice)
            for n in range(20):
                assert phone.delete(f"{BOOK}c{n}.vcf").status == 204
            refused = phone.delete(f"{BOOK}c20.vcf")
            assert refused.status == 403
            assert b"need-privileges" in refused.body
            # What is counted is told to nobody but the machine, and of nobody.
            told = figures(server)
            assert told['dirserver_shield_stops_total{book="customers"}'] == 1
            assert told['dirserver_cards_deleted_total{face="carddav"}'] == 20
            assert not [name for name in told if "alice" in name or "phone" in name]
            # As long as the refusal is there, so is the stop.
    finally:
        server.kill()
    assert "shield: alice, phone was stopped from writing to customers: 20 of 25 cards" in (
        server.log
    )
    with (
        running(config) as again,
        dav_client(again.address("http"), "alice", secret) as phone,
        dav_client(again.address("http"), "alice") as alice,
    ):
        assert phone.delete(f"{BOOK}c20.vcf").status == 403
        assert phone.get(f"{BOOK}c20.vcf").status == 200
        assert alice.delete(f"{BOOK}c24.vcf").status == 204
        with opened(config) as services:
            assert keys.release(services, "phone") == 1
        assert phone.delete(f"{BOOK}c20.vcf").status == 204


def test_figures_are_told_where_the_config_says(server: RunningServer) -> None:
    before = figures(server)

    def counted(name: str) -> float:
        return figures(server)[name] - before.get(name, 0)

    with dav_client(server.address("http"), "carol") as carol:
        assert carol.sync("/carol/customers/").status == 207
        assert carol.sync("/carol/customers/").status == 207
    with dav_client(server.address("http"), "alice") as alice:
        assert alice.put(f"{BOOK}figure.vcf", made_up("figure", "Figure")).status == 201
    with dav_client(server.address("http"), "bob", WRONG_PASSWORD) as bob:
        assert bob.get("/bob/").status == 401
    searches = 'dirserver_requests_total{code="success",face="ldap"}'
    with LDAPConnection(server.address("ldap")) as connection:
        assert connection.bind("dave") == "success"
        connection.ask(EVERYBODY)
    wait_until(lambda: searches in figures(server) and counted(searches) == 2, "the search")
    assert counted('dirserver_cards_written_total{face="carddav"}') == 1
    assert counted('dirserver_logins_total{face="carddav",outcome="failed"}') == 1
    assert counted('dirserver_logins_total{face="ldap",outcome="done"}') == 1
    assert counted('dirserver_requests_total{code="207",face="carddav"}') == 2
    assert counted("process_start_time_seconds") == 0
    # The faces do not tell them.
    with dav_client(server.address("http")) as nobody:
        assert nobody.get("/metrics").status == 401
