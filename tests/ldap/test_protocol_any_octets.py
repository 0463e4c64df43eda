"""Whatever octets come, in whatever pieces: the protocol answers in LDAP or disconnects."""

# Twisted's failures carry no annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from dirserver.assembly import Services
from dirserver.ldap.factory import LDAPFactory
from dirserver.ldap.session import Context
from dirserver.tls import ServerTLS
from tests.ldap import wire
from tests.ldap.asking import paged, sorted_by, view
from tests.ldap.client import OctetClient, encode

REQUESTS = [
    encode(words, number)
    for number, words in enumerate(
        [
            'bind dn=alice password="correct horse"',
            "bind sasl=PLAIN",
            'search base=dc=example,dc=org filter="(&(cn=a*n)(|(sn>=b)(!(mobile=*))))"',
            "search base=ou=staff,dc=example,dc=org scope=one attributes=*,+,cn control=1.2.3",
            "search scope=base types_only",
            "compare dn=ou=staff,dc=example,dc=org attribute=ou value=staff",
            "delete dn=dc=example,dc=org",
            "modify dn=dc=example,dc=org",
            "extended oid=1.2.3.4",
            "abandon id=3",
            "starttls",
            "unbind",
        ],
        1,
    )
]
_SEARCH = wire.search("ou=staff,dc=example,dc=org", "(|(cn=*)(member=uid=a,ou=staff))")
REQUESTS += [
    wire.message(50 + number, _SEARCH, controls)
    for number, controls in enumerate(
        [
            [paged(2)],
            [paged(1, b"no cookie"), sorted_by("-sn:2.5.13.3", "cn")],
            [sorted_by("cn"), view(1, 1, offset=2, content=3)],
            [sorted_by("cn"), view(0, 2, value="d")],
            [wire.control("1.3.6.1.4.1.4203.1.10.1", critical=True, value=wire.boolean(True))],
        ]
    )
]
# What the server says in its own words; all else that it sends is the directory's.
WORDS = {
    "",
    "A name without a password is not a login.",
    "This directory is changed over CardDAV.",
    "This server speaks LDAP version 3.",
    "This server takes such a login over TLS only.",
}


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Requests with octets changed, put in, left out or doubled."""
    stream = bytearray(b"".join(draw(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=6))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(stream)))
        kind = draw(st.sampled_from(["change", "insert", "remove", "repeat"]))
        octets = draw(st.binary(min_size=1, max_size=3))
        if kind == "change":
            stream[at : at + len(octets)] = octets
        elif kind == "insert":
            stream[at:at] = octets
        elif kind == "remove":
            del stream[at : at + len(octets)]
        else:
            stream[at:at] = stream[max(0, at - 8) : at]
    return bytes(stream)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=st.one_of(mutated(), st.binary(max_size=60)), piece=st.integers(1, 40))
def test_no_octets_get_more_than_an_answer_or_a_goodbye(
    context: Context, organisation: Services, tls: ServerTLS, stream: bytes, piece: int
) -> None:
    client = OctetClient(
        lambda pool, reactor: LDAPFactory(context, pool, reactor, tls=tls), "198.18.255.1"
    )
    with capture_logs() as logs:
        sent = b"".join(client.feed(stream[at : at + piece]) for at in range(0, len(stream), piece))
        client.protocol.connectionLost(Failure(ConnectionDone()))
        client.settle()
    assert [one for one in logs if one["log_level"] == "error"] == []
    for response in wire.responses(sent):
        assert response.diagnostic in WORDS
        assert response.code != "other"
    assert organisation.store.connections_in_use == 0
    assert client.pending_calls() == []
    assert not re.search(rb"Traceback|Error:|/home|/work", sent)
