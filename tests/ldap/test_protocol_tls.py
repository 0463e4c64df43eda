"""StartTLS (RFC 4511 section 4.14) and ldaps, spoken for real."""

# Twisted's failures carry no annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from dirserver.assembly import Services
from dirserver.ldap.factory import LDAPFactory
from dirserver.ldap.session import Context
from dirserver.tls import ServerTLS
from tests.conversation import play
from tests.ldap.client import OctetClient, encode, rendered
from tests.ldap.gate import Gate
from tests.ldap.serving import Line, Serving, eventually

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
STAFF = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
STARTED = ["ExtendedResponse success", "  responseName: 1.3.6.1.4.1.1466.20037"]


def notice(line: Line, code: str) -> None:
    """Require a Notice of Disconnection (RFC 4511 section 4.4.1), and nothing after it."""
    response = line.receive()
    assert (response.id, response.name, response.code) == (0, "ExtendedResponse", code)
    assert response.extras[0].contents == b"1.3.6.1.4.1.1466.20036"
    assert response.diagnostic == ""
    assert line.ends()


@pytest.fixture
def strict(context: Context) -> Context:
    """The face where passwords come over TLS only."""
    settings = replace(context.settings, plaintext_bind=lambda _address: False)
    return replace(context, settings=settings)


def test_tls_can_be_started_and_then_a_password_is_taken(
    serve: Serve, strict: Context, trusting: ssl.SSLContext
) -> None:
    line = serve(strict).connect()
    assert line.say([BIND])[0] == "BindResponse confidentialityRequired"
    assert line.say(["starttls"]) == STARTED
    line.start_tls(trusting)
    play(
        line,
        """
        C: bind dn=alice password="correct horse"
        S: BindResponse success
        C: search base=ou=staff,dc=example,dc=org scope=base attributes=1.1
        S: SearchResultEntry ou=staff,dc=example,dc=org
           SearchResultDone success
        C: starttls
        S: ExtendedResponse operationsError
             responseName: 1.3.6.1.4.1.1466.20037
        """,
    )


def test_ldaps_has_tls_from_the_first_octet_on(
    serve: Serve, strict: Context, trusting: ssl.SSLContext
) -> None:
    line = serve(strict, ldaps=True).connect_tls(trusting)
    assert line.say([BIND]) == ["BindResponse success"]
    assert line.say(["starttls"])[0] == "ExtendedResponse operationsError"
    line.send(*(encode(STAFF, number) for number in range(10, 60)))
    assert [line.receive().id for _ in range(100)] == [
        number for number in range(10, 60) for _ in range(2)
    ]


def test_a_request_to_start_tls_again_keeps_nothing_from_being_answered(
    serve: Serve, trusting: ssl.SSLContext
) -> None:
    line = serve(ldaps=True).connect_tls(trusting)
    line.send(encode(BIND, 1), encode("starttls", 2), encode(f"extended oid={WHO_AM_I}", 3))
    answers = [line.receive() for _ in range(3)]
    assert [(one.id, one.code) for one in answers] == [
        (1, "success"),
        (2, "operationsError"),
        (3, "success"),
    ]


def test_an_unbind_under_tls_closes(serve: Serve, trusting: ssl.SSLContext) -> None:
    serving = serve(ldaps=True)
    line = serving.connect_tls(trusting)
    line.send(encode("unbind", 1))
    assert line.ends()
    line.close()
    assert eventually(lambda: serving.open == 0)


@pytest.mark.parametrize(
    "behind",
    [encode(BIND, 2), encode(STAFF, 2), encode("abandon id=9", 2), b"\x30\x0c\x02", b"\x30"],
)
def test_what_was_put_behind_start_tls_is_never_performed(serve: Serve, behind: bytes) -> None:
    serving = serve()
    line = serving.connect()
    line.send(encode("starttls", 1) + behind)
    notice(line, "protocolError")
    assert eventually(lambda: serving.open == 0)
    assert {operation for operation, _ in serving.told} <= {"extended"}


def test_what_comes_before_the_answer_to_start_tls_is_never_performed(
    serve: Serve, context: Context, organisation: Services
) -> None:
    gate = Gate(organisation)
    serving = serve(replace(context, directory=gate))
    line = serving.connect()
    line.send(encode(STAFF, 1), encode("starttls", 2))
    gate.await_somebody()
    line.send(encode(BIND, 3))
    notice(line, "protocolError")
    gate.open()
    assert eventually(lambda: serving.open == 0)
    assert "bind" not in dict(serving.told)


def test_what_comes_under_tls_before_the_answer_has_quite_ended_is_performed(
    context: Context, tls: ServerTLS
) -> None:
    client = OctetClient(
        lambda pool, reactor: LDAPFactory(context, pool, reactor, tls=tls), "198.18.255.2"
    )
    client.protocol.dataReceived(encode("starttls", 1))
    client.settle(until=lambda: client.transport.tls is not None)
    assert rendered(client.feed(encode(BIND, 2))) == ["BindResponse success"]


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("starttls", ["extended", "connection"]),
        # It was answered, and has nothing more to ask.
        (f"extended oid={WHO_AM_I}", ["extended"]),
    ],
)
def test_a_client_that_goes_as_soon_as_tls_is_started_is_told_of_after_its_request(
    context: Context, tls: ServerTLS, asked: str, heard: list[str]
) -> None:
    told: list[str] = []
    client = OctetClient(
        lambda pool, reactor: LDAPFactory(
            context,
            pool,
            reactor,
            tls=tls,
            tell=lambda session, _began: told.append(session.answered.operation),
            misheard=lambda _session, _reason: told.append("connection"),
        ),
        "198.18.255.3",
    )
    client.protocol.dataReceived(encode(asked, 1))
    client.settle(until=lambda: client.transport.tls is not None)
    client.protocol.connectionLost(Failure(ConnectionLost()))
    client.settle()
    assert told == heard


def test_where_tls_is_not_set_up_the_session_goes_on_in_clear(
    serve: Serve, context: Context
) -> None:
    settings = replace(context.settings, starttls=False)
    line = serve(replace(context, settings=settings), tls=None).connect()
    assert line.say(["starttls"])[0] == "ExtendedResponse protocolError"
    assert line.say([BIND]) == ["BindResponse success"]


def test_a_certificate_that_a_new_config_took_away_is_not_missed_silently(serve: Serve) -> None:
    # The settings and the factory are replaced together, but a request may be between them.
    line = serve(tls=None).connect()
    line.ask("starttls")
    notice(line, "unavailable")


def test_a_client_that_never_speaks_tls_is_not_waited_for(serve: Serve) -> None:
    serving = serve(ldaps=True, first_seconds=0.2)
    assert serving.connect().ends()
    line = serving.connect()
    line.send(b"\x16\x03\x01\x02\x00\x01")
    assert line.ends()


def test_what_is_not_tls_on_the_tls_port_disturbs_nobody(
    serve: Serve, trusting: ssl.SSLContext
) -> None:
    serving = serve(ldaps=True)
    for octets in (encode(BIND, 1), b"GET / HTTP/1.0\r\n\r\n", b"\x00" * 100):
        line = serving.connect()
        line.send(octets)
        assert b"\x30" not in line.drain()[:1]
    good = serving.connect_tls(trusting)
    assert good.say([BIND]) == ["BindResponse success"]
    assert serving.told == [("bind", "success")]


def test_a_broken_handshake_after_start_tls_closes(serve: Serve) -> None:
    serving = serve()
    line = serving.connect()
    assert line.say(["starttls"]) == STARTED
    line.send(encode(BIND, 2))
    assert b"\x30" not in line.drain()[:1]
    assert eventually(lambda: serving.open == 0)
    assert "bind" not in dict(serving.told)


def test_a_long_answer_comes_whole_under_tls(
    serve: Serve, context: Context, crowded: Services, trusting: ssl.SSLContext
) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    line = serve(crowd).connect()
    assert line.say(["starttls"]) == STARTED
    line.start_tls(trusting)
    assert line.say([BIND]) == ["BindResponse success"]
    line.ask("search base=ou=customers,dc=example,dc=org scope=one size_limit=3000")
    entries = 0
    while (response := line.receive()).name == "SearchResultEntry":
        entries += 1
    assert (entries, response.code) == (3000, "sizeLimitExceeded")
