"""TLS for every face: one certificate, which can be replaced while connections are open."""

# What Twisted asks for has Twisted's names, and few annotations.
# ruff: noqa: N802
# mypy: allow-untyped-calls

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.internet.tcp import Server
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships none

from dirserver.certified import Authority, NamedIn
from dirserver.errors import CertificateError

_Key: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


@implementer(IOpenSSLServerConnectionCreator)
class ServerTLS:
    """The TLS side of a server.

    TLS 1.2 is the oldest version spoken.
    """

    def __init__(self, certificate: Path, key: Path, authority: Authority | None = None) -> None:
        """Load as ``load`` does."""
        self.load(certificate, key, authority)

    def load(self, certificate: Path, key: Path, authority: Authority | None = None) -> None:
        """Use these PEM files for connections that begin from now on.

        Clients are asked for a certificate of ``authority``, if there is one.
        ``certificate`` begins with the server's own and goes on with the chain towards the
        root. Open connections keep what they began with. Raises CertificateError, and then
        nothing has changed.
        """
        context = _make_context(certificate, key)
        if authority is not None:
            authority.admit(context)
        self._context, self.authority = context, authority

    def encrypted(self, factory: Factory[Any], reactor: PosixReactorBase) -> Factory[Any]:
        """Return ``factory`` with its connections encrypted from their first byte."""
        # This and the reactor declare their interfaces in zope's way, which mypy does not see.
        return TLSMemoryBIOFactory(self, False, factory, reactor)  # type: ignore[arg-type]

    def encrypt(self, connection: Server) -> None:
        """Have all that goes over ``connection`` from now on encrypted."""
        protocol = cast("Protocol", connection.protocol)
        producer, is_streaming = connection.producer, connection.streamingProducer
        connection.unregisterProducer()
        factory = TLSMemoryBIOFactory(self, False, None)  # type: ignore[arg-type]  # as above
        # The protocol has been connected, and is not to be told that it is once more.
        encrypted = factory.protocol(factory, protocol, False)
        connection.protocol = encrypted  # type: ignore[assignment]  # as above
        protocol.transport = encrypted  # type: ignore[assignment]  # as above
        encrypted.makeConnection(connection)
        encrypted.registerProducer(producer, is_streaming)

    def certified(self, connection: object) -> str:
        """Return the name that a connection's client is certified to have, or nothing.

        ``connection`` is whatever a transport has for a handle.
        """
        if self.authority is None or not isinstance(connection, SSL.Connection):
            return ""
        return self.authority.name_of(connection)

    def serverConnectionForTLS(self, _protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Return the state of one connection that begins now."""
        return SSL.Connection(self._context, None)


def load_authority(path: Path, named_in: NamedIn) -> Authority:
    """Return those who may certify clients, from a PEM file. Raises CertificateError."""
    try:
        return Authority(path, named_in)
    except OSError as error:
        raise CertificateError(f"cannot read the client_ca {path}: {error.strerror}") from error
    except ValueError as error:
        raise CertificateError(f"{path} holds no certificate in PEM form") from error


def expiry(certificate: Path) -> datetime:
    """Return until when the certificate in a PEM file is good. Raises CertificateError."""
    return _load_chain(certificate)[0].not_valid_after_utc


def _make_context(certificate: Path, key: Path) -> SSL.Context:
    chain = _load_chain(certificate)
    private = _load_key(key)
    if private.public_key() != chain[0].public_key():
        raise CertificateError(f"the key {key} does not belong to the certificate {certificate}")
    # pyOpenSSL takes these objects, and warns about its own; Twisted's annotations lag behind.
    options = CertificateOptions(
        privateKey=private,  # type: ignore[arg-type]
        certificate=chain[0],  # type: ignore[arg-type]
        extraCertChain=chain[1:],  # type: ignore[arg-type]
        insecurelyLowerMinimumTo=TLSVersion.TLSv1_2,
        # Who offers ALPN without it does not speak our HTTP (RFC 7301 section 3.2); LDAP clients
        # offer none.
        acceptableProtocols=[b"http/1.1"],
    )
    try:
        return options.getContext()
    except SSL.Error as error:
        reasons = "; ".join(reason for _, _, reason in error.args[0])
        raise CertificateError(f"cannot use the certificate {certificate}: {reasons}") from error


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"cannot read the {what} {path}: {error.strerror}") from error


def _load_chain(path: Path) -> list[Certificate]:
    pem = _read(path, "certificate")
    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateError(f"{path} holds no certificate in PEM form") from error


def _load_key(path: Path) -> _Key:
    pem = _read(path, "key")
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise CertificateError(f"the key {path} has a passphrase; store it without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"{path} holds no private key in PEM form") from error
    if not isinstance(key, _Key):
        raise CertificateError(f"the key {path} is none of RSA, ECDSA and Ed25519")
    return key
