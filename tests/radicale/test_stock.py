"""The plugins under the stock ``radicale`` command, a process of its own.

What Radicale answers by itself is its own; what is kept, shown and refused is ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.directory.access.devices import release, stopped
from dirserver.directory.access.granting import give, take
from dirserver.model.grant import Grant, Privilege
from dirserver_radicale.tree import tokens
from tests.conversation import play
from tests.organisation import ADMIN, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES, multiget, prop_filter, propfind, query, sync
from tests.radicale.dav_client import DAVClient
from tests.radicale.stock import OverHTTP, running_radicale
from tests.radicale.test_audit import told, trail

CARDS = {
    **FILES,
    # vobject would refuse or change each of these, or never come to an end with it.
    "odd.vcf": vcard(
        "odd", r"Jim\,my", "PHOTO:data:image/jpeg;base64,/9j/4A==", "TEL;CELL;VOICE:1", "GENDER:O;x"
    ),
    "hangs.vcf": vcard("hang", "Hanna Hang", "TEL;A" + "=a" * 40 + ";X/Y=1:+49 30 1234567"),
    "nameless.vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:1\r\nEND:VCARD\r\n",
    "nameless2.vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:2\r\nEND:VCARD\r\n",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The organisation's services, for a look at what the process has done."""
    found = open_organisation(write_config(tmp_path_factory.mktemp("stock")))
    yield found
    found.store.close()


@pytest.fixture(scope="module")
def server(services: Services) -> Iterator[OverHTTP]:
    """The process; starting it takes a second or two, so the tests here share it."""
    with running_radicale(services.config.path) as running:
        yield running


@pytest.fixture
def alice(server: OverHTTP) -> Iterator[DAVClient]:
    """Alice, whose books are empty again afterwards."""
    client = DAVClient(server, "alice", files=CARDS)
    yield client
    for book in ("customers", "staff"):
        for line in client.say([f"PROPFIND /alice/{book}/", "Depth: 1", "<etag.xml"])[2:]:
            assert client.say([f"DELETE {line.split(' ')[0]}"])[0] == "200"


def test_a_client_finds_its_books(alice: DAVClient, server: OverHTTP) -> None:
    play(
        alice,
        """
        C: PROPFIND /
           Depth: 0
           <principal.xml
        S: 207
           / 200 current-user-principal = /alice/
        C: PROPFIND /alice
           Depth: 1
           <types.xml
        S: 207
           /alice/ 200 resourcetype = principal collection
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/secret/ 200 resourcetype = addressbook collection
           /alice/staff/ 200 resourcetype = addressbook collection
        """,
    )
    dave = DAVClient(server, "dave", files=FILES)
    assert dave.say(["PROPFIND /dave/", "Depth: 1", "<types.xml"])[2:] == [
        "/dave/staff/ 200 resourcetype = addressbook collection"
    ]


@pytest.mark.parametrize("name", ["anna", "cora", "odd", "hangs", "nameless"])
def test_what_is_put_comes_back_byte_for_byte(alice: DAVClient, name: str) -> None:
    began = time.perf_counter()
    play(
        alice,
        f"""
        C: PUT /alice/customers/{name}
           Content-Type: text/vcard; charset="utf-8"
           <{name}.vcf
        S: 201
           ETag: $etag
        C: GET /alice/customers/{name}
        S: 200
           ETag: $etag
           <{name}.vcf
        C: PUT /alice/customers/{name}
           If-Match: $etag
           <{name}.vcf
        S: 204
           ETag: $etag
        C: MOVE /alice/customers/{name}
           Destination: /alice/customers/{name}.moved
        S: 201
        C: GET /alice/customers/{name}.moved
        S: 200
           ETag: $etag
           <{name}.vcf
        """,
    )
    body = multiget(f"/alice/customers/{name}.moved")
    lines = CARDS[f"{name}.vcf"].decode().replace("\r\n", "\n").encode()
    assert lines in alice.send("REPORT", "/alice/customers/", {}, body).body.replace(b"\r\n", b"\n")
    assert time.perf_counter() - began < 60


def test_a_card_without_a_uid_is_changed_in_place(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/n
           <nameless.vcf
        S: 201
           ETag: $_
        C: PUT /alice/customers/n
           <nameless2.vcf
        S: 204
           ETag: $_
        C: PUT /alice/customers/other
           <nameless.vcf
        S: 201
           ETag: $_
        C: GET /alice/customers/n
        S: 200
           ETag: $_
           <nameless2.vcf
        """,
    )


def test_radicale_s_preconditions_hold(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-None-Match: *
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/customers/anna.vcf
           If-None-Match: *
           <anna2.vcf
        S: 412
           Precondition failed.
        C: PUT /alice/customers/other.vcf
           <anna2.vcf
        S: 409
           error no-uid-conflict
        C: PUT /alice/customers/anna.vcf
           <bert.vcf
        S: 409
           error no-uid-conflict
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
    )


def test_what_is_no_card_is_a_bad_request(alice: DAVClient) -> None:
    for body in (b"hello", b"BEGIN:VCARD\r\nEND:VCARD\r\n", FILES["anna.vcf"][:-9], b"\xff" * 99):
        assert alice.send("PUT", "/alice/customers/x.vcf", {}, body).status == 400
    assert alice.say(["GET /alice/customers/x.vcf"])[0] == "404"


def test_a_move_that_fails_loses_nothing(alice: DAVClient) -> None:
    """Radicale makes an answer of the error and ends its lock as if all were well."""
    long = "x" * 256
    play(
        alice,
        f"""
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/staff/first.vcf
           <anna2.vcf
        S: 201
           ETag: $_
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/second.vcf
        S: 409
           error no-uid-conflict
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/customers/{long}
        S: 400
           Bad Request
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
    )


def test_the_reports_work(alice: DAVClient) -> None:
    for name in ("anna", "hangs"):
        alice.say([f"PUT /alice/customers/{name}", f"<{name}.vcf"])
    names = play(
        alice,
        """
        C: REPORT /alice/customers/
           <sync.xml
        S: 207
           /alice/customers/anna 200 getetag = $_
           /alice/customers/hangs 200 getetag = $_
           sync-token = $token
        """,
    )
    asked = query(prop_filter("TEL", "0049 30 1234567"))
    answer = alice.send("REPORT", "/alice/customers/", {}, asked)
    assert [line.split(" ")[0] for line in list(alice.render(answer))[1:]] == [
        "/alice/customers/anna",
        "/alice/customers/hangs",
    ]
    # What would make Radicale parse a card by itself is refused, and not waited for.
    assert alice.send("REPORT", "/alice/customers/hangs", {}, asked).status == 400
    play(
        alice,
        """
        C: DELETE /alice/customers/hangs
        S: 200
           /alice/customers/hangs 200
        C: REPORT /alice/customers/
           <sync-collection xmlns="DAV:"><sync-token>$token</sync-token>
           <sync-level>1</sync-level><prop><getetag/></prop></sync-collection>
        S: 207
           /alice/customers/hangs 404
           sync-token = $_
        C: REPORT /alice/customers/
           <sync-collection xmlns="DAV:"><sync-token>garbage</sync-token>
           <sync-level>1</sync-level><prop><getetag/></prop></sync-collection>
        S: 403
           error valid-sync-token
        """,
        names,
    )


def test_a_charset_that_nobody_knows_is_overlooked(alice: DAVClient) -> None:
    """Radicale would read even the password by it."""
    headers = {"Depth": "0", "Content-Type": "text/xml; charset=no-such-charset"}
    assert alice.send("PROPFIND", "/", headers, FILES["etag.xml"]).status == 207


def test_a_token_from_the_future_is_refused(alice: DAVClient) -> None:
    asked = alice.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, FILES["token.xml"])
    token = tokens.parse(list(alice.render(asked))[1].rpartition(" ")[2])
    later = replace(token, revision=token.revision + 1)
    answer = alice.send("REPORT", "/alice/customers/", {}, sync(str(later)))
    assert list(alice.render(answer)) == ["403", "error valid-sync-token"]


def test_what_is_looked_at_after_the_lock_is_right(alice: DAVClient, server: OverHTTP) -> None:
    """Radicale measures and counts the cards when it has given up its lock already."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    carol = DAVClient(server, "carol", files=CARDS)
    for client in (alice, carol):
        path = f"/{client.login}/customers/"
        size = len(client.send("GET", f"{path}anna.vcf", {}).body)
        listed = client.send("PROPFIND", path, {"Depth": "1"}, propfind("getcontentlength"))
        assert f"{path}anna.vcf 200 getcontentlength = {size}" in list(client.render(listed))
    count = b'<propfind xmlns="DAV:"><prop><getcontentcount xmlns="http://radicale.org/ns/"/></prop></propfind>'
    counted = alice.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, count)
    assert list(alice.render(counted)) == ["207", "/alice/customers/ 200 getcontentcount = 1"]


@pytest.mark.parametrize(
    ("request_line", "event"),
    [
        (
            "PUT /bob/staff/x.vcf",
            "card:update refused staff/x.vcf no right to write /bob/staff/x.vcf",
        ),
        (
            "DELETE /bob/staff/x.vcf",
            "card:delete refused staff/x.vcf no right to take away /bob/staff/x.vcf",
        ),
        (
            "PUT /bob/secret/x.vcf",
            "card:update refused secret/x.vcf no right to write /bob/secret/x.vcf",
        ),
        ("PUT /alice/staff/x.vcf", "card:update refused / no right to write /alice/staff/x.vcf"),
        (
            "DELETE /bob/customers/",
            "book:archive refused customers/ no right to take away /bob/customers/",
        ),
        ("PUT /bob/customers/", "book:change refused customers/ no right to write /bob/customers/"),
        (
            "PROPPATCH /bob/customers/",
            "book:change refused customers/ no right to change the properties of /bob/customers/",
        ),
        ("MKCOL /bob/new/", "book:add refused new/ no right to make /bob/new/"),
        (
            "MOVE /bob/customers/x.vcf",
            "card:move refused staff/y.vcf no right to take away /bob/staff/y.vcf",
        ),
        ("PROPFIND /alice/secret/", "card:read refused / no right to read /alice/"),
        ("GET /carol/staff/x.vcf", "card:read refused / no right to read /carol/"),
    ],
)
def test_what_radicale_refuses_by_itself_is_in_the_audit_trail(
    server: OverHTTP, services: Services, request_line: str, event: str
) -> None:
    bob = DAVClient(server, "bob", files=FILES)
    before = len(trail(services))
    heard = bob.say([request_line, "Destination: /bob/staff/y.vcf", "User-Agent: x/1", "<bert.vcf"])
    assert heard[0] == "403"
    (noted,) = trail(services, since=before)
    assert told(noted) == f"bob {event}"
    assert (noted.address, noted.agent) == ("127.0.0.1", "x/1")


def test_a_write_that_is_allowed_is_no_refusal(alice: DAVClient, services: Services) -> None:
    before = len(trail(services))
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    alice.say(["MOVE /alice/customers/anna.vcf", "Destination: /alice/staff/a.vcf"])
    alice.say(["DELETE /alice/staff/a.vcf"])
    assert {str(event.outcome) for event in trail(services, since=before)} == {"done"}


def test_a_group_s_rights_count_at_the_destination_of_a_move(
    alice: DAVClient, server: OverHTTP, services: Services
) -> None:
    """Radicale asks for them as if nobody were in any group."""
    bob = DAVClient(server, "bob", files=FILES)
    grant = Grant("group:sales", Privilege.WRITE)
    to_staff = "Destination: /bob/staff/anna.vcf"
    assert bob.say(["PUT /bob/customers/anna.vcf", "<anna.vcf"])[0] == "201"
    assert bob.say(["MOVE /bob/customers/anna.vcf", to_staff])[0] == "403"
    with services.directory.writing(ADMIN, HERE) as writing:
        give(writing, "staff", grant)
    assert bob.say(["MOVE /bob/customers/anna.vcf", to_staff])[0] == "201"
    back = "Destination: /bob/customers/anna.vcf"
    assert bob.say(["MOVE /bob/staff/anna.vcf", back])[0] == "201"
    with services.directory.writing(ADMIN, HERE) as writing:
        take(writing, "staff", "group:sales")
    assert bob.say(["MOVE /bob/customers/anna.vcf", to_staff])[0] == "403"
    assert alice.say(["GET /alice/customers/anna.vcf"])[0] == "200"


def test_what_is_hidden_is_hidden_here_too(alice: DAVClient, server: OverHTTP) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    carol = DAVClient(server, "carol", files=CARDS)
    got = carol.send("GET", "/carol/customers/anna.vcf", {})
    assert b"NOTE" not in got.body
    assert got.headers["ETag"] != alice.say(["GET /alice/customers/anna.vcf"])[1]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YWxpY2U6d3Jvbmc="},
        {"Content-Length": "abc"},
    ],
)
def test_who_does_not_say_who_they_are_is_asked(server: OverHTTP, headers: dict[str, str]) -> None:
    answer = DAVClient(server).send("PROPFIND", "/", {"Depth": "0", **headers})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_the_one_delete_that_is_too_much_is_refused_like_all_after_it(
    server: OverHTTP, services: Services
) -> None:
    with services.directory.writing(ADMIN, HERE) as writing:
        for n in range(25):
            writing.put_card("customers", f"c{n}.vcf", vcard(f"c{n}", f"Card {n}"))
    phone = DAVClient(server, "alice", files=CARDS)
    hrefs = [f"/alice/customers/c{n}.vcf" for n in range(23)]
    statuses = [phone.send("DELETE", href, {}).status for href in hrefs]
    # How many there are before depends on what else these clients have deleted lately.
    assert statuses == sorted(statuses)
    assert set(statuses) == {200, 403}
    with services.directory.writing(ADMIN, HERE) as writing:
        (stop,) = stopped(writing, "alice")
        release(writing, stop)
    assert phone.send("DELETE", "/alice/customers/none.vcf", {}).status == 404
