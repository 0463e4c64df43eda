"""No card that a client sent is given to vobject, whose parser hangs on some of them."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import multiget, prop_filter, propfind, query, sync
from tests.radicale.dav_client import DAVClient

# KDE's names with a slash are none for vobject, which then tries every way to read the rest of
# the line: one more "=a" doubles the time that this takes.
HANGS = vcard("hang", "Hanna Hang", "TEL;A" + "=a" * 40 + ";X/Y=1:+49 30 1234567")


@pytest.fixture
def client(alice: DAVClient) -> DAVClient:
    """Alice, with the card."""
    return DAVClient(alice.application, "alice", files={"hangs.vcf": HANGS})


def test_vobject_hangs_on_it() -> None:
    """Else the other tests here would show nothing."""
    code = "import sys, vobject; vobject.readOne(sys.stdin.read())"
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", code], input=HANGS, timeout=2.5, check=False)


def test_it_is_stored_found_and_listed_at_once(client: DAVClient) -> None:
    began = time.process_time()
    play(
        client,
        """
        C: PUT /alice/customers/hangs.vcf
           <hangs.vcf
        S: 201
           ETag: $etag
        C: PUT /alice/customers/hangs.vcf
           If-Match: $etag
           <hangs.vcf
        S: 204
           ETag: $etag
        C: GET /alice/customers/hangs.vcf
        S: 200
           ETag: $etag
           <hangs.vcf
        C: MOVE /alice/customers/hangs.vcf
           Destination: /alice/customers/h
        S: 201
        """,
    )
    filters = prop_filter("TEL", "0049 30 1234567")
    # A filter does not belong into the last two, and would make Radicale parse the cards.
    stray = b"><C:filter>" + filters.encode() + b"</C:filter>"
    for path, body in (
        ("/alice/customers/", query(filters)),
        ("/alice/customers/h", query(filters)),
        ("/alice/customers/", sync()),
        ("/alice/customers/", multiget("/alice/customers/h")),
        (
            "/alice/customers/",
            multiget("/alice/customers/h").replace(b"</prop>", b"</prop" + stray),
        ),
        ("/alice/customers/", sync().replace(b"</sync-level>", b"</sync-level" + stray)),
    ):
        answer = client.send("REPORT", path, {}, body)
        assert b"<href>/alice/customers/h</href><propstat>" in answer.body
    for path in ("/alice/customers/", "/alice/customers/h"):
        assert client.send("PROPFIND", path, {"Depth": "1"}).status == 207
        everything = propfind("getetag", "getcontentlength", "C:supported-address-data")
        assert client.send("PROPFIND", path, {"Depth": "1"}, everything).status == 207
    assert client.send("GET", "/alice/customers/", {}).body == HANGS
    assert client.say(["DELETE /alice/customers/h"]) == ["204"]
    assert time.process_time() - began < 5
