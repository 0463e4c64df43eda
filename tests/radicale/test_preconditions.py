"""Conditional requests (RFC 9110 section 13)."""

from __future__ import annotations

import pytest

from dirserver_radicale.headers.conditional import is_unchanged, read_precondition
from tests.conversation import play
from tests.radicale.dav_client import DAVClient


@pytest.fixture
def names(alice: DAVClient) -> dict[str, str]:
    """Anna's card is there; its etag is ``$anna``."""
    return play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        """,
    )


def test_if_none_match_star_creates_only(alice: DAVClient, names: dict[str, str]) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-None-Match: *
           <anna2.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /alice/customers/bert.vcf
           If-None-Match: *
           <bert.vcf
        S: 201
           ETag: $_
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_if_match_changes_only_what_the_client_knows(
    alice: DAVClient, bob: DAVClient, names: dict[str, str]
) -> None:
    known = play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-Match: $anna
           <anna2.vcf
        S: 204
           ETag: $changed
        """,
        names,
    )
    play(
        bob,
        """
        C: PUT /bob/customers/anna.vcf
           If-Match: $anna
           <anna.vcf
        S: 412
           The card is not as the request says that it must be.
        C: DELETE /bob/customers/anna.vcf
           If-Match: $anna
        S: 412
           The card is not as the request says that it must be.
        C: DELETE /bob/customers/anna.vcf
           If-Match: "other", $changed
        S: 204
        """,
        known,
    )


def test_if_match_star_does_not_create(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-Match: *
           <anna.vcf
        S: 412
           The card is not as the request says that it must be.
        C: DELETE /alice/customers/anna.vcf
           If-Match: *
        S: 412
           The card is not as the request says that it must be.
        """,
    )


def test_if_none_match_spares_the_body_of_a_card_that_is_known(
    alice: DAVClient, names: dict[str, str]
) -> None:
    play(
        alice,
        """
        C: GET /alice/customers/anna.vcf
           If-None-Match: "other", W/$anna
        S: 304
           ETag: $anna
        C: HEAD /alice/customers/anna.vcf
           If-None-Match: *
        S: 304
           ETag: $anna
        C: GET /alice/customers/anna.vcf
           If-None-Match: "other"
        S: 200
           ETag: $anna
           <anna.vcf
        """,
        names,
    )


def test_a_failed_if_match_goes_before_if_none_match(
    alice: DAVClient, names: dict[str, str]
) -> None:
    """RFC 9110 section 13.2.2."""
    play(
        alice,
        """
        C: GET /alice/customers/anna.vcf
           If-Match: "other"
           If-None-Match: $anna
        S: 412
           ETag: $anna
           It has changed.
        """,
        names,
    )


def test_a_weak_etag_never_allows_a_write(alice: DAVClient, names: dict[str, str]) -> None:
    """RFC 9110 section 13.1.1: If-Match compares strongly."""
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-Match: W/$anna
           <anna2.vcf
        S: 412
           The card is not as the request says that it must be.
        """,
        names,
    )


def test_an_etag_of_another_card_is_no_etag_of_this(
    alice: DAVClient, names: dict[str, str]
) -> None:
    """RFC 9110 section 13.1.2: none of the listed etags may be the card's."""
    play(
        alice,
        """
        C: PUT /alice/customers/anna.vcf
           If-None-Match: $anna
           <anna2.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /alice/customers/anna.vcf
           If-None-Match: "other"
           <anna2.vcf
        S: 204
           ETag: $_
        """,
        names,
    )


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ('"a"', True),
        ('"b"', False),
        ('"b" , "a"', True),
        ('W/"a"', False),
        ("*", True),
        ("a", True),
        ("b", False),
        ('"*"', True),
        ("", True),
        (" ", True),
        (",", False),
        ('"', False),
    ],
)
def test_if_match_is_read_as_clients_write_it(header: str, holds: bool) -> None:
    assert read_precondition({"HTTP_IF_MATCH": header}).holds("a") is holds


def test_not_modified_needs_if_match_to_hold() -> None:
    both = {"HTTP_IF_MATCH": '"b"', "HTTP_IF_NONE_MATCH": '"a"'}
    assert not is_unchanged(read_precondition(both), "a")
    assert is_unchanged(read_precondition({"HTTP_IF_NONE_MATCH": '"a"'}), "a")
    assert not is_unchanged(read_precondition({"HTTP_IF_NONE_MATCH": '"b"'}), "a")
