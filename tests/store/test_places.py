"""Places sort cards as their names do; cards of nearly the same name come in any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.assembly import Services
from dirserver.model.fields import Field
from dirserver.model.fold import fold
from dirserver.model.grant import Privilege
from dirserver.model.query import Or, Query, Substring
from dirserver.store.index import trigram
from dirserver.store.index.places import ALIKE, place_of
from tests.organisation import ALICE, HERE, vcard

_NAMES = st.text(st.sampled_from("\x01 !0~`{abyzéßжщ王龍\ue000\U0001f600\U0010ffff"), max_size=9)


@given(_NAMES | st.text(st.characters(exclude_categories=["Cs"])), _NAMES)
def test_the_place_of_a_name_that_comes_before_is_not_behind(one: str, other: str) -> None:
    first, second = sorted([one, other])
    # In whichever order they came.
    assert place_of(first, 1) <= place_of(second, 1)
    assert place_of(first, 2) <= place_of(second, 1) | ALIKE


@pytest.mark.parametrize(
    ("names", "are_alike"),
    [
        (("anna", "anna "), False),
        (("anna m", "anna n"), False),
        (("annama", "annamaria"), False),
        (("annamari", "annamarie"), True),
        (("жан", "жанна"), True),
        (("жа", "жб"), False),
        (("王小明", "李小明"), False),
        (("10", "11"), False),
    ],
)
def test_names_are_told_apart_by_their_first_letters(
    names: tuple[str, str], are_alike: bool
) -> None:
    one, other = (place_of(name, 5) for name in sorted(names))
    assert (one | ALIKE == other | ALIKE) is are_alike
    assert are_alike or one < other


def test_the_place_of_a_card_is_its_own_and_fits_into_the_database() -> None:
    places = {place_of(name, card) for name in ("", "zzzzzzzzz") for card in (1, 2, ALIKE)}
    assert len(places) == 6
    assert 0 <= min(places) < max(places) < 1 << 63
    assert place_of("\U0010ffff" * 9, ALIKE) < 1 << 63


@pytest.mark.parametrize("is_settled", [False, True])
def test_of_what_contains_a_part_the_first_are_found_whatever_the_names_begin_with(
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
        expected = sorted(map(fold, names))
        for query in (of_name, Or((of_name, of_mail))):
            for most in (1, 2, 3, 4, 7, 17, 18, 50):
                assert found(query, most) == expected[:most]
