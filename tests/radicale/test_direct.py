"""What is answered past Radicale is what Radicale makes of the same request."""

from __future__ import annotations

import gzip
import logging

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.stream import SMALL
from tests.organisation import vcard
from tests.radicale.bodies import multiget, propfind, sync
from tests.radicale.dav_client import Answer, DAVClient

BOOK = "/alice/customers/"
CARD = f"{BOOK}direct.vcf"
LARGE = vcard("large", "Lara Groß", "PHOTO:" + "A" * 2 * SMALL)
REQUESTS = [
    ("PUT", CARD, {"If-None-Match": "*"}, vcard("direct", "Anna Direct")),
    ("PUT", CARD, {"If-None-Match": "*"}, vcard("direct", "Anna Direkt")),
    ("PUT", CARD, {"Prefer": "return=representation"}, vcard("direct", "Anna Direkt")),
    ("PUT", CARD, {"Accept-Encoding": "gzip"}, b"no card"),
    ("PUT", "/bob/customers/direct.vcf", {}, vcard("other", "Anna")),
    ("GET", CARD, {}, b""),
    ("GET", CARD, {"Accept-Encoding": "gzip"}, b""),
    ("GET", CARD, {"Accept": "text/vcard;version=4.0"}, b""),
    ("GET", "/alice/customers/nobody.vcf", {}, b""),
    ("PROPFIND", "/alice", {"Depth": "1"}, propfind("displayname")),
    ("PROPFIND", BOOK, {"Depth": "1", "Accept-Encoding": "gzip"}, propfind("getcontenttype")),
    ("PROPFIND", CARD, {"Depth": "0"}, propfind("getetag", "getcontentlength")),
    ("PROPFIND", "/nobody/", {"Depth": "0"}, propfind("displayname")),
    ("PROPFIND", BOOK, {"Depth": "0"}, b"<propfind/>"),
    ("REPORT", BOOK, {}, multiget(CARD, f"{BOOK}nobody.vcf")),
    ("REPORT", BOOK, {}, sync("nonsense")),
    ("REPORT", BOOK, {"User-Agent": "Thunderbird"}, sync("nonsense")),
    ("REPORT", BOOK, {}, b"<nonsense xmlns='DAV:'/>"),
    ("PUT", f"{BOOK}large.vcf", {}, LARGE),
    ("REPORT", BOOK, {}, multiget(CARD, f"{BOOK}large.vcf")),
    ("REPORT", BOOK, {"Accept-Encoding": "gzip"}, multiget(f"{BOOK}large.vcf")),
    ("DELETE", f"{BOOK}large.vcf", {}, b""),
    ("DELETE", CARD, {"If-Match": '"another"'}, b""),
    ("DELETE", CARD, {}, b""),
    ("DELETE", CARD, {}, b""),
]


def answers(client: DAVClient, **fields: str) -> list[Answer]:
    """Return what ``client`` is answered whose requests also have ``fields``, but for the time."""
    told = [
        client.send(method, path, {**said, **fields}, body) for method, path, said, body in REQUESTS
    ]
    for one in told:
        # Between the two times that it is asked, a second may end.
        if "Last-Modified" in one.headers:
            one.headers["Last-Modified"] = "then"
        # It may be packed more or less tightly.
        if "Content-Encoding" in one.headers:
            one.headers.pop("Content-Length", "")
            one.body = gzip.decompress(one.body)
    return told


def test_radicale_would_answer_the_same(
    standing: Application, caplog: pytest.LogCaptureFixture
) -> None:
    client = DAVClient(standing, "alice")
    caplog.set_level(logging.INFO, "radicale")
    # Spelled as hardly anybody does.
    told = answers(client, Authorization=client.credentials.replace("Basic", "basic"))
    assert {one.status for one in told} == {200, 201, 204, 207, 400, 403, 404, 412}
    assert [len(one.body) > SMALL for one in told[-6:-4]] == [True, True]
    assert f"DELETE request for '{CARD}'" in caplog.text
    caplog.clear()
    # The password was looked at a moment ago.
    assert answers(client) == told
    assert "request for" not in caplog.text
