"""Clients of the LDAP face, for conversations with a session and with the protocol."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import trustme

from dirserver.assembly import Services
from dirserver.ldap.factory import LDAPFactory, LDAPSFactory
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import ConnectionLimits, LDAPSettings
from dirserver.tls import ServerTLS
from tests.ldap import crowd, people
from tests.ldap.client import Client, OctetClient, SessionClient
from tests.ldap.serving import Serving, start
from tests.organisation import PASSWORD, open_organisation, write_config
from tests.reactor import ReactorThread, reactor_thread

__all__ = ["reactor_thread"]

Connect = Callable[..., Client]

# Failed logins are counted by address, so every client that does not care has one of its own.
_ADDRESSES = (f"198.18.{number // 250}.{number % 250 + 1}" for number in count())


@pytest.fixture(scope="session")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The organisation with people in its books; the LDAP face cannot change it."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("ldap")))
    people.fill(services)
    yield services
    services.store.close()


@pytest.fixture(scope="session")
def context(organisation: Services) -> Context:
    """What the face answers from."""
    settings = LDAPSettings(
        suffix="dc=example,dc=org",
        organisation="Example GmbH",
        anonymous=True,
        max_hits=5,
        plan=organisation.deriver.plan,
        starttls=True,
    )
    return Context(organisation.directory, organisation.authenticator, settings)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who the face's certificate is from."""
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> ServerTLS:
    """The face's side of TLS."""
    directory = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    _write(certificate, *(blob.bytes() for blob in issued.cert_chain_pems))
    _write(key, issued.private_key_pem.bytes())
    return ServerTLS(certificate, key)


def _write(path: Path, *parts: bytes) -> None:
    path.write_bytes(b"".join(parts))


@pytest.fixture(params=["session", "octets"])
def ldap(
    request: pytest.FixtureRequest, organisation: Services, context: Context, tls: ServerTLS
) -> Connect:
    """A function that connects a client: to a session, and again to the protocol by octets.

    With ``login`` the client is bound already. What else it is given changes the settings.
    """

    def connect(
        login: str = "", *, address: str = "", secure: bool = False, **settings: object
    ) -> Client:
        changed = replace(context, settings=replace(context.settings, **settings))  # type: ignore[arg-type]  # any of them
        address = address or next(_ADDRESSES)
        if request.param == "session":
            session = LDAPSession(lambda: changed, address, secure=secure)
            client: Client = SessionClient(session, turn=organisation.store.turn)
        else:
            kind = LDAPSFactory if secure else LDAPFactory
            client = OctetClient(
                lambda pool, reactor: kind(changed, pool, reactor, tls=tls), address
            )
        if login:
            said = client.say([f'bind dn={login} password="{PASSWORD}"'])
            assert said == ["BindResponse success"]
        return client

    return connect


@pytest.fixture
def serve(
    reactor_thread: ReactorThread, context: Context, tls: ServerTLS
) -> Iterator[Callable[..., Serving]]:
    """A function that serves the face on a socket until the test ends."""
    servings: list[Serving] = []

    def serve_face(
        other: Context | None = None,
        *,
        ldaps: bool = False,
        tls: ServerTLS | None = tls,
        **limits: float,
    ) -> Serving:
        changed = replace(ConnectionLimits(), **limits)  # type: ignore[arg-type]  # any of them
        serving = start(reactor_thread, other or context, changed, tls, ldaps=ldaps)
        servings.append(serving)
        return serving

    yield serve_face
    for serving in servings:
        serving.close()


@pytest.fixture(scope="session")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """The client's side of TLS."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return trust


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The organisation with a crowd of customers and nobody else."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("crowd")))
    crowd.fill(services)
    yield services
    services.store.close()
