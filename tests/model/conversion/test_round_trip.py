"""There and back again: whatever is in a card, it means the same afterwards.

What may differ between the versions is in ``_differs`` and ``_NORMAL``, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dirserver.errors import InvalidCard
from dirserver.exchange.vcards import read_vcards
from dirserver.model.contentline import unfolded
from dirserver.model.conversion import convert
from dirserver.model.conversion.rules import FOR_FOUR, FOR_THREE
from dirserver.model.derive import derive
from dirserver.model.fields import SOURCES, Field
from dirserver.model.vcard import VCard, parse_card
from tests.model.conversion.cards import card

CORPUS = Path(__file__).parents[2] / "corpus"
OTHER = {"3.0": "4.0", "4.0": "3.0"}

NAMES = sorted(
    {*FOR_FOUR, *FOR_THREE, "LANG", "X-Foo", "MEMBER", "CLIENTPIDMAP"}
    - {"FN", "N", "X-SORT-STRING"}
)
PARAMS = [
    "TYPE=home",
    'TYPE="work,voice"',
    "TYPE=pref",
    "TYPE=spouse",
    "TYPE=agent",
    "TYPE=JPEG",
    "PREF=1",
    "PREF=2",
    "PREF=x",
    "VALUE=uri",
    "VALUE=text",
    "VALUE=date",
    "VALUE=binary",
    "VALUE=utc-offset",
    "CELL",
    "BASE64",
    "ENCODING=b",
    "ENCODING=QUOTED-PRINTABLE",
    "CHARSET=ISO-8859-1",
    "X-APPLE-OMIT-YEAR=1604",
    "X-SERVICE-TYPE=Jabber",
    "MEDIATYPE=image/png",
    'LABEL="a^n;b"',
    "SORT-AS=x",
    "ALTID=1",
    "X-Y=^^^'^n",
]
VALUES = [
    "1970-01-02",
    "--0102",
    "19700102T101112Z",
    "1604-01-02",
    "_$!<Spouse>!$_",
    "_$!<Anniversary>!$_",
    "_$!<Father>!$_",
    "data:image/png;base64,iVBORw0KGgo=",
    "/9j/4AAQ",
    "http\\://x.org",
    "xmpp:a%40b@x.org",
    "tel:+49-30-1;ext=2",
    "geo:1,2",
    "1.0;2.0",
    "-0500",
    "a;b;c;d;e;f;g",
    "a,b\\,c",
    "BEGIN:VCARD\\nFN:a\\nEND:VCARD",
    "group",
    "COMPANY",
    "Male",
    "",
    "é" * 80,
]
TEXTS = st.text(alphabet='aé\\,;:n"^=%0 \t-', max_size=12)
LINES = st.builds(
    lambda group, name, params, value: f"{group}{name}{''.join(f';{p}' for p in params)}:{value}",
    st.sampled_from(["", "", "item1.", "item2.", "Item1."]),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(PARAMS), max_size=3),
    st.sampled_from(VALUES) | TEXTS,
)
SOME_NAMES = st.lists(
    st.sampled_from(["FN:A b", "FN;PREF=1:B\\;c, d", "N:A;B;;;", "N;SORT-AS=x:C;D,E;;;", "UID:4"]),
    max_size=4,
    unique=True,
)
CARDS = st.builds(card, st.sampled_from(["3.0", "4.0"]), st.lists(LINES, max_size=6), SOME_NAMES)


def exports() -> Iterator[bytes]:
    """Yield every card of the corpus."""
    for path in sorted(CORPUS.glob("*.vcf")):
        for read in read_vcards(path.read_bytes()):
            assert read.body is not None
            yield read.body


def check_written(body: bytes, version: str) -> VCard:
    """Require that a converted card is all that a card of its version must be."""
    made = parse_card(body)
    assert made.version == version
    assert body.startswith(f"BEGIN:VCARD\r\nVERSION:{version}\r\n".encode())
    assert body.endswith(b"\r\nEND:VCARD\r\n")
    for piece in body.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(piece) <= 75
        assert b"\n" not in piece
        assert b"\r" not in piece
        piece.decode()
    assert made.all("FN")
    if version == "3.0":
        assert len(made.all("FN")) == len(made.all("N")) == 1
    else:
        # What strict readers of 4.0 refuse, and refuse the card for.
        for line in (*made.all("NOTE"), *made.all("TITLE"), *made.all("FN")):
            assert not re.search(r"(?<!\\)(?:\\\\)*(?:,|\\[^\\,n])", line.value), line
        for name in ("BDAY", "ANNIVERSARY"):
            for line in made.all(name):
                is_text = "text" in line.param("VALUE")
                assert is_text or re.fullmatch("[-0-9TZ+]+", line.value), line
        for line in made.lines:
            assert all(values for _, values in line.params) or line.name.startswith("X-")
    assert convert(body, version) is body
    return made


def _digits(value: str) -> str:
    return re.sub("^1604|[^0-9TZ+]", "", value)


def _handle(value: str) -> str:
    while (
        shorter := re.sub("^[A-Za-z-]+:", "", unquote(value).replace("\n", "").strip())
    ) != value:
        value = shorter
    return value


# How a field is compared that each version writes in its own way.
_NORMAL = {
    Field.BIRTHDAY: _digits,
    Field.ANNIVERSARY: _digits,
    # The old properties have an address where IMPP has a URI.
    Field.MESSAGING: _handle,
}


_NAME_FIELDS = {
    Field.FULL_NAME,
    Field.FAMILY_NAME,
    Field.GIVEN_NAME,
    Field.ADDITIONAL_NAME,
    Field.NAME_PREFIX,
    Field.NAME_SUFFIX,
}


_BIRTHDAY_FIELDS = {Field.BIRTHDAY, Field.BIRTH_YEAR, Field.BIRTH_MONTH, Field.BIRTH_DAY}


def _anniversaries(before: VCard) -> int:
    return sum(len(before.all(name)) for name in SOURCES[Field.ANNIVERSARY])


def _differs(before: VCard) -> set[Field]:
    """Return the fields in which a card may say something else in the other version."""
    differing: set[Field] = set()
    if len(before.all("FN")) != 1 or len(before.all("N")) > 1 or "X-ALT" in str(before.lines):
        # FN is made where there is none; of several, and of several N, 3.0 has one.
        differing |= _NAME_FIELDS
    if len({*before.all("BDAY"), *before.all("X-ALT-BDAY")}) > 1 or before.first("X-ALT-BDAY"):
        differing |= _BIRTHDAY_FIELDS
    if before.first("X-ALT-ANNIVERSARY") or _anniversaries(before) > 1:
        # Of several, 4.0 has one.
        differing.add(Field.ANNIVERSARY)
    if any(line.name == "LABEL" or line.param("LABEL") for line in before.lines):
        # A label is part of the address in 4.0 only.
        differing |= {Field.HOME_ADDRESS, Field.WORK_ADDRESS}
    return differing


def meaning(made: VCard, differing: set[Field]) -> dict[Field, set[str]]:
    """Return what a card says, but for the fields that may differ."""
    return {
        field: {_NORMAL.get(field, str)(value) for value in values}
        for field, values in derive(made).items()
        if field not in differing
    }


def check_round_trip(body: bytes) -> None:
    """Convert a card, back, and again, and require that it says the same all the time."""
    before = parse_card(body)
    version, other = before.version, OTHER[before.version]
    there = convert(body, other)
    back = convert(there, version)
    after = check_written(there, other)
    returned = check_written(back, version)
    assert after.uid == returned.uid == before.uid
    # The first time, what both versions may write in many ways gets the one way of its version.
    settled = convert(convert(back, other), version)
    assert convert(convert(settled, other), version) == settled
    if b"QUOTED-PRINTABLE" not in body:
        differing = _differs(before)
        said = meaning(before, differing)
        assert meaning(after, differing) == said
        assert meaning(returned, differing) == said
    # Properties of one's own stay to the byte, and in their order.
    own = [line for line in unfolded(body.decode()) if line.startswith(("X-Foo", "item1.X-Foo"))]
    for copy in (there, back):
        kept = unfolded(copy.decode())
        assert [line for line in kept if line.startswith(("X-Foo", "item1.X-Foo"))] == own


@settings(max_examples=400, deadline=None)
@given(CARDS)
@example(card("3.0", ["ADR:a", *["ADR:"] * 4, "LABEL:b"]))
@example(card("3.0", [*["ADR:"] * 4, "NOTE:a", "LABEL:b"]))
def test_a_card_means_the_same_in_the_other_version_and_after_coming_back(body: bytes) -> None:
    try:
        parse_card(body)
    except InvalidCard:
        assume(False)
    check_round_trip(body)


@pytest.mark.parametrize("body", list(exports()))
def test_what_programs_really_write_goes_there_and_back(body: bytes) -> None:
    check_round_trip(body)
    check_round_trip(convert(body, OTHER[parse_card(body).version]))


ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["3.0", "4.0"]), st.lists(st.tuples(st.sampled_from(NAMES), ANY_TEXT)))
def test_any_text_can_be_converted(version: str, pairs: list[tuple[str, str]]) -> None:
    body = card(version, [f"{name}:{text}" for name, text in pairs])
    check_written(convert(body, OTHER[version]), OTHER[version])
