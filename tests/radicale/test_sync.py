"""sync-collection (RFC 6578), and the ctag that came before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.errors import InvalidSyncToken
from dirserver_radicale.application import Application
from dirserver_radicale.tree import tokens
from dirserver_radicale.tree.tokens import SyncToken
from tests.conversation import play
from tests.radicale.bodies import sync
from tests.radicale.dav_client import DAVClient

FIRST = """
C: PUT /alice/customers/anna.vcf
   <anna.vcf
S: 201
   ETag: $anna
C: PUT /alice/customers/bert.vcf
   <bert.vcf
S: 201
   ETag: $bert
C: REPORT /alice/customers/
   <sync.xml
S: 207
   /alice/customers/anna.vcf 200 getetag = $anna
   /alice/customers/bert.vcf 200 getetag = $bert
   sync-token = $token
"""


def test_only_what_changed_since_a_token_comes(alice: DAVClient) -> None:
    """RFC 6578 section 3.5: changed and new members; removed ones with 404 and no propstat."""
    play(
        alice,
        FIRST
        + """
C: PUT /alice/customers/anna.vcf
   <anna2.vcf
S: 204
   ETag: $changed
C: DELETE /alice/customers/bert.vcf
S: 204
C: PUT /alice/customers/cora.vcf
   <cora.vcf
S: 201
   ETag: $cora
C: REPORT /alice/customers/
   <sync-collection xmlns="DAV:"><sync-token>$token</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
S: 207
   /alice/customers/anna.vcf 200 getetag = $changed
   /alice/customers/bert.vcf 404
   /alice/customers/cora.vcf 200 getetag = $cora
   sync-token = $next
C: REPORT /alice/customers/
   <sync-collection xmlns="DAV:"><sync-token>$next</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
S: 207
   sync-token = $next
""",
    )


def test_the_first_sync_tells_of_no_deleted_card(alice: DAVClient) -> None:
    """RFC 6578 section 3.4: removed members MUST NOT be in the answer to an empty token."""
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: DELETE /alice/customers/anna.vcf
        S: 204
        C: REPORT /alice/customers/
           <sync.xml
        S: 207
           sync-token = $_
        """,
    )


def test_a_card_that_came_back_is_not_gone(alice: DAVClient) -> None:
    play(
        alice,
        FIRST
        + """
C: DELETE /alice/customers/bert.vcf
S: 204
C: PUT /alice/customers/bert.vcf
   <bert.vcf
S: 201
   ETag: $bert
C: REPORT /alice/customers/
   <sync-collection xmlns="DAV:"><sync-token>$token</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
S: 207
   /alice/customers/bert.vcf 200 getetag = $bert
   sync-token = $_
""",
    )


def test_the_token_of_a_propfind_is_that_of_a_sync(alice: DAVClient) -> None:
    """RFC 6578 section 4: so Thunderbird begins, after a listing."""
    play(
        alice,
        FIRST
        + """
C: PROPFIND /alice/customers/
   Depth: 0
   <token.xml
S: 207
   /alice/customers/ 200 sync-token = $token
""",
    )


def test_a_token_is_good_for_every_reader_of_what_it_shows(
    alice: DAVClient, bob: DAVClient
) -> None:
    names = play(alice, FIRST)
    answer = bob.send("REPORT", "/bob/customers/", {}, sync(names["token"]))
    assert list(bob.render(answer)) == ["207", f"sync-token = {names['token']}"]


BAD_TOKENS = [
    "garbage",
    "http://radicale.org/ns/sync/0b2c570b37470ea9c4e7017b494e8babf6fcbbfa121cc3bb9bf7fea9d61ce527",
    "tag:dirserver,2026:sync/00000000-0000-0000-0000-000000000000/0/1/0",
    "tag:dirserver,2026:sync/x/0/1/0",
]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_a_token_that_was_never_given_out_is_refused(
    alice: DAVClient, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    """RFC 6578 section 3.2: the precondition DAV:valid-sync-token, by which DAVx5 starts anew."""
    answer = alice.send("REPORT", "/alice/customers/", {}, sync(token))
    assert list(alice.render(answer)) == ["403", "error valid-sync-token"]
    # Every client of a book that was restored comes with one: that is no fault of the server's.
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_thunderbird_is_told_400(alice: DAVClient, token: str) -> None:
    """It reads everything again on 400; any other status ends its sync for good."""
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"
    answer = alice.send("REPORT", "/alice/customers/", {"User-Agent": agent}, sync(token))
    assert answer.status == 400


def test_the_token_of_another_book_is_refused(alice: DAVClient) -> None:
    names = play(alice, FIRST)
    answer = alice.send("REPORT", "/alice/staff/", {}, sync(names["token"]))
    assert list(alice.render(answer)) == ["403", "error valid-sync-token"]


def test_a_token_from_the_future_is_refused(alice: DAVClient) -> None:
    """A book that was restored from a backup has given out tokens that it no longer knows."""
    token = tokens.parse(play(alice, FIRST)["token"])
    later = replace(token, revision=token.revision + 1)
    answer = alice.send("REPORT", "/alice/customers/", {}, sync(str(later)))
    assert list(alice.render(answer)) == ["403", "error valid-sync-token"]


def test_a_token_outlives_the_server(alice: DAVClient, services: Services) -> None:
    names = play(alice, FIRST)
    alice.application = Application(services)
    answer = alice.send("REPORT", "/alice/customers/", {}, sync(names["token"]))
    assert answer.status == 207


def test_the_ctag_is_a_bare_integer_that_grows_with_every_change(alice: DAVClient) -> None:
    """Linphone reads it with atoi(); Evolution looks no further until it has changed."""
    seen = []
    for request in (
        ["PUT /alice/customers/anna.vcf", "<anna.vcf"],
        ["PUT /alice/customers/anna.vcf", "<anna2.vcf"],
        ["MOVE /alice/customers/anna.vcf", "Destination: /alice/customers/a.vcf"],
        ["MOVE /alice/customers/a.vcf", "Destination: /alice/staff/a.vcf"],
        ["PUT /alice/customers/bert.vcf", "<bert.vcf"],
        ["DELETE /alice/customers/bert.vcf"],
    ):
        assert alice.say(request)[0].startswith("20")
        line = alice.say(["PROPFIND /alice/customers/", "Depth: 0", "<ctag.xml"])[1]
        seen.append(int(line.removeprefix("/alice/customers/ 200 getctag = ")))
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("level", ["1", "infinite", ""])
def test_every_sync_level_and_depth_is_the_same_in_a_flat_book(
    alice: DAVClient, level: str
) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    body = sync().replace(b"<sync-level>1<", f"<sync-level>{level}<".encode())
    for depth in ("0", "1", "infinity"):
        answer = alice.send("REPORT", "/alice/customers/", {"Depth": depth}, body)
        assert b"/alice/customers/anna.vcf" in answer.body


def test_without_any_property_the_changes_are_still_told(alice: DAVClient) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    body = sync().replace(b"<getetag/>", b"")
    assert b"/alice/customers/anna.vcf" in alice.send("REPORT", "/alice/customers/", {}, body).body


def test_a_token_is_read_as_it_is_written() -> None:
    token = SyncToken(
        "a6aa85ee-ce9c-47ff-8655-d4c20cf3e964", "5d41402abc4b2a76", 17, "391adc75c43c"
    )
    assert tokens.parse(str(token)) == token


@pytest.mark.parametrize("text", ["", *BAD_TOKENS[:2], BAD_TOKENS[3], f"{BAD_TOKENS[2]}\n"])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidSyncToken):
        tokens.parse(text)
