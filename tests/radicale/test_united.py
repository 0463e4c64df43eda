"""Clients that know two cards which are one by now: what they are told, and what becomes of edits.

See dirserver/directory/same/landing.py for why.
"""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.acts import put
from tests.directory.keys import hand_out
from tests.directory.merging import merged
from tests.organisation import vcard
from tests.radicale.bodies import FILES, multiget
from tests.radicale.dav_client import DAVClient

ONE = vcard("one", "Peter Vogt", "TEL:+49 171 3920010")
OTHER = vcard("other", "Peter Vogt", "EMAIL:p@example.org")
BOTH = vcard("one", "Peter Vogt", "TEL:+49 171 3920010", "EMAIL:p@example.org")
LANDED = vcard("one", "Peter Vogt", "TEL:+49 171 3920010", "EMAIL:peter@example.org")
CARDS = {
    **FILES,
    "one.vcf": ONE,
    "other.vcf": OTHER,
    "edited.vcf": OTHER.replace(b"p@", b"peter@"),
    "both.vcf": BOTH,
    "landed.vcf": LANDED,
    "both.xml": multiget("/bob/customers/one.vcf", "/bob/customers/other.vcf"),
}
KNOWN = """
C: REPORT /bob/customers/
   <sync.xml
S: 207
   /bob/customers/one.vcf 200 getetag = $one
   /bob/customers/other.vcf 200 getetag = $other
   sync-token = $token
"""
SYNC = """
C: REPORT /bob/customers/
   <sync-collection xmlns="DAV:"><sync-token>$token</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
S: 207
   /bob/customers/one.vcf 200 getetag = $now
   /bob/customers/other.vcf 404
   sync-token = $next
"""
LANDS = """
C: GET /bob/customers/one.vcf
S: 200
   ETag: $now
   <landed.vcf
"""


@pytest.fixture
def phone(application: Application, services: Services) -> DAVClient:
    """Bob's, on which are two cards that alice then makes one."""
    put(services, "one.vcf", ONE)
    put(services, "other.vcf", OTHER)
    return DAVClient(application, "bob", files=CARDS)


def knowing(phone: DAVClient, services: Services) -> dict[str, str]:
    """Let the phone sync, and make the two cards one after that."""
    known = play(phone, KNOWN)
    merged(services, "one.vcf", "other.vcf")
    return known


def test_who_has_an_old_token_is_told_of_both(phone: DAVClient, services: Services) -> None:
    play(phone, SYNC, knowing(phone, services))


def test_who_reads_the_old_name_finds_one_card_and_not_two(
    phone: DAVClient, services: Services
) -> None:
    script = """
        C: GET /bob/customers/other.vcf
        S: 404
           There is no such card.
        C: REPORT /bob/customers/
           <both.xml
        S: 207
           /bob/customers/one.vcf 200 getetag = $now
           /bob/customers/one.vcf 200 address-data = <both.vcf
           /bob/customers/other.vcf 404
        C: PROPFIND /bob/customers/other.vcf
           Depth: 0
           <etag.xml
        S: 404
           There is no such card.
    """
    play(phone, script, knowing(phone, services))


@pytest.mark.parametrize("condition", ["\n   If-Match: $other", ""])
def test_an_edit_of_the_old_card_is_in_the_one_that_stays(
    phone: DAVClient, services: Services, condition: str
) -> None:
    """DAVx5 would drop it on 412, and Thunderbird, without a condition, send it for ever."""
    script = f"""
C: PUT /bob/customers/other.vcf{condition}
   <edited.vcf
S: 204
   ETag: $sent
C: PUT /bob/customers/other.vcf
   If-Match: $sent
   <edited.vcf
S: 204
   ETag: $sent
"""
    play(phone, script + SYNC + LANDS, knowing(phone, services))


def test_an_edit_of_what_the_card_never_was_is_a_conflict(
    phone: DAVClient, services: Services
) -> None:
    script = """
        C: PUT /bob/customers/other.vcf
           If-Match: "another"
           <edited.vcf
        S: 412
           The card is not as the request says that it must be.
    """
    play(phone, SYNC, play(phone, script, knowing(phone, services)))


def test_what_is_uploaded_as_new_is_gone_with_the_next_sync_and_added(
    phone: DAVClient, services: Services
) -> None:
    """Without a word about the new name, a client would keep it for itself."""
    known = knowing(phone, services)
    known = play(phone, SYNC, known)
    script = """
        C: PUT /bob/customers/new.vcf
           If-None-Match: *
           <edited.vcf
        S: 201
           ETag: $sent
        C: REPORT /bob/customers/
           <sync-collection xmlns="DAV:"><sync-token>$next</sync-token><sync-level>1</sync-level>
           <prop><getetag/></prop></sync-collection>
        S: 207
           /bob/customers/new.vcf 404
           /bob/customers/one.vcf 200 getetag = $added
           sync-token = $later
    """
    play(phone, script, known)


def test_to_delete_one_of_the_two_deletes_nobody(phone: DAVClient, services: Services) -> None:
    script = """
        C: DELETE /bob/customers/other.vcf
           If-Match: $other
        S: 204
        C: DELETE /bob/customers/other.vcf
        S: 204
        C: GET /bob/customers/one.vcf
        S: 200
           ETag: $now
           <both.vcf
    """
    play(phone, script, knowing(phone, services))


def test_all_books_as_one_have_the_old_name_too(
    application: Application, phone: DAVClient, services: Services
) -> None:
    knowing(phone, services)
    secret = hand_out(services, "MacBook", "bob", merged=True)
    mac = DAVClient(application, "bob", secret, files=CARDS)
    script = """
        C: PUT /bob/all-contacts/1~other.vcf
           <edited.vcf
        S: 204
           ETag: $sent
        C: GET /bob/all-contacts/1~one.vcf
        S: 200
           ETag: $now
           <landed.vcf
        C: DELETE /bob/all-contacts/1~other.vcf
        S: 204
    """
    play(mac, script)


def test_who_may_not_write_is_told_that_and_nothing_else(
    application: Application, phone: DAVClient, services: Services
) -> None:
    knowing(phone, services)
    script = """
        C: PUT /carol/customers/other.vcf
           <edited.vcf
        S: 403
           error need-privileges /carol/customers/ bind
        C: DELETE /carol/customers/other.vcf
        S: 403
           error need-privileges /carol/customers/ unbind
    """
    play(DAVClient(application, "carol", files=CARDS), script)
