"""MOVE (RFC 4918 section 9.9): a card's other name, in its book or in another."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from tests.conversation import play
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import HOST, DAVClient
from tests.radicale.test_audit import trail


@pytest.fixture
def names(alice: DAVClient) -> dict[str, str]:
    """Anna's card is there; its etag is ``$anna``, and ``$token`` is from after that."""
    return play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PROPFIND /alice/customers/
           Depth: 0
           <token.xml
        S: 207
           /alice/customers/ 200 sync-token = $token
        """,
    )


def test_a_card_gets_another_name(alice: DAVClient, names: dict[str, str]) -> None:
    play(
        alice,
        """
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/customers/new name.vcf
        S: 201
        C: GET /alice/customers/new%20name.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        C: REPORT /alice/customers/
           <sync-collection xmlns="DAV:"><sync-token>$token</sync-token>
           <sync-level>1</sync-level><prop><getetag/></prop></sync-collection>
        S: 207
           /alice/customers/anna.vcf 404
           /alice/customers/new%20name.vcf 200 getetag = $anna
           sync-token = $_
        """,
        names,
    )


@pytest.mark.parametrize(
    "destination",
    [
        "http://{host}/alice/staff/{name}",
        "http://{host}:80/alice/staff/{name}",
        "http://{host_capital}/alice/staff/{name}",
        "/alice/staff/{name}",
        "/alice//customers/../staff/./{name}",
    ],
)
def test_a_card_goes_to_another_book(
    alice: DAVClient, names: dict[str, str], destination: str
) -> None:
    """The names in the Destination are escaped, and may hold what would end a path.

    It may be spelled as the path of a request may be.
    """
    url = destination.format(host=HOST, host_capital=HOST.upper(), name="a%3Fb%23c%3B%25.vcf")
    play(
        alice,
        f"""
        C: MOVE /alice/customers/anna.vcf
           Destination: {url}
        S: 201
        C: GET /alice/customers/anna.vcf
        S: 404
           There is no such card.
        C: GET /alice/staff/a%3Fb%23c%3B%25.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_another_server_is_no_destination(alice: DAVClient, names: dict[str, str]) -> None:
    for url in ("http://example.net/alice/staff/a.vcf", f"https://{HOST}/alice/staff/a.vcf"):
        play(
            alice,
            f"""
            C: MOVE /alice/customers/anna.vcf
               Destination: {url}
            S: 502
               Cards go to other books of this server only.
            """,
        )


@pytest.mark.parametrize(
    "url", ["", "b.vcf", "http://[::1", "/alice/staff/%FF.vcf", "http://x:99999999/a"]
)
def test_a_malformed_destination_is_a_bad_request(
    alice: DAVClient, names: dict[str, str], url: str
) -> None:
    """RFC 4918 section 10.3: the header is a URL, and MUST be there."""
    answer = alice.send("MOVE", "/alice/customers/anna.vcf", {"Destination": url} if url else {})
    assert (answer.status, answer.body) == (400, b"The Destination field is no address.\n")


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_rfc4918_9_8_5_a_card_does_not_go_to_its_own_address(
    alice: DAVClient, services: Services, names: dict[str, str], method: str
) -> None:
    before = len(trail(services))
    itself = {"Destination": "/alice//customers/%61nna.vcf"}
    answer = alice.send(method, "/alice/customers/anna.vcf", itself)
    assert (answer.status, answer.body[:12]) == (403, b"A card goes ")
    assert alice.send("GET", "/alice/customers/anna.vcf", {}).body == FILES["anna.vcf"]
    assert len(trail(services)) == before


def test_overwrite_f_keeps_what_is_there(alice: DAVClient, names: dict[str, str]) -> None:
    play(
        alice,
        """
        C: PUT /alice/staff/anna.vcf
           <anna2.vcf
        S: 201
           ETag: $there
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
           Overwrite: F
        S: 412
           The card is not as the request says that it must be.
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
           Overwrite: yes
        S: 400
           The Overwrite field is T or F.
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
           Overwrite: t
        S: 204
        C: GET /alice/staff/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_a_card_that_changed_meanwhile_stays(alice: DAVClient, names: dict[str, str]) -> None:
    """RFC 9110 section 13.1.1 is for every method that changes something."""
    play(
        alice,
        """
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
           If-Match: "other"
        S: 412
           The card is not as the request says that it must be.
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        C: GET /alice/staff/anna.vcf
        S: 404
           There is no such card.
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
           If-Match: $anna
        S: 201
        """,
        names,
    )


def test_a_card_that_is_not_there_cannot_be_moved(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
        S: 404
           There is no such card.
        """,
    )


def test_both_books_must_be_writable(bob: DAVClient, names: dict[str, str]) -> None:
    """RFC 3744 appendix B: unbind on the source's collection, bind on the destination's."""
    play(
        bob,
        """
        C: MOVE /bob/customers/anna.vcf
           Destination: /bob/staff/anna.vcf
        S: 403
           error need-privileges /bob/staff/ bind
        C: MOVE /bob/staff/anna.vcf
           Destination: /bob/customers/new.vcf
        S: 403
           error need-privileges /bob/staff/ unbind
        C: MOVE /bob/customers/anna.vcf
           Destination: /bob/secret/anna.vcf
        S: 403
           error need-privileges /bob/secret/ bind
        C: MOVE /bob/customers/anna.vcf
           Destination: /alice/secret/anna.vcf
        S: 403
           error need-privileges /alice/secret/ bind
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_a_book_is_not_moved(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: MOVE /alice/customers/
           Destination: /alice/clients/
        S: 403
           error need-privileges /alice/ unbind
        """,
    )


def test_a_name_that_no_card_can_have_is_refused(alice: DAVClient, names: dict[str, str]) -> None:
    play(
        alice,
        f"""
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/customers/{"x" * 256}
        S: 403
           A card cannot have this name.
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/customers/%00%0A
        S: 403
           A card cannot have this name.
        """,
        names,
    )
