"""When the database does not answer, clients are told to come again, whatever they asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.faults import BEGIN, COMMIT, STATEMENT, Faults
from tests.organisation import open_organisation, write_config
from tests.postgresql import Server, fresh_database
from tests.radicale.bodies import FILES, multiget, prop_filter, query
from tests.radicale.dav_client import DAVClient

CHANGED = FILES["anna.vcf"].replace(b"END:VCARD", b"NOTE:changed\r\nEND:VCARD")
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


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("point", [BEGIN, STATEMENT, COMMIT])
def test_a_failure_at_any_moment_is_503_and_leaves_nothing_half_done(
    alice: DAVClient, services: Services, point: str, method: str, path: str, body: bytes
) -> None:
    """RFC 9110 section 15.6.4, with Retry-After; a 500 would make some clients give up."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    try_at_each(alice, Faults(services.store), point, method, path, body)


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [("PUT", "bert", FILES["bert.vcf"]), ("PUT", "anna", CHANGED), ("DELETE", "anna", b"")],
)
def test_a_server_that_hangs_up_at_any_moment_of_a_write_leaves_nothing_half_done(
    postgresql_server: Server, tmp_path: Path, method: str, name: str, body: bytes
) -> None:
    with fresh_database(postgresql_server) as url:
        services = open_organisation(write_config(tmp_path, url))
        alice = DAVClient(Application(services), "alice", files=FILES)
        faults = Faults(services.store)
        path = f"/alice/customers/{name}.vcf"
        for point in (STATEMENT, COMMIT):
            restore(alice, path)
            assert try_at_each(alice, faults, point, method, path, body) >= 1
        services.store.close()


def restore(alice: DAVClient, path: str) -> None:
    """See to it that there is anna and nobody else."""
    for other in {path, "/alice/staff/x.vcf"}:
        if other.endswith(".vcf"):
            assert alice.send("DELETE", other, {}).status in (204, 403, 404)
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])


def try_at_each(
    alice: DAVClient, faults: Faults, point: str, method: str, path: str, body: bytes
) -> int:
    """Have the database fail at each of the times that a request comes to ``point``.

    Return how many there are.
    """
    sync = ["REPORT /alice/customers/", "<sync.xml"]
    before = alice.say(sync)
    headers = {"Depth": "1", "Destination": "/alice/staff/x.vcf"}
    for after in range(120):
        with faults.at(point, after) as calls:
            answer = alice.send(method, path, headers, body)
        if calls[0] <= after:
            assert answer.status < 500
            return after
        if answer.status != 503:
            # It was a look at what had not changed, or a connection that could be replaced.
            assert answer.status < 500
            restore(alice, path)
            before = alice.say(sync)
            continue
        assert answer.headers["Retry-After"] == "30"
        assert b"secret" not in answer.body
        assert b"disk" not in answer.body
        assert alice.say(sync) == before
    raise AssertionError("the request never came to its end")


def test_a_login_is_not_refused_when_it_cannot_be_looked_at(
    alice: DAVClient, services: Services
) -> None:
    """A 401 would make clients ask the person for another password."""
    faults = Faults(services.store)
    with faults.at(BEGIN, 0):
        assert alice.send("PROPFIND", "/", {"Depth": "0"}).status == 503
    assert alice.send("PROPFIND", "/", {"Depth": "0"}).status == 207
