"""Who a client is by its certificate, where the operator trusts an authority to say so."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from cryptography.x509 import (
    Certificate,
    ExtendedKeyUsage,
    ExtensionNotFound,
    RFC822Name,
    SubjectAlternativeName,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError

_ANY_USAGE = "2.5.29.37.0"


class NamedIn(StrEnum):
    """The part of a certificate that names a login, or its mail address."""

    CN = "cn"
    UID = "uid"
    MAIL = "mail"


class Authority:
    """Those who may certify clients, and where in a certificate the client's name is."""

    def __init__(self, path: Path, named_in: NamedIn) -> None:
        """Load the certificates in the PEM file at ``path``. Raises OSError, ValueError."""
        self.certificates = load_pem_x509_certificates(path.read_bytes())
        self._store = X509Store()
        for one in self.certificates:
            self._store.add_cert(X509.from_cryptography(one))
        self._named_in = named_in

    def admit(self, context: SSL.Context) -> None:
        """Have clients asked for a certificate, which they need not have.

        Some telephones send one of their maker's to whoever asks. That is no reason not to talk
        to them, so any is taken here; ``name_of`` looks at who it is from.
        """
        context.set_verify(SSL.VERIFY_PEER, lambda *_what: True)
        context.set_session_id(b"dirserver")
        for one in self.certificates:
            context.add_client_ca(one)

    def name_of(self, connection: SSL.Connection) -> str:
        """Return the name in the client's certificate; nothing unless it is good for that."""
        certificate = connection.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return ""
        chain = connection.get_peer_cert_chain(as_cryptography=True) or []
        others = [X509.from_cryptography(one) for one in chain[1:]]
        asked = X509StoreContext(self._store, X509.from_cryptography(certificate), others)
        try:
            asked.verify_certificate()
        except X509StoreContextError:
            return ""
        return _name(certificate, self._named_in) if _is_for_clients(certificate) else ""


def _is_for_clients(certificate: Certificate) -> bool:
    """Say whether it may be used by a client (RFC 5280 section 4.2.1.12)."""
    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return True
    except ValueError:
        return False
    return any(
        one == ExtendedKeyUsageOID.CLIENT_AUTH or one.dotted_string == _ANY_USAGE for one in usage
    )


def _name(certificate: Certificate, named_in: NamedIn) -> str:
    """Return the one name that the certificate has there; of several none is meant."""
    if named_in is NamedIn.MAIL:
        try:
            names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
            found = [str(one) for one in names.get_values_for_type(RFC822Name)]
        except (ExtensionNotFound, ValueError):
            found = []
    else:
        oid = NameOID.COMMON_NAME if named_in is NamedIn.CN else NameOID.USER_ID
        found = [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
    return found[0] if len(found) == 1 else ""
