"""Names of cards: any that fits one path segment, spelled one way in every answer."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.tree.hrefs import Location, is_elsewhere, locate, path_in
from tests.radicale.bodies import FILES, multiget, prop_filter, query, sync
from tests.radicale.dav_client import DAVClient

NAMES = [
    "plain.vcf",
    "with space.vcf",
    " lead and trail ",
    "100%.vcf",
    "%41.vcf",
    "a#b?c;d=e&f+g,h",
    "quote'double\"back\\slash",
    "<tag>&amp;",
    "$!*()[]{}|^`~@:",
    "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1.vcf",
    "Müller.vcf",
    "Mu\u0308ller.vcf",
    "王小明.vcf",
    "\U0001f600.vcf",
    "...",
    ".hidden",
    "~",
    "x" * 255,
    "ä" * 127,
    "no-extension",
    "山田\u3000太郎.vcf",
    "a\u00a0b.vcf",
    "customers",
]


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here; they take away what they store."""
    return standing


@pytest.mark.parametrize("name", NAMES)
def test_a_card_may_have_any_name_and_keeps_it(alice: DAVClient, name: str) -> None:
    """Thunderbird compares hrefs byte for byte: PROPFIND, multiget, query, sync and errors."""
    href = f"/alice/customers/{quote(name)}"
    assert alice.send("PUT", href, {}, FILES["anna.vcf"]).status == 201
    assert alice.send("GET", href, {}).body == FILES["anna.vcf"]
    listed = alice.send("PROPFIND", "/alice/customers/", {"Depth": "1"}, FILES["etag.xml"])
    single = alice.send("PROPFIND", href, {"Depth": "0"}, FILES["etag.xml"])
    got = alice.send("REPORT", "/alice/customers/", {}, multiget(href.replace("&", "&amp;")))
    found = alice.send("REPORT", "/alice/customers/", {}, query(prop_filter("FN", "anna")))
    synced = alice.send("REPORT", "/alice/customers/", {}, sync())
    taken = alice.send("PUT", "/alice/customers/other.vcf", {}, FILES["anna.vcf"])
    for answer in (listed, single, got, found, synced, taken):
        assert f"<href>{href}</href>" in answer.body.decode()
    assert alice.send("DELETE", href, {}).status == 204
    gone = alice.send("REPORT", "/alice/customers/", {}, multiget(href.replace("&", "&amp;")))
    assert list(alice.render(gone)) == ["207", f"{href} 404"]


@pytest.mark.parametrize(
    "spelling",
    [
        "/alice/customers/a;b,c=d.vcf",
        "/alice/customers/a%3bb%2Cc=d.vcf",
        "/%61lice/customers/a;b,c%3Dd.vcf",
    ],
)
def test_every_spelling_of_a_name_finds_it(alice: DAVClient, spelling: str) -> None:
    """RFC 3986 section 6.2.2: percent-encoding more than needed names the same card."""
    alice.send("PUT", "/alice/customers/a;b,c=d.vcf", {}, FILES["anna.vcf"])
    assert alice.send("GET", spelling, {}).status == 200
    answer = alice.send("REPORT", "/alice/customers/", {}, multiget(spelling))
    assert b"<href>/alice/customers/a%3Bb%2Cc%3Dd.vcf</href><propstat>" in answer.body
    assert alice.send("DELETE", spelling, {}).status == 204


@pytest.mark.parametrize("name", ["x" * 256, "ä" * 128, "\u202eevil.vcf", "\ue000"])
def test_a_name_that_is_too_long_or_cannot_be_seen_is_refused(alice: DAVClient, name: str) -> None:
    answer = alice.send("PUT", f"/alice/customers/{quote(name)}", {}, FILES["anna.vcf"])
    assert answer.status in (400, 403)
    assert alice.say(["PROPFIND /alice/customers/", "Depth: 1", "<etag.xml"])[2:] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/alice/customers/%00", 400),
        ("/alice/customers/a%0Ab", 400),
        ("/alice/customers/%7F", 400),
        ("/alice/customers/%FF.vcf", 400),
        ("/alice/customers/%C3%28.vcf", 400),
        ("/alice/customers/a/b.vcf", 409),
        ("/alice/customers/a%2Fb.vcf", 409),
        ("/bob/customers/a/b.vcf", 403),
        ("/alice/customers/a.vcf/", 403),
        ("/alice/../bob/customers/a.vcf", 403),
        ("/alice/customers/%2E%2E/%2E%2E/bob/customers/a.vcf", 403),
        ("/alice/customers/..", 405),
        ("/alice/customers/.", 405),
    ],
)
def test_a_path_that_names_no_card_is_refused(alice: DAVClient, path: str, status: int) -> None:
    assert alice.send("PUT", path, {}, FILES["anna.vcf"]).status == status


def test_slashes_too_many_are_overlooked(alice: DAVClient) -> None:
    assert alice.send("PUT", "//alice///customers//./a.vcf", {}, FILES["anna.vcf"]).status == 201
    assert alice.send("GET", "/alice/customers/a.vcf", {}).status == 200
    assert alice.send("DELETE", "/alice/customers//a.vcf", {}).status == 204


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", Location()),
        ("/alice", Location("alice")),
        ("/alice/", Location("alice")),
        ("/alice/b", Location("alice", "b")),
        ("/alice/b/", Location("alice", "b")),
        ("/alice/b/c", Location("alice", "b", "c")),
        ("/alice/b/c/", None),
        ("/alice/b/c/d", None),
        ("/alice//c", None),
    ],
)
def test_a_path_is_located(path: str, location: Location | None) -> None:
    assert locate(path) == location
    if location is not None:
        assert locate(location.path) == location


def test_what_holds_a_card_is_its_book_and_so_on_to_the_root() -> None:
    parents = [location := Location("alice", "b", "c")]
    while location.parent != location:
        parents.append(location := location.parent)
    assert [each.path for each in parents] == ["/alice/b/c", "/alice/b/", "/alice/", "/"]


def test_a_url_is_taken_apart_before_it_is_decoded() -> None:
    assert path_in("http://h/a%2Fb%3Fc%23d;e?q#f") == "/a/b?c#d;e"
    assert path_in(" /a%25b ") == "/a%b"


@pytest.mark.parametrize(
    ("url", "host", "scheme", "elsewhere"),
    [
        ("/a", "h", "http", False),
        ("http://h/a", "h", "http", False),
        ("http://h:80/a", "h", "http", False),
        ("https://h/a", "h:443", "https", False),
        ("//H/a", "h", "https", False),
        ("https://h/a", "h", "http", True),
        ("http://h:8080/a", "h", "http", True),
        ("http://g/a", "h", "http", True),
        ("http://[::1]:5232/a", "[::1]:5232", "http", False),
        ("http://g/a", "", "http", False),
    ],
)
def test_another_server_is_told_from_this(
    url: str, host: str, scheme: str, elsewhere: bool
) -> None:
    assert is_elsewhere(url, host, scheme) is elsewhere
