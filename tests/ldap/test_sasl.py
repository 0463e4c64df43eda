"""Binds with SASL, word by word (RFC 4513 section 5.2, RFC 4616, RFC 4422 appendix A)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from dirserver.certified import Authority, NamedIn
from dirserver.errors import CertificateError
from dirserver.ldap.session import Context
from dirserver.tls import ServerTLS, load_authority
from tests.ldap import wire
from tests.ldap.client import Client
from tests.ldap.serving import Serving

Connect = Callable[..., Client]
Serve = Callable[..., Serving]
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"


def bind(client: Client, mechanism: str, credentials: bytes | None) -> tuple[str, str]:
    """Bind; return the result and who the client then is."""
    (answer,) = wire.responses(
        client.exchange(wire.message(1, wire.sasl_bind("", mechanism, credentials)))
    )
    (who,) = wire.responses(client.exchange(wire.message(2, wire.extended(WHO_AM_I))))
    return answer.code, b"".join(one.contents for one in who.extras).decode()


ALICE = "dn:uid=alice,ou=users,dc=example,dc=org"


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (b"\0alice\0correct horse", "success"),
        (b"\0alice@example.org\0correct horse", "success"),
        (b"\0uid=alice,ou=users,dc=example,dc=org\0correct horse", "success"),
        (b"alice\0alice\0correct horse", "success"),
        (b"u:alice\0alice\0correct horse", "success"),
        (b"dn:uid=alice,ou=users,dc=example,dc=org\0alice\0correct horse", "success"),
        (b"u:bob\0alice\0correct horse", "invalidCredentials"),
        (b"\0alice\0wrong", "invalidCredentials"),
        (b"\0nobody\0correct horse", "invalidCredentials"),
        (b"\0alice\0", "invalidCredentials"),
        (b"\0\0", "invalidCredentials"),
        (b"\0\xff\0x", "invalidCredentials"),
        (b"alice correct horse", "protocolError"),
        (b"\0alice\0correct horse\0", "protocolError"),
        (None, "protocolError"),
    ],
)
def test_a_password_is_taken_by_plain_under_tls(
    ldap: Connect, credentials: bytes | None, code: str
) -> None:
    found = bind(ldap(secure=True), "PLAIN", credentials)
    assert found == (code, ALICE if code == "success" else "")


def test_nothing_is_taken_without_tls_however_trusted_the_network(ldap: Connect) -> None:
    for mechanism, said in (("PLAIN", b"\0alice\0correct horse"), ("EXTERNAL", b"")):
        assert bind(ldap("alice"), mechanism, said) == ("confidentialityRequired", "")


def test_only_what_works_on_a_connection_is_announced(ldap: Connect) -> None:
    asked = ["search scope=base attributes=supportedSASLMechanisms"]
    assert ldap().say(asked) == ["SearchResultEntry", "SearchResultDone success"]
    assert ldap(secure=True).say(asked)[1] == "  supportedSASLMechanisms: PLAIN"


def test_without_a_certificate_there_is_no_external(ldap: Connect) -> None:
    assert bind(ldap("alice", secure=True), "EXTERNAL", b"") == ("inappropriateAuthentication", "")


@pytest.fixture
def certifying(authority: trustme.CA, tmp_path: Path) -> Callable[[trustme.CA, NamedIn], ServerTLS]:
    """A function that makes the face's side of TLS, with an authority for clients."""

    def make(clients: trustme.CA, named_in: NamedIn) -> ServerTLS:
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
        clients.cert_pem.write_to_path(tmp_path / "clients.pem")
        trusted = Authority(tmp_path / "clients.pem", named_in)
        return ServerTLS(tmp_path / "own.pem", tmp_path / "own.pem", trusted)

    return make


@pytest.mark.parametrize(
    ("named_in", "identity", "common_name", "credentials", "code"),
    [
        (NamedIn.CN, "x.example.org", "alice", b"", "success"),
        (NamedIn.CN, "x.example.org", "alice", b"u:alice", "success"),
        (NamedIn.CN, "x.example.org", "alice", b"u:bob", "invalidCredentials"),
        (NamedIn.CN, "x.example.org", "Alice@Example.org", None, "success"),
        (NamedIn.CN, "x.example.org", "mallory", b"", "invalidCredentials"),
        (NamedIn.CN, "x.example.org", None, b"", "inappropriateAuthentication"),
        (NamedIn.MAIL, "alice@example.org", "bob", b"", "success"),
        (NamedIn.MAIL, "alice.example.org", "alice", b"", "inappropriateAuthentication"),
        (NamedIn.UID, "alice@example.org", "alice", b"", "inappropriateAuthentication"),
    ],
)
@pytest.mark.parametrize("starts", [False, True])
def test_a_certificate_says_who_a_client_is(  # a table
    serve: Serve,
    context: Context,
    authority: trustme.CA,
    certifying: Callable[[trustme.CA, NamedIn], ServerTLS],
    named_in: NamedIn,
    identity: str,
    common_name: str | None,
    credentials: bytes | None,
    code: str,
    starts: bool,
) -> None:
    clients = trustme.CA()
    trust = trusting(authority, clients.issue_cert(identity, common_name=common_name))
    serving = serve(context, ldaps=not starts, tls=certifying(clients, named_in))
    line = serving.connect()
    if starts:
        line.say(["starttls"])
    line.start_tls(trust)
    assert bind(line, "EXTERNAL", credentials) == (code, ALICE if code == "success" else "")


def trusting(authority: trustme.CA, own: trustme.LeafCert | None) -> ssl.SSLContext:
    """Return a client's side of TLS, with a certificate of its own."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    if own is not None:
        own.configure_cert(trust)
    return trust


def test_a_certificate_from_elsewhere_says_nothing_and_harms_nothing(
    serve: Serve,
    context: Context,
    authority: trustme.CA,
    certifying: Callable[[trustme.CA, NamedIn], ServerTLS],
) -> None:
    tls = certifying(trustme.CA(), NamedIn.CN)
    forged = trusting(authority, trustme.CA().issue_cert("x.example.org", common_name="alice"))
    settings = replace(context.settings, plaintext_bind=lambda _address: False)
    line = serve(replace(context, settings=settings), ldaps=True, tls=tls).connect_tls(forged)
    assert bind(line, "EXTERNAL", b"") == ("inappropriateAuthentication", "")
    assert bind(line, "PLAIN", b"\0alice\0correct horse") == ("success", ALICE)


@pytest.mark.parametrize("trusts_another", [True, False])
def test_a_certificate_that_a_new_config_does_not_trust_is_nobodys(
    serve: Serve,
    context: Context,
    authority: trustme.CA,
    certifying: Callable[[trustme.CA, NamedIn], ServerTLS],
    tmp_path: Path,
    trusts_another: bool,
) -> None:
    clients = trustme.CA()
    tls = certifying(clients, NamedIn.CN)
    trust = trusting(authority, clients.issue_cert("x.example.org", common_name="alice"))
    serving = serve(context, ldaps=True, tls=tls)
    line, by_password = serving.connect_tls(trust), serving.connect_tls(trust)
    assert bind(line, "EXTERNAL", b"") == ("success", ALICE)
    assert bind(by_password, "PLAIN", b"\0alice\0correct horse") == ("success", ALICE)

    def load(trusted: Authority | None) -> None:
        own = tmp_path / "own.pem"
        serving.thread.call(tls.load, own, own, trusted)

    def who(line: Client) -> str:
        (said,) = wire.responses(line.exchange(wire.message(3, wire.extended(WHO_AM_I))))
        return b"".join(one.contents for one in said.extras).decode()

    load(Authority(tmp_path / "clients.pem", NamedIn.CN))
    assert who(line) == ALICE
    trustme.CA().cert_pem.write_to_path(tmp_path / "others.pem")
    load(Authority(tmp_path / "others.pem", NamedIn.CN) if trusts_another else None)
    assert (who(line), who(by_password)) == ("", ALICE)
    assert bind(line, "EXTERNAL", b"") == ("inappropriateAuthentication", "")


def test_an_authority_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "clients.pem"
    with pytest.raises(CertificateError, match="cannot read the client_ca"):
        load_authority(path, NamedIn.CN)
    path.write_text("no certificate")
    with pytest.raises(CertificateError, match="holds no certificate in PEM form"):
        load_authority(path, NamedIn.CN)
