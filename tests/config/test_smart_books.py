"""Smart books: what their queries may name, and what they cannot have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dirserver import config

Faults = Callable[[str], list[str]]

BOOKS = """
[users.alice]
name = "Alice"

[books.customers]
name = "Customers"

[books.staff]
name = "Staff"

[books.press]
name = "Press"
query = 'categories = "Press"'
"""


def vip(query: str, *lines: str) -> str:
    """Return some books, and a smart one with this query."""
    return "\n".join([BOOKS, '[books.vip]\nname = "VIPs"', f"query = {query}", *lines])


def test_a_query_is_kept_as_it_was_written(tmp_path: Path) -> None:
    organisation = '[organisation]\nname = "E"\ndomain = "example.org"\ncountry = "DE"\n'
    text = organisation + vip("""'categories = "VIP" and book in ("customers", "staff")'""")
    file = tmp_path / "dirserver.toml"
    file.write_text(text)
    found = {book.slug: book.query for book in config.load(file).books}
    assert found == {
        "customers": "",
        "staff": "",
        "press": 'categories = "Press"',
        "vip": 'categories = "VIP" and book in ("customers", "staff")',
    }


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("7", "expected a string, in quotes; found a whole number"),
        (
            "'category = \"VIP\"'",
            'column 1: expected a field; found "category"; did you mean categories?',
        ),
        (
            "'categories = VIP'",
            'column 14: expected a value between quotes, such as "VIP"; found "VIP"',
        ),
        (
            "'hair = \"red\"'",
            'column 1: expected a field; found "hair"; there are book, categories, org, unit,'
            " title, role, name, family_name, given_name, nickname, email, tel, city, region,"
            " postal_code, country, url, language, note, birthday, anniversary, x-custom1,"
            " x-custom2, x-custom3, x-custom4 and kind",
        ),
        (
            "'has email\n  and has fax'".replace("'", "'''"),
            'line 2, column 11: expected a field; found "fax"',
        ),
        (
            "'book = \"custmers\"'",
            'column 8: there is no book "custmers"; did you mean "customers"?',
        ),
        ("'book = \"xyz\"'", 'column 8: there is no book "xyz"; name one of the books'),
        (
            '\'has tel or book in ("staff", "press")\'',
            'column 30: "press" is a smart book, and a query asks books that have cards',
        ),
        (
            "'book != \"vip\"'",
            'column 9: "vip" is a smart book, and a query asks books that have cards',
        ),
        ("'book = \"personal\"'", 'column 8: there is no book "personal"; name one of the books'),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused(faults: Faults, query: str, fault: str) -> None:
    (found,) = faults(vip(query))
    assert found.startswith("[books.vip] query = ")
    assert fault in found


def test_the_personal_book_may_be_asked_where_everybody_has_one(faults: Faults) -> None:
    text = vip("'book = \"personal\"'")
    (fault,) = faults(text)
    assert "personal" in fault
    # Of all that is at fault here, the query is no part.
    organisation = '[organisation]\nname = "E"\ndomain = "example.org"\n'
    (fault,) = faults(f"{organisation}personal_books = true\n{text}")
    assert "country" in fault


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            'ldap_shows = ["NOTE"]',
            "[books.vip] ldap_shows: a smart book has no cards of its own; say it of the books"
            " that it shows",
        ),
        (
            "standards = { emails = true }",
            "[books.vip] standards: a smart book has no cards of its own; say it of the books"
            " that it shows",
        ),
        (
            'grants = [{ to = "alice", access = "write" }]',
            '[books.vip] grants (1st).access = "write": a change goes to the card\'s own'
            " book, by the"
            ' grants there; grant "read" here',
        ),
        (
            'grants = [{ to = "alice", access = "read", hide = ["NOTE"] }]',
            '[books.vip] grants (1st).hide = ["NOTE"]: what is hidden must be hidden in the cards\''
            " own books; say it there",
        ),
        (
            '[users.bob]\nname = "Bob"\ndefault_book = "vip"',
            '[users.bob] default_book = "vip": a smart book takes no new cards; name a book that'
            " has cards of its own",
        ),
    ],
)
def test_what_a_smart_book_cannot_have_is_refused(faults: Faults, line: str, fault: str) -> None:
    assert faults(vip("'has email'", line)) == [fault]
