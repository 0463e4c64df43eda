"""Linphone, in requests as it was recorded (tests/transcripts has all of them).

It needs: the book's address without its slash, and no redirect; a ctag that ``atoi()`` reads and
that grows; an empty filter that finds every card; vCard 4.0 where it asks for it, in the words that
its parser takes; an etag on each PUT. Its own cards come as ``application/xml``.
"""

from __future__ import annotations

import re

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

AGENT = "Unknown/5.1.65"


def test_a_poll_and_a_query_at_the_book_without_its_slash(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    names = play(
        alice,
        f"""
        C: PROPFIND /alice/customers
           Content-Type: application/xml; charset=utf-8
           User-Agent: {AGENT}
           Depth: 0
           <d:propfind xmlns:d="DAV:" xmlns:cs="http://calendarserver.org/ns/"><d:prop>
           <cs:getctag /></d:prop></d:propfind>
        S: 207
           /alice/customers/ 200 getctag = $ctag
        C: REPORT /alice/customers
           Content-Type: application/xml; charset=utf-8
           User-Agent: {AGENT}
           Depth: 1
           <card:addressbook-query xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav">
           <d:prop><d:getetag /></d:prop><card:filter></card:filter></card:addressbook-query>
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
        """,
    )
    assert re.fullmatch("[1-9][0-9]{0,8}", names["ctag"]), "what fits into an int of C"


def test_cards_come_as_vcard_4_in_words_that_its_parser_takes(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    """No ``\\;`` in a NOTE, commas escaped in FN, dates without dashes, pictures as data URIs."""
    lines = (r"NOTE:a\; b\, c", "BDAY:1970-01-02", "PHOTO;ENCODING=b;TYPE=JPEG:AAAA")
    card = vcard("new", r"Doe\, John", *lines)
    assert alice.send("PUT", "/alice/customers/new.vcf", {}, card).status == 201
    body = (
        '<card:addressbook-multiget xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav">'
        "<d:prop><d:getetag /><card:address-data content-type='text/vcard' version='4.0'/></d:prop>"
        "<d:href>/alice/customers/new.vcf</d:href></card:addressbook-multiget>"
    )
    answer = alice.send("REPORT", "/alice/customers", {"User-Agent": AGENT}, body.encode())
    text = answer.body.decode()
    assert "VERSION:4.0" in text
    assert r"NOTE:a; b\, c" in text
    assert r"FN:Doe\, John" in text
    assert "BDAY:19700102" in text
    assert "PHOTO:data:image/jpeg;base64,AAAA" in text


def test_what_it_writes_is_taken_whatever_it_calls_it(alice: DAVClient) -> None:
    """A card without N, with a UID that is a URN, as XML; the etag is what it goes on with."""
    play(
        alice,
        f"""
        C: PUT /alice/customers/linphone-1.vcf
           Content-Type: application/xml; charset=utf-8
           User-Agent: {AGENT}
           BEGIN:VCARD
           VERSION:4.0
           UID:urn:uuid:7a0d6f0e-1
           FN:Lin Phone
           IMPP:sip:lin@example.org
           END:VCARD
        S: 201
           ETag: $made
        C: PUT /alice/customers/linphone-1.vcf
           Content-Type: application/xml; charset=utf-8
           User-Agent: {AGENT}
           If-Match: $made
           BEGIN:VCARD
           VERSION:4.0
           UID:urn:uuid:7a0d6f0e-1
           FN:Lin Phone II
           IMPP:sip:lin@example.org
           END:VCARD
        S: 204
           ETag: $changed
        C: DELETE /alice/customers/linphone-1.vcf
           User-Agent: {AGENT}
           If-Match: $changed
        S: 204
        """,
    )
