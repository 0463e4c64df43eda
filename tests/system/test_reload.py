"""SIGHUP: the config file is applied while clients stay connected, or refused as a whole."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ldap import wire
from tests.organisation import PASSWORD, password_hash
from tests.system.dav import DAVClient, dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import Address, RunningServer, run_command, running
from tests.system.secrecy import WRONG_PASSWORD
from tests.system.serving import SUFFIX, Authority, make_authority, write_served

REFUSED = "the old config stays in force"
EVERYBODY = wire.search(SUFFIX, "(objectClass=inetOrgPerson)", attributes=["cn"])
MANAGED = 'grants = [{ to = "alice", access = "manage" }]'
ALSO_READ = MANAGED.replace("[{", '[{ to = "group:sales", access = "read" }, {')
SALES = 'members = ["bob"]'
HTTP = '[carddav]\nlisten = ["127.0.0.1:0"]'
LDAP = 'max_hits = 5\n\nlisten = ["127.0.0.1:0"]'


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of each test's own, with a card in the customers and one in the secret book."""
    with running(write_served(tmp_path, authority)) as found:
        with dav_client(found.address("http"), "alice") as alice:
            for book, name in (("customers", "Anna Berg"), ("secret", "Sven Secret")):
                card = made_up(book, name)
                assert alice.put(f"/alice/{book}/card.vcf", card).status == 201
        yield found


@pytest.fixture
def bob(server: RunningServer) -> Iterator[DAVClient]:
    """Bob, whose connection is open already."""
    with dav_client(server.address("http"), "bob") as client:
        assert client.get("/bob/customers/card.vcf").status == 200
        yield client


@pytest.fixture
def phone(server: RunningServer) -> Iterator[LDAPConnection]:
    """Bob's telephone, which is connected and logged in already."""
    with LDAPConnection(server.address("ldap")) as connection:
        assert connection.bind("bob") == "success"
        yield connection


def edit(server: RunningServer, *changes: tuple[str, str], more: str = "") -> None:
    """Replace texts in the config file, each of which is there once, and add ``more``."""
    text = server.config.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    server.config.write_text(text + more, encoding="utf-8")


def user(login: str) -> str:
    """Return the table of somebody who logs in with PASSWORD."""
    return f'\n[users.{login}]\nname = "{login.title()}"\npassword_hash = "{password_hash()}"\n'


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def status(address: Address, login: str, path: str, password: str = PASSWORD) -> int:
    """Return how a request over a new connection is answered."""
    with dav_client(address, login, password) as client:
        return client.get(path).status


def listed(phone: LDAPConnection) -> int:
    """Return how many cards a telephone finds."""
    entries, code = phone.ask(EVERYBODY)
    assert code == "success"
    return len([dn for dn in entries if "ou=users" not in dn])


def is_listened_on(address: Address) -> bool:
    """Say whether a connection is taken there."""
    try:
        socket.create_connection((address.host, address.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_new_users_and_grants_come_without_a_disconnection(
    server: RunningServer, bob: DAVClient, phone: LDAPConnection
) -> None:
    before = bob.connection.sock
    assert bob.get("/bob/secret/card.vcf").status in (403, 404)
    assert listed(phone) == 1
    assert status(server.address("http"), "frank", "/frank/customers/card.vcf") == 401

    edit(server, (SALES, 'members = ["bob", "frank"]'), (MANAGED, ALSO_READ), more=user("frank"))
    server.reload()

    assert bob.get("/bob/secret/card.vcf").status == 200
    assert bob.connection.sock is before
    assert listed(phone) == 2
    assert status(server.address("http"), "frank", "/frank/customers/card.vcf") == 200
    with LDAPConnection(server.address("ldap")) as connection:
        assert connection.bind("frank") == "success"
        assert listed(connection) == 2


def test_what_a_grant_no_longer_gives_is_gone_on_open_connections_too(
    server: RunningServer, bob: DAVClient, phone: LDAPConnection
) -> None:
    assert bob.put("/bob/customers/new.vcf", made_up("new", "New Card")).status == 201
    edit(server, ('{ to = "group:sales", access = "write" }', '{ to = "erin", access = "read" }'))
    server.reload()
    assert bob.get("/bob/customers/card.vcf").status in (403, 404)
    assert bob.put("/bob/customers/more.vcf", made_up("more", "More Cards")).status == 403
    assert "/bob/customers/" not in bob.request("PROPFIND", "/bob/", "", {"Depth": "1"}).responses()
    # What is left is what anybody finds.
    assert phone.ask(wire.search(f"uid=bob,ou=users,{SUFFIX}", scope="base"))[1] == "success"
    assert status(server.address("http"), "erin", "/erin/customers/card.vcf") == 200


def test_a_user_who_is_gone_is_nobody_on_an_open_connection(
    server: RunningServer, bob: DAVClient, phone: LDAPConnection
) -> None:
    text = server.config.read_text(encoding="utf-8")
    before, _, after = text.partition("[users.bob]")
    server.config.write_text(before + after[after.index("[users.carol]") :], encoding="utf-8")
    edit(server, (SALES, "members = []"))
    server.reload()
    assert bob.get("/bob/customers/card.vcf").status == 401
    assert phone.ask(EVERYBODY) == ([], "insufficientAccessRights")
    assert phone.bind("bob") == "invalidCredentials"
    assert phone.bind("alice") == "success"


def test_a_changed_password_counts_at_once(server: RunningServer, bob: DAVClient) -> None:
    from passlib.hash import argon2

    new = argon2.using(rounds=1, memory_cost=8, parallelism=1).hash("Another-Swordfish-48")
    text = server.config.read_text(encoding="utf-8")
    before, _, after = text.partition("[users.bob]")
    after = after.replace(password_hash(), str(new), 1)
    server.config.write_text(f"{before}[users.bob]{after}", encoding="utf-8")
    server.reload()
    assert bob.get("/bob/customers/card.vcf").status == 401
    http = server.address("http")
    assert status(http, "bob", "/bob/customers/card.vcf", "Another-Swordfish-48") == 200
    assert status(http, "alice", "/alice/customers/card.vcf") == 200
    assert "Another-Swordfish-48" not in server.log


def test_listeners_come_and_go_and_connections_stay(
    server: RunningServer, bob: DAVClient, phone: LDAPConnection
) -> None:
    http, ldap = free_port(), free_port()
    edit(
        server,
        (HTTP, f'[carddav]\nlisten = ["127.0.0.1:{http}"]'),
        (LDAP, f'max_hits = 5\n\nlisten = ["127.0.0.1:{ldap}"]'),
    )
    server.reload()
    server.wait_for("listening", times=2)
    assert status(Address("http", "127.0.0.1", http), "bob", "/bob/customers/card.vcf") == 200
    with LDAPConnection(Address("ldap", "127.0.0.1", ldap)) as connection:
        assert connection.bind("bob") == "success"
    assert not is_listened_on(server.address("http"))
    assert not is_listened_on(server.address("ldap"))
    assert is_listened_on(server.address("ldaps"))
    # Who is connected does not notice.
    assert bob.get("/bob/customers/card.vcf").status == 200
    assert listed(phone) == 1


def test_a_file_with_an_address_that_cannot_be_had_is_refused_and_the_old_one_serves(
    server: RunningServer, bob: DAVClient
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        edit(
            server,
            (HTTP, f'[carddav]\nlisten = ["127.0.0.1:0", "127.0.0.1:{port}"]'),
            (MANAGED, ALSO_READ),
        )
        server.reload(REFUSED)
        assert f"cannot listen on 127.0.0.1:{port}" in server.log
    assert bob.get("/bob/secret/card.vcf").status == 403
    assert bob.get("/bob/customers/card.vcf").status == 200
    assert status(server.address("http"), "bob", "/bob/customers/card.vcf") == 200


def test_an_address_changes_what_it_is_for_and_is_never_left_without_a_listener(
    server: RunningServer, authority: Authority
) -> None:
    """The new socket can be opened only when the old one is closed."""
    one, two = free_port(), free_port()
    narrow = f'[carddav]\nlisten = ["127.0.0.1:{one}"]'
    edit(server, (HTTP, narrow), (LDAP, f'max_hits = 5\n\nlisten = ["127.0.0.1:{two}"]'))
    server.reload()
    server.wait_for("no longer listening", times=2)
    wide = f'[carddav]\nlisten = ["0.0.0.0:{one}"]'
    edit(server, (narrow, wide))
    server.reload()
    server.wait_for("no longer listening", times=3)
    assert status(Address("http", "127.0.0.1", one), "bob", "/bob/customers/card.vcf") == 200
    # The two faces change places.
    edit(
        server,
        (wide, f'[carddav]\nlisten = ["127.0.0.1:{two}"]'),
        (f'max_hits = 5\n\nlisten = ["127.0.0.1:{two}"]', LDAP.replace(":0", f":{one}")),
    )
    server.reload()
    server.wait_for("no longer listening", times=5)
    assert status(Address("http", "127.0.0.1", two), "bob", "/bob/customers/card.vcf") == 200
    with LDAPConnection(Address("ldap", "127.0.0.1", one)) as connection:
        assert connection.bind("bob") == "success"


def test_an_address_that_is_taken_by_then_leaves_the_old_one_in_place(
    server: RunningServer,
) -> None:
    port = free_port()
    narrow = f'[carddav]\nlisten = ["127.0.0.1:{port}"]'
    edit(server, (HTTP, narrow))
    server.reload()
    server.wait_for("no longer listening")
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", port))
        taken.listen()
        edit(server, (narrow, f'[carddav]\nlisten = ["0.0.0.0:{port}"]'))
        server.reload()
        server.wait_for("listening as before")
    assert status(Address("http", "127.0.0.1", port), "bob", "/bob/customers/card.vcf") == 200


def test_a_new_certificate_is_shown_to_whoever_connects_next(
    server: RunningServer, authority: Authority, tmp_path: Path
) -> None:
    renewed = tmp_path / "renewed"
    renewed.mkdir()
    other = make_authority(renewed)
    https = server.address("https")

    def is_trusted(by: Authority) -> bool:
        try:
            with socket.create_connection((https.host, https.port), timeout=10) as plain:
                by.context().wrap_socket(plain, server_hostname="127.0.0.1").close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    assert is_trusted(authority)
    assert not is_trusted(other)
    edit(
        server,
        (str(authority.certificate), str(other.certificate)),
        (str(authority.key), str(other.key)),
    )
    server.reload()
    assert is_trusted(other)
    assert not is_trusted(authority)


BROKEN = {
    "not TOML": ((SALES, 'members = ["bob"'), "TOML"),
    "a key that nobody knows": ((SALES, 'membres = ["bob"]'), "membres"),
    "a member who is no user": ((SALES, 'members = ["bob", "nobody"]'), "nobody"),
    "a grant to nobody": ((MANAGED, MANAGED.replace("alice", "nobody")), "nobody"),
    "a privilege that is none": ((MANAGED, MANAGED.replace("manage", "rule")), "rule"),
    "a key that is there twice": (('name = "Erin Example"', 'name = "E"\nname = "F"'), "TOML"),
    "another database": (("sqlite:///test.db", "sqlite:///other.db"), "restart"),
}  # fmt: skip


@pytest.fixture(scope="module")
def steadfast(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server that is to refuse every config it is given but its first."""
    with running(write_served(tmp_path_factory.mktemp("steadfast"), authority)) as found:
        yield found


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_refused_with_its_fault_and_the_old_one_stays(
    steadfast: RunningServer, what: str
) -> None:
    change, told = BROKEN[what]
    good = steadfast.config.read_text(encoding="utf-8")
    http = steadfast.address("http")
    try:
        edit(steadfast, change, more=user("frank"))
        before = len(steadfast.log)
        steadfast.reload(REFUSED)
        said = steadfast.log[before:]
        assert "config refused" in said
        assert told in said
        assert status(http, "alice", "/alice/staff/nothere.vcf") == 404
        assert status(http, "frank", "/frank/staff/nothere.vcf") == 401
        with LDAPConnection(steadfast.address("ldap")) as connection:
            assert connection.bind("alice") == "success"
            secret = wire.search(f"ou=secret,{SUFFIX}", scope="base")
            assert connection.ask(secret) == ([f"ou=secret,{SUFFIX}"], "success")
            assert connection.bind("bob", WRONG_PASSWORD) == "invalidCredentials"
    finally:
        steadfast.config.write_text(good, encoding="utf-8")


def test_a_certificate_that_cannot_be_used_is_refused_with_the_rest_of_its_file(
    steadfast: RunningServer, authority: Authority, tmp_path: Path
) -> None:
    good = steadfast.config.read_text(encoding="utf-8")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate at all\n")
    try:
        edit(steadfast, (str(authority.certificate), str(broken)), more=user("frank"))
        steadfast.reload(REFUSED)
        assert str(broken) in steadfast.log
        assert status(steadfast.address("http"), "frank", "/frank/staff/nothere.vcf") == 401
    finally:
        steadfast.config.write_text(good, encoding="utf-8")


def test_a_file_that_is_mended_is_applied(steadfast: RunningServer) -> None:
    good = steadfast.config.read_text(encoding="utf-8")
    steadfast.config.write_text("[", encoding="utf-8")
    steadfast.reload(REFUSED)
    steadfast.config.write_text(good, encoding="utf-8")
    trail = run_command(steadfast.config, "audit", "--action", "config", "--limit", "1")
    assert trail.stdout.decode().endswith(
        "REFUSED to apply the config: dirserver.toml: 1 fault  [reload]\n"
    )
    steadfast.config.unlink()
    steadfast.reload(REFUSED)
    steadfast.config.write_text(good + user("grace"), encoding="utf-8")
    steadfast.reload()
    assert status(steadfast.address("http"), "grace", "/grace/staff/nothere.vcf") == 404
