"""TLS, and replacing its certificate."""

from __future__ import annotations

import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from dirserver.errors import CertificateError
from dirserver.http import BridgeOptions, Limits
from dirserver.tls import ServerTLS
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, Plaintext, Serving, answering
from tests.http.wire import LOGIN, TIMEOUT, Wire
from tests.reactor import ReactorThread

GET = "GET /a HTTP/1.1\nHost: localhost\n\n"


@dataclass(frozen=True, slots=True)
class Files:
    """Certificate and key on disk, and an authority that vouches for them."""

    authority: trustme.CA
    certificate: Path
    key: Path

    def load(self) -> ServerTLS:
        return ServerTLS(self.certificate, self.key)

    def issue(self) -> bytes:
        """Write another certificate and key; return the certificate as it is sent."""
        leaf = self.authority.issue_cert("localhost", "127.0.0.1")
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        self.key.write_bytes(leaf.private_key_pem.bytes())
        return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(trustme.CA(), tmp_path / "cert.pem", tmp_path / "key.pem")
    made.issue()
    return made


class Connector:
    """Opens TLS connections that trust one authority; closes them in the end."""

    def __init__(self, authority: trustme.CA) -> None:
        self.authority = authority
        self.wires: list[Wire] = []

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        return context

    def connect(self, serving: Serving, context: ssl.SSLContext | None = None) -> Wire:
        plain = socket.create_connection(("127.0.0.1", serving.port), TIMEOUT)
        try:
            chosen = context or self.context()
            wire = Wire(chosen.wrap_socket(plain, server_hostname="localhost"))
        except BaseException:
            plain.close()
            raise
        self.wires.append(wire)
        return wire


@pytest.fixture
def connector(files: Files) -> Iterator[Connector]:
    made = Connector(files.authority)
    yield made
    for wire in made.wires:
        wire.close()


def certificate_of(wire: Wire) -> bytes:
    assert isinstance(wire.socket, ssl.SSLSocket)
    sent = wire.socket.getpeercert(binary_form=True)
    assert sent is not None
    return sent


def test_requests_are_answered_over_tls_and_known_to_be_safe(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    never = BridgeOptions(plaintext=Plaintext(()))
    wire = connector.connect(serve(echo, never, files.load()))
    for _ in range(3):
        assert wire.ask(GET).body == b"/a"
    environ = echo.environs[0]
    assert (environ["HTTPS"], environ["wsgi.url_scheme"]) == ("on", "https")
    assert environ["SERVER_PORT"] == "443"


def test_long_answers_and_bodies_pass_through_tls(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    wire = connector.connect(serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load()))
    body = bytes(range(256)) * 20_000
    wire.send(f"PUT /a HTTP/1.1\nHost: x\n{LOGIN}Content-Length: {len(body)}\n\n")
    assert wire.ask(body).body == body


def test_streamed_answers_pass_through_tls(
    serve: Serve, files: Files, connector: Connector
) -> None:
    class Long:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x" * 1000] * 5000)

    serving = serve(answering(body=Long()), BridgeOptions(plaintext=ANYWHERE), files.load())
    assert connector.connect(serving).ask(GET).body == b"x" * 5_000_000


def test_a_refused_upload_is_answered_over_tls(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(body=1000, linger=60))
    wire = connector.connect(serve(echo, options, files.load()))
    body = b"x" * 10_000_000
    wire.send(f"PUT /a HTTP/1.1\nHost: x\nContent-Length: {len(body)}\n\n")
    wire.send(body)
    assert wire.receive().status == 413
    # At once, and not when the server has waited long enough for the client to close.
    assert wire.ends()


def test_a_connection_that_is_to_be_closed_is_closed_over_tls(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    wire = connector.connect(serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load()))
    assert wire.ask("GET /a HTTP/1.1\nHost: x\nConnection: close\n\n").status == 200
    assert wire.ends()


@pytest.mark.parametrize(
    ("version", "spoken"),
    [
        (ssl.TLSVersion.TLSv1, False),
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_1_2_is_the_oldest_version_spoken(
    serve: Serve,
    echo: Echo,
    files: Files,
    connector: Connector,
    version: ssl.TLSVersion,
    spoken: bool,
) -> None:
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load())
    context = connector.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    if spoken:
        assert connector.connect(serving, context).ask(GET).status == 200
    else:
        with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|protocol version"):
            connector.connect(serving, context)


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1")]
)
def test_http_1_1_is_agreed_on(
    serve: Serve,
    echo: Echo,
    files: Files,
    connector: Connector,
    offered: list[str],
    chosen: str,
) -> None:
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load())
    context = connector.context()
    context.set_alpn_protocols(offered)
    wire = connector.connect(serving, context)
    assert isinstance(wire.socket, ssl.SSLSocket)
    assert wire.socket.selected_alpn_protocol() == chosen
    assert wire.ask(GET).status == 200


def test_a_new_certificate_serves_new_connections_and_old_ones_stay(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    tls = files.load()
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), tls)
    old = connector.connect(serving)
    assert old.ask(GET).status == 200
    renewed = files.issue()
    tls.load(files.certificate, files.key)
    assert certificate_of(connector.connect(serving)) == renewed
    assert certificate_of(old) != renewed
    assert old.ask(GET).status == 200


def test_a_broken_certificate_leaves_the_old_one(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    tls = files.load()
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), tls)
    before = certificate_of(connector.connect(serving))
    files.certificate.write_text("nothing")
    with pytest.raises(CertificateError):
        tls.load(files.certificate, files.key)
    assert certificate_of(connector.connect(serving)) == before


def test_the_chain_is_sent(serve: Serve, echo: Echo, tmp_path: Path) -> None:
    root = trustme.CA()
    files = Files(root.create_child_ca(), tmp_path / "chain.pem", tmp_path / "chain-key.pem")
    files.issue()
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load())
    connector = Connector(root)
    wire = connector.connect(serving)
    assert wire.ask(GET).status == 200
    wire.close()


def test_clients_that_say_no_goodbye_do_not_delay_the_stop(
    reactor_thread: ReactorThread, serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load())
    used, fresh = connector.connect(serving), connector.connect(serving)
    assert used.ask(GET).status == 200
    started = time.monotonic()
    reactor_thread.wait(serving.factory.stop, 60)
    assert time.monotonic() - started < 30
    assert used.ends()
    assert fresh.ends()


def test_plain_http_on_the_tls_port_disturbs_nobody(
    serve: Serve, echo: Echo, files: Files, connector: Connector
) -> None:
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE), files.load())
    plain = serving.connect()
    plain.send(GET)
    data = b"?"
    while data:
        data = plain.socket.recv(100)
        assert b"HTTP" not in data
    assert connector.connect(serving).ask(GET).status == 200


def test_a_client_that_never_shakes_hands_is_cut_off(
    serve: Serve, echo: Echo, files: Files
) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(idle_timeout=0.3))
    assert serve(echo, options, files.load()).connect().ends()


def refusal(files: Files) -> str:
    with pytest.raises(CertificateError) as caught:
        files.load()
    return str(caught.value)


def test_a_missing_file_is_named(files: Files) -> None:
    files.key.unlink()
    assert refusal(files) == f"cannot read the key {files.key}: No such file or directory"
    files.certificate.unlink()
    assert refusal(files) == (
        f"cannot read the certificate {files.certificate}: No such file or directory"
    )


def test_a_key_of_another_certificate_is_refused(files: Files) -> None:
    key = files.key.read_bytes()
    files.issue()
    files.key.write_bytes(key)
    assert refusal(files) == (
        f"the key {files.key} does not belong to the certificate {files.certificate}"
    )


def test_files_that_are_no_pem_are_refused(files: Files) -> None:
    certificate = files.certificate.read_bytes()
    files.key.write_text("nothing")
    assert refusal(files) == f"{files.key} holds no private key in PEM form"
    files.certificate.write_text("nothing")
    assert refusal(files) == f"{files.certificate} holds no certificate in PEM form"
    files.certificate.write_bytes(certificate.replace(b"M", b"!", 3))
    assert refusal(files) == f"{files.certificate} holds no certificate in PEM form"


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(files: Files) -> None:
    key = load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    )
    assert refusal(files) == f"the key {files.key} has a passphrase; store it without one"
