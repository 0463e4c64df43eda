"""Cards are stored, read and deleted byte for byte (RFC 6352 section 6.3.2, RFC 9110)."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dirserver.errors import InvalidCard
from dirserver.model.vcard import parse_card
from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

CORPUS = Path(__file__).parent.parent / "corpus"


def test_a_card_is_stored_changed_and_deleted(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $first
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $first
           <anna.vcf
        C: PUT /alice/customers/anna.vcf
           <anna2.vcf
        S: 204
           ETag: $second
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $second
           <anna2.vcf
        C: DELETE /alice/customers/anna.vcf
        S: 204
        C: GET /alice/customers/anna.vcf
        S: 404
           There is no such card.
        C: DELETE /alice/customers/anna.vcf
        S: 404
           There is no such card.
        """,
    )


def test_the_etag_of_a_put_is_that_of_every_answer(alice: DAVClient) -> None:
    """RFC 6352 section 6.3.2.3: an ETag on PUT says that the card is kept octet for octet."""
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: HEAD /alice/customers/anna.vcf
        S: 200
           ETag: $anna
        C: PROPFIND /alice/customers/anna.vcf
           Depth: 0
           <etag.xml
        S: 207
           /alice/customers/anna.vcf 200 getetag = $anna
        C: REPORT /alice/customers/
           <sync.xml
        S: 207
           /alice/customers/anna.vcf 200 getetag = $anna
           sync-token = $_
        """,
    )


def test_a_card_is_served_as_a_vcard(alice: DAVClient) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    got = alice.send("GET", "/alice/customers/anna.vcf", {})
    assert got.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert got.headers["Last-Modified"].endswith(" GMT")
    head = alice.send("HEAD", "/alice/customers/anna.vcf", {})
    assert head.headers == got.headers
    assert head.body == b""


def storable(path: Path) -> list[bytes]:
    """Return the card in a corpus file, if it is one that needs no mending."""
    body = path.read_bytes()
    try:
        parse_card(body)
    except InvalidCard:
        return []
    return [body]


@pytest.mark.parametrize(
    "body",
    [
        *(body for path in sorted(CORPUS.glob("*.vcf")) for body in storable(path)),
        vcard("lf", "Only Linefeeds").replace(b"\r\n", b"\n"),
        vcard("fold", "Folded", "NOTE:" + "x" * 60, " y" * 40, "\tz"),
        vcard("group", "Grouped", "item1.TEL:1", "item1.X-ABLabel:_$!<Other>!$_"),
        vcard("escape", r"Es\,caped\; \n \\ \: ^n", r"NOTE:a\;b;c,d"),
        vcard("photo", "Photo", "PHOTO:data:image/jpeg;base64,/9j/4AAQ=="),
        vcard("kind", "Group", "KIND:group", "MEMBER:urn:uuid:03a0e51f", version="4.0"),
        vcard("xml", "<&>\"' ]]> &amp; &#13;", "NOTE:<![CDATA[x]]>"),
        vcard("emoji", "👩‍👩‍👧 Ⅷ \u2028\u0085 \U0001f600"),
        vcard("case", "lower").replace(b"BEGIN:VCARD", b"begin:vcard"),
        vcard("blank", "Blank lines", "", "NOTE:x", ""),
        vcard("none", "No break at the end").rstrip(),
        vcard("bare", "Bare params", "TEL;CELL;VOICE:1"),
        vcard("long", "Long", "NOTE:" + "ä" * 100_000),
    ],
    ids=lambda body: body[:400].decode(errors="replace").split("FN")[-1][1:20].split("\r")[0],
)
def test_what_is_put_comes_back_byte_for_byte_by_every_method(
    alice: DAVClient, body: bytes
) -> None:
    client = DAVClient(alice.application, "alice", files={"card": body})
    play(
        client,
        """
        C: PUT /alice/customers/card.vcf
           Content-Type: text/vcard
           <card
        S: 201
           ETag: $etag
        C: GET /alice/customers/card.vcf
        S: 200
           ETag: $etag
           <card
        C: REPORT /alice/customers/
           <C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           <prop><C:address-data/></prop><href>/alice/customers/card.vcf</href>
           </C:addressbook-multiget>
        S: 207
           /alice/customers/card.vcf 200 address-data = <card
        C: REPORT /alice/customers/
           <sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>
           <prop><address-data xmlns="urn:ietf:params:xml:ns:carddav"/></prop></sync-collection>
        S: 207
           /alice/customers/card.vcf 200 address-data = <card
           sync-token = $_
        C: GET /alice/customers/
        S: 200
           ETag: $_
           Content-Disposition: attachment; filename="customers.vcf"
           <card
        """,
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "text/vcard",
        'text/vcard; charset="utf-8"',
        "application/xml; charset=utf-8",
        "application/vcard",
        "text/vcard; charset=no-such-charset",
        "text/vcard; charset=utf-16",
        "",
    ],
)
def test_a_wrong_content_type_does_not_keep_a_card_out(alice: DAVClient, content_type: str) -> None:
    """Linphone sends vCards as application/xml; what the card says counts."""
    play(
        alice,
        f"""
        C: PUT /alice/customers/anna.vcf
           Content-Type: {content_type or "text/plain"}
           <anna.vcf
        S: 201
           ETag: $_
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $_
           <anna.vcf
        """,
    )


def test_the_same_card_again_changes_nothing(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PROPFIND /alice/customers/
           Depth: 0
           <ctag.xml
        S: 207
           /alice/customers/ 200 getctag = $ctag
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 204
           ETag: $anna
        C: PROPFIND /alice/customers/
           Depth: 0
           <ctag.xml
        S: 207
           /alice/customers/ 200 getctag = $ctag
        """,
    )


def test_one_write_is_seen_by_every_reader_at_once(bob: DAVClient, alice: DAVClient) -> None:
    names = play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        """,
    )
    play(
        bob,
        """
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_a_whole_book_is_served_as_one_file(carol: DAVClient, alice: DAVClient) -> None:
    for name in ("anna", "bert"):
        alice.say([f"PUT /alice/staff/{name}.vcf", f"<{name}.vcf"])
    got = carol.send("GET", "/carol/staff/", {})
    assert got.body == alice.files["anna.vcf"] + alice.files["bert.vcf"]
    again = carol.send("GET", "/carol/staff", {"If-None-Match": got.headers["ETag"]})
    assert again.status == 304
    head = carol.send("HEAD", "/carol/staff/", {})
    assert (head.status, head.headers["ETag"]) == (200, got.headers["ETag"])


def test_a_card_is_not_stored_at_the_address_of_a_collection(alice: DAVClient) -> None:
    """RFC 4918 section 9.7.2. What exists and what does not answer alike."""
    allow = "OPTIONS, GET, HEAD, PUT, DELETE, COPY, MOVE, MKCOL, PROPFIND, PROPPATCH, REPORT"
    for path in ("/", "/alice/", "/alice/customers/", "/alice/customers", "/alice/new.vcf", "/bob"):
        play(
            alice,
            f"""
            C: PUT {path}
               <anna.vcf
            S: 405
               Allow: {allow}
               A card is stored below the address of its book.
            """,
        )
    assert alice.say(["GET /alice/customers/"])[0] == "200"


def test_a_part_of_a_card_is_refused(alice: DAVClient) -> None:
    """RFC 9110 section 14.5: a PUT with Content-Range is not what it seems."""
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           Content-Range: bytes 0-9/99
           <anna.vcf
        S: 400
           A card is sent as a whole.
        """,
    )


def test_a_body_that_is_cut_off_is_not_stored(alice: DAVClient) -> None:
    cut = alice.send(
        "PUT", "/alice/customers/a.vcf", {"Content-Length": "999"}, alice.files["anna.vcf"]
    )
    assert cut.status == 403
    assert alice.say(["GET /alice/customers/a.vcf"])[0] == "404"


def test_rfc9110_8_8_1_a_card_is_never_packed_and_keeps_its_one_etag(alice: DAVClient) -> None:
    """Clients compare the etag of a GET with getetag, and say it in If-Match."""
    path, takes = "/alice/customers/anna.vcf", {"Accept-Encoding": "deflate, gzip"}
    shown = {**takes, "Prefer": "return=representation"}
    answers = [alice.send("PUT", path, shown, alice.files["anna.vcf"])]
    answers += [alice.send("GET", path, headers) for headers in (takes, {})]
    for answer in answers:
        assert answer.body == alice.files["anna.vcf"]
        assert "Content-Encoding" not in answer.headers
    (etag,) = {answer.headers["ETag"] for answer in answers}
    heard = alice.say([f"PROPFIND {path}", "Depth: 0", "<etag.xml"])
    assert heard == ["207", f"{path} 200 getetag = {etag}"]


def test_rfc9110_8_8_1_a_book_that_is_packed_has_a_weak_etag(alice: DAVClient) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    takes = {"Accept-Encoding": "gzip"}
    plain, packed = (alice.send("GET", "/alice/customers/", each) for each in ({}, takes))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    # Section 12.5.5.
    assert packed.headers["Vary"] == "Accept, Accept-Encoding"
    etag = packed.headers["ETag"]
    assert etag == f"W/{plain.headers['ETag']}"
    for known in (etag, plain.headers["ETag"]):
        answer = alice.send("GET", "/alice/customers/", {**takes, "If-None-Match": known})
        assert (answer.status, answer.headers["ETag"]) == (304, etag)
    assert alice.send("GET", "/alice/customers/", {"If-Match": etag}).status == 412


def persistent(client: DAVClient, path: str, headers: dict[str, str], card: bytes) -> int:
    """Return the status of a PUT by one who comes again when the machine is too busy."""
    while (status := client.send("PUT", path, headers, card).status) == 503:
        pass
    return status


@pytest.mark.parametrize("same", ["href", "uid"])
def test_of_many_at_once_one_creates_a_card(alice: DAVClient, same: str) -> None:
    def put(number: int) -> int:
        client = DAVClient(alice.application, "alice")
        name = "a.vcf" if same == "href" else f"{number}.vcf"
        headers = {"If-None-Match": "*"}
        card = vcard("a" if same == "uid" else str(number), f"Number {number}")
        return persistent(client, f"/alice/customers/{name}", headers, card)

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(put, range(20)))
    assert statuses == [201] + [412 if same == "href" else 409] * 19


def test_of_many_at_once_no_update_is_lost(alice: DAVClient) -> None:
    first = alice.send("PUT", "/alice/customers/a.vcf", {}, vcard("a", "A B"))

    def put(number: int) -> int:
        client = DAVClient(alice.application, "alice")
        etag = first.headers["ETag"]
        headers = {"If-Match": etag} if number % 2 else {"If": f"([{etag}])"}
        card = vcard("a", f"Number {number}")
        return persistent(client, "/alice/customers/a.vcf", headers, card)

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(put, range(20))) == [204] + [412] * 19
