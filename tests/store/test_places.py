"""Places sort cards as their names do; cards of nearly the same name come in any order."""

from __future__ import annotations

from itertools import islice

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
from dirserver.store.index.places import ALIKE, ALIKE_IN_CROWD, place_of, places_of
from tests.organisation import ALICE, HERE, vcard

_CHARACTERS = "\x01 !0~`{abyzéßбжѿҀ王玎龍\ue000\U0001f600\U0010ffff"
_NAMES = st.text(st.sampled_from(_CHARACTERS), max_size=9)


def _last(name: str, card: int) -> int:
    """Return the last place that is for this card before all others."""
    return next(islice(places_of(name, card), ALIKE + 1, None))


@given(_NAMES | st.text(st.characters(exclude_categories=["Cs"])), _NAMES)
def test_the_place_of_a_name_that_comes_before_is_not_behind(one: str, other: str) -> None:
    first, second = sorted([one, other])
    assert place_of(first) <= place_of(second)
    # Cards have them in whichever order they came, and some are crowded out.
    assert next(places_of(first, 2)) <= next(places_of(second, 1)) | ALIKE
    assert _last(first, 3) <= next(places_of(second, 4)) | ALIKE_IN_CROWD


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
    one, other = (next(places_of(name, 5)) for name in sorted(names))
    assert (one | ALIKE == other | ALIKE) is are_alike
    assert are_alike or one < other


def test_the_places_of_a_card_are_its_own_and_fit_into_the_database() -> None:
    for name in ("", "anna", "zzzzzzzzzzzz", "\U0010ffff" * 9):
        first = next(places_of(name, 0))
        for card in (1, 2, ALIKE, ALIKE + 1, 7 * ALIKE_IN_CROWD):
            some = list(islice(places_of(name, card), ALIKE + 7))
            assert len(set(some)) == len(some)
            assert 0 <= first <= min(some) < max(some) < 1 << 63
            assert {one | ALIKE for one in some[: ALIKE + 1]} == {first | ALIKE}
            assert {one | ALIKE_IN_CROWD for one in some} == {first | ALIKE_IN_CROWD}


def test_cards_of_one_name_have_a_place_each_whatever_their_ids(services: Services) -> None:
    apart = ALIKE + 1
    with services.directory.writing(ALICE, HERE) as writing:
        for number in range(3):
            writing.put_card("customers", f"{number}.vcf", vcard(f"{number}", "Anna"))
    with services.store.writing() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for of, name in (
            ("card", "id"),
            *(
                (one, "card_id")
                for one in ("card_value", "card_entry", "card_beginning", "trigram_due")
            ),
        ):
            connection.execute(text(f"UPDATE {of} SET {name} = 1 + ({name} - 1) * {apart}"))
        trigram.settle(connection)
        places = connection.scalars(text("SELECT place FROM card_line ORDER BY place")).all()
    best = next(places_of("anna", 1))
    assert places == [best, best + 1, best + 2]


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
    with services.directory.writing(ALICE, HERE) as writing:
        for number in range(ALIKE + 9):
            # Those that come last by name come first, and so are where all belong.
            card = vcard(f"{number}", f"Maximilian U {ALIKE + 10 - number:03}")
            writing.put_card("customers", f"{number}.vcf", card)
        writing.put_card("customers", "next.vcf", vcard("next", "Maximilian V"))
    with services.store.writing() as connection:
        trigram.settle(connection)
    query = Substring(Field.FULL_NAME, any=("imil",))
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        everybody = [one.place[0] for one in reading.search(query, [view])]
        assert everybody == sorted(map(str, everybody))
        for most in (1, 5, ALIKE, ALIKE + 1, ALIKE + 9, ALIKE + 10):
            found = [one.place[0] for one in reading.search(query, [view], most)]
            assert found == everybody[:most]
