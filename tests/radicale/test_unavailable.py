"""When the database does not answer, clients are told to come again, whatever they asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from dirserver.assembly import Services
from tests.radicale.bodies import FILES, multiget, prop_filter, query
from tests.radicale.dav_client import DAVClient

RENAME = (
    b'<propertyupdate xmlns="DAV:"><set><prop><displayname>X</displayname></prop></set>'
    b"</propertyupdate>"
)
REQUESTS = [
    ("GET", "/alice/customers/anna.vcf", b""),
    ("HEAD", "/alice/customers/anna.vcf", b""),
    ("GET", "/alice/customers/", b""),
    ("PUT", "/alice/customers/bert.vcf", FILES["bert.vcf"]),
    ("PUT", "/bob/customers/bert.vcf", FILES["bert.vcf"]),
    ("DELETE", "/alice/customers/anna.vcf", b""),
    ("DELETE", "/alice/customers/", b""),
    ("MOVE", "/alice/customers/anna.vcf", b""),
    ("PROPFIND", "/", FILES["principal.xml"]),
    ("PROPFIND", "/alice/", FILES["books.xml"]),
    ("PROPFIND", "/alice/customers/", b""),
    ("PROPFIND", "/alice/customers/anna.vcf", FILES["privileges.xml"]),
    ("REPORT", "/alice/customers/", FILES["sync.xml"]),
    ("REPORT", "/alice/customers/", multiget("/alice/customers/anna.vcf")),
    ("REPORT", "/alice/customers/", query(prop_filter("FN", "anna"))),
    ("REPORT", "/alice/customers/anna.vcf", query(prop_filter("TEL", "1"))),
    ("COPY", "/alice/customers/anna.vcf", b""),
    ("PROPPATCH", "/alice/customers/", RENAME),
    ("PROPPATCH", "/alice/", RENAME),
    ("MKCOL", "/alice/new/", b""),
    ("REPORT", "/alice/", b'<principal-search-property-set xmlns="DAV:"/>'),
    ("OPTIONS", "/alice/", b""),
]


@contextmanager
def failing(services: Services, point: str, after: int) -> Iterator[list[int]]:
    """Let the database fail, after some successes, at what the engine calls ``point``."""
    calls = [0]

    def fail(*_arguments: object) -> None:
        calls[0] += 1
        if calls[0] > after:
            raise OperationalError("SELECT secret", {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(services.store.engine, point, fail)
    try:
        yield calls
    finally:
        event.remove(services.store.engine, point, fail)


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("point", ["begin", "before_cursor_execute"])
def test_a_failure_at_any_moment_is_503_and_leaves_nothing_half_done(
    alice: DAVClient, services: Services, point: str, method: str, path: str, body: bytes
) -> None:
    """RFC 9110 section 15.6.4, with Retry-After; a 500 would make some clients give up."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    before = alice.say(["REPORT /alice/customers/", "<sync.xml"])
    headers = {"Depth": "1", "Destination": "/alice/staff/x.vcf"}
    for after in range(60):
        with failing(services, point, after) as calls:
            answer = alice.send(method, path, headers, body)
        if calls[0] <= after:
            break
        if method != "OPTIONS" or answer.status != 200:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "30"
            assert b"secret" not in answer.body
            assert b"disk" not in answer.body
        assert alice.say(["REPORT /alice/customers/", "<sync.xml"]) == before
    else:
        pytest.fail("the request never came to its end")
    assert answer.status < 500


def test_a_login_is_not_refused_when_it_cannot_be_looked_at(
    alice: DAVClient, services: Services
) -> None:
    """A 401 would make clients ask the person for another password."""
    with failing(services, "begin", 0):
        assert alice.send("PROPFIND", "/", {"Depth": "0"}).status == 503
    assert alice.send("PROPFIND", "/", {"Depth": "0"}).status == 207
