"""Cards as entries, and what an answer shows of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.ldap.codec.encode import encode_entry
from dirserver.ldap.entry.entries import (
    encode_attributes,
    encode_container,
    encode_operational,
    entry_uuid,
    key_of,
)
from dirserver.ldap.entry.selection import Projection, Selection
from dirserver.ldap.schema import generalized_time
from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES, lookup
from dirserver.ldap.schema.attributetype import Usage
from dirserver.ldap.schema.objectclass import CARD_CLASSES
from dirserver.ldap.schema.subschema import subschema_entry
from dirserver.model.fields import PHONES, SOURCES, Field, is_hidden
from tests.ldap import wire

KEY = "abcdefghjkmn"
ALICE: dict[Field, tuple[str, ...]] = {
    Field.FULL_NAME: ("Alice Müller",),
    Field.FAMILY_NAME: ("Müller",),
    Field.GIVEN_NAME: ("Alice",),
    Field.MAIL: ("alice@example.org", "am@example.net"),
    Field.WORK_PHONE: ("+49 30 5550001", "030 5550001"),
    Field.MOBILE_PHONE: ("0171 5550001",),
    Field.ORGANISATION: ("Example GmbH",),
    Field.NOTE: ("private",),
    Field.BIRTHDAY: ("1990-01-01",),
    Field.UID: ("urn:uuid:1",),
}


def _read(attributes: bytes) -> dict[str, tuple[str, ...]]:
    (response,) = wire.responses(encode_entry(1, b"cn=a", attributes))
    names = [name for name, _ in response.attributes]
    assert len(set(names)) == len(names)
    return {name: tuple(map(bytes.decode, values)) for name, values in response.attributes}


def _entry(fields: dict[Field, tuple[str, ...]], key: str = KEY) -> dict[str, tuple[str, ...]]:
    return _read(encode_attributes(fields, key))


def _shown(
    *asked: str, hidden: frozenset[str] = frozenset(), types_only: bool = False
) -> dict[str, tuple[str, ...]]:
    projection = Projection(Selection.parse(asked), hidden, types_only=types_only)
    return _read(projection.select(encode_attributes(ALICE, KEY), OPERATIONAL))


CREATED = datetime(2026, 11, 21, 12, 30, 5, 999, tzinfo=UTC)
DN = f"uid={KEY},ou=customers,dc=example,dc=org"
OPERATIONAL = encode_operational(DN, KEY, CREATED, CREATED + timedelta(days=1))


def test_a_card_shows_its_facts_and_not_notes_birthdays_or_its_vcard_uid() -> None:
    assert _entry(ALICE) == {
        "objectClass": CARD_CLASSES,
        "uid": (KEY,),
        "cn": ("Alice Müller",),
        "sn": ("Müller",),
        "givenName": ("Alice",),
        "displayName": ("Alice Müller",),
        "mail": ("alice@example.org", "am@example.net"),
        "telephoneNumber": ("+49 30 5550001", "030 5550001"),
        "mobile": ("0171 5550001",),
        "o": ("Example GmbH",),
    }


def test_a_card_without_names_is_still_a_person_rfc_4519_section_3_12() -> None:
    assert _entry({}) == {"objectClass": CARD_CLASSES, "uid": (KEY,), "cn": (KEY,), "sn": (KEY,)}
    assert _entry({Field.FULL_NAME: ("ACME",)})["sn"] == ("ACME",)
    assert _entry({Field.FULL_NAME: ("  ",)})["cn"] == (KEY,)


def test_a_value_is_there_once_and_never_empty() -> None:
    fields = {Field.FULL_NAME: ("A",), Field.MAIL: ("a@b", "", "A@B", " ", "c@d")}
    assert _entry(fields)["mail"] == ("a@b", "c@d")


def test_an_attribute_with_one_value_has_the_first() -> None:
    entry = _entry({Field.FULL_NAME: ("A", "B"), Field.HOME_URL: ("https://1", "https://2")})
    assert entry["cn"] == ("A", "B")
    assert entry["displayName"] == ("A",)
    assert entry["mozillaHomeUrl"] == ("https://1",)


def test_a_country_is_in_c_only_when_it_is_a_country_string() -> None:
    countries = ("Germany", "DE")
    entry = _entry({Field.WORK_COUNTRY: countries, Field.WORK_COUNTRY_CODE: ("DE",)})
    assert entry["co"] == countries
    assert entry["c"] == ("DE",)
    assert "c" not in _entry({Field.WORK_COUNTRY: ("Germany",)})


def test_the_lines_of_an_address_are_joined_as_rfc_4517_section_3_3_28_says() -> None:
    address = "Kasse $ & \\ Co\n\n 10115 Berlin \r\nGermany"
    entry = _entry({Field.WORK_ADDRESS: (address,), Field.WORK_STREET: ("Haus 1\nHof 2",)})
    assert entry["postalAddress"] == ("Kasse \\24 & \\5C Co$10115 Berlin$Germany",)
    assert entry["street"] == ("Haus 1, Hof 2",)


_facts = st.dictionaries(
    st.sampled_from(Field),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), max_size=3).map(
        tuple
    ),
)


@given(_facts, st.text("abc23", min_size=1, max_size=12))
def test_whatever_a_card_says_its_entry_is_one_that_a_client_can_read(
    fields: dict[Field, tuple[str, ...]], key: str
) -> None:
    entry = _entry(fields, key)
    assert entry["uid"] == (key,)
    assert {"objectClass", "cn", "sn"} <= set(entry)
    for name, values in entry.items():
        one = lookup(name)
        assert one is not None
        assert all(value.strip() for value in values)
        assert len(values) == 1 or (values and not one.single_valued)


def test_operational_attributes_say_what_the_entry_is() -> None:
    assert _read(OPERATIONAL) == {
        "structuralObjectClass": ("evolutionPerson",),
        "entryUUID": (entry_uuid(KEY),),
        "createTimestamp": ("20261121123005Z",),
        "modifyTimestamp": ("20261122123005Z",),
        "entryDN": (DN,),
        "hasSubordinates": ("FALSE",),
        "numSubordinates": ("0",),
        "subschemaSubentry": ("cn=Subschema",),
    }


def test_a_time_is_given_in_utc() -> None:
    east = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert generalized_time.unparse(east) == "20251231230000Z"


@given(st.text("23456789abcdefghjkmnpqrstuvwxyz", min_size=1, max_size=15))
def test_a_uuid_tells_the_key_that_it_is_made_of(key: str) -> None:
    made = entry_uuid(key)
    assert key_of(made) == key_of(made.upper()) == key
    assert uuid.UUID(made).version == 8


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_every_key_has_a_uuid_and_always_the_same(key: str) -> None:
    assert uuid.UUID(entry_uuid(key)).variant == uuid.RFC_4122
    assert entry_uuid(key) == entry_uuid(key)
    assert key_of(entry_uuid(key)) in (key, None)


@given(st.uuids() | st.builds(uuid.UUID, int=st.integers(0, 2**128 - 1)))
def test_a_uuid_of_somebody_elses_has_no_key(other: uuid.UUID) -> None:
    key = key_of(str(other))
    assert key is None or entry_uuid(key) == str(other)


def test_what_is_no_uuid_has_no_key() -> None:
    assert key_of("nonsense") is None
    assert key_of("") is None


def test_an_entry_that_is_no_card_has_its_operational_attributes_apart() -> None:
    user, operational = encode_container(subschema_entry())
    assert set(_read(user)) == {"objectClass", "cn"}
    assert _read(operational)["objectClasses"] == subschema_entry()["objectClasses"]
    with pytest.raises(LookupError):
        encode_container({"userPasswords": ("secret",)})


USER_ATTRIBUTES = list(_entry(ALICE))


def test_without_a_list_all_user_attributes_are_shown_and_no_others() -> None:
    assert _shown() == _shown("*") == _entry(ALICE)


def test_nothing_is_copied_when_everything_is_shown() -> None:
    blob = encode_attributes(ALICE, KEY)
    for hidden in (frozenset[str](), frozenset({"NOTE", "BDAY"})):
        assert Projection(Selection.parse(()), hidden).select(blob) is blob


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (("1.1",), []),
        (("1.1", "cn"), ["cn"]),
        (("noSuchAttr",), []),
        (("cn", "noSuchAttr"), ["cn"]),
        (("+",), list(_read(OPERATIONAL))),
        (("*", "+"), [*USER_ATTRIBUTES, *_read(OPERATIONAL)]),
        (("cn", "entryUUID"), ["cn", "entryUUID"]),
        (("modifytimestamp",), ["modifytimestamp"]),
        (("CN", "Mobile"), ["CN", "Mobile"]),
        (("gn", "company", "cellphone"), ["gn", "cellphone", "company"]),
        (("2.5.4.3",), ["2.5.4.3"]),
        (("mail;lang-de",), []),
        (("cn", "commonName", "cn"), ["cn"]),
        (("commonName", "cn"), ["commonName"]),
        (("searchContact", "description"), []),
        (("pager",), []),
        (("dn",), []),
    ],
)
def test_what_is_asked_for_is_shown_under_the_name_it_was_asked_by(
    asked: tuple[str, ...], names: list[str]
) -> None:
    assert list(_shown(*asked)) == names


def test_a_wildcard_beside_another_name_shows_everything_once() -> None:
    shown = _shown("*", "gn")
    assert shown["gn"] == ("Alice",)
    assert "givenName" not in shown
    assert len(shown) == len(USER_ATTRIBUTES)


def test_types_only_shows_no_values() -> None:
    assert _shown("cn", "gn", "entryUUID", types_only=True) == {
        "cn": (),
        "gn": (),
        "entryUUID": (),
    }
    assert _shown(types_only=True) == dict.fromkeys(USER_ATTRIBUTES, ())


def test_what_is_hidden_is_not_shown_whatever_it_is_called() -> None:
    hidden = frozenset({"TEL", "ORG"})
    assert set(_shown(hidden=hidden)) == set(USER_ATTRIBUTES) - {
        "telephoneNumber",
        "mobile",
        "o",
    }
    assert _shown("cellphone", "company", "2.5.4.20", hidden=hidden) == {}


def test_numbers_are_rewritten_and_nothing_else() -> None:
    projection = Projection(
        Selection.parse(("cn", "telephoneNumber", "cell", "mail")),
        rewrite_numbers=lambda number: [number.replace(" ", "").removeprefix("+4930")],
    )
    assert _read(projection.select(encode_attributes(ALICE, KEY))) == {
        "cn": ("Alice Müller",),
        "mail": ("alice@example.org", "am@example.net"),
        "telephoneNumber": ("5550001", "0305550001"),
        "cell": ("01715550001",),
    }


def test_numbers_that_become_the_same_are_shown_once() -> None:
    projection = Projection(Selection.parse(()), rewrite_numbers=lambda number: [number[-7:]])
    shown = _read(projection.select(encode_attributes(ALICE, KEY)))
    assert shown["telephoneNumber"] == ("5550001",)
    assert shown["cn"] == ("Alice Müller",)


_PROPERTIES = sorted({name for names in SOURCES.values() for name in names})
_spellings = st.sampled_from(
    [name for one in ATTRIBUTE_TYPES for name in (*one.names, *one.aliases)]
    + ["*", "+", "1.1", "description", "x", "CN", "TELEPHONENUMBER"]
)


@given(
    _facts,
    st.lists(_spellings, max_size=6),
    st.frozensets(st.sampled_from(_PROPERTIES), max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_what_is_shown_is_the_entry_read_and_then_cut(
    fields: dict[Field, tuple[str, ...]],
    asked: list[str],
    hidden: frozenset[str],
    types_only: bool,
    rewrite: bool,
) -> None:
    blob = encode_attributes(fields, KEY)
    expected: dict[str, tuple[str, ...]] = {}
    for name, values in {**_read(blob), **_read(OPERATIONAL)}.items():
        one = lookup(name)
        assert one is not None
        by_name = [spelling for spelling in asked if lookup(spelling) is one]
        wildcard = (not asked or "*" in asked) if one.usage is Usage.USER else "+" in asked
        if (by_name or wildcard) and not any(is_hidden(field, hidden) for field in one.fields):
            if rewrite and PHONES & set(one.fields):
                values = tuple(dict.fromkeys(value[:3] for value in values))
            expected[by_name[0] if by_name else name] = () if types_only else values
    projection = Projection(
        Selection.parse(asked),
        hidden,
        types_only=types_only,
        rewrite_numbers=(lambda number: [number[:3]]) if rewrite else None,
    )
    assert _read(projection.select(blob, OPERATIONAL)) == expected


def test_operational_attributes_are_wanted_only_when_they_are_asked_for() -> None:
    assert Selection.parse(("+",)).wants_operational
    assert Selection.parse(("cn", "ENTRYUUID")).wants_operational
    assert not Selection.parse(()).wants_operational
    assert not Selection.parse(("*", "cn")).wants_operational
