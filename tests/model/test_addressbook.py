"""What a card may be called in its book."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.addressbook import HREF_BYTES, is_href


@pytest.mark.parametrize(
    "href",
    [
        "a",
        "anna.vcf",
        "Anna Müller.vcf",
        "100%_done.vcf",
        "...",
        "..vcf",
        "a\\b",
        "姓名.vcf",
        "🙂.vcf",
        "a" * HREF_BYTES,
        "é" * (HREF_BYTES // 2),
        "山田\u3000太郎.vcf",
        "a\u00a0b",
    ],
)
def test_clients_choose_their_names(href: str) -> None:
    assert is_href(href)


@pytest.mark.parametrize(
    "href",
    [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "a/",
        "a\x00",
        "a\nb",
        "a\x7f",
        "a\u0085",
        "a\u202eb",
        "\ud800",
        "a" * (HREF_BYTES + 1),
        "é" * (HREF_BYTES // 2 + 1),
    ],
)
def test_some_names_cannot_be(href: str) -> None:
    assert not is_href(href)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_every_name_that_may_be_can_be_stored_and_sent(href: str) -> None:
    if is_href(href):
        assert 0 < len(href.encode()) <= HREF_BYTES
        assert "\0" not in href
        assert "/" not in href
