"""Thunderbird's own CardDAV, in requests as it was recorded (tests/transcripts has all of them).

It needs: 400 for an unusable token, since any other error fails each later sync; all changes in one
answer, since it takes 507 for nothing; ``HTTP/1.1 200 OK`` as the first status of a response, and
``HTTP/1.1 404`` for what is gone; one spelling of every href; a read grant told by privileges. It
writes without a condition, and sends again at every sync what was answered with 400 or above.
"""

from __future__ import annotations

import re

import pytest

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import Answer, DAVClient

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"
HEADERS = {
    "User-Agent": AGENT,
    "Depth": "1",
    "Content-Type": "text/xml",
    "Origin": "http://contacts.example.org",
}
BOOK = "/alice/customers/"


def sync(client: DAVClient, token: str) -> Answer:
    body = f"""<sync-collection xmlns="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" \
xmlns:cs="http://calendarserver.org/ns/" xmlns:d="DAV:">
         <sync-token>{token}</sync-token>
         <sync-level>1</sync-level>
         <prop>
           <getetag/>
           <card:address-data/>
         </prop>
       </sync-collection>"""
    return client.send("REPORT", BOOK, HEADERS, body.encode())


def token_in(answer: Answer) -> str:
    found = re.search(r"<sync-token>([^<]+)<", answer.body.decode())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("token", ["http://radicale.org/ns/sync/0b2c", "x", "data:,1"])
def test_an_unusable_token_is_a_bad_request_and_it_reads_all_anew(
    alice: DAVClient, token: str
) -> None:
    assert sync(alice, token).status == 400
    alice_elsewhere = alice.send("REPORT", BOOK, {"User-Agent": "other"}, FILES["sync.xml"])
    assert alice_elsewhere.status == 207
    other = FILES["sync.xml"].replace(b"<sync-token>", b"<sync-token>" + token.encode())
    assert alice.send("REPORT", BOOK, {"User-Agent": "other"}, other).status == 403


def test_a_large_change_comes_in_one_answer(alice: DAVClient) -> None:
    start = token_in(sync(alice, ""))
    names = [f"t{number}.vcf" for number in range(105)]
    for name in names:
        assert alice.send("PUT", BOOK + name, HEADERS, vcard(name, f"Number {name}")).status == 201
    answer = sync(alice, start)
    assert answer.body.count(b"<response>") == len(names)
    assert b"HTTP/1.1 507" not in answer.body
    for name in names:
        assert alice.send("DELETE", BOOK + name, HEADERS).status == 204
    gone = sync(alice, token_in(answer)).body.decode()
    assert gone.count("</href><status>HTTP/1.1 404 ") == len(names)


def test_the_first_status_of_each_response_is_of_what_was_found(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    body = b"""<propfind xmlns="DAV:" xmlns:cs="http://calendarserver.org/ns/"><prop>
           <cs:getctag/><nothing/><resourcetype/><getetag/></prop></propfind>"""
    for path in ("/", "/alice/", BOOK):
        answer = alice.send("PROPFIND", path, HEADERS, body).body.decode()
        for response in answer.split("<response>")[1:]:
            first = re.search("<status>([^<]*)<", response)
            assert first is not None
            assert first[1] == "HTTP/1.1 200 OK"


def test_the_last_one_who_writes_wins_and_reads_back_what_it_wrote(
    alice: DAVClient, bob: DAVClient, cards: dict[str, str]
) -> None:
    """It sends no If-Match; others who do are told that they are late."""
    play(
        alice,
        f"""
        C: PUT /alice/customers/anna.vcf
           User-Agent: {AGENT}
           Accept: */*
           Content-Type: text/vcard
           Origin: http://contacts.example.org
           <anna2.vcf
        S: 204
           ETag: $changed
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Depth: 1
           <?xml version="1.0" encoding="utf-8"?>
           <card:addressbook-multiget xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:d="DAV:">
           <d:prop><d:getetag/><card:address-data/></d:prop>
           <d:href>/alice/customers/anna.vcf</d:href></card:addressbook-multiget>
        S: 207
           /alice/customers/anna.vcf 200 getetag = $changed
           /alice/customers/anna.vcf 200 address-data = <anna2.vcf
        """,
    )
    late = {"If-Match": cards["anna"]}
    assert bob.send("PUT", "/bob/customers/anna.vcf", late, FILES["anna.vcf"]).status == 412


def test_a_book_that_may_be_read_only_says_so_and_is_not_left_out(carol: DAVClient) -> None:
    """It takes a book to be writable by any of write, write-content, bind and all."""
    heard = carol.say(["PROPFIND /carol/", "Depth: 1", "<books.xml"])
    told = [line for line in heard if "/customers/ 200 current-user-privilege-set" in line]
    assert told == [
        "/carol/customers/ 200 current-user-privilege-set = read read-current-user-privilege-set"
    ]


@pytest.mark.parametrize("origin", ["http://contacts.example.org", "null", "moz-extension://x"])
def test_an_origin_does_not_keep_it_out(alice: DAVClient, origin: str) -> None:
    headers = {**HEADERS, "Origin": origin, "Depth": "0"}
    assert alice.send("PROPFIND", BOOK, headers, FILES["etag.xml"]).status == 207
