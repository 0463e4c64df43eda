"""Places sort cards as their names do; cards of nearly the same name come in any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from dirserver.assembly import Services
from dirserver.model.fields import Field
from dirserver.model.fold import fold
from dirserver.model.grant import Privilege
from dirserver.model.query import Or, Query, Substring
from dirserver.store.index import trigram
from dirserver.store.index.places import ALIKE, ALIKE_IN_CROWD, group_of, place_of, ranges_of
from tests.organisation import ALICE, HERE, vcard

_CHARACTERS = "\x01 !0~`{abyzéßбжѿҀ王玎龍\ue000\U0001f600\U0010ffff"
_NAMES = st.text(st.sampled_from(_CHARACTERS), max_size=9)


@given(_NAMES | st.text(st.characters(exclude_categories=["Cs"])), _NAMES)
def test_the_place_of_a_name_that_comes_before_is_not_behind(one: str, other: str) -> None:
    first, second = sorted([one, other])
    assert place_of(first) <= place_of(second)
    # Cards have them in whichever order they came, and some are crowded out.
    (least, last), (_, crowd) = ranges_of(group_of(first))
    (others, _), _ = ranges_of(group_of(second))
    assert least <= others
    assert last <= others | ALIKE
    assert crowd <= others | ALIKE_IN_CROWD


@pytest.mark.parametrize(
    ("names", "are_alike"),
    [
        (("anna", "anna "), False),
        (("anna m", "anna n"), False),
        (("annama", "annamaria"), False),
        (("annamaria ab", "annamaria ac"), True),
        (("annamaria a", "annamaria b"), False),
        (("жан", "жанна"), False),
        (("жанна", "жанну"), False),
        (("жаннаст", "жаннасу"), True),
        (("жа", "жб"), False),
        (("王小明", "李小明"), False),
        (("10", "11"), False),
    ],
)
def test_names_are_told_apart_by_their_first_letters(
    names: tuple[str, str], are_alike: bool
) -> None:
    one, other = map(group_of, sorted(names))
    assert (one == other) is are_alike
    assert are_alike or one < other


def test_the_places_of_a_name_fit_into_the_database() -> None:
    for name in ("", "anna", "zzzzzzzzzzzz", "\U0010ffff" * 9):
        (first, last), (crowd, end) = ranges_of(group_of(name))
        assert 0 <= first < last < crowd < end < 1 << 63
        assert {first | ALIKE, last} == {last}
        assert {one | ALIKE_IN_CROWD for one in (first, crowd, end)} == {end}


def put(services: Services, number: int, *names: str) -> None:
    """Store cards of these names, numbered from ``number`` on."""
    with services.directory.writing(ALICE, HERE) as writing:
        for at, name in enumerate(names, number):
            writing.put_card("customers", f"{at}.vcf", vcard(f"{at}", name))


def places(services: Services) -> dict[str, int]:
    """Return the places of all cards by their names, once the index is up to date."""
    with services.store.writing() as connection:
        trigram.settle(connection)
        found = connection.execute(
            text("SELECT href, place FROM card JOIN card_line ON card_id = id")
        )
        return {row[0]: row[1] for row in found}


def test_a_card_stays_at_its_place_as_long_as_it_has_the_name(services: Services) -> None:
    put(services, 0, "Anna", "Anna", "Anna")
    before = places(services)
    group = group_of("anna")
    assert sorted(before.values()) == [group, group + 1, group + 2]
    put(services, 0, "ANNA")
    put(services, 1, "Bert")
    put(services, 3, "Anna")
    assert places(services) == {
        "0.vcf": before["0.vcf"],
        "1.vcf": group_of("bert"),
        "2.vcf": before["2.vcf"],
        "3.vcf": group + 3 if before["1.vcf"] != group + 2 else group + 2,
    }


@pytest.mark.parametrize("is_settled", [False, True])
def test_the_first_by_name_are_found_whatever_the_names_begin_with(
    each_engine: Services, is_settled: bool
) -> None:
    names = [
        f"{first} {last} {number}"
        for number, first in enumerate(("Maximilian", "Maximiliane", "Max", "Bo", "小龍", "Жанна"))
        for last in ("Ungermann", "Zungenberg", "Ungerer")
    ]
    with each_engine.directory.writing(ALICE, HERE) as writing:
        # The ids go another way than the names.
        for number, name in enumerate(sorted(names, key=lambda one: one[::-1])):
            card = vcard(f"{number}", name, f"EMAIL:unger{number}@example.org")
            writing.put_card("customers", f"{number}.vcf", card)
    if is_settled:
        with each_engine.store.writing() as connection:
            trigram.settle(connection)
    with each_engine.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)

        def found(query: Query, most: int) -> list[str]:
            return [str(one.place[0]) for one in reading.search(query, [view], most)]

        of_name = Substring(Field.FULL_NAME, any=("unge",))
        of_mail = Substring(Field.MAIL, any=("unge",))
        of_word = Substring(Field.FULL_NAME, initial="unge", at_word=True)
        of_first = Substring(Field.FULL_NAME, initial="max", at_word=True)
        expected = sorted(map(fold, names))
        beginning = [name for name in expected if " unge" in name]
        for query, all_found in (
            (of_name, expected),
            (Or((of_name, of_mail)), expected),
            (of_word, beginning),
            (of_first, expected[3:12]),
        ):
            for most in (1, 2, 3, 4, 5, 7, 11, 17, 18, 50):
                assert found(query, most) == all_found[:most]


def test_those_who_are_crowded_out_of_their_places_are_found_in_their_order(
    services: Services,
) -> None:
    # Those that come last by name come first, and so are where all belong.
    put(services, 0, *(f"Maximilian U {ALIKE + 9 - at:03}" for at in range(ALIKE + 9)))
    put(services, 1000, "Maximiliane")
    (first, last), crowd = ranges_of(group_of("maximilian u"))
    at = places(services)
    assert sum(first <= place <= last for place in at.values()) == ALIKE + 1
    assert sum(crowd[0] <= place <= crowd[1] for place in at.values()) == 8
    # Who leaves makes room for another.
    put(services, 7, "Zoe")
    put(services, 1001, "Maximilian U 500")
    assert places(services)["1001.vcf"] == at["7.vcf"]
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        for query in (
            Substring(Field.FULL_NAME, any=("imil",)),
            Substring(Field.FULL_NAME, initial="max", at_word=True),
        ):
            everybody = [one.place[0] for one in reading.search(query, [view])]
            assert everybody == sorted(map(str, everybody))
            for most in (1, 5, ALIKE, ALIKE + 1, ALIKE + 9, ALIKE + 10):
                found = [one.place[0] for one in reading.search(query, [view], most)]
                assert found == everybody[:most]
