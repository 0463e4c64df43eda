"""Which version of vCard an Accept header asks for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver_radicale.headers.accept import preferred_version


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("", None),
        ("*/*", None),
        ("text/*;q=0.9, */*;q=0.8", None),
        ("text/html, text/*;q=0.9, image/jpeg;q=0.9, */*;q=0.8", None),
        ("text/vcard", None),
        ("text/vcard; version=4.0", "4.0"),
        ("text/vcard;version=3.0", "3.0"),
        ('TEXT/VCard ; Version="4.0"', "4.0"),
        ('text/vcard; version="4\\.0"', "4.0"),
        ("text/vcard;charset=utf-8;version=4.0", "4.0"),
        ("text/vcard;version=4.0, text/vcard;q=0.5", "4.0"),
        ("text/vcard;version=4.0;q=0.5, text/vcard", "3.0"),
        ("text/vcard;version=4.0, text/vcard;version=3.0", None),
        ("text/vcard;version=4.0;q=0.8, text/vcard;version=3.0;q=0.9", "3.0"),
        ("text/vcard;version=4.0;q=0.001, text/vcard;version=3.0;q=0", "4.0"),
        ("text/vcard;version=3.0;q=0, */*", "4.0"),
        ("text/vcard;version=3.0;q=0.2, text/*;q=0.5", "4.0"),
        ("text/vcard;version=4.0;q=0.2, */*;q=0.5", "3.0"),
        ("application/json, text/vcard;version=4.0", "4.0"),
        ("text/vcard;version=5.0", "5.0"),
        ("text/vcard;version=5.0, */*;q=0", "5.0"),
        ("text/vcard;version=5.0;q=0", None),
        ("text/vcard;version=5.0, text/*;q=0.1", None),
        ("text/vcard;version=5.0, text/vcard;version=4.0;q=0.1", "4.0"),
        ("text/vcard;q=0", None),
        ("application/vcard+json;version=4.0", None),
        # After the quality come extensions, not parameters of the media type.
        ("text/vcard;q=1;version=4.0", None),
        ("text/vcard;;version=4.0", "4.0"),
        ('text/vcard;title="a, b";version=4.0', "4.0"),
        # What is malformed counts for nothing.
        ("text/vcard;version=4.0;q=2", None),
        ("text/vcard;version=4.0;q=high, text/vcard;version=3.0;q=0.1", "3.0"),
        ("text/vcard version=4.0", None),
        ("text/vcard;version", None),
        (", ,text/vcard;version=4.0,", "4.0"),
        ('text/vcard;version="4.0', None),
    ],
)
def test_rfc_9110_section_12_5_1_accept_prefers_a_version(accept: str, version: str | None) -> None:
    assert preferred_version(accept) == version


@given(st.text(alphabet='textvcard/*;=,"\\ versionq0123.', max_size=60).map("text/vcard;".__add__))
def test_any_header_has_an_answer(accept: str) -> None:
    assert preferred_version(accept) != ""


@pytest.mark.parametrize(
    "piece", ['"', "\\", ";", "a/", "text/vcard;", 'text/vcard;a="\\', " ", '\\"']
)
def test_a_long_header_takes_no_longer_than_its_length(piece: str) -> None:
    started = time.process_time()
    preferred_version("text/vcard;" + piece * (60_000 // len(piece)))
    assert time.process_time() - started < 2
