"""The search index names the candidates for a filter: it must leave out none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dirserver.assembly import Services
from dirserver.directory import Reading
from dirserver.model.grant import Privilege
from dirserver_radicale.xml.filters import Filter, PropFilter, TextMatch
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config

NUMBERS = [
    "+49 (0)30 123-456",
    "030/123 456 ext. 12",
    "tel:+49-30-123457;ext=5",
    "(030) 12 34 58",
    "0049 30 123459",
    "4711",
    "none",
    "0 (0) 0",
    "+1 (555) 010-0001",
]
NAMES = [
    "Anna Ämter",
    "Ænne  von   Straßen",
    "Øyvind Łukasz",
    "100% _x_\\ 'quoted'",
    "İstanbul ΌΣΟΣ",
    "ﬁne Ⅷ ①",
    "王小明",
    "Юлия",
    "-",
]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services with a card for each name."""
    path: Path = write_config(tmp_path_factory.mktemp("agreement"))
    found = open_organisation(path)
    with found.directory.writing(ALICE, HERE) as writing:
        for number, name in enumerate(NAMES):
            card = vcard(
                str(number),
                name,
                f"EMAIL:{number}@Example.org",
                rf"N:{name};Jo,Jo\;e;{number};;;Gómez {number};Jr.",
                f"TEL;TYPE=WORK:{NUMBERS[number]}",
                f"item{number}.TITLE: Spaced  out ",
                rf"ORG: {name};x {number}\; y, z ",
                rf"NICKNAME:{name}, {number} a\,b",
            )
            writing.put_card("customers", str(number), card)
        # Its full name is that of its N, but it has no FN.
        bare = card.replace(b"FN:", b"X-FN:").replace(b"UID:", b"UID:bare-")
        writing.put_card("customers", "bare", bare)
    yield found
    found.store.close()


@pytest.fixture(scope="module")
def reading(services: Services) -> Iterator[Reading]:
    """A snapshot for Alice."""
    with services.directory.reading(ALICE, HERE) as opened:
        yield opened


def parts_of(texts: list[str]) -> st.SearchStrategy[str]:
    """Make parts of ``texts``."""
    return st.sampled_from(texts).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(
            lambda ends: text[min(ends) : max(ends)]
        )
    )


pieces = st.one_of(
    parts_of(NAMES),
    parts_of(NUMBERS),
    st.sampled_from(
        [
            "%",
            "_",
            " ",
            "  ",
            "\\",
            "e",
            "@",
            "EXAMPLE.ORG",
            "ae",
            "oe",
            "ß",
            "ss",
            "; ",
            ",",
            "a,b",
            "jo",
            "gomez",
            "jr.",
            "osos",
            "yul",
        ]
    ),
    st.text(max_size=3),
)
text_matches = st.builds(
    TextMatch,
    pieces,
    st.sampled_from(["equals", "contains", "starts-with", "ends-with"]),
    st.sampled_from(["i;unicode-casemap", "i;ascii-casemap", "i;octet"]),
    st.booleans(),
)
prop_filters = st.builds(
    PropFilter,
    st.sampled_from(["FN", "EMAIL", "TITLE", "N", "ORG", "NICKNAME", "TEL"]),
    group=st.sampled_from(["", "ITEM1"]),
    all_of=st.booleans(),
    text_matches=st.lists(text_matches, max_size=2).map(tuple),
)
filters = st.builds(Filter, st.lists(prop_filters, max_size=2).map(tuple), st.booleans())


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=filters)
# In Latin letters; and what only a card without an FN is called.
@example(asked=Filter((PropFilter("FN", text_matches=(TextMatch("yul"),)),)))
@example(asked=Filter((PropFilter("FN", text_matches=(TextMatch("Jo "),)),)))
def test_every_card_that_a_filter_matches_is_a_candidate(reading: Reading, asked: Filter) -> None:
    view = reading.book("customers", Privilege.READ)
    matching = {
        card.href for card, body in reading.bodies(view) if asked.matches(body, reading.plan)
    }
    candidates = {card.href for card, _body in reading.candidates(view, asked.candidates())}
    assert matching <= candidates
    found = {
        card.href
        for card, body in reading.candidates(view, asked.candidates())
        if asked.finds(body, reading.plan, is_exact=asked.is_exact)
    }
    assert matching == found
