"""RFC 9110: reading a card or a book on a condition, and HEAD; writes are in test_preconditions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dirserver_radicale.headers.httpdate import http_date, read_http_date
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

PATHS = ["/alice/customers/anna", "/alice/customers/"]


@pytest.fixture
def there(alice: DAVClient) -> DAVClient:
    """Alice, who has stored Anna's card."""
    alice.say(["PUT /alice/customers/anna", "<anna.vcf"])
    return alice


@pytest.mark.parametrize("path", PATHS)
def test_rfc9110_13_1_3_if_modified_since_spares_what_is_known(there: DAVClient, path: str) -> None:
    known = there.send("GET", path, {}).headers["Last-Modified"]
    moment = read_http_date(known)
    assert moment is not None
    for since, status in (
        (known, 304),
        (http_date(moment + timedelta(days=1)), 304),
        (http_date(moment - timedelta(seconds=1)), 200),
        # What is no date is overlooked.
        ("yesterday", 200),
        ("", 200),
    ):
        for method in ("GET", "HEAD"):
            answer = there.send(method, path, {"If-Modified-Since": since})
            assert answer.status == status
            assert answer.headers["ETag"]
            assert bool(answer.body) is (status == 200 and method == "GET")


@pytest.mark.parametrize("path", PATHS)
def test_rfc9110_13_1_3_etags_go_before_dates(there: DAVClient, path: str) -> None:
    """MUST ignore If-Modified-Since when there is an If-None-Match."""
    later = http_date(datetime.now(UTC) + timedelta(days=1))
    headers = {"If-Modified-Since": later, "If-None-Match": '"another"'}
    assert there.send("GET", path, headers).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_rfc9110_9_3_2_head_is_get_without_its_body(there: DAVClient, path: str) -> None:
    got, head = there.send("GET", path, {}), there.send("HEAD", path, {})
    assert head.status == got.status == 200
    assert head.body == b""
    for name in ("ETag", "Last-Modified", "Content-Type", "Vary"):
        assert head.headers[name] == got.headers[name]


def test_rfc9110_8_6_head_tells_no_length_that_get_has_not(there: DAVClient) -> None:
    large, path = (
        vcard("large", "Anna", "NOTE:" + "from here to there " * 90),
        f"{PATHS[1]}large.vcf",
    )
    there.send("PUT", path, {}, large)
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        got, head = (there.send(method, path, headers) for method in ("GET", "HEAD"))
        length = got.headers["Content-Length"]
        assert head.headers.get("Content-Length", length) == length
        assert head.headers.get("Content-Encoding") == got.headers.get("Content-Encoding")
    there.send("DELETE", path, {})


@pytest.mark.parametrize("path", PATHS)
def test_rfc9110_13_1_2_if_none_match_takes_lists_weak_etags_and_the_star(
    there: DAVClient, path: str
) -> None:
    etag = there.send("GET", path, {}).headers["ETag"]
    for header in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = there.send("GET", path, {"If-None-Match": header})
        assert (answer.status, answer.headers["ETag"]) == (304, etag)


@pytest.mark.parametrize("path", PATHS)
def test_rfc9110_13_1_4_if_unmodified_since_keeps_from_what_is_newer(
    there: DAVClient, path: str
) -> None:
    """Section 13.2.2: it counts only without an If-Match, and before If-None-Match."""
    got = there.send("GET", path, {})
    moment = read_http_date(got.headers["Last-Modified"])
    assert moment is not None
    known, before = http_date(moment), http_date(moment - timedelta(seconds=1))
    etag = got.headers["ETag"]
    for headers, status in (
        ({"If-Unmodified-Since": known}, 200),
        ({"If-Unmodified-Since": before}, 412),
        ({"If-Unmodified-Since": "yesterday"}, 200),
        ({"If-Unmodified-Since": before, "If-Match": etag}, 200),
        ({"If-Unmodified-Since": before, "If-None-Match": etag}, 412),
        ({"If-Unmodified-Since": known, "If-None-Match": etag}, 304),
    ):
        for method in ("GET", "HEAD"):
            assert there.send(method, path, headers).status == status, headers


def test_rfc9110_13_1_4_a_date_guards_what_is_changed(there: DAVClient) -> None:
    path, body = PATHS[0], there.files["anna2.vcf"]
    moment = read_http_date(there.send("GET", path, {}).headers["Last-Modified"])
    assert moment is not None
    late = {
        "If-Unmodified-Since": http_date(moment - timedelta(seconds=1)),
        "Destination": "/alice/staff/anna",
    }
    for method in ("PUT", "DELETE", "MOVE", "COPY"):
        assert there.send(method, path, late, body if method == "PUT" else b"").status == 412
    patch = b'<propertyupdate xmlns="DAV:"><remove><prop><x xmlns="urn:x"/></prop></remove>'
    patch += b"</propertyupdate>"
    assert there.send("PROPPATCH", PATHS[1], late, patch).status == 412
    # What is not there has no date (section 13.1.4: then it MUST be ignored).
    new = there.files["bert.vcf"]
    assert there.send("PUT", "/alice/customers/bert", late, new).status == 201
    etag = there.send("HEAD", path, {}).headers["ETag"]
    assert there.send("PUT", path, {**late, "If-Match": etag}, body).status == 204


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Thu, 99 Nov 2026 00:00:00 GMT",
        "0",
        f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT",
        f"Thu, 01 Jan 2026 00:00:00 -{'9' * 18}",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_http_date(text) is None


def test_a_date_is_read_as_it_is_written() -> None:
    moment = datetime(2026, 11, 26, 8, 49, 37, tzinfo=UTC)
    assert http_date(moment) == "Thu, 26 Nov 2026 08:49:37 GMT"
    assert read_http_date(http_date(moment)) == moment
    assert read_http_date("Thursday, 26-Nov-26 08:49:37 GMT") == moment
