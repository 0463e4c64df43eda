"""What a card says, field by field."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.errors import InvalidCard
from dirserver.model.derive import MAX_LENGTH, MAX_VALUES, derive
from dirserver.model.fields import GROUP, Field
from dirserver.model.relations import MAX_MEMBERS
from dirserver.model.vcard import VCard, parse_card


def card(*lines: str, version: str = "3.0") -> VCard:
    body = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
    return parse_card(body.encode())


def fields(*lines: str, version: str = "3.0") -> dict[Field, tuple[str, ...]]:
    return derive(card(*lines, version=version))


def telephones(*lines: str) -> dict[Field, tuple[str, ...]]:
    return {field: value for field, value in fields(*lines).items() if "phone" in field}


def test_a_whole_card_becomes_its_fields() -> None:
    assert fields(
        "UID:4711",
        "FN:Dr. Jürgen Müller",
        r"N:Müller;Jürgen;Karl,Otto;Dr.;jun.",
        "NICKNAME:Jogi,Mülli",
        r"ORG:Beispiel\, Söhne & Co.;Einkauf;Büro 3",
        "TITLE:Leiter",
        "ROLE:Einkäufer",
        "EMAIL;TYPE=INTERNET:j@example.org",
        r"NOTE:eins\nzwei\, drei\;",
        "BDAY:1970-01-02",
        "LANG:de",
        r"CATEGORIES:A,B\,C",
        version="4.0",
    ) == {
        Field.UID: ("4711",),
        Field.FULL_NAME: ("Dr. Jürgen Müller",),
        Field.FAMILY_NAME: ("Müller",),
        Field.GIVEN_NAME: ("Jürgen",),
        Field.ADDITIONAL_NAME: ("Karl Otto",),
        Field.NAME_PREFIX: ("Dr.",),
        Field.NAME_SUFFIX: ("jun.",),
        Field.NICKNAME: ("Jogi", "Mülli"),
        Field.ORGANISATION: ("Beispiel, Söhne & Co.",),
        Field.UNIT: ("Einkauf", "Büro 3"),
        Field.TITLE: ("Leiter",),
        Field.ROLE: ("Einkäufer",),
        Field.MAIL: ("j@example.org",),
        Field.NOTE: ("eins\nzwei, drei;",),
        Field.BIRTHDAY: ("1970-01-02",),
        Field.BIRTH_YEAR: ("1970",),
        Field.BIRTH_MONTH: ("01",),
        Field.BIRTH_DAY: ("02",),
        Field.LANGUAGE: ("de",),
        Field.CATEGORY: ("A", "B,C"),
    }


def test_a_card_that_says_nothing_has_no_fields() -> None:
    assert fields() == {}
    assert fields("FN:", "N:;;;;", "TEL: ", "ORG:;;", "ADR:;;;;;;", r"NOTE:\n", "EMAIL:") == {}


def test_a_missing_name_is_put_together_from_its_parts() -> None:
    found = fields("FN: ", "N:Müller;Jürgen;Karl;Dr.;jun.")
    assert found[Field.FULL_NAME] == ("Dr. Jürgen Karl Müller jun.",)


def test_a_missing_family_name_is_the_full_name() -> None:
    assert fields("FN:Acme AG", "N:;;;;")[Field.FAMILY_NAME] == ("Acme AG",)
    assert fields("N:;Cher;;;")[Field.FAMILY_NAME] == ("Cher",)


@pytest.mark.parametrize(
    "lines",
    [
        ("EMAIL:b@x", "EMAIL;TYPE=pref:a@x", "EMAIL:c@x"),
        ("EMAIL:b@x", "EMAIL;PREF:a@x", "EMAIL:c@x"),
        ("EMAIL;PREF=50:b@x", "EMAIL;PREF=1:a@x", "EMAIL:c@x"),
        ("EMAIL;PREF=9:b@x", "EMAIL;TYPE=INTERNET,PREF:a@x", "EMAIL;PREF=x:c@x"),
    ],
)
def test_the_preferred_comes_first_and_the_rest_in_the_order_of_the_card(
    lines: tuple[str, ...],
) -> None:
    found = fields(*lines)
    assert found[Field.MAIL] == ("a@x", "b@x", "c@x")
    assert found[Field.SECOND_MAIL] == ("b@x",)


def test_one_mail_twice_is_no_second_mail() -> None:
    found = fields("EMAIL:a@x", "EMAIL;TYPE=HOME:a@x")
    assert found[Field.MAIL] == ("a@x",)
    assert Field.SECOND_MAIL not in found


@pytest.mark.parametrize(
    ("types", "field"),
    [
        ("", Field.WORK_PHONE),
        (";TYPE=VOICE", Field.WORK_PHONE),
        (";TYPE=WORK,VOICE,MSG,PREF", Field.WORK_PHONE),
        (";TYPE=main", Field.WORK_PHONE),
        (";TYPE=HOME;TYPE=VOICE", Field.HOME_PHONE),
        (";HOME", Field.HOME_PHONE),
        (";TYPE=WORK,HOME", Field.WORK_PHONE),
        (";TYPE=CELL", Field.MOBILE_PHONE),
        (";TYPE=WORK,CELL", Field.MOBILE_PHONE),
        (";type=IPHONE;type=CELL", Field.MOBILE_PHONE),
        (';TYPE="home,cell,voice"', Field.MOBILE_PHONE),
        (";TYPE=HOME,FAX", Field.FAX),
        (";TYPE=workfax", Field.FAX),
        (";TYPE=PAGER", Field.PAGER),
        (";TYPE=CAR", Field.OTHER_PHONE),
        (";TYPE=ISDN,VOICE", Field.OTHER_PHONE),
        (";TYPE=X-CUSTOM", Field.OTHER_PHONE),
    ],
)
def test_the_types_of_a_number_say_where_it_goes(types: str, field: Field) -> None:
    found = fields(f"TEL{types}:1", "TEL;TYPE=FAX:2", "TEL;TYPE=PAGER:3")
    assert found[field][0] == "1"
    assert found[Field.ANY_PHONE][0] == "1"
    assert sum("1" in values for values in found.values()) == (
        3 if Field.PREFERRED_PHONE in found else 2
    )


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("_$!<Main>!$_", Field.WORK_PHONE),
        ("Mobile", Field.MOBILE_PHONE),
        ("_$!<HomeFAX>!$_", Field.FAX),
        ("_$!<AssistantPhone>!$_", Field.OTHER_PHONE),
        ("Notdienst", Field.OTHER_PHONE),
    ],
)
def test_an_apple_label_is_a_type_too(label: str, field: Field) -> None:
    found = fields("item1.TEL:1", f"ITEM1.X-ABLabel:{label}", "TEL:2")
    assert "1" in found[field]


def test_a_label_of_ones_own_does_not_undo_a_type() -> None:
    found = fields("item1.TEL;TYPE=WORK:1", "item1.X-ABLabel:Empfang", "TEL:2")
    assert found[Field.WORK_PHONE] == ("1", "2")


def test_the_only_number_of_a_card_is_where_phones_look_for_it() -> None:
    assert telephones("TEL;TYPE=CAR:1") == {Field.WORK_PHONE: ("1",), Field.ANY_PHONE: ("1",)}
    assert telephones("TEL;TYPE=CAR:1", "TEL;TYPE=VIDEO:1") == telephones("TEL;TYPE=CAR:1")
    assert Field.WORK_PHONE not in telephones("TEL;TYPE=CAR:1", "TEL;TYPE=CELL:2")
    assert Field.WORK_PHONE not in telephones("TEL;TYPE=CELL:1")


def test_the_preferred_number_is_one_that_somebody_preferred() -> None:
    found = fields("TEL:1", "TEL;TYPE=CELL,PREF:2", "TEL;TYPE=HOME:3")
    assert found[Field.PREFERRED_PHONE] == ("2",)
    assert found[Field.ANY_PHONE] == ("2", "1", "3")
    assert Field.PREFERRED_PHONE not in fields("TEL:1", "TEL;TYPE=CELL:2")
    assert fields("TEL;PREF=2:1", "TEL;TYPE=FAX;PREF=1:2")[Field.PREFERRED_PHONE] == ("1",)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("tel:+1-418-656-9254;ext=102", "+1-418-656-9254 ext. 102"),
        (r"TEL:+49-30-23125\;EXT=7", "+49-30-23125 ext. 7"),
        ("tel:7042;phone-context=example.org", "7042"),
        ("tel:+49%2030%2023125", "+49 30 23125"),
        ("tel:+4930%0023125%0A1", "+4930231251"),
        ("tel:;ext=5", ""),
        ("tel:", ""),
        ("tel:1;ext=%00", "1"),
        ("\u202a+49 30 23125\u202c", "+49 30 23125"),
        ("+49 30 23125 ext. 7", "+49 30 23125 ext. 7"),
        ("sip:joe@example.org", "sip:joe@example.org"),
    ],
)
def test_a_uri_becomes_the_number_in_it(value: str, number: str) -> None:
    found = fields(f"TEL;VALUE=uri:{value}", version="4.0")
    assert found.get(Field.ANY_PHONE, ("",)) == (number,)


def test_addresses_are_taken_apart_by_work_and_home() -> None:
    assert fields(
        r"ADR;TYPE=HOME:Postfach 5;Hinterhaus;Straße 1\nHof;Berlin;;10115;DE",
        "ADR:;;100 Broadway, Floor 2,;New York;NY;10005;USA",
    ) == {
        Field.HOME_STREET: ("Straße 1\nHof\nPostfach 5",),
        Field.HOME_STREET_2: ("Hinterhaus",),
        Field.HOME_LOCALITY: ("Berlin",),
        Field.HOME_POSTAL_CODE: ("10115",),
        Field.HOME_COUNTRY: ("DE",),
        Field.HOME_ADDRESS: ("Straße 1\nHof\nHinterhaus\nPostfach 5\n10115 Berlin\nDE",),
        Field.WORK_STREET: ("100 Broadway\nFloor 2",),
        Field.WORK_LOCALITY: ("New York",),
        Field.WORK_REGION: ("NY",),
        Field.WORK_POSTAL_CODE: ("10005",),
        Field.WORK_COUNTRY: ("USA",),
        Field.WORK_ADDRESS: ("100 Broadway\nFloor 2\nNew York, NY 10005\nUSA",),
    }


def test_a_country_of_two_letters_is_its_code() -> None:
    found = fields("ADR:;;;;;;Germany", "ADR:;;;;;;DE", "ADR:;;;;;;FR")
    assert found[Field.WORK_COUNTRY] == ("Germany", "DE", "FR")
    assert found[Field.WORK_COUNTRY_CODE] == ("DE",)
    for country in ("Deutschland", "Ö1", "日本"):
        assert Field.WORK_COUNTRY_CODE not in fields(f"ADR:;;;;;;{country}")


def test_an_address_may_say_itself_how_it_is_written() -> None:
    found = fields('ADR;LABEL="Acme^nBerlin":;;Straße 1;Berlin;;;', version="4.0")
    assert found[Field.WORK_ADDRESS] == ("Acme\nBerlin",)


def test_a_short_address_is_no_fault() -> None:
    assert fields("ADR:;;Straße 1") == {
        Field.WORK_STREET: ("Straße 1",),
        Field.WORK_ADDRESS: ("Straße 1",),
    }
    assert fields("ADR:;;;Berlin;BE")[Field.WORK_ADDRESS] == ("Berlin, BE",)


def test_urls_are_for_work_unless_they_say_home() -> None:
    assert fields(r"URL:http\://a", "URL;TYPE=home:http://b", "URL;TYPE=WORK:http://c") == {
        Field.WORK_URL: ("http://a", "http://c"),
        Field.HOME_URL: ("http://b",),
    }


def test_messaging_is_found_under_its_old_names() -> None:
    found = fields("X-AIM;TYPE=HOME:joe", "IMPP:xmpp:joe@x", "X-SKYPE:joe.x", "X-ICQ:1")
    assert set(found[Field.MESSAGING]) == {"joe", "xmpp:joe@x", "joe.x", "1"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("FN:x", None),
        ("KIND:Group ", (GROUP,)),
        ("X-ADDRESSBOOKSERVER-KIND:group", (GROUP,)),
        ("KIND:org", None),
        ("KIND:", None),
    ],
)
def test_a_group_says_that_it_is_one_and_nobody_else_anything(
    line: str, said: tuple[str, ...] | None
) -> None:
    assert fields(line).get(Field.KIND) == said


def test_a_group_names_its_members_and_nobody_else_does() -> None:
    named = ["MEMBER:urn:uuid:03a0e51f", "MEMBER:mailto:a@example.org", "MEMBER:"]
    apple = ["X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:AB-1", "X-ADDRESSBOOKSERVER-MEMBER:plain"]
    assert fields("KIND:group", *named, version="4.0")[Field.MEMBER] == (
        "urn:uuid:03a0e51f",
        "03a0e51f",
        "mailto:a@example.org",
    )
    found = fields("X-ADDRESSBOOKSERVER-KIND:group", *apple)
    assert found[Field.MEMBER] == ("urn:uuid:AB-1", "AB-1", "plain")
    assert Field.MEMBER not in fields(*named, *apple)
    many = [f"MEMBER:urn:uuid:{number}" for number in range(MAX_MEMBERS + 9)]
    assert len(fields("KIND:group", *many)[Field.MEMBER]) == 2 * MAX_MEMBERS


@pytest.mark.parametrize(
    ("birthday", "parts"),
    [
        ("1970-01-02", ("1970", "01", "02")),
        ("19700102T000000Z", ("1970", "01", "02")),
        ("--0102", (None, "01", "02")),
        ("--01-02", (None, "01", "02")),
        ("1970", ("1970", None, None)),
        ("1970-01", ("1970", "01", None)),
        ("circa 1800", (None, None, None)),
    ],
)
def test_a_birthday_has_parts(birthday: str, parts: tuple[str | None, ...]) -> None:
    found = fields(f"BDAY:{birthday}")
    told = (Field.BIRTH_YEAR, Field.BIRTH_MONTH, Field.BIRTH_DAY)
    assert tuple(found.get(field, (None,))[0] for field in told) == parts


def test_the_day_that_apple_calls_an_anniversary_is_one_and_no_other_is() -> None:
    said = derive(
        card(
            "item1.X-ABDATE:2001-02-03",
            "item1.X-ABLabel:_$!<Anniversary>!$_",
            "item2.X-ABDATE:1999-05-06",
            "item2.X-ABLabel:First day at work",
            "X-ABDATE:1998-01-01",
        )
    )
    assert said[Field.ANNIVERSARY] == ("2001-02-03",)


@pytest.mark.parametrize(
    "lines",
    [
        ["X-EVOLUTION-MANAGER:Max", "X-EVOLUTION-ASSISTANT:Ada"],
        ["X-MANAGER:Max", "X-ASSISTANT:Ada"],
        ["RELATED;VALUE=text;TYPE=manager:Max", "RELATED;VALUE=text;TYPE=assistant:Ada"],
        [
            "item1.X-ABRELATEDNAMES:Max",
            "item1.X-ABLabel:_$!<Manager>!$_",
            "item2.X-ABRELATEDNAMES:Ada",
            "item2.X-ABLabel:_$!<Assistant>!$_",
            "item3.X-ABRELATEDNAMES:Eva",
            "item3.X-ABLabel:_$!<Spouse>!$_",
        ],
    ],
)
def test_manager_and_assistant_are_found_where_programs_put_them(lines: list[str]) -> None:
    found = fields(*lines, "RELATED;TYPE=manager:urn:uuid:1")
    assert (found[Field.MANAGER], found[Field.ASSISTANT]) == (("Max",), ("Ada",))


def test_fields_are_bounded() -> None:
    found = fields(
        *(f"TEL;TYPE=CELL:{number}" for number in range(2000)),
        f"NOTE: {'x' * 4000}{' ' * 500}{'y' * 4000}",
        "CATEGORIES:" + ",".join(map(str, range(1000))),
        "ORG:a;" + ";".join(map(str, range(1000))),
    )
    assert found[Field.MOBILE_PHONE] == tuple(str(number) for number in range(MAX_VALUES))
    assert found[Field.NOTE] == ("x" * 4000,)
    assert len(found[Field.CATEGORY]) == MAX_VALUES
    assert len(found[Field.UNIT]) == MAX_VALUES


LINES = st.builds(
    "{}{}:{}".format,
    st.sampled_from(
        [
            "N",
            "FN",
            "TEL",
            "EMAIL",
            "ADR",
            "URL",
            "ORG",
            "NICKNAME",
            "IMPP",
            "KIND",
            "CATEGORIES",
            "item1.TEL",
            "item1.X-ABLabel",
        ]
    ),
    st.sampled_from(["", ";TYPE=home", ";PREF=1", ";PREF", ";PREF=999", ";TYPE=fax", ";LABEL=^n"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(",;\\:%"))
    | st.sampled_from(["tel:", "tel:%00;ext=1", "\\n", ";;;;;;;;;", ",,,", " \u202a "]),
)


@given(st.lists(LINES, max_size=12))
def test_whatever_is_in_a_card_its_fields_are_in_order(lines: list[str]) -> None:
    try:
        parsed = card(*lines, version="4.0")
    except InvalidCard:  # U+FFFE and U+FFFF
        return
    for values in derive(parsed).values():
        assert 0 < len(values) <= MAX_VALUES
        assert len(set(values)) == len(values)
        for value in values:
            assert value == value.strip() != ""
            assert len(value) <= MAX_LENGTH
            assert "\x00" not in value


@pytest.mark.parametrize(
    "line",
    [
        "N:" + ";" * 300_000,
        "ADR:" + "," * 300_000,
        "TEL:" + "\u202a" * 300_000,
        "TEL:tel:" + ";ext=" * 100_000,
        "CATEGORIES:" + "\\," * 300_000,
        "ADR;LABEL=" + "^n" * 300_000 + ":;",
        "\r\n".join(["TEL;TYPE=a,b,c:1"] * 20_000),
    ],
    ids=lambda line: line[:12],
)
def test_hostile_cards_take_linear_time(line: str) -> None:
    parsed = card(line)
    started = time.process_time()
    derive(parsed)
    assert time.process_time() - started < 3
