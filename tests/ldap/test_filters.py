"""Filters as queries over cards, and as tests of the other entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.messages import Filter, SearchRequest, Substrings
from dirserver.ldap.dit.dn import normalise, parse
from dirserver.ldap.entry.entries import entry_uuid
from dirserver.ldap.schema.attributes import SN, lookup
from dirserver.ldap.schema.operational import OPERATIONAL_OF_CARDS
from dirserver.ldap.schema.syntaxes import MATCHING_RULES
from dirserver.ldap.search.facts import Naming
from dirserver.ldap.search.filters import compile
from dirserver.ldap.search.matching import matches_container, truth
from dirserver.model.fields import Field
from dirserver.model.fold import fold, fold_part, forms
from dirserver.model.query import (
    EVERYTHING,
    GROUPS,
    NOTHING,
    PERSONS,
    UNDEFINED,
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Between,
    BookIs,
    Constant,
    Equals,
    InQuarantine,
    Keyed,
    KeyIs,
    LinkedIn,
    Moment,
    Not,
    Or,
    Present,
    Query,
    Substring,
    resolve,
)
from dirserver.model.spelling import beginnings
from tests.ldap import wire

NAMING = Naming(normalise(parse("dc=example,dc=org")), {"team": (7,)})
NEW_YEAR, SECOND = datetime(2020, 1, 1, tzinfo=UTC), timedelta(seconds=1)
NAME, FAMILY, GIVEN, MAIL = Field.FULL_NAME, Field.FAMILY_NAME, Field.GIVEN_NAME, Field.MAIL


def _filter(text: str) -> Filter:
    message = decode_message(wire.message(1, wire.search("", text)))
    assert isinstance(message.op, SearchRequest)
    return message.op.filter


# What phones and mail programs send, and the query that finds what they mean.
_QUERIES: dict[str, Query] = {
    "(cn=Jürgen Müller)": Equals(NAME, "Jürgen Müller"),
    "(commonName=x)": Equals(NAME, "x"),
    "(2.5.4.4=x)": Equals(FAMILY, "x"),
    "(sn=a*)": Substring(FAMILY, initial="a", at_word=True),
    "(sn=*a)": Substring(FAMILY, final="a"),
    "(sn=*a*)": Substring(FAMILY, any=("a",)),
    "(mail=a*b*c*d)": Substring(MAIL, "a", ("b", "c"), "d"),
    "(sn=robert \\28bob\\29*)": Substring(FAMILY, initial="robert (bob)", at_word=True),
    "(sn=*neil\\2astar)": Substring(FAMILY, final="neil*star"),
    "(sn>=B)": AtLeast(FAMILY, "B"),
    "(sn<=B)": AtMost(FAMILY, "B"),
    "(sn:caseIgnoreOrderingMatch:=B)": Below(FAMILY, "B"),
    "(sn:generalizedTimeOrderingMatch:=B)": UNDEFINED,
    # On a name, digits are also the keys that its letters are on; elsewhere they are digits.
    "(cn=5646)": Or((Equals(NAME, "5646"), Keyed("5646"))),
    "(sn=*56 46*)": Or((Substring(FAMILY, any=("56 46",)), Keyed("5646"))),
    "(displayName~=5646)": Or((Substring(NAME, any=("5646",)), Keyed("5646"))),
    "(cn=5646x*)": Substring(NAME, initial="5646x", at_word=True),
    "(cn>=5646)": AtLeast(NAME, "5646"),
    "(o=5646)": Equals(Field.ORGANISATION, "5646"),
    "(cn~=Jurgen)": Substring(NAME, any=("Jurgen",)),
    "(mobile=*)": Present(Field.MOBILE_PHONE),
    "(telephonenumber=+49 30 5550003)": Equals(Field.WORK_PHONE, "+49 30 5550003"),
    # One number of several attributes is asked for at once, and nothing else is.
    "(|(telephoneNumber=1)(mobile=1)(mobile=1))": Anywhere(
        (Field.WORK_PHONE, Field.MOBILE_PHONE), Equals(NAME, "1")
    ),
    "(|(telephoneNumber=1)(mobile=2))": Or(
        (Equals(Field.WORK_PHONE, "1"), Equals(Field.MOBILE_PHONE, "2"))
    ),
    "(|(telephoneNumber=1)(o=1))": Anywhere(
        (Field.WORK_PHONE, Field.ORGANISATION), Equals(NAME, "1")
    ),
    "(|(telephoneNumber=1)(whatever=1))": Or((Equals(Field.WORK_PHONE, "1"), UNDEFINED)),
    "(|(telephoneNumber=*1*)(mobile=*1*))": Anywhere(
        (Field.WORK_PHONE, Field.MOBILE_PHONE), Substring(NAME, any=("1",))
    ),
    "(|(cn=56*)(sn=56*)(o=56*))": Or(
        (
            Anywhere((NAME, FAMILY, Field.ORGANISATION), Substring(NAME, "56", at_word=True)),
            Keyed("56"),
        )
    ),
    "(|(sn=*)(cn=*))": Or((EVERYTHING, EVERYTHING)),
    "(|(telephoneNumber=1)(mobile=1*))": Or(
        (Equals(Field.WORK_PHONE, "1"), Substring(Field.MOBILE_PHONE, "1"))
    ),
    "(|(telephoneNumber= )(mobile= ))": Or((UNDEFINED, UNDEFINED)),
    "(|(cn=*x*)(mail=*x*)(givenName=*x*)(sn=*x*))": Anywhere(
        (NAME, MAIL, GIVEN, FAMILY), Substring(NAME, any=("x",))
    ),
    "(&(telephoneNumber=*)(sn=M*))": And(
        (Present(Field.WORK_PHONE), Substring(FAMILY, initial="M", at_word=True))
    ),
    "(&)": And(()),
    "(|)": Or(()),
    "(!(mobile=*))": Not(Present(Field.MOBILE_PHONE)),
    # What every card has.
    "(objectClass=*)": EVERYTHING,
    "(cn=*)": EVERYTHING,
    "(sn=*)": EVERYTHING,
    "(uid=*)": EVERYTHING,
    "(entryUUID=*)": EVERYTHING,
    "(modifyTimestamp=*)": EVERYTHING,
    "(objectclass=person)": PERSONS,
    "(objectClass=INETORGPERSON)": PERSONS,
    "(objectClass=top)": EVERYTHING,
    "(objectClass=2.5.6.6)": PERSONS,
    "(structuralObjectClass=evolutionPerson)": PERSONS,
    "(hasSubordinates=FALSE)": EVERYTHING,
    "(numSubordinates=0)": EVERYTHING,
    # What no card is.
    "(objectClass=groupOfNames)": GROUPS,
    "(structuralObjectClass=groupofnames)": GROUPS,
    "(member=*)": Present(Field.MEMBER),
    "(member=*a)": UNDEFINED,
    "(member=nonsense)": UNDEFINED,
    "(member=uid=a,ou=b,dc=example)": NOTHING,
    "(manager=uid=a,ou=b,dc=example)": NOTHING,
    "(objectClass=organizationalUnit)": NOTHING,
    "(objectClass=MyBarnIsBiggerThanYourBarn)": NOTHING,
    "(structuralObjectClass=person)": NOTHING,
    "(hasSubordinates=TRUE)": NOTHING,
    "(numSubordinates=1)": NOTHING,
    "(numSubordinates=00)": EVERYTHING,
    "(numSubordinates>=0)": EVERYTHING,
    "(numSubordinates>=1)": NOTHING,
    "(numSubordinates<=10)": EVERYTHING,
    "(numSubordinates<=-1)": NOTHING,
    "(numSubordinates:integerOrderingMatch:=1)": EVERYTHING,
    "(numSubordinates:2.5.13.15:=0)": NOTHING,
    f"(numSubordinates={'9' * 5000})": NOTHING,
    "(!(objectClass=groupOfNames))": PERSONS,
    # Known attributes that no card has are absent, which is not undefined.
    "(dc=example)": Or(()),
    "(namingContexts=*)": Or(()),
    "(fileAs=*)": Or(()),
    "(fileAs=x*)": Or(()),
    # Keys.
    "(uid=k7)": KeyIs("k7"),
    "(UID= K7 )": KeyIs("k7"),
    f"(entryUUID={entry_uuid('abcdefghjkmn')})": KeyIs("abcdefghjkmn"),
    "(entryUUID=597ae2f6-16a6-1027-98f4-d28b5365dc14)": NOTHING,
    # Moments, which entries show to the second (RFC 4517 section 3.3.13).
    "(modifyTimestamp=20200101000000Z)": Between(Moment.MODIFIED, NEW_YEAR, NEW_YEAR + SECOND),
    "(modifyTimestamp=202001010100+0100)": Between(Moment.MODIFIED, NEW_YEAR, NEW_YEAR + SECOND),
    "(modifyTimestamp~=2020010100Z)": Between(Moment.MODIFIED, NEW_YEAR, NEW_YEAR + SECOND),
    "(createTimestamp>=20200101000000Z)": Between(Moment.CREATED, NEW_YEAR),
    "(createTimestamp<=20200101000000Z)": Between(Moment.CREATED, end=NEW_YEAR + SECOND),
    "(createTimestamp=20200101000000.5Z)": NOTHING,
    "(createTimestamp>=20200101000000.5Z)": Between(Moment.CREATED, NEW_YEAR + SECOND),
    "(createTimestamp<=20200101000000,5Z)": Between(Moment.CREATED, end=NEW_YEAR + SECOND),
    "(modifyTimestamp:=20200101000000Z)": Between(Moment.MODIFIED, NEW_YEAR, NEW_YEAR + SECOND),
    # Names.
    "(subschemaSubentry=CN=subschema)": EVERYTHING,
    "(subschemaSubentry=cn=other)": NOTHING,
    "(entryDN=uid=k7,ou=Team,dc=example,dc=org)": And((KeyIs("k7"), BookIs(7))),
    "(entryDN=uid=k7,ou=other,dc=example,dc=org)": NOTHING,
    "(entryDN=ou=team,dc=example,dc=org)": NOTHING,
    "(ou:dn:=team)": Or((Equals(Field.UNIT, "team"), BookIs(7))),
    "(ou:dn:=other)": Equals(Field.UNIT, "other"),
    "(dc:dn:=Example)": Or((Or(()), EVERYTHING)),
    "(ou:dn:caseIgnoreSubstringsMatch:=t\\2a)": Or((Substring(Field.UNIT, initial="t"), BookIs(7))),
    # Control characters are nothing (RFC 4518 section 2.2).
    "(cn=a\\00b\\1f)": Equals(NAME, "ab"),
    "(cn=a*\\00*)": Substring(NAME, initial="a", at_word=True),
    "(uid=k\\007)": KeyIs("k7"),
    "(cn=\\00)": UNDEFINED,
    # What is left of such a part is one blank, which every value has (RFC 4518 section 2.6.1).
    "(cn=*\\00*)": EVERYTHING,
    "(mail=*\\00*)": Present(MAIL),
    # What stands between the lines of an address, and for that itself (RFC 4517 section 3.3.28).
    "(postalAddress=a$b\\5c24\\5c5cc\\5c)": Equals(Field.WORK_ADDRESS, "a\nb$\\c\\"),
    "(postalAddress=a$*b$c)": Substring(Field.WORK_ADDRESS, "a\n", final="b\nc"),
    "(street=a$b)": Equals(Field.WORK_STREET, "a$b"),
    # One attribute for many facts.
    "(searchNumber=1)": Equals(Field.ANY_PHONE, "1"),
    "(ou=Sales)": Equals(Field.UNIT, "Sales"),
    # Undefined, and so is the negation.
    "(noSuchAttr=x)": UNDEFINED,
    "(!(noSuchAttr=x))": Not(UNDEFINED),
    "(IMHandleX=*)": UNDEFINED,
    "(description=x)": Equals(Field.NOTE, "x"),
    "(note=*)": Present(Field.NOTE),
    "(jpegPhoto=*)": UNDEFINED,
    "(birthday=*)": Present(Field.BIRTH_DAY),
    "(cn=)": UNDEFINED,
    "(cn=  )": UNDEFINED,
    "(cn=\\ff)": UNDEFINED,
    "(cn=a*\\ff*)": UNDEFINED,
    "(uid=k*)": UNDEFINED,
    "(uid>=k)": UNDEFINED,
    "(objectClass=pers*)": UNDEFINED,
    "(objectClass>=person)": UNDEFINED,
    "(createTimestamp=2020*)": UNDEFINED,
    "(createTimestamp>=yesterday)": UNDEFINED,
    "(modifyTimestamp>=20201301000000Z)": UNDEFINED,
    "(modifyTimestamp<=99991231235959Z)": UNDEFINED,
    "(entryUUID=nonsense)": UNDEFINED,
    "(entryDN=nonsense)": UNDEFINED,
    # An option that nobody knows makes a description that nobody knows.
    "(cn;lang-de=x)": UNDEFINED,
    "(!(cn;lang-de=x))": Not(UNDEFINED),
    "(cn;lang-de=*)": UNDEFINED,
    "(hasSubordinates=maybe)": UNDEFINED,
    "(numSubordinates=-)": UNDEFINED,
    "(numSubordinates>=none)": UNDEFINED,
    "(numSubordinates:caseIgnoreOrderingMatch:=1)": UNDEFINED,
    # Extensible matches.
    "(sn:=x)": Equals(FAMILY, "x"),
    "(sn:caseIgnoreMatch:=x)": Equals(FAMILY, "x"),
    "(sn:CASEEXACTMATCH:=x)": Equals(FAMILY, "x"),
    "(sn:2.5.13.2:=x)": Equals(FAMILY, "x"),
    "(sn:dn:2.5.13.5:=x)": Equals(FAMILY, "x"),
    "(mobile:telephoneNumberMatch:=1)": Equals(Field.MOBILE_PHONE, "1"),
    "(objectClass:objectIdentifierMatch:=person)": PERSONS,
    "(sn:caseIgnoreSubstringsMatch:=a\\2ab\\2ac)": Substring(
        FAMILY, "a", ("b",), "c", at_word=True
    ),
    "(sn:2.5.13.4:=\\2a\\5c2A\\2a)": Substring(FAMILY, any=("*",)),
    "(sn:2.5.13.4:=a)": UNDEFINED,
    "(sn:1.2.3.4:=x)": UNDEFINED,
    "(:1.2.3.4:=x)": UNDEFINED,
    "(:caseIgnoreSubstringsMatch:=a)": UNDEFINED,
    "(:generalizedTimeMatch:=x)": Or((UNDEFINED, UNDEFINED)),
    "(noSuchAttr:caseIgnoreMatch:=x)": UNDEFINED,
}


@pytest.mark.parametrize(("text", "query"), _QUERIES.items())
def test_a_filter_becomes_the_query_that_means_the_same(text: str, query: Query) -> None:
    assert compile(_filter(text), NAMING) == query


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("caseIgnoreOrderingMatch", "x"),
        ("generalizedTimeOrderingMatch", "20260101000000Z"),
        ("integerOrderingMatch", "1"),
    ],
)
def test_whatever_order_the_schema_announces_can_be_asked_for(rule: str, value: str) -> None:
    assert {one.name for one in MATCHING_RULES if "Ordering" in one.name} == {
        "caseIgnoreOrderingMatch",
        "generalizedTimeOrderingMatch",
        "integerOrderingMatch",
    }
    ordered = [one for one in OPERATIONAL_OF_CARDS if one.syntax.ordering == rule] or [SN]
    for one in ordered:
        for asked in (f"({one.name}:{rule}:={value})", f"({one.name}>={value})"):
            assert compile(_filter(asked)) != UNDEFINED, asked


def test_numbers_are_compared_as_numbers() -> None:
    entry = {"numSubordinates": ("5",)}
    for asked in ("<=10", ">=5", "=05", ":integerOrderingMatch:=10"):
        assert matches_container(_filter(f"(numSubordinates{asked})"), entry), asked
    for asked in (">=10", "<=4", "=50", ":integerOrderingMatch:=5", ">=five"):
        assert not matches_container(_filter(f"(numSubordinates{asked})"), entry), asked


def test_a_rule_alone_is_about_all_attributes_that_support_it() -> None:
    query = compile(_filter("(:caseIgnoreMatch:=x)"))
    assert isinstance(query, Or)
    tests = {Equals(field, "x") for field in (NAME, FAMILY, Field.WORK_COUNTRY, Field.WORK_URL)}
    assert {*tests, KeyIs("x")} <= {*query.parts}
    assert Equals(MAIL, "x") not in query.parts
    assert compile(_filter("(:caseIgnoreIA5Match:=x)")) == Or(
        (Equals(MAIL, "x"), Equals(Field.SECOND_MAIL, "x"), Or(()))
    )


def test_one_attribute_of_many_facts_is_true_when_any_of_them_is() -> None:
    contact = lookup("searchContact")
    assert contact is not None
    assert len(contact.fields) > 1
    assert compile(_filter("(searchContact=*x*)")) == Or(
        tuple(Substring(field, any=("x",)) for field in contact.fields)
    )


@pytest.mark.parametrize("parts", [(), (b"",), (b"", b"")])
def test_a_substring_of_nothing_but_empty_parts_is_presence(parts: tuple[bytes, ...]) -> None:
    assert compile(Substrings("mobile", None, parts)) == Present(Field.MOBILE_PHONE)
    assert compile(Substrings("mobile", b"", parts, b"")) == Present(Field.MOBILE_PHONE)
    assert compile(Substrings("cn", b"", parts, b"")) == EVERYTHING
    assert matches_container(Substrings("ou", b"", parts, b""), BOOK) is True
    assert matches_container(Substrings("cn", b"", parts, b""), BOOK) is False


@pytest.mark.parametrize("name", ["userCertificate", "jpegPhoto", "x-unknown"])
@pytest.mark.parametrize("form", ["(%s=x)", "(%s=*)", "(%s=x*)", "(%s>=x)", "(%s~=x)", "(%s:=x)"])
def test_neither_a_test_of_an_unknown_attribute_nor_its_negation_finds_anything(
    name: str, form: str
) -> None:
    text = form % name
    for asked in (text, f"(!{text})", f"(!(!{text}))", f"(&(cn=*)(!{text}))"):
        assert resolve(compile(_filter(asked)), frozenset()) == NOTHING


BOOK = {
    "objectClass": ("top", "organizationalUnit"),
    "ou": ("Käufer", "customers"),
    "structuralObjectClass": ("organizationalUnit",),
    "entryDN": ("ou=customers,dc=example,dc=org",),
    "hasSubordinates": ("TRUE",),
}

_ANSWERS: dict[str, bool | None] = {
    "(objectClass=*)": True,
    "(objectclass=organizationalunit)": True,
    "(objectClass=2.5.6.5)": True,
    "(objectClass=top)": True,
    "(objectClass=person)": False,
    "(objectClass=groupOfNames)": False,
    "(!(objectClass=groupOfNames))": True,
    "(ou=CUSTOMERS)": True,
    "(organizationalUnitName=kaufer)": True,
    "(ou=Kaeufer)": True,
    "(2.5.4.11=customer)": False,
    "(ou=cust*)": True,
    "(ou=*mers)": True,
    "(ou=c*s*m*s)": True,
    "(ou=*stom*cust*)": False,
    "(ou=customers*s)": False,
    "(ou=*KÄUF*)": True,
    "(ou=*\\ff*)": None,
    "(ou=\\ff)": None,
    "(ou=)": None,
    "(ou>=customers)": True,
    "(ou>=l)": False,
    "(ou<=c)": False,
    "(ou<=d)": True,
    "(ou~=stome)": True,
    "(entryDN=OU=Customers, DC=example, DC=org)": True,
    "(entryDN=ou=other,dc=example,dc=org)": False,
    "(entryDN=nonsense)": None,
    "(hasSubordinates=true)": True,
    "(cn=*)": False,
    "(cn=x)": False,
    "(!(cn=x))": True,
    "(noSuchAttr=*)": None,
    "(!(noSuchAttr=x))": None,
    "(&(ou=*)(noSuchAttr=x))": None,
    "(&(cn=*)(noSuchAttr=x))": False,
    "(|(ou=*)(noSuchAttr=x))": True,
    "(|(cn=*)(noSuchAttr=x))": None,
    "(!(|(cn=*)(noSuchAttr=x)))": None,
    "(&)": True,
    "(|)": False,
    "(!(&))": False,
    "(ou:caseIgnoreMatch:=customers)": True,
    "(ou:caseIgnoreSubstringsMatch:=cust\\2a)": True,
    "(ou:1.2.3:=customers)": None,
    "(:caseIgnoreMatch:=customers)": True,
    "(:caseIgnoreMatch:=nobody)": False,
    "(:telephoneNumberMatch:=1)": False,
    "(:caseIgnoreIA5Match:=example)": False,
    "(:dn:caseIgnoreIA5Match:=example)": True,
    "(:1.2.3:=customers)": None,
    "(dc=example)": False,
    "(dc:dn:=EXAMPLE)": True,
    "(dc:dn:=com)": False,
    "(ou;lang-de=customers)": None,
}


@pytest.mark.parametrize(("text", "answer"), _ANSWERS.items())
def test_a_filter_is_true_false_or_undefined_for_an_entry_that_is_no_card(
    text: str, answer: bool | None
) -> None:
    assert truth(_filter(text), BOOK) is answer
    assert matches_container(_filter(text), BOOK) is (answer is True)


# The same filter, asked of a card's facts and of the attributes that show them, has one answer.
_SHOWN = {NAME: "cn", FAMILY: "sn", GIVEN: "givenName", MAIL: "mail", Field.TITLE: "title"}
_words = st.sampled_from(["ab", "Müller", "mueller", "a b", "B", "*", "zz", " a"])
_facts = st.fixed_dictionaries(
    {NAME: st.just(("Ab Müller",)), FAMILY: st.just(("Müller",))},
    optional={
        field: st.lists(_words.map(str.strip), min_size=1, max_size=2).map(tuple)
        for field in (GIVEN, MAIL, Field.TITLE)
    },
)
_escaped = _words.map(lambda word: word.replace("*", "\\2a"))
_names = st.sampled_from(["cn", "sn", "givenName", "mail", "title", "noSuchAttr", "dc"])
_texts = st.recursive(
    st.one_of(
        st.builds("({}{}{})".format, _names, st.sampled_from(["=", ">=", "<=", "~="]), _escaped),
        st.builds("({}=*)".format, _names),
        st.builds("({}={}*{}*{})".format, _names, *[_escaped | st.just("")] * 3),
    ),
    lambda inner: st.one_of(
        st.builds("(!{})".format, inner),
        st.lists(inner, max_size=3).map(lambda parts: f"(&{''.join(parts)})"),
        st.lists(inner, max_size=3).map(lambda parts: f"(|{''.join(parts)})"),
    ),
    max_leaves=6,
)


def _asked_of(test: Equals | Substring, field: Field) -> Query:
    if isinstance(test, Equals):
        return Equals(field, test.value)
    # Only names are looked at by their words.
    at_word = bool(test.initial) and field in (NAME, FAMILY, GIVEN)
    return Substring(field, test.initial, test.any, test.final, at_word)


def _finds(query: Query, facts: dict[Field, tuple[str, ...]]) -> bool:
    """Say what a resolved query says; written anew here, in the plainest way."""
    match query:
        case And(parts):
            return all(_finds(part, facts) for part in parts)
        case Or(parts):
            return any(_finds(part, facts) for part in parts)
        case Not(part):
            return not _finds(part, facts)
        case Constant(value):
            return bool(value)
        case KeyIs() | BookIs() | InQuarantine() | LinkedIn() | Between():
            return False
        case Anywhere(fields, test):
            return any(_finds(_asked_of(test, field), facts) for field in fields)
    values = facts.get(query.field, ())
    match query:
        case Present():
            return bool(values)
        case Equals(_, asked):
            return any(set(forms(asked)) & set(forms(value)) for value in values)
        case AtLeast(_, asked):
            return any(fold(value) >= fold(asked) for value in values)
        case AtMost(_, asked):
            return any(fold(value) <= fold(asked) for value in values)
        case Below(_, asked):
            return any(fold(value) < fold(asked) for value in values)
        case Substring(_, initial, middle, final, at_word):
            said = [fold(value) for value in values]
            if at_word:
                said += [part for value in said for part in beginnings(value)]
            return any(_has(value, initial, middle, final) for value in said)
        case Keyed():
            return False


def _has(value: str, initial: str, middle: tuple[str, ...], final: str) -> bool:
    start, end = fold_part(initial), fold_part(final)
    if not (value.startswith(start) and value.endswith(end)):
        return False
    rest = value[len(start) : len(value) - len(end)]
    if len(value) < len(start) + len(end):
        return False
    for part in map(fold_part, middle):
        _, found, rest = rest.partition(part) if part else ("", "-", rest)
        if not found:
            return False
    return True


@given(_texts, _facts)
def test_a_query_and_the_entry_it_finds_agree(
    text: str, facts: dict[Field, tuple[str, ...]]
) -> None:
    filter_ = _filter(text)
    attributes = {_SHOWN[field]: values for field, values in facts.items()}
    found = _finds(resolve(compile(filter_), frozenset()), facts)
    assert found is (matches_container(filter_, attributes) is True)
