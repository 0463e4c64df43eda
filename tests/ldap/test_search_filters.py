"""Filters on real cards (RFC 4511 section 4.5.1.7), in the notation of RFC 4515."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ldap.client import Client

Connect = Callable[..., Client]

EVERYBODY = ["Anna", "Émile", "Jürgen", "Robert (Bob)", "Zoë", "Пётр", "小明"]


def found(client: Client, filter_: str) -> list[str]:
    """Return the given names of the customers that a filter finds, in the order of the answer."""
    said = client.say(
        [
            "search base=ou=customers,dc=example,dc=org scope=one attributes=givenName",
            f'filter="{filter_}"',
        ]
    )
    assert said[-1] == "SearchResultDone success"
    return [line.removeprefix("  givenName: ") for line in said if line.startswith("  ")]


@pytest.mark.parametrize(
    ("filter_", "people"),
    [
        # Presence.
        ("(objectClass=*)", EVERYBODY),
        ("(cn=*)", EVERYBODY),
        ("(pager=*)", ["Émile"]),
        ("(fax=*)", ["Anna"]),
        ("(shoeSize=*)", []),
        # What an entry does not show it does not have: a country without two letters.
        ("(co=*)", ["Anna", "Zoë"]),
        ("(c=*)", ["Zoë"]),
        ("(c=Deutschland)", []),
        # Equality: case, marks, blanks and digraphs do not count.
        ("(cn=anna BEISPIEL)", ["Anna"]),
        ("(cn= anna   beispiel )", ["Anna"]),
        ("(sn=Müller)", ["Jürgen"]),
        ("(sn=muller)", ["Jürgen"]),
        ("(sn=mueller)", ["Jürgen"]),
        ("(givenName=emile)", ["Émile"]),
        # One word as it is written where the letter is missing, the other without its dots.
        ("(cn=juergen muller)", ["Jürgen"]),
        ("(cn=jurgen mueller)", ["Jürgen"]),
        ("(cn=Jürgen Muller)", ["Jürgen"]),
        ("(cn=juergen mull*)", ["Jürgen"]),
        ("(cn=*urgen muel*)", ["Jürgen"]),
        ("(sn=ИВАНОВ)", ["Пётр"]),
        ("(sn=王)", ["小明"]),
        ("(mail=ANNA@kunde.example)", ["Anna"]),
        ("(mail=anna.b@example.net)", ["Anna"]),
        ("(cn=anna)", []),
        # Of several attributes at once; a blank alone is in every name.
        (r"(|(cn=\20*)(sn=\20*))", EVERYBODY),
        (r"(|(cn=\0d*)(sn=\0d*)(mail=\0d*))", EVERYBODY),
        (r"(|(cn=*\20*)(sn=*\20*))", EVERYBODY),
        # Other names of the same attribute, in any case; not with an option that nobody knows.
        ("(surname;lang-de=Beispiel)", []),
        ("(!(surname;lang-de=Beispiel))", []),
        ("(surname=Beispiel)", ["Anna"]),
        ("(2.5.4.4=Beispiel)", ["Anna"]),
        ("(COMMONNAME=Anna Beispiel)", ["Anna"]),
        ("(company=Kunde AG)", ["Anna"]),
        ("(cellphone=*)", ["Anna", "Zoë"]),
        # Substrings: at the beginning, inside, at the end, several, and escaped.
        ("(cn=an*)", ["Anna"]),
        ("(cn=*beisp*)", ["Anna"]),
        ("(cn=*piel)", ["Anna"]),
        ("(cn=a*b*l)", ["Anna"]),
        ("(cn=*r*r*)", ["Jürgen", "Robert (Bob)"]),
        ("(cn=*nn*nn*)", []),
        ("(cn=*ü*)", ["Jürgen"]),
        ("(cn=*mue*)", ["Jürgen"]),
        ("(cn=*ё*)", ["Пётр"]),
        ("(sn=王*)", ["小明"]),
        ("(sn=*王*)", ["小明"]),
        (r"(cn=robert \28bob\29*)", ["Robert (Bob)"]),
        (r"(cn=*\28*)", ["Robert (Bob)"]),
        (r"(cn=*\2a*)", []),
        ("(cn=%)", []),
        ("(cn=_nna*)", []),
        ("(mail=*@kunde.example)", ["Anna", "Robert (Bob)", "Zoë"]),
        ("(mail=a*kunde*.example)", ["Anna"]),
        # Ordering and approximation.
        ("(sn>=Zola)", ["Émile", "Пётр", "小明"]),
        ("(sn<=beispiel)", ["Anna"]),
        # Иванов is also Ivanov.
        ("(&(sn>=m)(sn<=p))", ["Jürgen", "Zoë", "Пётр"]),
        ("(cn~=Juergen)", ["Jürgen"]),
        # The beginning of any word of a name, but of nothing else.
        ("(cn=bei*)", ["Anna"]),
        ("(cn=beispiel)", []),
        ("(cn=eispiel*)", []),
        ("(cn=neil*)", ["Zoë"]),
        ("(cn=b*)", ["Anna", "Robert (Bob)"]),
        ("(cn=bob*stern)", ["Robert (Bob)"]),
        ("(sn=anna*)", []),
        ("(o=soehne*)", ["Jürgen"]),
        ("(title=leit*)", ["Anna"]),
        ("(street=5*)", []),
        # An address as it is shown, with a sign between its lines, and a part of it.
        ("(postalAddress=Hauptstraße 5$10115 Berlin$Deutschland)", ["Anna"]),
        ("(postalAddress=*5$10115*)", ["Anna"]),
        ("(postalAddress=haupt*)", ["Anna"]),
        ("(postalAddress:caseIgnoreListMatch:=hauptstraße 5$10115 berlin$deutschland)", ["Anna"]),
        (r"(postalAddress:2.5.13.12:=hauptstraße 5$\2a)", ["Anna"]),
        ("(searchContact=söhne*)", ["Jürgen"]),
        ("(!(cn=b*))", ["Émile", "Jürgen", "Zoë", "Пётр", "小明"]),
        # Names in other letters than those of a keypad.
        ("(cn=petr iv*)", ["Пётр"]),
        ("(sn=ivanov)", ["Пётр"]),
        ("(cn=*vano*)", ["Пётр"]),
        ("(cn=iva*)", ["Пётр"]),
        ("(cn=*明*)", ["小明"]),
        ("(cn=明*)", ["小明"]),
        # A name on the keys of a telephone: Anna, Beispiel, Muller, Mueller, Petr and Ivanov.
        ("(cn=2662*)", ["Anna"]),
        ("(sn=23477435)", ["Anna"]),
        ("(givenName=*234*)", ["Anna"]),
        ("(searchContact=26622347*)", ["Anna"]),
        ("(cn=685537)", ["Jürgen"]),
        ("(cn=6835537*)", ["Jürgen"]),
        ("(displayName~=7387482)", ["Пётр"]),
        ("(|(cn=482*)(telephoneNumber=482*))", ["Пётр"]),
        ("(cn=662*)", []),
        ("(o=5863*)", []),
        ("(!(cn=2662*))", EVERYBODY[1:]),
        # Logic, with the true and the false of RFC 4526.
        ("(&(cn=*)(mail=anna*))", ["Anna"]),
        ("(|(cn=anna*)(cn=zoe*))", ["Anna", "Zoë"]),
        ("(!(mail=*))", ["Пётр", "小明"]),
        ("(&(!(mail=*))(!(sn=王)))", ["Пётр"]),
        ("(!(|(mail=*)(sn=王)))", ["Пётр"]),
        ("(!(!(sn=王)))", ["小明"]),
        ("(&)", EVERYBODY),
        ("(|)", []),
        ("(!(&))", []),
        ("(!(|))", EVERYBODY),
        # What is unknown is Undefined, and so is its negation.
        ("(shoeSize=43)", []),
        ("(!(shoeSize=43))", []),
        ("(&(cn=anna*)(!(shoeSize=43)))", []),
        ("(|(cn=anna*)(shoeSize=43))", ["Anna"]),
        ("(|(cn=anna*)(!(shoeSize=43)))", ["Anna"]),
        ("(!(&(cn=nobody)(shoeSize=43)))", EVERYBODY),
        ("(cn:1.2.3.4:=anna)", []),
        ("(!(cn:1.2.3.4:=anna))", []),
        # Matching rules by name.
        ("(sn:caseIgnoreMatch:=BEISPIEL)", ["Anna"]),
        ("(sn:2.5.13.2:=beispiel)", ["Anna"]),
        ("(sn:=beispiel)", ["Anna"]),
        ("(sn:dn:=beispiel)", ["Anna"]),
        ("(:caseIgnoreMatch:=KUNDE AG)", ["Anna"]),
        ("(:caseIgnoreIA5Match:=anna.b@example.net)", ["Anna"]),
        ("(:telephoneNumberMatch:=030 5550017)", ["Anna"]),
        (r"(:caseIgnoreSubstringsMatch:=ann\2a)", ["Anna"]),
        ("(&(!(:caseIgnoreMatch:=kunde ag))(cn=*o*))", ["Émile", "Robert (Bob)", "Zoë", "Пётр"]),
        # An ordering rule asks for what is less (RFC 4517 sections 4.2.3 and 4.2.17).
        ("(sn:caseIgnoreOrderingMatch:=beispiel)", []),
        ("(sn:2.5.13.3:=Beispiels)", ["Anna"]),
        ("(modifyTimestamp:generalizedTimeOrderingMatch:=20200101000000Z)", []),
        ("(modifyTimestamp:2.5.13.28:=20990101000000Z)", EVERYBODY),
        ("(!(modifyTimestamp:caseIgnoreOrderingMatch:=20990101000000Z))", []),
        # The parts of the name count when they are asked for.
        ("(ou=customers)", []),
        ("(ou:dn:=customers)", EVERYBODY),
        ("(ou:dn:=staff)", []),
        ("(dc:dn:=example)", EVERYBODY),
        ("(!(ou:dn:=customers))", []),
        # When a card was written.
        ("(modifyTimestamp>=20200101000000Z)", EVERYBODY),
        ("(createTimestamp<=20200101000000Z)", []),
        ("(&(sn=M*)(!(modifyTimestamp<=20200101000000Z)))", ["Jürgen"]),
        ("(modifyTimestamp=*)", EVERYBODY),
        ("(subschemaSubentry=cn=Subschema)", EVERYBODY),
        # Object classes and their superiors, and entries of other kinds.
        ("(objectClass=person)", EVERYBODY),
        ("(objectclass=INETORGPERSON)", EVERYBODY),
        ("(objectClass=2.5.6.6)", EVERYBODY),
        ("(objectClass=groupOfNames)", []),
        ("(!(objectClass=groupOfNames))", EVERYBODY),
        (
            "(&(objectClass=inetOrgPerson)(|(sn=Müller)(givenName=Zoë))(!(givenName=Zoë)))",
            ["Jürgen"],
        ),
    ],
)
def test_a_filter_finds_whom_it_says(ldap: Connect, filter_: str, people: list[str]) -> None:
    assert found(ldap("alice"), filter_) == people


def test_what_an_entry_shows_of_itself_finds_it(ldap: Connect) -> None:
    client = ldap("alice")
    shown = client.say(
        [
            "search base=ou=customers,dc=example,dc=org scope=one attributes=+",
            "filter=(givenName=Anna)",
        ]
    )
    values = dict(line.strip().split(": ", 1) for line in shown if line.startswith("  "))
    asked = (
        "entryUUID",
        "entryDN",
        "createTimestamp",
        "modifyTimestamp",
        "subschemaSubentry",
        "structuralObjectClass",
        "hasSubordinates",
        "numSubordinates",
    )
    for name in asked:
        assert "Anna" in found(client, f"({name}={values[name]})"), name
        dn = values["entryDN"]
        compared = client.say([f"compare dn={dn} attribute={name} value={values[name]}"])
        assert compared == ["CompareResponse compareTrue"], name
    for name in ("entryUUID", "entryDN"):
        assert found(client, f"({name}={values[name]})") == ["Anna"]
    elsewhere = values["entryDN"].replace("customers", "staff")
    assert found(client, f"(entryDN={elsewhere})") == []


@pytest.mark.parametrize(
    "written",
    [
        "+49 (30) 555 00 17",
        "+493055500 17",
        "+49305550017",
        "0305550017",
        "030 555 00 17",
        "030/555-0017",
        "00493055500 17",
        "0049 30 5550017",
        "+49 (0)30 5550017",
        "00305550017",
        "tel:+49-30-5550017",
    ],
)
@pytest.mark.parametrize("attribute", ["telephoneNumber", "searchNumber"])
def test_a_number_is_found_however_it_is_written(
    ldap: Connect, attribute: str, written: str
) -> None:
    escaped = written.replace("(", r"\28").replace(")", r"\29")
    assert found(ldap("alice"), f"({attribute}={escaped})") == ["Anna"]


@pytest.mark.parametrize(
    "filter_",
    [
        "(mobile=+49171555*)",
        "(mobile=0171555001*)",
        "(mobile=0171*)",
        "(mobile=*5550017)",
        "(mobile=*5550017*)",
        "(mobile=*171*0017)",
        "(telephoneNumber=*5550017*)",
        "(telephoneNumber=0305550017*)",
        "(|(telephoneNumber=01715550017)(mobile=01715550017)(homePhone=01715550017))",
        "(|(telephoneNumber=*01715550017*)(mobile=*01715550017*))",
    ],
)
def test_a_number_is_found_by_a_part_of_it(ldap: Connect, filter_: str) -> None:
    assert found(ldap("alice"), filter_) == ["Anna"]


@pytest.mark.parametrize("value", ["foo*", "*foo*", "foo", "-", "* *"])
def test_what_has_no_digit_matches_no_number(ldap: Connect, value: str) -> None:
    # iOS puts the name that was typed into every part of its filter.
    assert found(ldap("alice"), f"(telephoneNumber={value})") == []


def test_a_number_of_another_kind_is_not_the_one_asked_for(ldap: Connect) -> None:
    assert found(ldap("alice"), "(homePhone=030 5550017)") == []
    assert found(ldap("alice"), "(mobile=030 5550017)") == []


def test_a_filter_may_have_as_many_items_as_any_client_sends(ldap: Connect) -> None:
    many = "".join(f"(cn=x{number}*)" for number in range(299))
    assert found(ldap("alice"), f"(|{many}(sn=Müller))") == ["Jürgen"]


def test_a_filter_may_be_as_deep_as_any_client_sends(ldap: Connect) -> None:
    assert found(ldap("alice"), "(&" * 20 + "(sn=Müller)" + ")" * 20) == ["Jürgen"]


def test_a_filter_that_is_too_deep_or_too_long_is_refused(ldap: Connect) -> None:
    client = ldap("alice")
    deep = "(!" * 40 + "(sn=x)" + ")" * 40
    long = "(|" + "(sn=x)" * 1001 + ")"
    for filter_ in (deep, long):
        assert client.say([f'search base=dc=example,dc=org filter="{filter_}"']) == [
            "SearchResultDone adminLimitExceeded"
        ]
    assert found(client, "(sn=Müller)") == ["Jürgen"]


def test_wildcards_of_the_database_mean_nothing(ldap: Connect) -> None:
    for value in ("%", "_", "*%*", "*_*", "a%", "'*", "\\22*", r"*\5c*"):
        assert found(ldap("alice"), f"(cn={value})") == []
    # An apostrophe is a character like any other.
    assert found(ldap("alice"), "(sn=O'N*)") == ["Zoë"]
