"""A number is found however it is written, and by nothing that is not a number."""

from __future__ import annotations

from itertools import product

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, indexed_forms, is_same
from dirserver.model.number_reading import digits_of
from dirserver.model.number_writing import NumberStyle, grouped, says_more, spelled_out, styled

GERMANY = DialPlan("DE", ("0",))
AMERICA = DialPlan("US")


def finds(asked: str, said: str, plan: DialPlan = GERMANY) -> bool:
    return not indexed_forms(said, plan).isdisjoint(asked_forms(asked, plan))


def begins(asked: str, said: str, plan: DialPlan = GERMANY) -> bool:
    prefixes = asked_prefixes(asked, plan)
    return any(form.startswith(prefixes) for form in indexed_forms(said, plan))


# One number each, in every way that people and exchanges write it.
BERLIN = (
    "+49 30 901820",
    "+4930901820",
    "+49 (30) 901820",
    "+49 (0)30 901820",
    "+49 ( 0 ) 30-901820",
    "+49-30-90.18.20",
    "0049 30 901820",
    "0049 (0)30 901820",
    "004930901820",
    "4930901820",
    "030 901820",
    "030/901820",
    "030-901820",
    "(030) 90 18 20",
    "030901820",
    "tel:+49-30-901820",
    "٠٣٠ ٩٠١٨٢٠",
    "０３０ ９０１８２０",
)
EXTENSION = (
    "+49 30 901820-17",
    "+493090182017",
    "030 901820-17",
    "030/901820 17",
    "03090182017",
    "0049 30 901820-17",
    "+49 (0)30 901820 - 17",
    "+49 30 901820 ext. 17",
    "+49 30 901820 x17",
)
NOT_IN_ANY_PLAN = ("+49 (1234) 12345678", "+49123412345678", "01234 12345678", "0049123412345678")
VIENNA = ("+43 1 71100", "0043 1 71100", "+43 (1) 71100", "+43 (0)1 711 00")
NEW_YORK = ("+1 (212) 555-0123", "(212) 555-0123", "212.555.0123", "1-212-555-0123", "2125550123")


@pytest.mark.parametrize(
    ("ways", "plan"),
    [
        (BERLIN, GERMANY),
        (EXTENSION, GERMANY),
        (NOT_IN_ANY_PLAN, GERMANY),
        (VIENNA, GERMANY),
        (NEW_YORK, AMERICA),
    ],
)
def test_every_notation_finds_every_other(ways: tuple[str, ...], plan: DialPlan) -> None:
    missed = [pair for pair in product(ways, ways) if not finds(*pair, plan)]
    assert missed == []


@pytest.mark.parametrize("asked", ["0030901820", "0 030 901820", "0004930901820"])
def test_the_outside_line_does_not_count(asked: str) -> None:
    assert finds(asked, "+49 30 901820")
    assert begins(asked, "+49 30 901820")


def test_without_a_house_of_its_own_no_digit_is_an_outside_line() -> None:
    assert not finds("9030901820", "+49 30 901820", DialPlan("DE"))
    assert finds("9030901820", "+49 30 901820", DialPlan("DE", ("9", "0")))
    # What is left must be dialled as an outside number is.
    assert asked_forms("0567", GERMANY) == ("0567",)


@pytest.mark.parametrize(
    ("area", "country"), [("30", "DE"), ("030", "DE"), ("212", "US"), ("06", "IT"), ("2", "AU")]
)
def test_a_number_of_the_own_area_is_asked_for_without_that(area: str, country: str) -> None:
    plan = DialPlan(country, area_code=area)
    said = {
        "DE": ("+49 30 23125-101", "23125101"),
        "US": ("+1 212-555-0123", "5550123"),
        "IT": ("+39 06 12345678", "12345678"),
        "AU": ("+61 2 9876 5432", "98765432"),
    }[country]
    assert begins(said[1][:3], said[0], plan)
    for asked, text in product(said, said):
        assert finds(asked, text, plan)
    for text in ("+49 89 23125101", "+1 646 555 0123", "+39 02 12345678", "+61 3 9876 5432"):
        assert not finds(said[1], text, plan)
    assert not finds(said[1], said[0], DialPlan(country))


def test_what_is_short_is_no_number_without_its_area_code() -> None:
    plan = DialPlan("DE", area_code="30")
    assert asked_forms("25101", plan) == asked_forms("25101", DialPlan("DE"))
    assert not finds("+49 30 25101", "+49 89 4711-25101", plan)


def test_an_extension_alone_finds_whoever_has_it() -> None:
    for said in ("+49 30 901820-17", "+49 30 901820 ext. 17"):
        assert finds("17", said)
    assert not finds("17", "+1 212-555-0117", GERMANY)
    assert not finds("17", "+49 30 90 18 17")
    assert not finds("18", "+49 30 901820-17")


@pytest.mark.parametrize(
    "said",
    [
        "030 901820 (Büro)",
        "030 901820 priv.",
        "+49 30 901820 Zentrale",
        "030/901820 - Anna privat",
        "+49 (0)30 901820, abends",
    ],
)
def test_what_is_noted_behind_a_number_is_no_part_of_it(said: str) -> None:
    for asked in ("+49 30 901820", "0049 30 901820", "030 901820", "0 030 901820", said):
        assert finds(asked, said), asked
    assert begins("+49 30 9018", said)
    assert styled(said, NumberStyle.E164, GERMANY) == "+4930901820"
    assert styled(said, NumberStyle.AS_WRITTEN, GERMANY) == said
    # Nobody would get the remark back.
    assert says_more(said, GERMANY)
    assert spelled_out(said, GERMANY, national=False) is None
    assert grouped(said, GERMANY) == said


@pytest.mark.parametrize("label", ["Durchwahl: ", "Fax ", "Büro: ", "priv. ", "(Anna) ", "O"])
def test_what_a_number_is_called_before_it_is_not_thrown_away(label: str) -> None:
    said = f"{label}030 901820"
    for asked in ("+49 30 901820", "0049 30 901820", "030 901820", said):
        assert finds(asked, said), asked
    assert spelled_out(said, GERMANY, national=False) is None
    assert spelled_out(said, GERMANY, national=True) is None
    assert says_more(said, GERMANY)
    assert not says_more(f"{label}123", GERMANY)


@pytest.mark.parametrize("label", ["Tel.: ", "tel:", "Telefon ", "Phone: ", "(", " "])
def test_that_it_is_a_number_need_not_be_said(label: str) -> None:
    said = f"{label}030 901820"
    assert spelled_out(said, GERMANY, national=False) == "+4930901820"
    assert not says_more(said, GERMANY)


@pytest.mark.parametrize("word", ["App. ", "App", "Apparat ", "Durchwahl ", "DW ", "DW", "Nst. "])
def test_an_extension_is_known_by_what_it_is_called_in_german(word: str) -> None:
    said = f"030 901820 {word}17"
    for asked in ("17", "+49 30 901820", "+49 30 901820-17", "030 90182017", said):
        assert finds(asked, said), asked
    assert styled(said, NumberStyle.NATIONAL, GERMANY) == "03090182017"
    assert spelled_out(said, GERMANY, national=False) == "+4930901820 ext. 17"


@pytest.mark.parametrize("between", [" / ", "/", "; ", ", ", " oder ", " or ", " u. "])
def test_two_numbers_in_one_field_are_both_found(between: str) -> None:
    said = f"030 901820{between}0171 5550017 (privat)"
    for asked in ("030 901820", "+4930901820", "+491715550017", "0171 5550017", said):
        assert finds(asked, said), asked
    assert begins("+49 171 555", said)
    assert styled(said, NumberStyle.E164, GERMANY) == said
    short = f"1901820{between}0901821"
    assert styled(short, NumberStyle.E164, GERMANY) == short
    assert spelled_out(short, GERMANY, national=True) is None
    assert says_more(said, GERMANY)
    # Here nothing but one number is divided.
    assert not finds("901820", "0171/901820")


def test_letters_may_spell_a_number() -> None:
    assert finds("1 800 356 9377", "1-800-FLOWERS", AMERICA)
    assert styled("1-800-FLOWERS", NumberStyle.E164, AMERICA) == "+18003569377"
    assert finds("0800 3569377", "0800 FLOWERS")


@pytest.mark.parametrize("short", ["110", "112", "567", "12", "1"])
def test_short_numbers_stay_as_they_are(short: str) -> None:
    assert indexed_forms(short, GERMANY) == {short}
    assert asked_forms(short, GERMANY) == (short,)
    assert {styled(short, style, GERMANY) for style in NumberStyle} == {short}


def test_a_region_decides_what_a_local_number_means() -> None:
    assert finds("+1 212 555 0123", "(212) 555-0123", AMERICA)
    assert not finds("+1 212 555 0123", "(212) 555-0123", GERMANY)
    assert finds("5550100001", "+1 (555) 010-0001", AMERICA)


@pytest.mark.parametrize("text", ["", " ", "foo", "+", "*", "(-)", "Ⅳ", "²", "x" * 5000, "1" * 33])
def test_what_has_no_number_in_it_matches_nothing(text: str) -> None:
    assert indexed_forms(text, GERMANY) == frozenset()
    assert asked_forms(text, GERMANY) == ()
    assert asked_prefixes(text, GERMANY) == ()


def test_what_is_far_too_long_is_never_kept() -> None:
    # The caches are filled with what strangers send.
    for number in range(20):
        text = f"{number} " * 10_000
        assert asked_forms(text, GERMANY) == ()
        assert styled(text, NumberStyle.E164, GERMANY) == text


@pytest.mark.parametrize(
    "asked", ["+49 30 9", "0049309", "00493", "030 90", "030/9", "3090", "49309", "0 0049 30 9"]
)
def test_the_beginning_of_a_number_may_be_dialled_in_every_way(asked: str) -> None:
    for said in BERLIN:
        assert begins(asked, said)


@pytest.mark.parametrize("written", [*BERLIN, *EXTENSION])
@pytest.mark.parametrize("style", list(NumberStyle))
def test_a_number_is_found_in_every_style_in_which_it_is_shown(
    written: str, style: NumberStyle
) -> None:
    dialled = styled(written, style, GERMANY)
    for asked in (*BERLIN, *EXTENSION, dialled):
        same = finds(asked, written)
        assert is_same(asked, written, GERMANY) is same
        # Whoever is found by one way of writing is found by what is shown of it, too.
        assert not same or finds(dialled, written)
    assert begins(dialled, written)
    assert style is NumberStyle.AS_WRITTEN or begins(dialled[:5], written)


def test_what_is_dialled_before_a_country_code_depends_on_the_country() -> None:
    for asked in ("01149309018", "0049309018", "+49309018"):
        assert begins(asked, "+49 30 901820", AMERICA)
    assert not begins("01149309018", "+49 30 901820", GERMANY)


def test_the_beginning_in_another_country_finds_nothing() -> None:
    assert not begins("+48", "+49 30 901820")
    assert not begins("031", "+49 30 901820")
    assert begins("01234", "+49 (1234) 12345678")


STYLES = [
    ("030 / 901820", "+4930901820", "030901820", "004930901820", "0030901820"),
    ("+49 (0)30 901820-17", "+493090182017", "03090182017", "00493090182017", "003090182017"),
    ("+1 (212) 555-0123", "+12125550123", "0012125550123", "0012125550123", "00012125550123"),
    ("call me", "call me", "call me", "call me", "call me"),
    ("17", "17", "17", "17", "17"),
    ("", "", "", "", ""),
]


@pytest.mark.parametrize(("written", "e164", "national", "double_zero", "outside"), STYLES)
def test_a_number_is_shown_in_the_style_that_a_phone_can_dial(
    written: str, e164: str, national: str, double_zero: str, outside: str
) -> None:
    assert styled(written, NumberStyle.OUTSIDE_LINE, GERMANY) == outside
    assert styled(written, NumberStyle.AS_WRITTEN, GERMANY) == written
    assert styled(written, NumberStyle.E164, GERMANY) == e164
    assert styled(written, NumberStyle.NATIONAL, GERMANY) == national
    assert styled(written, NumberStyle.DOUBLE_ZERO, GERMANY) == double_zero


areas = st.sampled_from(["30", "40", "89", "211", "221", "6221", "2241", "171", "1511"])
subscribers = st.from_regex(r"[2-9][0-9]{5,6}", fullmatch=True)
notations = st.sampled_from(
    [
        "+49{area}{number}",
        "+49 (0){area} {number}",
        "+49 ({area}) {number}",
        "0049 {area} / {number}",
        "0{area} {number}",
        "(0{area}) {number}",
        "0{area}-{number}",
        "00{area}{number}",  # the outside line, then the number
    ]
)


@settings(max_examples=200, deadline=None)
@given(areas, subscribers, notations, notations)
def test_any_german_number_is_found_in_any_notation(
    area: str, number: str, said: str, asked: str
) -> None:
    if said.startswith("00{"):  # nobody writes the outside line into a card
        said = "0{area} {number}"
    written, dialled = (form.format(area=area, number=number) for form in (said, asked))
    assert finds(dialled, written)
    for style in NumberStyle:
        assert finds(styled(written, style, GERMANY), written)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text("0123456789+()-/ x;ext.", max_size=40))
def test_whatever_is_written_can_be_indexed_and_finds_itself(text: str) -> None:
    indexed = indexed_forms(text, GERMANY)
    assert all(form.isascii() and form.isdecimal() for form in indexed)
    assert bool(indexed) == bool(asked_forms(text, GERMANY))
    if indexed:
        assert finds(text, text)
        assert begins(text, text)
    for style in NumberStyle:
        assert bool(digits_of(styled(text, style, GERMANY))) == bool(digits_of(text))


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_digits_of_any_script_are_read(text: str) -> None:
    digits = digits_of(text)
    assert digits.isascii()
    assert digits == "" or digits.isdecimal()


def test_every_number_is_found_as_it_is_written_inside_its_country() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        plan = DialPlan(region)
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            # With so few digits it is an extension here.
            if example is None or (example.national_number or 0) < 10_000:
                continue
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert digits_of(written) in indexed_forms(text, plan)


@settings(max_examples=300, deadline=None)
@example("DE", "+43", [("1", " "), ("8", ""), ("1", ""), ("3", "")])
@given(
    st.sampled_from(["DE", "AT", "FR", "GB", "IT", "JP", "US", "ZZ"]),
    st.sampled_from(["+49", "+43", "+33", "+44", "+39", "+1", "+7", "+999", "0", "00", "0049", ""]),
    st.lists(st.tuples(st.sampled_from("0123456789"), st.sampled_from(["", "", " ", "-", "/"]))),
)
def test_what_is_plainly_written_is_read_as_the_library_reads_it(
    region: str, before: str, digits: list[tuple[str, str]]
) -> None:
    text = before + "".join(digit + behind for digit, behind in digits)
    # Such a blank is one to the library alone, and so it is asked.
    asked = f"{text[:1]}\N{NO-BREAK SPACE}{text[1:]}"
    plan = DialPlan(region, ("0",))
    assert indexed_forms(text, plan) == indexed_forms(asked, plan)
    assert asked_forms(text, plan) == asked_forms(asked, plan)
    for style in NumberStyle:
        if style is not NumberStyle.AS_WRITTEN:
            assert digits_of(styled(text, style, plan)) == digits_of(styled(asked, style, plan))
