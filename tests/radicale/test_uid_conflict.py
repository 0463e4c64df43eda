"""A UID is there once in a book (RFC 6352 section 6.3.2.1, CARDDAV:no-uid-conflict)."""

from __future__ import annotations

from tests.conversation import play
from tests.radicale.dav_client import DAVClient


def test_a_uid_that_is_taken_is_refused_with_the_href_that_has_it(alice: DAVClient) -> None:
    """DAVx5 takes the server's card on 409, whereas a 403 would end its sync."""
    play(
        alice,
        """
        C: PUT /alice/customers/Anna Ä.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/customers/other.vcf
           <anna2.vcf
        S: 409
           error no-uid-conflict /alice/customers/Anna%20%C3%84.vcf
        C: GET /alice/customers/other.vcf
        S: 404
           There is no such card.
        """,
    )


def test_another_book_may_have_the_same_uid(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/staff/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        """,
    )


def test_a_uid_is_free_again_when_its_card_is_gone(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: DELETE /alice/customers/anna.vcf
        S: 204
        C: PUT /alice/customers/other.vcf
           <anna.vcf
        S: 201
           ETag: $_
        """,
    )


def test_a_card_is_not_overwritten_by_one_with_another_uid(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: PUT /alice/customers/anna.vcf
           <bert.vcf
        S: 409
           error no-uid-conflict /alice/customers/anna.vcf
        """,
    )


def test_a_card_is_not_moved_over_one_with_another_uid(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: PUT /alice/customers/bert.vcf
           <bert.vcf
        S: 201
           ETag: $_
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/customers/bert.vcf
        S: 409
           error no-uid-conflict /alice/customers/bert.vcf
        """,
    )


def test_a_card_is_not_moved_into_a_book_that_has_its_uid(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/staff/first.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/second.vcf
        S: 409
           error no-uid-conflict /alice/staff/first.vcf
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
    )
