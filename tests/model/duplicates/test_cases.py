"""Who is taken for whom: people that address books have twice, and people that they have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from dirserver.model.duplicates.clusters import clusters
from dirserver.model.duplicates.evidence import weigh
from dirserver.model.duplicates.facts import Facts
from dirserver.model.duplicates.scan import Pair, scan, shared_among
from dirserver.model.duplicates.verdict import Verdict
from tests.model.duplicates.cases import ACME, CASES, MAIL, MOBILE, PETER, Case
from tests.model.duplicates.said import facts


def scanned(*cards: Facts) -> dict[tuple[str, str], Pair]:
    pairs = {(pair.one, pair.other): pair for pair in compared(cards)}
    # Nothing depends on the order of cards.
    assert pairs == {(pair.one, pair.other): pair for pair in compared(cards[::-1])}
    return pairs


def compared(cards: Sequence[Facts]) -> Iterator[Pair]:
    return scan(cards, shared_among(cards), lambda _done, _total: None)


def verdicts(*cards: Facts) -> dict[tuple[str, str], Verdict]:
    return {pair: found.verdict for pair, found in scanned(*cards).items()}


@pytest.mark.parametrize("case", CASES, ids=[case.words for case in CASES])
def test_two_cards_are_taken_for_what_they_are(case: Case) -> None:
    pair = scanned(facts("a", *case.one), facts("b", *case.other)).get(("a", "b"))
    assert (None if pair is None else pair.verdict) is case.verdict
    if pair is not None:
        told = pair.against if case.is_against else pair.reasons
        assert case.because in "; ".join(reason.words for reason in told)


def test_each_case_is_told_once_and_with_its_reason() -> None:
    assert len({case.words for case in CASES}) == len(CASES)
    assert all(case.because or case.verdict is None for case in CASES)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("Peter Müller", Verdict.CERTAIN), ("Zoë Köhler", Verdict.LIKELY)],
    ids=["with the same name", "with another name"],
)
def test_cards_of_two_books_with_one_uid(name: str, verdict: Verdict) -> None:
    cards = facts("a", *PETER, ACME), facts("a", name, key="b")
    (pair,) = scanned(*cards).values()
    assert pair.verdict is verdict
    assert "the same UID" in [reason.words for reason in pair.reasons]


def test_two_that_one_source_has_under_ids_of_their_own_are_asked_about() -> None:
    cards = [facts(key, *PETER, MOBILE, source="hr") for key in "ab"]
    (pair,) = scanned(*cards).values()
    assert pair.verdict is Verdict.LIKELY
    assert [reason.words for reason in pair.against] == ["the source hr has both"]
    other = facts("c", *PETER, MOBILE)
    assert verdicts(cards[0], other) == {("a", "c"): Verdict.CERTAIN}


def test_what_more_cards_have_than_anybody_has_is_no_key() -> None:
    many = [facts(f"{number:02}", *PETER, MAIL, f"TITLE:{number}") for number in range(52)]
    assert verdicts(*many) == {}
    assert len(verdicts(*many[:50])) == 50 * 49 // 2


def test_what_many_have_tells_nothing() -> None:
    number, mail = "TEL;TYPE=cell:+49 171 3920010", "EMAIL:team@acme.example"
    house = [
        facts(name[:4], name, number, mail)
        for name in ("Anna Groß", "Paul Vogt", "Zoë Köhler", "Jan Weiß")
    ]
    assert verdicts(*house) == {}
    twice = verdicts(*house, facts("again", "Paul Vogt", number, mail))
    # The cards are equal, but that says no more than the name.
    assert twice[("Paul", "again")] is Verdict.CERTAIN
    other = verdicts(*house, facts("again", "Paul Vogt", number, mail, "TITLE:CEO"))
    assert other == {("Paul", "again"): Verdict.POSSIBLE}


def test_the_reasons_are_words() -> None:
    one = facts("a", *PETER, "TEL;TYPE=cell:0171 3920010", "BDAY:1980-02-01")
    other = facts("b", "Pete Müller", "TEL;TYPE=cell:0171 3920010", "BDAY:1950-12-24")
    (pair,) = scanned(one, other).values()
    assert [reason.words for reason in pair.reasons] == [
        "like names, peter mueller and pete mueller",
        "the same mobile number, 1713920010",
    ]
    assert [reason.words for reason in pair.against] == ["other birthdays"]


def test_what_is_hidden_is_no_evidence() -> None:
    cards = [(key, (*PETER, "BDAY:1980-02-01", MOBILE)) for key in "ab"]
    seen = [facts(key, *said, hidden=frozenset({"TEL", "BDAY"})) for key, said in cards]
    assert verdicts(*seen) == {("a", "b"): Verdict.POSSIBLE}
    assert verdicts(*(facts(key, *said) for key, said in cards)) == {("a", "b"): Verdict.CERTAIN}


def test_a_cluster_with_something_against_it_is_not_whole() -> None:
    cards = [
        facts("a", "Peter Vogt", MOBILE, "BDAY:1980-02-01"),
        facts("b", "Peter Vogt", MOBILE, "EMAIL:peter@vogt.example"),
        facts("c", "Peter Vogt", "EMAIL:peter@vogt.example", "BDAY:1950-12-24"),
        facts("d", "Anna Groß", "EMAIL:anna@gross.example"),
        facts("e", "Anna Gross", "EMAIL:anna@gross.example", "TITLE:CEO"),
    ]
    by_key = {card.key: card for card in cards}

    def speaks_against(one: str, other: str) -> bool:
        evidence = weigh(by_key[one], by_key[other], ())
        return evidence is None or bool(evidence.against)

    found = clusters(scanned(*cards).values(), speaks_against)
    assert [(cluster.keys, cluster.whole) for cluster in found] == [
        (("a", "b", "c"), False),
        (("d", "e"), True),
    ]
