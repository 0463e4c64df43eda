"""The bind operation (RFC 4511 section 4.2, RFC 4513 section 5): who a client is."""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.directory import Authenticator
from dirserver.errors import InvalidCredentials, NotAtOnce
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import BindRequest, SASLAuthentication, SimpleAuthentication
from dirserver.ldap.dit import dn
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.principal import ANONYMOUS, Client, Principal

PLAIN = "PLAIN"
EXTERNAL = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known of a connection: where it comes from, and what TLS says of it.

    ``certified`` is the name in a certificate of the client's that is to be trusted, if any.
    """

    client: Client
    secure: bool
    certified: str = ""


def mechanisms(*, secure: bool, certified: bool) -> tuple[str, ...]:
    """Return the SASL mechanisms that a client may use: none of them without TLS."""
    if not secure:
        return ()
    return (PLAIN, EXTERNAL) if certified else (PLAIN,)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a bind leads to; ``by_password`` unless a certificate did it."""

    code: ResultCode
    principal: Principal = ANONYMOUS
    diagnostic: str = ""
    by_password: bool = True


def bind(
    request: BindRequest,
    connection: Connection,
    authenticator: Authenticator,
    settings: LDAPSettings,
    *,
    at_once: bool = False,
) -> Bound:
    """Return who the client is from now on. Raises InvalidCredentials and StoreUnavailable.

    With ``at_once`` only a login that is remembered succeeds; else it raises NotAtOnce.
    """
    if request.version != 3:
        said = "This server speaks LDAP version 3."
        return Bound(ResultCode.PROTOCOL_ERROR, diagnostic=said)
    match request.authentication:
        case SimpleAuthentication(password):
            return _simple(request.name, password, connection, authenticator, settings, at_once)
        case _ if at_once:
            raise NotAtOnce
        case SASLAuthentication(mechanism, credentials):
            return _sasl(mechanism.upper(), credentials or b"", connection, authenticator)
        case _:
            return Bound(ResultCode.AUTH_METHOD_NOT_SUPPORTED)


def _simple(
    name: str,
    password: bytes,
    connection: Connection,
    authenticator: Authenticator,
    settings: LDAPSettings,
    at_once: bool,  # as in ``bind``
) -> Bound:
    if not password:
        if not name:
            # Even where nobody may search without a name, the root DSE may be read.
            return Bound(ResultCode.SUCCESS)
        # A name without a password is nobody (RFC 4513 section 5.1.2).
        said = "A name without a password is not a login."
        return Bound(ResultCode.UNWILLING_TO_PERFORM, diagnostic=said)
    if not connection.secure and not settings.plaintext_bind(connection.client.address):
        said = "This server takes passwords over TLS only."
        return Bound(ResultCode.CONFIDENTIALITY_REQUIRED, diagnostic=said)
    try:
        login, secret = dn.bind_name(name), password.decode()
    except UnicodeDecodeError:
        return Bound(ResultCode.INVALID_CREDENTIALS)
    client = connection.client
    principal = authenticator.authenticate(login, secret, client, at_once=at_once)
    return Bound(ResultCode.SUCCESS, principal)


def _sasl(
    mechanism: str, credentials: bytes, connection: Connection, authenticator: Authenticator
) -> Bound:
    if mechanism not in (PLAIN, EXTERNAL):
        return Bound(ResultCode.AUTH_METHOD_NOT_SUPPORTED)
    if not connection.secure:
        said = "This server takes such a login over TLS only."
        return Bound(ResultCode.CONFIDENTIALITY_REQUIRED, diagnostic=said)
    try:
        said = credentials.decode()
    except UnicodeDecodeError:
        return Bound(ResultCode.INVALID_CREDENTIALS)
    if mechanism == EXTERNAL:
        # RFC 4422 appendix A: all that the client says is as whom it wants to act.
        if not connection.certified:
            return Bound(ResultCode.INAPPROPRIATE_AUTHENTICATION)
        principal = authenticator.vouched(connection.certified, connection.client)
        acts_as = said
    else:
        # RFC 4616 section 2: as whom, by which name, with which password.
        parts = said.split("\0")
        if len(parts) != 3:
            return Bound(ResultCode.PROTOCOL_ERROR)
        acts_as, name, secret = parts
        principal = authenticator.authenticate(dn.bind_name(name), secret, connection.client)
    if not _is(principal, acts_as):
        raise InvalidCredentials(f"{principal.login} may act as nobody else")
    return Bound(ResultCode.SUCCESS, principal, by_password=mechanism != EXTERNAL)


def _is(principal: Principal, authzid: str) -> bool:
    """Say whether an authorization identity (RFC 4513 section 5.2.1.8) is the principal's own."""
    if not authzid:
        return True
    kind, colon, name = authzid.partition(":")
    if not colon or kind not in ("dn", "u"):
        name = authzid
    return dn.bind_name(name).lower() in (principal.login, principal.mail.lower())
