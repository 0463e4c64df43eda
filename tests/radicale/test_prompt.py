"""Polls and a few cards are answered without a thread, and nothing else is.

That such an answer is what the Application would say, every ``DAVClient`` looks after.
"""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from dirserver.assembly import Services
from dirserver.errors import NotAtOnce
from dirserver_radicale.application import Application
from tests.directory.acts import import_all
from tests.organisation import vcard
from tests.radicale.bodies import multiget, propfind, sync
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_audit import told, trail

BOOK = "/carol/customers/"
STATE = propfind("resourcetype", "displayname", "CS:getctag", "sync-token")


@pytest.mark.parametrize(
    ("path", "depth"), [("/", "0"), ("/carol", "0"), ("/carol/", "1"), (BOOK, "0")]
)
def test_what_a_poll_looks_at_is_told_at_once(carol: DAVClient, path: str, depth: str) -> None:
    assert carol.send("PROPFIND", path, {"Depth": depth}, STATE).status == 207
    assert carol.told_at_once == 1


def test_few_changes_are_told_at_once_and_many_are_not(
    carol: DAVClient, services: Services
) -> None:
    token = carol.say([f"PROPFIND {BOOK}", "Depth: 0", "<token.xml"])[1].rpartition(" = ")[2]
    heard = []
    for number in (0, 3, 300):
        import_all(services, [vcard(f"c{number}-{n}", f"Card {n}") for n in range(number)])
        before = carol.told_at_once
        answer = carol.send("REPORT", BOOK, {}, sync(token))
        heard.append((answer.body.count(b"<response>"), carol.told_at_once - before))
    assert heard == [(0, 1), (3, 1), (303, 0)]


def test_a_card_is_told_at_once_if_it_is_as_it_was_stored(carol: DAVClient) -> None:
    alice = DAVClient(carol.application, "alice")
    card = "/alice/customers/anna.vcf"
    alice.send("PUT", card, {}, vcard("anna", "Anna Beispiel"))
    found = alice.send("GET", card, {})
    assert found.status == 200
    assert alice.send("GET", card, {"If-None-Match": found.headers["ETag"]}).status == 304
    assert alice.told_at_once == 2
    assert alice.send("GET", card, {"Accept": "text/vcard;version=4.0"}).status == 200
    # From her, properties are hidden.
    assert carol.send("GET", f"{BOOK}anna.vcf", {}).status == 200
    assert (alice.told_at_once, carol.told_at_once) == (2, 0)


def test_a_few_cards_are_told_at_once_if_they_are_small(carol: DAVClient) -> None:
    """Of one that is not, no byte is read in the thread that everybody waits for."""
    alice = DAVClient(carol.application, "alice")
    book = "/alice/customers/"
    for name in ("anna", "bert"):
        alice.send("PUT", f"{book}{name}.vcf", {}, vcard(name, name.title()))
    asked = [f"{book}{name}.vcf" for name in ("anna", "nobody", "bert")]
    answer = alice.send("REPORT", book, {}, multiget(*asked))
    assert (answer.body.count(b"BEGIN:VCARD"), alice.told_at_once) == (2, 1)
    many = multiget(*asked, *(f"{book}{number}.vcf" for number in range(20)))
    new = multiget(*asked).replace(b"address-data", b'address-data version="4.0"')
    for body in (many, new):
        assert alice.send("REPORT", book, {}, body).body.count(b"BEGIN:VCARD") == 2
    large = vcard("anna", "Anna", "NOTE:" + "a" * 2_000_000)
    assert alice.send("PUT", asked[0], {}, large).status == 204
    for method, path, body in (("GET", asked[0], b""), ("REPORT", book, multiget(*asked))):
        assert len(alice.send(method, path, {}, body).body) > 2_000_000
        environ = alice._environ(method, path, {}, body)
        assert isinstance(alice.application, Application)
        tracemalloc.start()
        with pytest.raises(NotAtOnce):
            alice.application.prompt(environ, lambda *_: None)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()
    assert alice.told_at_once == 1


@pytest.mark.parametrize(
    ("request_line", "depth", "body"),
    [
        (f"PROPFIND {BOOK}", "1", STATE),
        (f"PROPFIND {BOOK}", "infinity", STATE),
        (f"PROPFIND {BOOK}?a", "0", STATE),
        ("PROPFIND /carol/./customers/", "0", STATE),
        ("PROPFIND /.well-known/carddav", "0", STATE),
        (f"PROPFIND {BOOK}", "0", b"<propfind/>"),
        (f"REPORT {BOOK}", "0", sync()),
        (f"REPORT {BOOK}", "0", multiget(f"{BOOK}a.vcf")),
        (f"GET {BOOK}a.vcf", "0", b""),
        (f"OPTIONS {BOOK}", "0", b""),
    ],
)
def test_what_may_take_longer_is_left_to_a_thread(
    carol: DAVClient, request_line: str, depth: str, body: bytes
) -> None:
    method, path = request_line.split()
    carol.send(method, path, {"Depth": depth}, body)
    assert carol.told_at_once == 0


def test_who_is_not_known_yet_is_left_to_a_thread(carol: DAVClient, services: Services) -> None:
    """To look at a password takes long, and a failure is counted and told of."""
    for client in (carol, DAVClient(carol.application, "carol", "not it")):
        environ = client._environ("PROPFIND", BOOK, {"Depth": "0"}, STATE)
        assert isinstance(client.application, Application)
        with pytest.raises(NotAtOnce):
            client.application.prompt(environ, lambda *_: None)
    assert trail(services) == []


def test_what_is_refused_is_told_of_once(carol: DAVClient, services: Services) -> None:
    heard = carol.send("PROPFIND", "/carol/secret/", {"Depth": "0"}, STATE)
    assert (heard.status, carol.told_at_once) == (403, 0)
    (event,) = trail(services)
    assert told(event) == "carol card:read refused secret/ no grant of read on secret"


def test_a_poll_is_compressed_for_who_wants_that(carol: DAVClient) -> None:
    plain = carol.send("PROPFIND", BOOK, {"Depth": "0"}, STATE)
    packed = carol.send("PROPFIND", BOOK, {"Depth": "0", "Accept-Encoding": "gzip"}, STATE)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert carol.told_at_once == 2
