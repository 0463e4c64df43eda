"""What there is at which DN, for whom, and how far a search reaches (RFC 4511 section 4.5.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context, LDAPSession
from tests.conversation import play
from tests.ldap.client import Client, SessionClient
from tests.organisation import PASSWORD

Connect = Callable[..., Client]

_ANNA = """
    C: search base=ou=customers,dc=example,dc=org filter="(cn=anna beispiel)" attributes=1.1
    S: SearchResultEntry $anna
       SearchResultDone success
"""


def names(client: Client, request: str) -> list[str]:
    """Return the DNs that a search finds, the keys of cards as ``*``, and then its result."""
    *entries, done = client.say([request, "attributes=1.1"])
    dns = [line.removeprefix("SearchResultEntry").strip() for line in entries]
    return [*map(_without_key, dns), done]


def _without_key(dn: str) -> str:
    first, _, book = dn.partition(",")
    return f"*,{book}" if first.startswith("uid=") and not book.startswith("ou=users") else dn


SUFFIX = "dc=example,dc=org"
CUSTOMERS, STAFF, SECRET = (f"ou={slug},{SUFFIX}" for slug in ("customers", "staff", "secret"))


@pytest.mark.parametrize(
    ("base", "scope", "found"),
    [
        ("", "base", [""]),
        ("", "one", [SUFFIX]),
        ("", "sub", [SUFFIX, STAFF, f"*,{STAFF}", f"*,{STAFF}"]),
        ("", "children", [SUFFIX, STAFF, f"*,{STAFF}", f"*,{STAFF}"]),
        (SUFFIX, "base", [SUFFIX]),
        (SUFFIX, "one", [STAFF]),
        (SUFFIX, "sub", [SUFFIX, STAFF, f"*,{STAFF}", f"*,{STAFF}"]),
        (SUFFIX, "children", [STAFF, f"*,{STAFF}", f"*,{STAFF}"]),
        (STAFF, "base", [STAFF]),
        (STAFF, "one", [f"*,{STAFF}", f"*,{STAFF}"]),
        (STAFF, "sub", [STAFF, f"*,{STAFF}", f"*,{STAFF}"]),
        (STAFF, "children", [f"*,{STAFF}", f"*,{STAFF}"]),
        (f"ou=users,{SUFFIX}", "base", [f"ou=users,{SUFFIX}"]),
        (f"ou=users,{SUFFIX}", "one", [f"uid=erin,ou=users,{SUFFIX}"]),
        (
            f"ou=users,{SUFFIX}",
            "sub",
            [f"ou=users,{SUFFIX}", f"uid=erin,ou=users,{SUFFIX}"],
        ),
        (f"uid=erin,ou=users,{SUFFIX}", "base", [f"uid=erin,ou=users,{SUFFIX}"]),
        (f"uid=erin,ou=users,{SUFFIX}", "sub", [f"uid=erin,ou=users,{SUFFIX}"]),
        (f"uid=erin,ou=users,{SUFFIX}", "one", []),
        ("cn=Subschema", "base", ["cn=Subschema"]),
        ("cn=Subschema", "one", []),
    ],
)
def test_a_search_reaches_what_its_base_and_scope_say(
    ldap: Connect, base: str, scope: str, found: list[str]
) -> None:
    assert names(ldap("erin"), f"search base={base} scope={scope}") == [
        *found,
        "SearchResultDone success",
    ]


@pytest.mark.parametrize(("scope", "found"), [("base", 1), ("sub", 1), ("one", 0), ("children", 0)])
def test_a_card_is_a_leaf_that_can_be_searched_at(ldap: Connect, scope: str, found: int) -> None:
    client = ldap("alice")
    known = play(client, _ANNA)
    entries = [f"SearchResultEntry {known['anna']}"] * found
    said = client.say([f"search base={known['anna']} scope={scope} attributes=1.1"])
    assert said == [*entries, "SearchResultDone success"]


def test_a_card_is_found_again_by_its_dn_as_the_detail_view_of_a_gigaset_does(
    ldap: Connect,
) -> None:
    client = ldap("alice")
    known = play(client, _ANNA)
    play(
        client,
        """
        C: search base=$anna scope=base size_limit=0 filter=(objectClass=*) attributes=cn,sn
        S: SearchResultEntry $anna
             cn: Anna Beispiel
             sn: Beispiel
           SearchResultDone success
        """,
        known,
    )


def test_a_card_that_the_filter_does_not_fit_is_there_all_the_same(ldap: Connect) -> None:
    client = ldap("alice")
    known = play(client, _ANNA)
    play(
        client,
        'C: search base=$anna scope=base filter="(cn=somebody)"\nS: SearchResultDone success',
        known,
    )


@pytest.mark.parametrize(
    "spelling",
    [
        "OU=STAFF,DC=EXAMPLE,DC=ORG",
        "ou=staff, dc=example, dc=org",
        "ou = staff , dc = example , dc = org",
        "organizationalUnitName=staff,domainComponent=example,0.9.2342.19200300.100.1.25=org",
        r"ou=st\61ff,dc=example,dc=org",
        "ou=staff;dc=example;dc=org",
    ],
)
def test_a_base_may_be_spelled_in_any_way(ldap: Connect, spelling: str) -> None:
    assert names(ldap("erin"), f'search base="{spelling}" scope=base') == [
        STAFF,
        "SearchResultDone success",
    ]


@pytest.mark.parametrize(
    "base", ["this is no dn", "ou=x,,dc=org", "dc=example,dc=org,", "=x", "ou"]
)
def test_a_base_that_is_no_dn_is_told_apart_from_one_that_is_not_there(
    ldap: Connect, base: str
) -> None:
    for client in (ldap("erin"), ldap(anonymous=False)):
        assert client.say([f'search base="{base}"']) == ["SearchResultDone invalidDNSyntax"]


@pytest.mark.parametrize(
    ("base", "matched"),
    [
        ("ou=nothere,dc=example,dc=org", SUFFIX),
        ("ou=secret,dc=example,dc=org", SUFFIX),
        ("uid=x,ou=secret,dc=example,dc=org", SUFFIX),
        ("uid=x,ou=nothere,dc=example,dc=org", SUFFIX),
        ("uid=x,ou=staff,dc=example,dc=org", STAFF),
        ("cn=deep,uid=x,ou=staff,dc=example,dc=org", STAFF),
        ("uid=alice,ou=users,dc=example,dc=org", "ou=users,dc=example,dc=org"),
        ("uid=nobody,ou=users,dc=example,dc=org", "ou=users,dc=example,dc=org"),
        ("cn=x,uid=erin,ou=users,dc=example,dc=org", "uid=erin,ou=users,dc=example,dc=org"),
        ("cn=staff,dc=example,dc=org", SUFFIX),
        ("uid=x+cn=y,ou=staff,dc=example,dc=org", STAFF),
        ("dc=elsewhere,dc=test", ""),
        ("dc=org", ""),
        ("ou=staff,dc=example,dc=com", ""),
    ],
)
@pytest.mark.parametrize("scope", ["base", "one", "sub", "children"])
def test_what_is_not_there_answers_with_the_nearest_name_that_is(
    ldap: Connect, base: str, matched: str, scope: str
) -> None:
    # RFC 4511 section 4.1.9; what is hidden and what is absent answer alike.
    expected = ["SearchResultDone noSuchObject"]
    if matched:
        expected.append(f"  matchedDN: {matched}")
    assert ldap("erin").say([f"search base={base} scope={scope}"]) == expected


def test_the_name_below_a_card_matches_as_far_as_the_card(ldap: Connect) -> None:
    client = ldap("alice")
    known = play(client, _ANNA)
    play(
        client,
        """
        C: search base=cn=x,$anna scope=base
        S: SearchResultDone noSuchObject
             matchedDN: $anna
        """,
        known,
    )


def test_a_card_is_only_below_its_own_book(ldap: Connect) -> None:
    client = ldap("alice")
    known = play(client, _ANNA)
    elsewhere = known["anna"].replace("customers", "staff")
    assert client.say([f"search base={elsewhere} scope=base"]) == [
        "SearchResultDone noSuchObject",
        f"  matchedDN: {STAFF}",
    ]


def test_without_any_grant_there_is_no_tree_for_nobody(ldap: Connect) -> None:
    client = ldap()
    for base in (SUFFIX, STAFF, f"ou=users,{SUFFIX}", f"uid=anonymous,ou=users,{SUFFIX}"):
        assert client.say([f"search base={base}"]) == ["SearchResultDone noSuchObject"]
    assert names(client, "search base= scope=sub") == ["SearchResultDone success"]


def test_nobody_sees_what_anonymous_is_granted_from_where_it_is_granted(ldap: Connect) -> None:
    assert names(ldap(address="10.20.0.7"), f"search base={SUFFIX} scope=one") == [
        CUSTOMERS,
        "SearchResultDone success",
    ]


def test_a_policy_without_anonymous_searches_answers_everything_alike(ldap: Connect) -> None:
    client = ldap(address="10.20.0.7", anonymous=False)
    for base in (SUFFIX, CUSTOMERS, SECRET, f"ou=nothere,{SUFFIX}", "dc=elsewhere"):
        assert client.say([f"search base={base}"]) == ["SearchResultDone insufficientAccessRights"]


@pytest.mark.parametrize("anonymous", [True, False])
def test_how_to_ask_is_told_before_any_bind(ldap: Connect, anonymous: bool) -> None:
    # RFC 4512 section 5.1; Evolution reads both before it binds.
    client = ldap(anonymous=anonymous)
    play(
        client,
        """
        C: search base= scope=base filter=(objectclass=*) attributes=*,+
        S: SearchResultEntry
             objectClass: top
             structuralObjectClass: top
             namingContexts: dc=example,dc=org
             subschemaSubentry: cn=Subschema
             supportedLDAPVersion: 3
             supportedControl: 2.16.840.1.113730.3.4.2
             supportedControl: 1.3.6.1.1.22
             supportedControl: 1.2.840.113556.1.4.319
             supportedControl: 1.2.840.113556.1.4.473
             supportedControl: 2.16.840.1.113730.3.4.9
             supportedControl: 1.3.6.1.4.1.4203.1.10.1
             supportedExtension: 1.3.6.1.4.1.4203.1.11.3
             supportedExtension: 1.3.6.1.4.1.1466.20037
             supportedFeatures: 1.3.6.1.4.1.4203.1.5.3
             supportedFeatures: 1.3.6.1.4.1.4203.1.5.1
             vendorName: dirserver
           SearchResultDone success
        C: search base=cn=subschema scope=base filter=(objectClass=subschema)
           attributes=objectClasses
        S: SearchResultEntry cn=Subschema
             objectClasses: $_
             ...
           SearchResultDone success
        """,
    )


def test_operational_attributes_of_the_root_dse_come_only_when_asked_for(ldap: Connect) -> None:
    # RFC 4512 section 5.1.
    play(
        ldap(),
        """
        C: search base= scope=base
        S: SearchResultEntry
             objectClass: top
           SearchResultDone success
        C: search base= scope=base attributes=namingcontexts
        S: SearchResultEntry
             namingcontexts: dc=example,dc=org
           SearchResultDone success
        """,
    )


def test_start_tls_is_not_announced_where_it_does_not_work(ldap: Connect) -> None:
    assert ldap(starttls=False).say(["search base= scope=base attributes=supportedExtension"]) == [
        "SearchResultEntry",
        "  supportedExtension: 1.3.6.1.4.1.4203.1.11.3",
        "SearchResultDone success",
    ]


def test_the_filter_counts_for_the_root_dse_too(ldap: Connect) -> None:
    play(ldap(), "C: search base= scope=base filter=(cn=x)\nS: SearchResultDone success")


def test_the_entries_above_the_cards_say_what_they_are(ldap: Connect) -> None:
    play(
        ldap("erin"),
        """
        C: search base=dc=example,dc=org scope=base attributes=*,entryDN,hasSubordinates
        S: SearchResultEntry dc=example,dc=org
             objectClass: top
             objectClass: organization
             objectClass: dcObject
             o: Example GmbH
             dc: example
             entryDN: dc=example,dc=org
             hasSubordinates: TRUE
           SearchResultDone success
        C: search base=ou=staff,dc=example,dc=org scope=base
        S: SearchResultEntry ou=staff,dc=example,dc=org
             objectClass: top
             objectClass: organizationalUnit
             ou: staff
           SearchResultDone success
        C: search base=ou=users,dc=example,dc=org scope=one
        S: SearchResultEntry uid=erin,ou=users,dc=example,dc=org
             objectClass: top
             objectClass: person
             objectClass: organizationalPerson
             objectClass: inetOrgPerson
             uid: erin
             cn: Erin Example
             sn: Example
             displayName: Erin Example
             mail: erin@example.org
           SearchResultDone success
        """,
    )


@pytest.mark.parametrize(
    ("suffix", "attribute"),
    [
        ("o=Example,c=DE", "o: Example"),
        ("c=DE", "c: DE"),
        ("ou=phones,o=Example", "ou: phones"),
        ("organizationName=Example", "o: Example"),
        ("domaincomponent=example,dc=org", "dc: example"),
        ("x-unheard-of=Example", "o: Example GmbH"),
    ],
)
def test_the_suffix_may_be_any_name(ldap: Connect, suffix: str, attribute: str) -> None:
    client = ldap("erin", suffix=suffix)
    entry, *attributes, done = client.say([f'search base="{suffix}" scope=base'])
    assert entry == f"SearchResultEntry {suffix}"
    assert f"  {attribute}" in attributes
    assert done == "SearchResultDone success"
    assert names(client, f'search base="{suffix}" scope=one') == [
        f"ou=staff,{suffix}",
        "SearchResultDone success",
    ]


@pytest.mark.parametrize(
    ("login", "base", "has", "number"),
    [
        # The books that one sees, and the cards in them; anybody who logs in is a user.
        ("alice", SUFFIX, "TRUE", "3"),
        ("erin", SUFFIX, "TRUE", "1"),
        ("erin", STAFF, "TRUE", "2"),
        ("alice", f"ou=users,{SUFFIX}", "TRUE", "1"),
        ("alice", f"uid=alice,ou=users,{SUFFIX}", "FALSE", "0"),
        # dave may look people up, and is not told how many there are.
        ("dave", CUSTOMERS, "TRUE", None),
    ],
)
def test_an_entry_says_what_the_asker_finds_below_it(
    ldap: Connect, login: str, base: str, has: str, number: str | None
) -> None:
    client = ldap(login)
    expected = [f"SearchResultEntry {base}", f"  hasSubordinates: {has}"]
    expected += [] if number is None else [f"  numSubordinates: {number}"]
    expected += ["SearchResultDone success"]
    search = f"search base={base} scope=base attributes="
    assert client.say([search + "hasSubordinates,numSubordinates"]) == expected
    assert set(expected) <= set(client.say([search + "+"]))
    for test, found in ((f"(hasSubordinates={has})", 1), ("(numSubordinates=*)", bool(number))):
        said = client.say([f"search base={base} scope=base filter={test} attributes=1.1"])
        assert len(said) == 1 + found
    play(
        client,
        f"C: compare dn={base} attribute=hasSubordinates value={has}\n"
        "S: CompareResponse compareTrue",
    )


def test_an_empty_book_has_nothing_below_it(services: Services, context: Context) -> None:
    face = Context(services.directory, services.authenticator, context.settings)
    client = SessionClient(LDAPSession(lambda: face, "192.0.2.9"))
    client.say([f'bind dn=dave password="{PASSWORD}"'])
    asked = f"search base={CUSTOMERS} scope=base filter=(hasSubordinates=FALSE) attributes="
    assert client.say([asked + "hasSubordinates"])[1:] == [
        "  hasSubordinates: FALSE",
        "SearchResultDone success",
    ]
