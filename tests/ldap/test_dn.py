"""Distinguished names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.ldap.dit.dn import (
    DN,
    SUBSCHEMA,
    BookDN,
    CardDN,
    Elsewhere,
    InvalidDN,
    Location,
    Root,
    Subschema,
    Suffix,
    UserDN,
    UsersDN,
    bind_name,
    book_dn,
    card_dn,
    escape,
    is_slug_of,
    locate,
    normalise,
    parse,
    unparse,
    user_dn,
    users_dn,
)

SUFFIX = "dc=example,dc=org"

_types = st.from_regex(r"[a-z][a-z0-9-]{0,8}|[0-9]{1,3}(\.[0-9]{1,4}){1,4}", fullmatch=True)
_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    ' "#+,;<=>\\\0aé', max_size=8
)
_names = st.lists(
    st.lists(st.tuples(_types, _values), min_size=1, max_size=2).map(tuple), max_size=4
).map(tuple)


@given(_names)
def test_a_name_is_read_as_it_is_written_whatever_is_in_it(name: DN) -> None:
    assert parse(unparse(name)) == name


@given(_names)
def test_a_written_name_has_no_control_characters(name: DN) -> None:
    assert not any(char < " " or char == "\x7f" for char in unparse(name))


@given(_names)
def test_a_normalised_name_is_normal(name: DN) -> None:
    assert normalise(normalise(name)) == normalise(name)


@given(st.text(max_size=40) | st.text('cnou=,+;"\\#2C 0', max_size=20))
def test_any_text_is_a_name_or_is_refused(text: str) -> None:
    try:
        name = parse(text)
    except InvalidDN:
        return
    assert parse(unparse(name)) == name


# RFC 4514 section 4, and what older clients write.
_SPELLINGS: dict[str, DN] = {
    "": (),
    "  ": (),
    "UID=jsmith,DC=example,DC=net": (
        (("uid", "jsmith"),),
        (("dc", "example"),),
        (("dc", "net"),),
    ),
    "OU=Sales+CN=J.  Smith,DC=net": ((("ou", "Sales"), ("cn", "J.  Smith")), (("dc", "net"),)),
    r"CN=James \"Jim\" Smith\, III": ((("cn", 'James "Jim" Smith, III'),),),
    r"CN=Before\0dAfter": ((("cn", "Before\rAfter"),),),
    "1.3.6.1.4.1.1466.0=#04024869": ((("1.3.6.1.4.1.1466.0", "Hi"),),),
    r"CN=Lu\C4\8Di\C4\87": ((("cn", "Lučić"),),),
    r"cn=a\2Cb\2c\,c": ((("cn", "a,b,,c"),),),
    "cn=a=b": ((("cn", "a=b"),),),
    "cn=": ((("cn", ""),),),
    "cn=,dc=org": ((("cn", ""),), (("dc", "org"),)),
    r"cn=\ a \ ": ((("cn", " a  "),),),
    r"cn=a\  ": ((("cn", "a "),),),
    r"cn=\#a#": ((("cn", "#a#"),),),
    " cn = a b , dc = org ": ((("cn", "a b"),), (("dc", "org"),)),
    'cn="Smith, John" , o=x': ((("cn", "Smith, John"),), (("o", "x"),)),
    r'cn=" a\"b "': ((("cn", ' a"b '),),),
    "cn=a;o=b": ((("cn", "a"),), (("o", "b"),)),
    "OID.2.5.4.3=a": ((("2.5.4.3", "a"),),),
    "cn=Müller": ((("cn", "Müller"),),),
}


@pytest.mark.parametrize(("text", "name"), _SPELLINGS.items())
def test_a_name_may_be_spelled_in_many_ways(text: str, name: DN) -> None:
    assert parse(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "this is no dn",
        "alice",
        "=a",
        ",",
        "cn=a,",
        "cn=a,,dc=org",
        "cn=a+",
        "+cn=a",
        "cn=a\\",
        "cn=a\\x",
        "cn=a\\4",
        r"cn=\ff",
        'cn="a',
        'cn="a"b',
        'cn=a"b',
        "cn=a<b",
        "cn=a\0",
        "cn=#",
        "cn=#0",
        "cn=#0402",
        "cn=#020101",
        "cn=#0401ff",
        "cn=#04024869 x",
        "c n=a",
        "1.=a",
        "-a=b",
        "cn=\ud800",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidDN):
        parse(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("a, b", r"a\, b"),
        (' "+,;<>\\', r"\ \"\+\,\;\<\>\\"),
        ("#1", r"\#1"),
        ("a#1", "a#1"),
        ("  ", r"\ \ "),
        (" ", r"\ "),
        ("a  b", "a  b"),
        ("a\0\n", r"a\00\0a"),
        ("Müller & Söhne (Köln)", "Müller & Söhne (Köln)"),
    ],
)
def test_a_value_is_escaped_as_rfc_4514_section_2_4_says(value: str, written: str) -> None:
    assert escape(value) == written


@pytest.mark.parametrize(
    "text",
    [
        "uid=abc,ou=Sales Team,dc=example,dc=org",
        "UID=ABC,OU=SALES TEAM,DC=EXAMPLE,DC=ORG",
        "uid = abc , ou = sales   team , dc=example, dc=org",
        "userid=abc,organizationalUnitName=sales team,domainComponent=example,dc=org",
        "0.9.2342.19200300.100.1.1=abc,2.5.4.11=Sales Team,"
        "0.9.2342.19200300.100.1.25=example,dc=org",
        r"uid=\61bc,ou=sales\20team,dc=#04076578616D706C65,dc=org",
    ],
)
def test_spellings_of_one_name_are_the_same_when_normalised(text: str) -> None:
    assert normalise(parse(text)) == (
        (("uid", "abc"),),
        (("ou", "sales team"),),
        (("dc", "example"),),
        (("dc", "org"),),
    )


def test_control_characters_are_nothing_rfc_4518_section_2_2() -> None:
    assert normalise(parse(r"uid=a\00\1f\7f b")) == normalise(parse("uid=a b"))
    assert bind_name(r"uid=a\00b") == bind_name("a\0b") == "ab"


def test_the_order_within_an_rdn_does_not_matter() -> None:
    assert normalise(parse("cn=a+sn=b")) == normalise(parse("surname=B+commonName=A"))


def test_case_beyond_ascii_and_composition_do_not_matter_but_accents_do() -> None:
    assert normalise(parse("ou=MÜLLER")) == normalise(parse("ou=mu\u0308ller"))
    assert normalise(parse("ou=Müller")) != normalise(parse("ou=Muller"))


_PLACES: dict[str, Location] = {
    "": Root(),
    "cn=Subschema": Subschema(),
    "CN=subschema": Subschema(),
    SUFFIX: Suffix(),
    "DC=Example, DC=Org": Suffix(),
    f"ou=customers,{SUFFIX}": BookDN("customers"),
    f"OU=Customers,{SUFFIX}": BookDN("customers"),
    f"uid=k7,ou=customers,{SUFFIX}": CardDN("customers", "k7"),
    f"UID=K7,OU=CUSTOMERS,{SUFFIX}": CardDN("customers", "k7"),
    f"ou=users,{SUFFIX}": UsersDN(),
    f"ou=Users,{SUFFIX}": UsersDN(),
    f"uid=alice,ou=users,{SUFFIX}": UserDN("alice"),
    "dc=org": Elsewhere(),
    "dc=other,dc=org": Elsewhere(),
    f"cn=customers,{SUFFIX}": Elsewhere(),
    f"cn=k7,ou=customers,{SUFFIX}": Elsewhere(),
    f"uid=a+cn=b,ou=customers,{SUFFIX}": Elsewhere(),
    f"uid=a,uid=b,ou=customers,{SUFFIX}": Elsewhere(),
    f"uid=a,{SUFFIX}": Elsewhere(),
    f"cn=Subschema,{SUFFIX}": Elsewhere(),
    "uid=a,ou=customers": Elsewhere(),
}


@pytest.mark.parametrize(("text", "place"), _PLACES.items())
def test_a_name_has_its_place_in_the_tree(text: str, place: Location) -> None:
    assert locate(parse(text), normalise(parse(SUFFIX))) == place


@given(_values.filter(str.strip))
def test_what_is_built_is_located(name: str) -> None:
    suffix = normalise(parse(SUFFIX))
    (((_, folded),),) = normalise(parse(f"uid={escape(name)}"))
    if folded != "users":
        assert locate(parse(book_dn(name, SUFFIX)), suffix) == BookDN(folded)
        assert locate(parse(card_dn(name, book_dn(name, SUFFIX))), suffix) == CardDN(folded, folded)
    assert locate(parse(user_dn(name, SUFFIX)), suffix) == UserDN(folded)
    assert locate(parse(users_dn(SUFFIX)), suffix) == UsersDN()
    assert locate(parse(SUBSCHEMA), suffix) == Subschema()


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("", ""),
        ("alice", "alice"),
        (" alice ", "alice"),
        ("alice@example.org", "alice@example.org"),
        ("Alice Example", "Alice Example"),
        ("EXAMPLE\\alice", "EXAMPLE\\alice"),
        (f"uid=alice,ou=users,{SUFFIX}", "alice"),
        ("cn=alice,dc=somewhere,dc=else", "alice"),
        ("CN = alice , o = x", "alice"),
        ("cn=alice@example.org", "alice@example.org"),
        (r"cn=Doe\, Jane,dc=org", "Doe, Jane"),
        ("cn=Alice Example+uid=alice,dc=org", "alice"),
        ("uid=", ""),
        ("cn=broken,", "cn=broken,"),
    ],
)
def test_a_bind_name_means_a_login_or_a_mail_address(sent: str, meant: str) -> None:
    assert bind_name(sent) == meant


@pytest.mark.parametrize("name", ["customers", "Friends", "Müller, Söhne & Co.", " a  b ", "ǅ"])
def test_a_book_is_found_by_what_its_owner_calls_it(name: str) -> None:
    found = locate(parse(book_dn(name, SUFFIX)), normalise(parse(SUFFIX)))
    assert isinstance(found, BookDN)
    assert is_slug_of(found.slug, name)
    assert not is_slug_of(found.slug, f"{name}x")
