"""RFC 4918 section 10.4: the If header, on every method."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.headers.ifheader import MOST_RESOURCES, holds, read_if
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import HOST, DAVClient

ANNA = "/alice/customers/anna.vcf"
SECRET = "/alice/secret/cora.vcf"
LOCK = "<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>"


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here; they take away what they store."""
    return standing


@pytest.fixture
def etags(alice: DAVClient) -> Iterator[dict[str, str]]:
    """Anna is in customers and Cora in the secret book; these are their etags, in quotes."""
    anna = alice.send("PUT", ANNA, {}, FILES["anna.vcf"]).headers["ETag"]
    cora = alice.send("PUT", SECRET, {}, FILES["cora.vcf"]).headers["ETag"]
    yield {"anna": anna, "cora": cora}
    for path in (ANNA, SECRET, "/alice/customers/moved.vcf"):
        alice.send("DELETE", path, {})


CONDITIONS = [
    ("([{anna}])", True),
    ("([{cora}])", False),
    # Within a list all must hold, and of the lists one.
    ("([{anna}] [{cora}])", False),
    ("([{cora}]) ([{anna}])", True),
    ("([{cora}])([{anna}])", True),
    # 10.4.4: no weak etag is the same as a strong one.
    ("([W/{anna}])", False),
    ("(Not [W/{anna}])", True),
    # Nothing is locked, so that no state token matches.
    (f"({LOCK})", False),
    (f"({LOCK} [{{anna}}])", False),
    (f"(Not {LOCK} [{{anna}}])", True),
    (f"({LOCK}) (Not <DAV:no-lock>)", True),
    ("(<DAV:no-lock>)", False),
    ("(not [{anna}])", False),
    ("(Not [{cora}])", True),
    # 10.4.2: a tag says what the lists after it are about, up to the next.
    (f"<{ANNA}> ([{{anna}}])", True),
    (f"<http://{HOST}{ANNA}> ([{{cora}}]) ([{{anna}}])", True),
    (f"<{SECRET}> ([{{cora}}])", True),
    (f"<{SECRET}> ([{{anna}}])", False),
    (f"<{SECRET}> ([{{anna}}]) <{ANNA}> ([{{anna}}])", True),
    (f"<http://example.net{ANNA}> ([{{anna}}])", False),
    ("</alice/customers/absent.vcf> ([{anna}])", False),
    ("</alice/customers/absent.vcf> (Not [{anna}])", True),
    ("</alice/> ([{anna}])", False),
    # The etag of a card is the card's in whatever version of vCard a client has it.
    ("([{anna4}])", True),
]
METHODS = [
    ("GET", 200),
    ("HEAD", 200),
    ("PROPFIND", 207),
    ("PUT", 204),
    ("MOVE", 201),
    ("COPY", 409),
]


@pytest.mark.parametrize(("header", "is_met"), CONDITIONS)
def test_rfc4918_10_4_a_condition_is_met_or_not(
    alice: DAVClient, etags: dict[str, str], header: str, is_met: bool
) -> None:
    said = header.format(**etags, anna4=etags["anna"][:-1] + '-4.0"')
    assert alice.send("PUT", ANNA, {"If": said}, FILES["anna.vcf"]).status == (
        204 if is_met else 412
    )
    assert alice.send("DELETE", ANNA, {"If": said}).status == (204 if is_met else 412)


@pytest.mark.parametrize(("method", "status"), METHODS)
def test_rfc4918_10_4_1_every_method_heeds_it(
    alice: DAVClient, etags: dict[str, str], method: str, status: int
) -> None:
    """A copy with the same UID in the same book is a conflict, once the condition is met."""
    headers = {"Depth": "0", "Destination": "/alice/customers/moved.vcf"}
    body = {"PUT": FILES["anna.vcf"], "PROPFIND": FILES["etag.xml"]}.get(method, b"")
    unmet = alice.send(method, ANNA, {**headers, "If": "([{cora}])".format(**etags)}, body)
    assert unmet.status == 412
    met = alice.send(method, ANNA, {**headers, "If": "([{anna}])".format(**etags)}, body)
    assert met.status == status


def test_rfc4918_10_4_a_book_has_conditions_too(alice: DAVClient, etags: dict[str, str]) -> None:
    patch = (
        b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set>'
        b"</propertyupdate>"
    )
    book = alice.send("GET", "/alice/customers/", {}).headers["ETag"]
    for headers, status in (
        ({"If": f"([{book}])"}, 207),
        ({"If": '(["0"])'}, 412),
        ({"If": f"(Not [{book}])"}, 412),
        ({"If-Match": book}, 207),
        ({"If-Match": '"0"'}, 412),
        ({"If-None-Match": "*"}, 412),
    ):
        answer = alice.send("PROPPATCH", "/alice/customers/", headers, patch)
        assert answer.status == status, headers
    sync = (
        b'<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level></sync-collection>'
    )
    for header, status in ((f"([{book}])", 207), ('(["0"])', 412)):
        assert alice.send("REPORT", "/alice/customers/", {"If": header}, sync).status == status


def test_who_may_not_see_a_card_learns_nothing_of_its_etag(
    alice: DAVClient, bob: DAVClient, etags: dict[str, str]
) -> None:
    """Hidden and absent answer alike, whichever path somebody tries."""
    for path in ("/alice/secret/cora.vcf", "/bob/secret/cora.vcf", "/bob/nowhere/cora.vcf"):
        for negated, status in (("", 412), ("Not ", 200)):
            header = f"<{path}> ({negated}[{etags['cora']}])"
            assert bob.send("GET", "/bob/customers/anna.vcf", {"If": header}).status == status


def test_permission_is_asked_before_a_condition(
    alice: DAVClient, bob: DAVClient, etags: dict[str, str]
) -> None:
    """RFC 9110 section 13.2.1: what would fail without the condition fails as it would."""
    alice.send("PUT", "/alice/staff/bert.vcf", {}, FILES["bert.vcf"])
    unmet = {"If": '(["other"])', "Destination": "/bob/customers/bert.vcf"}
    for method, path in (
        ("PUT", "/bob/staff/bert.vcf"),
        ("DELETE", "/bob/staff/bert.vcf"),
        ("MOVE", "/bob/staff/bert.vcf"),
        ("PUT", "/bob/secret/bert.vcf"),
        ("DELETE", "/bob/customers/"),
    ):
        answer = bob.send(method, path, unmet, FILES["bert.vcf"] if method == "PUT" else b"")
        assert answer.status == 403, (method, path)
        assert b"need-privileges" in answer.body
    alice.send("DELETE", "/alice/staff/bert.vcf", {})


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        "()",
        "(",
        ")",
        "([)",
        "(Not)",
        '(Not Not ["a"])',
        '["a"]',
        '(["a"]',
        "<urn:x>",
        '<urn:x> <urn:y> (["a"])',
        '(["a"]) <urn:x> (["a"])',
        '(["a"]), (["b"])',
        '((["a"]))',
        "(< >)",
        '(["a"]) Not',
        "<http://[::1> (<urn:x>)",
        "</alice/%FF> (<urn:x>)",
        "".join(f'</{number}> (["a"])' for number in range(MOST_RESOURCES + 1)),
    ],
)
def test_what_is_no_if_header_is_a_bad_request(alice: DAVClient, header: str) -> None:
    for method in ("PUT", "DELETE", "PROPPATCH", "PROPFIND", "GET"):
        path = "/alice/customers/" if method == "PROPPATCH" else "/alice/customers/none.vcf"
        body = FILES["anna.vcf"] if method == "PUT" else b""
        if method in ("PROPFIND", "GET"):
            path = "/alice/customers/"
        assert alice.send(method, path, {"If": header}, body).status == 400


def test_a_long_header_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    for piece in ("(", "([", "(Not ", "<a> ", '(["a"]) ', '(["', "<", " "):
        try:
            lists = read_if(piece * (30_000 // len(piece)))
        except ValueError:
            continue
        assert not holds(lists, lambda _: None)
    assert time.process_time() - began < 2
