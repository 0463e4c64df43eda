"""What ldapsearch finds, with every kind of filter, and how it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.organisation import vcard
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up
from tests.system.serving import CUSTOMERS, STAFF, SUFFIX

JUERGEN, SMITH, WANG, IVAN, LUKASZ, BOB = (
    "Jürgen Müller",
    "John Smith, Jr.",
    "小明 王",
    "Пётр Иванов",
    "Łukasz Øster",
    "Robert (Bob) O'Neil*Star",
)
# In the order in which they are to come.
EVERYBODY = [SMITH, JUERGEN, LUKASZ, BOB, IVAN, WANG]
CARDS = {
    "juergen": vcard(
        "juergen",
        JUERGEN,
        "TEL;TYPE=WORK,VOICE:+49 30 1234567",
        "TEL;TYPE=CELL:0171/555 01 02",
        "TEL;TYPE=HOME:+49 89 5550-17",
        "EMAIL:Juergen.Mueller@example.com",
        "EMAIL;TYPE=HOME:jm@example.net",
        "ORG:Bäckerei Groß;Einkauf",
        "TITLE:Leiter",
        "NICKNAME:Quillfeather",
        "NOTE:Zahlt spät",
        "BDAY:1970-02-03",
    ),
    "smith": b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:smith\r\nFN:John Smith\\, Jr.\r\n"
    b"N:Smith\\, Jr.;John;;;\r\nEMAIL:smith@example.com\r\nORG:Smith + Co \\\\ Sons\r\n"
    b"END:VCARD\r\n",
    "wang": vcard("wang", WANG, "TEL:+86 10 6552 9988"),
    "ivan": vcard("ivan", IVAN, "TEL;TYPE=FAX:+7 495 123-45-67"),
    "lukasz": vcard("lukasz", LUKASZ, "ORG:Example 100% Ltd"),
    "bob": vcard("bob", BOB, "TEL;TYPE=HOME:0033 1 42 68 53 00", "EMAIL:bob@example.com"),
}

SUCCESS = 0
SIZE_LIMIT_EXCEEDED = 4
NO_SUCH_OBJECT = 32
INVALID_DN_SYNTAX = 34


@pytest.fixture(scope="module", autouse=True)
def cards(dav: Callable[[str], DAVClient]) -> None:
    """The customers, and one of the staff."""
    alice = dav("alice")
    for name, card in CARDS.items():
        assert alice.put(f"/alice/customers/{name}.vcf", card).status == 201
    assert alice.put("/alice/staff/stefan.vcf", made_up("stefan", "Stefan Staff")).status == 201


@pytest.fixture(scope="module")
def alice(ldap: Callable[..., LDAPClient]) -> LDAPClient:
    """Alice, who reads everything."""
    return ldap("alice")


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        # Presence.
        ("(cn=*)", EVERYBODY),
        ("(objectClass=*)", EVERYBODY),
        ("(title=*)", [JUERGEN]),
        ("(pager=*)", []),
        # Equality, by every name of an attribute.
        ("(sn=Müller)", [JUERGEN]),
        ("sn=Müller", [JUERGEN]),
        ("(surname=Müller)", [JUERGEN]),
        ("(2.5.4.4=Müller)", [JUERGEN]),
        ("(sn=Smith, Jr.)", [SMITH]),
        ("(sn=王)", [WANG]),
        ("(mail=JM@Example.NET)", [JUERGEN]),
        ("(ou=Einkauf)", [JUERGEN]),
        ("(objectClass=inetOrgPerson)", EVERYBODY),
        ("(sn=Mülle)", []),
        ("(cn=)", []),
        # However people type it.
        ("(sn=MÜLLER)", [JUERGEN]),
        ("(sn=mueller)", [JUERGEN]),
        ("(sn=muller)", [JUERGEN]),
        ("(o=bäckerei gross)", [JUERGEN]),
        ("(cn=lukasz oster)", [LUKASZ]),
        ("(sn=ИВАНОВ)", [IVAN]),
        ("(givenName=петр)", [IVAN]),
        # Substrings.
        ("(sn=mü*)", [JUERGEN]),
        ("(sn=*ller)", [JUERGEN]),
        ("(sn=*üll*)", [JUERGEN]),
        ("(cn=j*rg*m*r)", [JUERGEN]),
        ("(cn=r*m*j)", []),
        ("(sn=王*)", [WANG]),
        ("(mail=*@example.com)", [SMITH, JUERGEN, BOB]),
        # Signs that are nobody's wildcard, and signs that a filter must escape.
        ("(o=*100%*)", [LUKASZ]),
        ("(o=*1%*)", []),
        ("(o=Example_100*)", []),
        ("(cn=*\\28bob\\29*)", [BOB]),
        ("(cn=*neil\\2astar)", [BOB]),
        ("(cn=*\\2a*)", [BOB]),
        ("(o=Smith + Co \\5c Sons)", [SMITH]),
        ("(sn=m\\c3\\bcller)", [JUERGEN]),
        ("(sn=m\\ffller)", []),
        # Approximate match, ordering, extensible match.
        ("(cn~=jurgen)", [JUERGEN]),
        # Иванов is also Ivanov, and each assertion may be met by another of the two.
        ("(sn<=muller)", [JUERGEN, IVAN]),
        ("(&(sn>=m)(sn<=o))", [JUERGEN, IVAN]),
        ("(sn<=i)", []),
        ("(sn:=Müller)", [JUERGEN]),
        ("(sn:caseIgnoreMatch:=müller)", [JUERGEN]),
        ("(sn:2.5.13.2:=müller)", [JUERGEN]),
        ("(sn:1.2.3.4:=müller)", []),
        ("(:caseIgnoreMatch:=müller)", [JUERGEN]),
        # And, or, not.
        ("(&(sn=Müller)(givenName=Jürgen))", [JUERGEN]),
        ("(&(sn=Müller)(givenName=John))", []),
        ("(|(sn=Müller)(sn=王))", [JUERGEN, WANG]),
        ("(!(mail=*))", [LUKASZ, IVAN, WANG]),
        ("(&(mail=*)(!(|(sn=Müller)(sn=Smith*))))", [BOB]),
        ("(&(&(&(&(&(&(&(&(&(&(sn=Müller)))))))))))", [JUERGEN]),
        ("(&)", EVERYBODY),
        ("(|)", []),
        # What is not known is undefined, and stays so when negated (RFC 4511 section 4.5.1.7).
        ("(noSuchAttribute=x)", []),
        ("(!(noSuchAttribute=x))", []),
        ("(|(noSuchAttribute=x)(sn=Müller))", [JUERGEN]),
        ("(&(noSuchAttribute=x)(sn=Müller))", []),
        # What clients send.
        ("(|(cn=*gen*)(mail=*gen*)(givenName=*gen*)(sn=*gen*))", [JUERGEN]),
        ("(&(objectClass=person)(|(cn=j*)(sn=j*)(givenName=j*)))", [SMITH, JUERGEN]),
        ("(|(telephoneNumber=01715550102)(mobile=01715550102)(homePhone=01715550102))", [JUERGEN]),
    ],
)
def test_a_filter_finds_whom_it_describes(
    alice: LDAPClient, filter_: str, found: list[str]
) -> None:
    assert alice.names(filter_, CUSTOMERS) == found


def test_three_hundred_terms_are_one_filter_like_any_other(alice: LDAPClient) -> None:
    terms = "".join(f"(cn=nobody{number}*)" for number in range(300))
    assert alice.names(f"(|{terms}(sn=Müller))", CUSTOMERS) == [JUERGEN]


@pytest.mark.parametrize(
    ("attribute", "ways", "name"),
    [
        (
            "telephoneNumber",
            (
                "+49 30 1234567", "+49301234567", "+49 (0)30 1234567", "+49 (30) 123-45-67",
                "0049301234567", "0049 30 1234567", "49301234567", "030 1234567", "030/1234567",
                "(030) 12 34 567", "030-1234567", "00301234567", "000 49 30 1234567",
                "tel:+49-30-1234567",
                "*1234567", "*234567*", "+4930123*", "0049 30 123*", "030 12*",
            ),
            JUERGEN,
        ),
        ("mobile", ("+49 171 5550102", "01715550102", "0171 555-0102", "004917155501 02"), JUERGEN),
        ("homePhone", ("+49 89 5550 17", "089555017", "+49 89 5550-17"), JUERGEN),
        ("homePhone", ("+33 1 42 68 53 00", "0033142685300", "00033142685300"), BOB),
        ("facsimileTelephoneNumber", ("+7 495 1234567", "0074951234567"), IVAN),
        ("searchNumber", ("01715550102", "+49301234567", "089555017", "0301234567"), JUERGEN),
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(
    alice: LDAPClient, attribute: str, ways: tuple[str, ...], name: str
) -> None:
    for way in ways:
        asked = way.replace("(", "\\28").replace(")", "\\29")
        assert alice.names(f"({attribute}={asked})", CUSTOMERS) == [name], way


@pytest.mark.parametrize("number", ["+49 30 12345", "030123456", "+1 30 1234567", "x", "0", "+"])
def test_another_number_is_not_found(alice: LDAPClient, number: str) -> None:
    assert alice.names(f"(telephoneNumber={number})", CUSTOMERS) == []


# Where a search looks.


def test_scopes_reach_as_far_as_they_say(alice: LDAPClient) -> None:
    def found(base: str, scope: str) -> list[str]:
        outcome = alice.search("(objectClass=*)", "1.1", base=base, scope=scope)
        assert outcome.code == SUCCESS, (base, scope, outcome.stderr)
        return [entry.dn for entry in outcome.entries]

    books = [f"ou={book},{SUFFIX}" for book in ("customers", "secret", "staff")]
    assert found(SUFFIX, "base") == [SUFFIX]
    assert set(found(SUFFIX, "one")) >= set(books)
    assert len(found(SUFFIX, "sub")) >= 1 + len(books) + len(EVERYBODY) + 1
    assert SUFFIX not in found(SUFFIX, "children")
    assert found(CUSTOMERS, "base") == [CUSTOMERS]
    cards = found(CUSTOMERS, "one")
    assert len(cards) == len(EVERYBODY)
    assert all(card.endswith(f",{CUSTOMERS}") for card in cards)
    assert found(CUSTOMERS, "sub") == [CUSTOMERS, *cards]
    assert found(CUSTOMERS, "children") == cards
    assert found(cards[0], "base") == [cards[0]]
    assert found(cards[0], "sub") == [cards[0]]
    assert found(cards[0], "one") == []


def test_the_root_dse_says_where_to_look(alice: LDAPClient) -> None:
    (root,) = alice.search("(objectClass=*)", "*", "+", base="", scope="base").entries
    assert root["namingContexts"] == [SUFFIX]
    assert root["supportedLDAPVersion"] == ["3"]
    assert "1.3.6.1.4.1.1466.20037" in root["supportedExtension"]
    (subschema,) = alice.search(
        "(objectClass=subschema)", "attributeTypes", "objectClasses",
        base=root["subschemaSubentry"][0], scope="base",
    ).entries  # fmt: skip
    assert any("'mail'" in value for value in subschema["attributeTypes"])
    assert any("'inetOrgPerson'" in value for value in subschema["objectClasses"])


def test_a_name_may_be_spelled_in_any_way_that_rfc_4514_has(alice: LDAPClient) -> None:
    (dn,) = (entry.dn for entry in alice.search("(sn=Müller)", base=CUSTOMERS).entries)
    key = dn.partition(",")[0].removeprefix("uid=")
    for same in (
        dn.upper(),
        dn.replace(",", " , "),
        dn.replace("uid=", "0.9.2342.19200300.100.1.1="),
        dn.replace("ou=customers", "ou=\\63ustomers"),
        dn.replace("ou=customers", "ou=#0409637573746f6d657273"),
        dn.replace("ou=customers", "organizationalUnitName=Customers"),
        f'uid="{key}";ou=customers;{SUFFIX}',
    ):
        outcome = alice.search("(objectClass=*)", "cn", base=same, scope="base")
        assert (outcome.code, outcome.names) == (SUCCESS, [JUERGEN]), same


def test_a_card_keeps_its_name_when_it_is_changed(
    alice: LDAPClient, dav: Callable[[str], DAVClient]
) -> None:
    (before,) = alice.search("(sn=Иванов)", base=CUSTOMERS).entries
    path = "/alice/customers/ivan.vcf"
    assert dav("alice").put(path, vcard("ivan", "Пётр Петров")).status == 204
    assert alice.search("(cn=*)", "cn", base=before.dn, scope="base").names == ["Пётр Петров"]
    assert dav("alice").put(path, CARDS["ivan"]).status == 204


def test_what_is_not_there_is_told_with_what_is(alice: LDAPClient) -> None:
    for base, matched in (
        (f"ou=nothere,{SUFFIX}", SUFFIX),
        (f"uid=nothere,{CUSTOMERS}", CUSTOMERS),
        ("dc=elsewhere,dc=test", None),
    ):
        outcome = alice.search("(objectClass=*)", base=base)
        assert outcome.code == NO_SUCH_OBJECT
        if matched:
            assert f"Matched DN: {matched}" in outcome.stdout + outcome.stderr
    assert alice.search("(cn=*)", base="not a dn").code == INVALID_DN_SYNTAX


# What comes back.


def test_attributes_come_as_they_are_asked_for(alice: LDAPClient) -> None:
    def attributes(*asked: str) -> set[str]:
        (entry,) = alice.search("(sn=Müller)", *asked, base=CUSTOMERS).entries
        return set(entry.attributes)

    everything = attributes()
    assert {"objectclass", "cn", "sn", "givenname", "mail", "telephonenumber", "o"} <= everything
    assert attributes("*") == everything
    assert attributes("1.1") == set()
    assert attributes("mail", "SN") == {"mail", "sn"}
    assert attributes("2.5.4.4") != set()
    assert attributes("noSuchAttribute") == set()
    assert "modifytimestamp" not in everything
    assert {"modifytimestamp", "entryuuid", "entrydn"} <= attributes("+")
    assert attributes("*", "+") == everything | attributes("+")


def test_values_come_as_the_card_has_them(alice: LDAPClient) -> None:
    (entry,) = alice.search("(sn=Müller)", base=CUSTOMERS).entries
    assert entry["cn"] == [JUERGEN]
    assert entry["telephoneNumber"] == ["+49 30 1234567"]
    assert entry["mobile"] == ["0171/555 01 02"]
    assert set(entry["mail"]) == {"Juergen.Mueller@example.com", "jm@example.net"}
    assert entry["o"] == ["Bäckerei Groß"]
    assert entry["ou"] == ["Einkauf"]


def test_types_come_without_values_when_only_they_are_wanted(alice: LDAPClient) -> None:
    outcome = alice.search("(sn=Müller)", "cn", "mail", base=CUSTOMERS, options="-A")
    assert outcome.stdout.split() == [*outcome.stdout.split()[:2], "cn:", "mail:"]


def test_a_note_and_a_birthday_are_not_for_telephones(alice: LDAPClient) -> None:
    outcome = alice.search("(sn=Müller)", "*", "+", "note", "description", base=CUSTOMERS)
    assert "Zahlt" not in outcome.stdout
    assert "1970" not in outcome.stdout


def test_more_than_the_client_wants_is_cut_off_and_told(alice: LDAPClient) -> None:
    outcome = alice.search("(cn=*)", "cn", base=CUSTOMERS, options="-z 2")
    assert outcome.code == SIZE_LIMIT_EXCEEDED
    assert outcome.names == EVERYBODY[:2]
    for enough in (len(EVERYBODY), 1000):
        outcome = alice.search("(cn=*)", "cn", base=CUSTOMERS, options=f"-z {enough}")
        assert (outcome.code, outcome.names) == (SUCCESS, EVERYBODY)


def test_one_who_may_only_look_things_up_gets_a_few(ldap: Callable[..., LDAPClient]) -> None:
    for options in ("", "-z 1000"):
        outcome = ldap("dave").search("(cn=*)", "cn", base=CUSTOMERS, options=options)
        assert (outcome.code, outcome.names) == (SIZE_LIMIT_EXCEEDED, EVERYBODY[:5])
    outcome = ldap("dave").search("(sn=Müller)", "cn", base=CUSTOMERS)
    assert (outcome.code, outcome.names) == (SUCCESS, [JUERGEN])


def test_a_time_limit_does_not_come_in_the_way(alice: LDAPClient) -> None:
    outcome = alice.search("(cn=*)", "cn", base=CUSTOMERS, options="-l 5")
    assert (outcome.code, outcome.names) == (SUCCESS, EVERYBODY)


def test_several_searches_go_over_one_connection(alice: LDAPClient) -> None:
    outcome = alice.run(
        "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", CUSTOMERS, "-c", "-f", "-", "(sn=%s)",
        "cn", stdin="Müller\nNobody\n王\n",
    )  # fmt: skip
    assert (outcome.code, outcome.names) == (SUCCESS, [JUERGEN, WANG])


def test_the_staff_are_not_among_the_customers(alice: LDAPClient) -> None:
    assert alice.names("(cn=*)", STAFF) == ["Stefan Staff"]
    assert "Stefan Staff" not in alice.names("(cn=*)", CUSTOMERS)
    assert alice.names("(sn=Staff)", SUFFIX) == ["Stefan Staff"]
