"""Who is taken for whom: people that address books have twice, and people that they have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from dirserver.model.duplicates.clusters import clusters
from dirserver.model.duplicates.evidence import weigh
from dirserver.model.duplicates.facts import Facts
from dirserver.model.duplicates.scan import Pair, scan, shared_among
from dirserver.model.duplicates.verdict import Verdict
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


MOBILE = "TEL;TYPE=cell:+49 171 3920010"
PETER = ("Peter Müller", "N:Müller;Peter;;;")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((*PETER, MOBILE), ("Peter Mueller", "N:Mueller;Peter;;;", "TEL;TYPE=cell:0171/3920010")),
        ((*PETER, MOBILE), ("Peter Muller", "TEL:0049 171 3920010")),
        ((*PETER, MOBILE), ("Dr. Peter Müller", "TEL;TYPE=cell:0171 39 200 10")),
        ((*PETER, MOBILE), ("Müller, Peter", MOBILE)),
        ((*PETER, MOBILE), ("Müller Peter", "N:Peter;Müller;;;", MOBILE)),
        (
            ("Bob Smith", "N:Smith;Bob;;;", "EMAIL:bob@smith.example"),
            ("Robert Smith", "N:Smith;Robert;;;", "EMAIL:Bob@Smith.example"),
        ),
        (
            ("Jutta von der Heide", "EMAIL:jutta@heide.example"),
            ("Jutta von der Heide", "N:von der Heide;Jutta;;;", "EMAIL:jutta@heide.example"),
        ),
        # They changed firms, and took their number along.
        ((*PETER, MOBILE, "ORG:Acme"), (*PETER, MOBILE, "ORG:Nordlicht AS")),
        # Equal but for the UID.
        ((*PETER, "ORG:Acme", "TITLE:CEO"), (*PETER, "ORG:Acme", "TITLE:CEO")),
        (
            (*PETER, "BDAY:1980-02-01", "ADR:;;Am Markt 1;Köln;;50667;"),
            (*PETER, "BDAY:19800201", "ADR:;;Am Markt 1;Koeln;;50667;Germany"),
        ),
    ],
)
def test_one_person_is_certain(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert verdicts(facts("a", *one), facts("b", *other)) == {("a", "b"): Verdict.CERTAIN}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Namesakes at two firms.
        ((*PETER, "ORG:Acme"), (*PETER, "ORG:Nordlicht AS")),
        (
            (*PETER, "ORG:Acme", "EMAIL:peter@acme.example"),
            (*PETER, "ORG:Nordlicht", "EMAIL:peter@nordlicht.example"),
        ),
        ((*PETER, "ORG:Filiale 12"), (*PETER, "ORG:Filiale 13")),
        # What two strangers have in common: the day, the number of the house.
        (
            ("Anna Groß", "BDAY:1980-02-01", "ADR:;;Weg 1;Köln;;50667;"),
            ("Zoë Köhler", "BDAY:1980-02-01", "ADR:;;Allee 1;Berlin;;10115;"),
        ),
        # A father and his son, who have one switchboard and one address for all.
        (
            ("Hans Vogt", "ORG:Vogt KG", "TEL;TYPE=work:0221 7700-0", "EMAIL:contact@vogt.example"),
            ("Paul Vogt", "ORG:Vogt KG", "TEL;TYPE=work:0221 7700-0", "EMAIL:contact@vogt.example"),
        ),
        (
            ("Hans Vogt sen.", "ORG:Vogt KG", "TEL;TYPE=work:0221 7700-0"),
            ("Hans Vogt jun.", "ORG:Vogt KG", "TEL;TYPE=work:0221 7700-0"),
        ),
        # A couple: the landline, the address.
        (
            ("Hans Vogt", "TEL;TYPE=home:0221 770012", "ADR;TYPE=home:;;Am Markt 1;Köln;;50667;"),
            ("Hanna Vogt", "TEL;TYPE=home:0221 770012", "ADR;TYPE=home:;;Am Markt 1;Köln;;50667;"),
        ),
        (
            ("Martin Vogt", "TEL;TYPE=home:0221 770012"),
            ("Martina Vogt", "TEL;TYPE=home:0221 770012"),
        ),
        # The desks of two firms.
        (("Empfang", "ORG:Acme"), ("Empfang", "ORG:Nordlicht AS")),
        (("Zentrale", "ORG:Acme", "EMAIL:info@acme.example"), ("Zentrale", "ORG:Example GmbH")),
        # An address of a desk, and a person.
        (("Empfang", "ORG:Acme", "EMAIL:info@acme.example"), (*PETER, "EMAIL:info@acme.example")),
        (("Anna Groß", "EMAIL:info@acme.example"), (*PETER, "EMAIL:info@acme.example")),
        # An organisation and its staff.
        (
            ("Acme", "ORG:Acme", "TEL:0221 770012", "EMAIL:mail@acme.example"),
            (*PETER, "ORG:Acme", "TEL:0221 770012", "EMAIL:mail@acme.example"),
        ),
        (("Weber GmbH", "TEL:0221 770012"), ("Anna Weber", "TEL:0221 770012")),
        # Colleagues with the same given name, at the address of their firm.
        (
            ("Anna Groß", "ORG:Acme", "TEL;TYPE=work:0221 770012", "ADR:;;Weg 1;Köln;;50667;"),
            ("Anna Vogt", "ORG:Acme", "TEL;TYPE=work:0221 770012", "ADR:;;Weg 1;Köln;;50667;"),
        ),
    ],
)
def test_two_people_are_two(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert verdicts(facts("a", *one), facts("b", *other)) == {}


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (PETER, PETER, Verdict.POSSIBLE),
        ((*PETER, "ORG:Acme"), (*PETER, "ORG:Acme", "TITLE:CEO"), Verdict.LIKELY),
        ((*PETER, "TEL;TYPE=work:030 23125-110"), (*PETER, "TEL:+49 (0)30 23125110"),
         Verdict.LIKELY),
        ((*PETER, "TEL;TYPE=work:0049 30 23125110"), (*PETER, "TEL:+49 (0)30 23125110"),
         Verdict.LIKELY),
        # The same mailbox is the couple's; somebody is to look.
        (("Alice Green", "EMAIL:green@example.org"), ("Bob Green", "EMAIL:green@example.org"),
         Verdict.POSSIBLE),
        (
            (*PETER, "ADR:;;Hauptstraße 1;Köln;;50667;"),
            (*PETER, "ADR:;;Hauptstr. 1;Koeln;;50667;"),
            Verdict.LIKELY,
        ),
        (
            (*PETER, "ADR:;;Weg 1;Köln;;50667;"), (*PETER, "ADR:;;Weg 17;Berlin;;10115;"),
            Verdict.POSSIBLE,
        ),
        # She has married.
        (("Anna Groß", MOBILE), ("Anna Vogt", MOBILE), Verdict.LIKELY),
        (("Anna Groß", "EMAIL:anna@example.org"), ("anna@example.org", "EMAIL:anna@example.org"),
         Verdict.LIKELY),
        # What is against it asks, where all else is for it.
        ((*PETER, MOBILE, "BDAY:1980-02-01"), (*PETER, MOBILE, "BDAY:1950-12-24"), Verdict.LIKELY),
        ((*PETER, MOBILE, "BDAY:1980-02-01"), (*PETER, MOBILE, "BDAY:1980-01-02"), Verdict.LIKELY),
        (("Peter Vogt jun.", MOBILE), ("Peter Vogt", MOBILE), Verdict.LIKELY),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_for_somebody_to_look_at(
    one: tuple[str, ...], other: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdicts(facts("a", *one), facts("b", *other)) == {("a", "b"): verdict}


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
