"""What must hold whatever octets come: for the fuzzer, and for the streams that it has found.

A stream is what one client sends. Its first octet says in which pieces the rest comes.
"""

# Twisted's failures carry no annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from structlog.testing import capture_logs
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from dirserver.assembly import Services
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.framing import Framer
from dirserver.ldap.codec.layouts import Layouts
from dirserver.ldap.codec.messages import MalformedMessage, SearchRequest, render
from dirserver.ldap.diagnosis.masking import masked_dn, masked_filter
from dirserver.ldap.diagnosis.reasons import Cause, diagnose
from dirserver.ldap.diagnosis.recent import Heard, Recent, as_json, from_json
from dirserver.ldap.diagnosis.replaying import replay
from dirserver.ldap.factory import LDAPFactory
from dirserver.ldap.session import Context
from dirserver.ldap.settings import ConnectionLimits, LDAPSettings
from tests.ldap import wire
from tests.ldap.client import OctetClient
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config

# In a book that nobody sees but alice, whose password is in no stream.
SECRET = b"Unseen"
_SUFFIX = "dc=example,dc=org"
_LIMITS = ConnectionLimits()


class Target:
    """The face of a small organisation, which takes streams of octets."""

    def __init__(self, services: Services) -> None:
        """Serve ``services`` to everybody who comes."""
        settings = LDAPSettings(
            _SUFFIX, "Example GmbH", anonymous=True, plan=services.deriver.plan, starttls=True
        )
        self._services = services
        self._context = Context(services.directory, services.authenticator, settings)
        self._numbers = count()
        self._layouts = Layouts()

    def take(self, stream: bytes) -> bytes:
        """Return what a client is sent for ``stream``. Raises AssertionError if that is wrong."""
        # One who fails to log in is not to be in the way of the next.
        number = next(self._numbers)
        address = f"10.20.{number // 250 % 250}.{number % 250 + 1}"
        recent = Recent()
        client = OctetClient(
            lambda pool, reactor: LDAPFactory(
                self._context,
                pool,
                reactor,
                tell=lambda session, _began: recent.answered(session),
                misheard=recent.misheard,
            ),
            address,
        )
        piece, octets = (stream[0] or 256, stream[1:]) if stream else (1, b"")
        with capture_logs() as logs:
            sent = b"".join(
                client.feed(octets[at : at + piece]) for at in range(0, len(octets), piece)
            )
            client.protocol.connectionLost(Failure(ConnectionDone()))
            client.settle()
        assert [one for one in logs if one["log_level"] == "error"] == []
        known = {0, *self._ids(octets)}
        for response in wire.responses(sent):
            assert response.id in known
            assert response.code != "other"
        assert SECRET not in sent
        assert client.pending_calls() == []
        assert self._services.store.connections_in_use == 0
        for heard in from_json(as_json(recent.of(address))):
            self._diagnose(heard)
        return sent

    def _ids(self, octets: bytes) -> Iterator[int]:
        """Yield the ids of the requests in a stream, as far as it is one."""
        framer = Framer(_LIMITS.message_after_bind)
        try:
            for message in framer.feed(octets):
                try:
                    alone = decode_message(message)
                    # What was sent before must not make anything else of it.
                    assert self._layouts.decode(message) == alone
                    yield alone.id
                except MalformedMessage as error:
                    if error.envelope is None:
                        return
                    yield error.envelope.id
        except MalformedMessage:
            return

    def _diagnose(self, heard: Heard) -> None:
        """Ask why a request went as it did, which must not fail either."""
        message = decode_message(heard.octets) if heard.octets else None
        if message is None or not isinstance(message.op, SearchRequest):
            assert diagnose(heard, None, None) in Cause
            return
        masked_filter(render(message.op.filter))
        masked_dn(message.op.base)
        tally = replay(message.op, heard, self._context.directory, self._context.settings)
        assert diagnose(heard, message.op, tally) in Cause


@contextmanager
def target(directory: Path) -> Iterator[Target]:
    """Set up the organisation in ``directory``."""
    services = open_organisation(write_config(directory))
    try:
        with services.directory.writing(ALICE, HERE) as writing:
            tel = "TEL;TYPE=CELL:+49 170 1234567"
            writing.put_card("customers", "a.vcf", vcard("a", "Anna Müller", tel, "NOTE:x"))
            writing.put_card("customers", "b.vcf", vcard("b", "Иван Петров", "TEL:030 1234-567"))
            writing.put_card("secret", "s.vcf", vcard("s", f"{SECRET.decode()} Person", tel))
        yield Target(services)
    finally:
        services.close()
