"""Long answers: sent while they are made, from one moment, in bounded memory, and given up."""

from __future__ import annotations

import gc
import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dirserver.assembly import Services
from dirserver.directory.intake.importing import import_cards
from dirserver_radicale.application import Application
from dirserver_radicale.packing import accepts_gzip
from dirserver_radicale.stream import MOST_HELD, SMALL
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES, multiget, propfind, query, sync
from tests.radicale.dav_client import DAVClient

CARDS = 1500
# Long enough that a mere listing of them is long.
NAME = "{:05}-" + "n" * 120
NOTE = "NOTE:" + "n" * 6000
EVERYTHING = sync().replace(
    b"<getetag/>", b'<getetag/><address-data xmlns="urn:ietf:params:xml:ns:carddav"/>'
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services with ten megabytes of cards in customers."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("streaming")))
    with services.directory.writing(ALICE, HERE) as writing:
        cards = [vcard(NAME.format(each), f"Number {each}", NOTE) for each in range(CARDS)]
        assert list(import_cards(writing, "customers", "test", cards))
    yield services
    services.store.close()


@pytest.fixture
def client(full: Services) -> DAVClient:
    """Alice, at the face of the full book."""
    return DAVClient(Application(full), "alice", files=FILES)


def begun(client: DAVClient, method: str, body: bytes, **headers: str) -> Any:
    """Return an answer that has begun, whose rest is still to be read."""
    environ = client._environ(method, "/alice/customers/", {"Depth": "1", **headers}, body)

    def start_response(status: str, _fields: object, _exc: object = None) -> Callable[..., object]:
        assert status.startswith("20")
        return lambda _: None

    return client.application(environ, start_response)


REQUESTS = [
    ("PROPFIND", FILES["etag.xml"]),
    ("PROPFIND", propfind("getetag", "getcontentlength", "getlastmodified")),
    ("REPORT", FILES["sync.xml"]),
    ("REPORT", EVERYTHING),
    ("REPORT", query("")),
    ("REPORT", multiget(*(f"/alice/customers/{NAME.format(each)}.vcf" for each in range(CARDS)))),
    ("GET", b""),
]


@pytest.mark.parametrize(("method", "body"), REQUESTS)
def test_a_long_answer_comes_in_pieces_and_all_of_it(
    client: DAVClient, method: str, body: bytes
) -> None:
    answer = begun(client, method, body)
    pieces = list(answer)
    answer.close()
    assert len(pieces) > 4
    assert max(map(len, pieces)) < 2 * SMALL
    whole = b"".join(pieces)
    assert whole.count(b"BEGIN:VCARD") in (0, CARDS)
    if method == "GET":
        assert whole.endswith(b"END:VCARD\r\n")
    else:
        assert whole.count(b"<href>/alice/customers/0") == CARDS
        assert whole.endswith(b"</multistatus>\n")


@pytest.mark.parametrize(("method", "body"), [REQUESTS[0], REQUESTS[3], REQUESTS[6]])
def test_a_long_answer_takes_little_memory(client: DAVClient, method: str, body: bytes) -> None:
    """What a hundred cards take, and not what all of them do."""
    client.say(["PROPFIND /alice/customers/", "Depth: 0"])
    tracemalloc.start()
    answer = begun(client, method, body)
    size = sum(map(len, answer))
    answer.close()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 250_000
    assert peak < 2_500_000


def test_a_long_answer_tells_of_one_moment(client: DAVClient, full: Services) -> None:
    """What happens while it is sent is in the next one."""
    answer = begun(client, "PROPFIND", FILES["etag.xml"])
    pieces = iter(answer)
    first = next(pieces)
    assert client.send("PUT", "/alice/customers/zzz", {}, FILES["anna.vcf"]).status == 201
    rest = b"".join(pieces)
    answer.close()
    assert b"/zzz<" not in first + rest
    assert b"/zzz<" in client.send("PROPFIND", "/alice/customers/", {"Depth": "1"}).body
    assert client.send("DELETE", "/alice/customers/zzz", {}).status == 204


@pytest.mark.parametrize(("method", "body"), REQUESTS)
def test_a_client_that_goes_away_leaves_no_snapshot_open(
    client: DAVClient, full: Services, caplog: pytest.LogCaptureFixture, method: str, body: bytes
) -> None:
    before = full.store.connections_in_use
    answer = begun(client, method, body)
    # Far enough that a cursor is open amid its rows.
    pieces = iter(answer)
    for _ in range(4):
        next(pieces)
    # A search is at an end before any of it is sent, lest it wait for the client.
    assert full.store.connections_in_use == before + (b"prop-filter" not in body)
    answer.close()
    assert full.store.connections_in_use == before
    # What is still held would stumble over this, as it did when the server stopped.
    full.store.close()
    del answer, pieces
    gc.collect()
    assert "Error" not in caplog.text


def test_clients_that_read_slowly_do_not_take_every_connection(
    client: DAVClient, full: Services
) -> None:
    """What is told to them does not depend on how many there are."""
    before = full.store.connections_in_use
    answers = [begun(client, "REPORT", EVERYTHING) for _ in range(MOST_HELD + 2)]
    assert full.store.connections_in_use == before + MOST_HELD
    first, last = b"".join(answers[0]), b"".join(answers[-1])
    assert first == last
    for answer in answers:
        answer.close()
        answer.close()
    assert full.store.connections_in_use == before
    again = begun(client, "REPORT", EVERYTHING)
    assert full.store.connections_in_use == before + 1
    again.close()


@pytest.mark.parametrize(("method", "body"), [REQUESTS[0], REQUESTS[6]])
def test_a_long_answer_is_compressed_when_asked(
    client: DAVClient, method: str, body: bytes
) -> None:
    """RFC 9110 section 12.5.5: caches are told that it depends on who asks."""
    plain = client.send(method, "/alice/customers/", {"Depth": "1"}, body)
    assert "Accept-Encoding" in plain.headers["Vary"].split(", ")
    assert "Content-Encoding" not in plain.headers
    packed = b"".join(begun(client, method, body, **{"Accept-Encoding": "br, gzip;q=0.8"}))
    assert gzip.decompress(packed) == plain.body
    assert len(packed) < len(plain.body) / 4
    refusing = {"Depth": "1", "Accept-Encoding": "gzip;q=0"}
    assert client.send(method, "/alice/customers/", refusing, body).body == plain.body


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP, br", True),
        ("deflate, gzip;q=1.0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
        ("x-gzip", True),
    ],
)
def test_gzip_is_accepted_as_clients_write_it(header: str, accepted: bool) -> None:
    assert accepts_gzip({"HTTP_ACCEPT_ENCODING": header}) is accepted
