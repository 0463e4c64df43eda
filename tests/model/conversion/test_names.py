"""FN and N, and what a card has around its properties."""

from __future__ import annotations

import pytest

from dirserver.errors import InvalidCard, UnsupportedVersion
from dirserver.model.conversion import convert
from tests.model.conversion.cards import card, lines_of


def names_for(version: str, *lines: str) -> list[str]:
    """Return what becomes of a card of the other version with no other lines."""
    other = {"3.0": "4.0", "4.0": "3.0"}[version]
    return lines_of(convert(card(other, [], lines), version))


def test_rfc_2426_section_3_1_2_a_card_of_3_0_has_an_n() -> None:
    assert names_for("3.0", "FN:Dr. Zoë; Å") == ["FN:Dr. Zoë\\; Å", "N:Dr. Zoë\\; Å;;;;"]


def test_rfc_6350_section_6_2_1_a_card_of_4_0_has_an_fn() -> None:
    assert names_for("4.0", "N:Å;Zoë;;Dr.;") == ["FN:Dr. Zoë Å", "N:Å;Zoë;;Dr.;"]
    assert names_for("4.0", "ORG:A\\, B") == ["FN:A\\, B", "ORG:A\\, B"]
    assert names_for("4.0", "LANG:de") == ["FN:(no name)", "LANG:de"]


def test_a_card_of_3_0_has_both_even_if_it_had_neither() -> None:
    assert names_for("3.0", "NICKNAME:Zo") == ["FN:Zo", "N:Zo;;;;", "NICKNAME:Zo"]


def test_rfc_6350_section_5_4_of_several_names_the_preferred_one_is_the_name_of_3_0() -> None:
    four = ["FN;ALTID=1;LANGUAGE=jp:ゾエ", "FN;ALTID=1;PREF=1:Zoë", "N;ALTID=1:オ", "N;PREF=1:Å"]
    three = ["X-ALT-FN;ALTID=1;LANGUAGE=jp:ゾエ", "FN;ALTID=1;PREF=1:Zoë"]
    three += ["X-ALT-N;ALTID=1:オ", "N;PREF=1:Å"]
    assert names_for("3.0", *four) == three
    assert names_for("4.0", *three) == four


def test_rfc_6350_section_5_9_the_string_to_sort_by_is_a_parameter_of_n() -> None:
    three = ["FN:Rene van der Harten", "N:van der Harten;Rene", "SORT-STRING:Harten\\, Rene"]
    four = ["FN:Rene van der Harten", 'N;SORT-AS="Harten, Rene":van der Harten;Rene']
    assert names_for("4.0", *three) == four
    assert names_for("3.0", *four) == three


def test_a_string_to_sort_by_goes_to_fn_where_there_is_no_n() -> None:
    assert names_for("4.0", "FN:A", "SORT-STRING:B") == ["FN;SORT-AS=B:A"]
    assert names_for("3.0", "FN;SORT-AS=B:A") == ["FN:A", "SORT-STRING:B", "N:A;;;;"]


def test_a_second_string_to_sort_by_is_kept() -> None:
    three = ["FN:A", "N:A;;;;", "SORT-STRING:B", "SORT-STRING:C"]
    four = ["FN:A", "N;SORT-AS=B:A;;;;", "X-SORT-STRING:C"]
    assert names_for("4.0", *three) == four


def test_the_order_of_an_organisation_stays_with_it() -> None:
    line = 'ORG;SORT-AS="ABC":The ABC'
    assert names_for("3.0", "FN:A", "N:A;;;;", line)[2:] == [line]


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_a_card_that_has_the_version_comes_back_as_the_same_object(version: str, ends: str) -> None:
    body = card(version, ["NOTE:a;b\\;c"]).replace(b"\r\n", ends.encode())
    assert convert(body, version) is body
    late = f"BEGIN:VCARD{ends}FN:A{ends}VERSION:{version}{ends}END:VCARD".encode()
    assert convert(late, version) is late


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_a_version_comes_first_and_lines_end_as_they_should(version: str) -> None:
    other = {"3.0": "4.0", "4.0": "3.0"}[version]
    body = f"begin:vcard\nFN:A\nN:A\n\nNOTE:a\n  b\nversion:{other}\nend:vCard".encode()
    assert convert(body, version) == (
        f"BEGIN:VCARD\r\nVERSION:{version}\r\nFN:A\r\nN:A\r\nNOTE:a b\r\nEND:VCARD\r\n".encode()
    )


@pytest.mark.parametrize("version", ["2.1", "5.0", "", "4"])
def test_an_unknown_version_is_its_own_condition(version: str) -> None:
    with pytest.raises(UnsupportedVersion):
        convert(card("3.0", []), version)


@pytest.mark.parametrize("body", [b"", b"\xff", b"FN:A", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n"])
def test_what_is_no_card_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidCard):
        convert(body, "4.0")
