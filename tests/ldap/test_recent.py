"""What is remembered of clients: little, not for long, and no password."""

from __future__ import annotations

import tracemalloc

import pytest

from dirserver.ldap.diagnosis.masking import masked, masked_dn, masked_filter
from dirserver.ldap.diagnosis.recent import Recent, as_json
from dirserver.ldap.session import Context, LDAPSession
from tests.ldap import wire
from tests.ldap.client import SessionClient
from tests.organisation import PASSWORD


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(context: Context, recent: Recent, address: str, operation: bytes) -> None:
    """Have a client at ``address`` ask something, and remember it."""
    session = LDAPSession(lambda: context, address)
    SessionClient(session).exchange(wire.message(1, operation))
    recent.answered(session)


def test_no_password_is_remembered(context: Context) -> None:
    recent = Recent()
    ask(context, recent, "198.51.100.1", wire.bind("alice", PASSWORD))
    ask(context, recent, "198.51.100.1", wire.sasl_bind("", "PLAIN", b"\0alice\0swordfish"))
    said = as_json(recent.of("198.51.100.1"))
    assert b"alice" in said
    assert PASSWORD.encode() not in said
    assert b"swordfish" not in said
    assert wire.bind("alice", PASSWORD).hex().encode() not in said


def test_a_client_is_forgotten_after_an_hour(context: Context) -> None:
    recent = Recent(clock := Clock())
    ask(context, recent, "198.51.100.1", wire.search(scope="base"))
    clock.now += 3599
    assert len(recent.of("198.51.100.1")) == 1
    clock.now += 2
    assert recent.of("198.51.100.1") == recent.of() == []
    # The next one of anybody also takes it out of the memory.
    ask(context, recent, "198.51.100.2", wire.search(scope="base"))
    assert list(recent._clients) == ["198.51.100.2"]


def test_the_last_requests_of_a_client_are_kept_and_no_more(context: Context) -> None:
    recent = Recent(clock := Clock())
    for number in range(40):
        clock.now += 1
        ask(context, recent, "198.51.100.1", wire.search(scope="base", text=f"(cn={number})"))
    kept = recent.of("198.51.100.1")
    assert [one.at for one in kept] == [1000.0 + second for second in range(11, 41)]


def test_however_many_clients_ask_for_however_much_the_memory_stays_small(
    context: Context,
) -> None:
    recent = Recent()
    session = LDAPSession(lambda: context, "198.51.100.1")
    long = wire.search(scope="base", text=f"(cn={'x' * 4000})")
    longer = wire.search(scope="base", text=f"(cn={'x' * 5000})")
    SessionClient(session).exchange(wire.message(1, longer))
    recent.answered(session)
    assert [one.octets for one in recent.of()] == [b""]
    tracemalloc.start()
    for number in range(2000):
        session.client = type(session.client)("ldap", f"2001:db8::{number:x}")
        SessionClient(session).exchange(wire.message(1, long))
        recent.answered(session)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(recent.of()) <= 512
    assert held < 4 * 1024 * 1024
    # The newest are those that are kept.
    assert recent.of(f"2001:db8::{1999:x}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(cn=anna*)", "(cn=xxxx*)"),
        ("(&(objectClass=person)(sn=*M\\c3\\bcller*))", "(&(objectClass=person)(sn=*xxxxxxx*))"),
        ("(telephoneNumber=+49 30 1234-567)", "(telephoneNumber=+99 99 9999-999)"),
        ("(!(cn>=b))", "(!(cn>=x))"),
        ("(|(cn=%)(sn=%*))", "(|(cn=%)(sn=%*))"),
        ("(cn:dn:2.5.13.2:=anna)", "(cn:dn:2.5.13.2:=xxxx)"),
        ("(mobile=*)", "(mobile=*)"),
    ],
)
def test_a_filter_shows_its_form_and_nobody_in_it(text: str, shown: str) -> None:
    assert masked_filter(text) == shown


def test_a_name_shows_where_in_the_tree_it_is_and_nobody_in_it() -> None:
    assert masked_dn("ou=customers,dc=example,dc=org") == "ou=customers,dc=example,dc=org"
    assert masked_dn("cn=Anna B.,ou=staff,dc=example") == "cn=xxxx x.,ou=staff,dc=example"
    assert masked_dn("anna@example.org") == "xxxx@xxxxxxx.xxx"
    assert masked("0171-55") == "9999-99"
