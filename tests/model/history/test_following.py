"""A card that follows a source: of what it said, what it says and what there is, what comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.history.following import follow
from tests.organisation import vcard


def card(*lines: str, version: str = "3.0") -> bytes:
    return vcard("u", "Anna Müller", *lines, version=version)


def said_by(body: bytes) -> list[str]:
    """What a card says beyond its name."""
    return body.decode().replace("\r\n ", "").splitlines()[5:-1]


@pytest.mark.parametrize(
    ("said", "says", "now", "firm", "loose"),
    [
        # The source has nothing new: with a firm hand its value is put back.
        (["TITLE:A"], ["TITLE:A"], ["TITLE:P"], ["TITLE:A"], ["TITLE:P"]),
        (["TITLE:A"], ["TITLE:A"], [], ["TITLE:A"], []),
        (["TEL:1"], ["TEL:1"], ["TEL:2"], ["TEL:2", "TEL:1"], ["TEL:2"]),
        (["TEL:1"], ["TEL:1"], ["TEL:1", "TEL:2"], ["TEL:1", "TEL:2"], ["TEL:1", "TEL:2"]),
        # It has something else.
        (["TITLE:A"], ["TITLE:B"], ["TITLE:A"], ["TITLE:B"], ["TITLE:B"]),
        (["TITLE:A"], ["TITLE:B"], ["TITLE:P"], ["TITLE:B"], ["TITLE:B"]),
        (["TEL:1"], ["TEL:3"], ["TEL:1", "TEL:2"], ["TEL:3", "TEL:2"], ["TEL:3", "TEL:2"]),
        (["TEL:1"], ["TEL:3"], ["TEL:2"], ["TEL:2", "TEL:3"], ["TEL:2", "TEL:3"]),
        # Somebody has added it before.
        (["TEL:1"], ["TEL:1", "TEL:2"], ["TEL:1", "TEL:2"], ["TEL:1", "TEL:2"], None),
        # It has it no longer; what people made of it is theirs.
        (["TITLE:A"], [], ["TITLE:A"], [], []),
        (["TITLE:A"], [], ["TITLE:P"], ["TITLE:P"], ["TITLE:P"]),
        (["TEL:1", "TEL:1"], ["TEL:1"], ["TEL:1", "TEL:1"], ["TEL:1"], ["TEL:1"]),
        # What it never had is not its business.
        ([], [], ["NOTE:Tea", "TITLE:P"], ["NOTE:Tea", "TITLE:P"], ["NOTE:Tea", "TITLE:P"]),
        # Labels come and go with what they label.
        (
            ["item1.TEL:1", "item1.X-ABLabel:Desk"],
            ["item1.TEL:2", "item1.X-ABLabel:Desk"],
            ["item1.URL:x", "item1.X-ABLabel:Mine", "item7.TEL:1", "item7.X-ABLabel:Desk"],
            ["item1.URL:x", "item1.X-ABLabel:Mine", "item7.TEL:2", "item7.X-ABLabel:Desk"],
            None,
        ),
    ],
)
def test_what_comes_of_three_cards(
    said: list[str], says: list[str], now: list[str], firm: list[str], loose: list[str] | None
) -> None:
    bodies = card(*said), card(*says), card(*now)
    assert said_by(follow(*bodies).body) == firm
    assert said_by(follow(*bodies, firmly=False).body) == (firm if loose is None else loose)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("TEL;TYPE=WORK:+49 30 1", "TEL;VALUE=uri;TYPE=work,voice:tel:+49-30-1"),
        ("EMAIL:Anna@Example.org", "EMAIL;TYPE=INTERNET,pref:anna@example.org"),
        ("ORG:Example", "ORG:Example;"),
        ("ADR:;;Street 1;Berlin;;10115;", "ADR;TYPE=WORK:;;Street 1;Berlin;;10115"),
        ("BDAY:1980-03-07", "BDAY:19800307"),
        ("NOTE:a\\, b", "NOTE:a, b"),
        ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/AA==", "PHOTO;TYPE=jpeg;ENCODING=B:/9j/\r\n AA=="),
    ],
)
def test_a_value_is_known_again_however_it_is_written(theirs: str, ours: str) -> None:
    followed = follow(card(theirs), card(theirs), card(ours))
    assert followed.changed == ()
    assert followed.body == card(ours)


def test_the_source_has_a_say_in_what_it_owns_only_and_in_the_uid() -> None:
    says = card("TITLE:A", "TEL:1")
    now = says.replace(b"UID:u\r\n", b"").replace(b"TITLE:A\r\n", b"").replace(b"TEL:1\r\n", b"")
    followed = follow(says, says, now, frozenset({"TEL"}))
    assert followed.changed == ("UID", "TEL")
    assert b"TITLE" not in followed.body


LINES = st.lists(
    st.sampled_from(["TITLE:A", "TITLE:B", "TEL:1", "TEL;TYPE=HOME:2", "EMAIL:a@b", "NOTE:n"]),
    max_size=4,
    unique_by=lambda line: line if line[:5] != "TITLE" else "TITLE",
)


@settings(max_examples=40)
@given(LINES, LINES, LINES, st.booleans())
def test_what_was_followed_stays_as_it_is(
    said: list[str], says: list[str], now: list[str], firmly: bool
) -> None:
    once = follow(card(*said), card(*says), card(*now), firmly=firmly).body
    assert follow(card(*says), card(*says), once, firmly=firmly).changed == ()
    if firmly:
        assert set(says) <= set(said_by(once))
    # Nothing of people's own is lost, but where the source has a say.
    own = {line for line in now if line not in said and line[:5] != "TITLE"}
    if "NOTE:n" not in says:
        assert own <= set(said_by(once))
