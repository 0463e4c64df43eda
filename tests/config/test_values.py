"""What is accepted, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from dirserver.config import Access, Config, Grant, Listener, Networks, NumberStyle, Reads
from dirserver.config.schema import Shield

Read = Callable[[str], Config]

URLS = {
    "postgresql://me@db.example.org/dirserver": "postgresql+psycopg://me@db.example.org/dirserver",
    "postgresql+psycopg://me:secret@[::1]:5433/x?sslmode=require": (
        "postgresql+psycopg://me:secret@[::1]:5433/x?sslmode=require"
    ),
    "PostgreSQL:///dirserver": "postgresql+psycopg:///dirserver",
    "sqlite:////var/lib/dirserver/x.db": "sqlite:////var/lib/dirserver/x.db",
}

SUFFIXES = {
    "o=Example": "o=Example",
    "O = Müller GmbH & Co , c=DE": "o=Müller GmbH & Co,c=DE",
    "dc=example,dc=org": "dc=example,dc=org",
}


def test_an_organisation_is_all_that_a_file_needs(read: Read) -> None:
    config = read("")
    assert config.organisation.name == "Example GmbH"
    assert config.carddav.listen == (Listener("127.0.0.1", 5232),)
    assert config.ldap.listen == (Listener("127.0.0.1", 1389),)
    assert config.carddav.listen_tls == config.ldap.listen_tls == ()
    assert (config.tls, config.users, config.groups, config.books) == (None, (), (), ())


def test_everything_that_can_be_written_is_read(read: Read) -> None:
    config = read(
        """
        [organisation]
        name = " Example GmbH "
        domain = "Example.ORG."
        country = "de"
        area_code = "030"
        outside_line = ["0", "09"]
        personal_books = true

        [carddav]
        listen = []
        listen_tls = ["[0::0]:8443", "Contacts.example.org:443"]
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
        public_url = "https://contacts.example.org:8443/"

        [ldap]
        anonymous = true
        max_hits = 7
        require_device_passwords = true

        [[ldap.profiles]]
        networks = ["10.20.0.0/16"]
        numbers = "00"
        as_asked = true
        max_hits = 50

        [shield]
        cards = 5
        percent = 50
        minutes = 60

        [metrics]
        listen = ["[::1]:9464"]

        [tls]
        certificate = "dirserver.toml"
        key = "dirserver.toml"

        [users.alice]
        name = "Alice Example"
        mail = "alice@example.org"

        [groups.sales]
        name = "Sales"
        members = ["alice", "group:interns"]

        [groups.interns]
        name = "Interns"

        [books.customers]
        name = "Customers"
        description = "Everyone\\nwe sell to"
        delegate = false
        grants = [
          { to = "group:sales", access = "read", hide = ["note", "X-Salary"] },
          { to = "alice", access = "write", from = ["10.20.0.0/16", "2001:db8::/32"] },
          { to = "anonymous", access = "search", from = ["10.20.0.0/16"] },
        ]
        """
    )
    organisation = config.organisation
    assert (organisation.name, organisation.domain) == ("Example GmbH", "example.org")
    assert (organisation.country, organisation.outside_line) == ("DE", ("0", "09"))
    assert organisation.area_code == "030"
    assert organisation.personal_books
    assert [str(each) for each in config.carddav.listen_tls] == [
        "[::]:8443",
        "contacts.example.org:443",
    ]
    assert config.carddav.public_url == "https://contacts.example.org:8443"
    assert "10.9.8.7" in config.carddav.trusted_proxies
    assert config.shield == Shield(cards=5, percent=50, minutes=60)
    assert [str(each) for each in config.metrics.listen] == ["[::1]:9464"]
    assert (config.carddav.require_device_passwords, config.ldap.require_device_passwords) == (
        False,
        True,
    )
    assert config.ldap.profiles[0].numbers is NumberStyle.DOUBLE_ZERO
    assert config.ldap.profiles[0].as_asked
    assert config.tls is not None
    assert config.tls.key == config.path
    (user,) = config.users
    assert (user.login, user.name, user.mail) == ("alice", "Alice Example", "alice@example.org")
    assert [group.name for group in config.groups] == ["sales", "interns"]
    assert config.groups[0].members == ("alice", "group:interns")
    assert config.groups[0].title == "Sales"
    (book,) = config.books
    assert (book.slug, book.description) == ("customers", "Everyone\nwe sell to")
    assert not book.delegate
    assert book.grants == (
        Grant("group:sales", Access.READ, frozenset({"NOTE", "X-SALARY"})),
        Grant(
            "alice",
            Access.WRITE,
            networks=(ip_network("10.20.0.0/16"), ip_network("2001:db8::/32")),
        ),
        Grant("anonymous", Access.SEARCH, networks=(ip_network("10.20.0.0/16"),)),
    )


def test_a_configuration_knows_its_file_from_anywhere(read: Read, tmp_path: Path) -> None:
    assert read("").path == tmp_path / "dirserver.toml"


def test_a_relative_database_is_beside_the_file(read: Read, tmp_path: Path) -> None:
    assert read("").database.url == f"sqlite:///{tmp_path}/dirserver.db"
    up = read('[database]\nurl = "sqlite:///../data/x.db"').database.url
    assert up == f"sqlite:///{tmp_path.parent}/data/x.db"


@pytest.mark.parametrize(("written", "expected"), URLS.items())
def test_a_database_url_names_its_driver(read: Read, written: str, expected: str) -> None:
    assert read(f'[database]\nurl = "{written}"').database.url == expected


@pytest.mark.parametrize(("written", "expected"), SUFFIXES.items())
def test_the_suffix_can_be_given(read: Read, written: str, expected: str) -> None:
    assert read(f'[ldap]\nsuffix = "{written}"').suffix == expected


@pytest.mark.parametrize("url", ["https://192.0.2.1", "http://[2001:db8::1]:8443/contacts"])
def test_the_public_url_can_have_an_address_for_a_host(read: Read, url: str) -> None:
    assert read(f'[carddav]\npublic_url = "{url}"').carddav.public_url == url


def test_the_suffix_follows_from_the_domain(read: Read) -> None:
    assert read("").suffix == "dc=example,dc=org"


@pytest.mark.parametrize(
    ("policy", "allowed", "refused"),
    [
        ('"never"', [], ["127.0.0.1", "::1", "10.0.0.1", ""]),
        (
            '"loopback"',
            ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"],
            ["10.0.0.1", "::ffff:10.0.0.1", "::2", "localhost", ""],
        ),
        ('"always"', ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "fe80::1%eth0"], ["", "x"]),
        ('["10.20.0.0/16", "fd00::/8"]', ["10.20.1.1", "::ffff:10.20.1.1", "fd00::1"], ["::1"]),
        ("[]", [], ["127.0.0.1"]),
    ],
)
def test_a_policy_says_from_where_passwords_come_without_tls(
    read: Read, policy: str, allowed: list[str], refused: list[str]
) -> None:
    config = read(f"[carddav]\nplaintext_login = {policy}\n[ldap]\nplaintext_bind = {policy}")
    for each in (config.carddav.plaintext_login, config.ldap.plaintext_bind):
        assert [address for address in allowed + refused if each.allows(address)] == allowed


def test_without_tls_passwords_come_from_this_machine_only(read: Read) -> None:
    config = read("")
    for policy in (config.carddav.plaintext_login, config.ldap.plaintext_bind):
        assert policy.allows("127.0.0.1")
        assert not policy.allows("192.0.2.1")


def test_no_proxy_is_trusted_unasked(read: Read) -> None:
    assert read("").carddav.trusted_proxies == Networks()


def test_the_profile_of_the_smallest_network_counts(read: Read) -> None:
    ldap = read(
        """
        [[ldap.profiles]]
        networks = ["10.0.0.0/8", "10.20.30.0/24"]
        max_hits = 1
        [[ldap.profiles]]
        networks = ["10.20.0.0/16"]
        max_hits = 2
        """
    ).ldap
    found = {}
    for address in ("10.1.1.1", "10.20.1.1", "::ffff:10.20.1.1", "10.20.30.1", "192.0.2.1"):
        profile = ldap.profile_for(address)
        found[address] = profile.max_hits if profile else None
    assert list(found.values()) == [1, 2, 2, 1, None]


def test_a_listener_is_written_as_it_is_read() -> None:
    assert str(Listener("::1", 636)) == "[::1]:636"
    assert str(Listener("localhost", 389)) == "localhost:389"


@pytest.mark.parametrize(
    ("written", "days"), [("90d", 90), ("26w", 182), ("2y", 730), ("2 years", 730), ("1 Day", 1)]
)
def test_a_span_of_time_is_in_days_weeks_or_years(read: Read, written: str, days: int) -> None:
    assert read(f'[history]\nkeep = "{written}"').history.keep == timedelta(days=days)


def test_history_is_kept_for_ever_and_reading_is_not_told(read: Read) -> None:
    config = read("")
    assert config.history.keep is None
    assert config.audit.reads is Reads.NONE
