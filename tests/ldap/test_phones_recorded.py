"""What mail clients and programs were recorded to ask, and what iOS and Outlook are known to ask.

The people are others and the order is theirs: bind, look around, search, abandon, leave.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversation import play
from tests.ldap.client import Client

Connect = Callable[..., Client]

_BIND = """
    C: bind dn=cn=alice,dc=example,dc=org password="correct horse"
    S: BindResponse success
"""


def found(client: Client, request: str) -> tuple[list[str], str]:
    """Return the names of those who are found, and the result."""
    *entries, done = client.say(["search base=dc=example,dc=org", request])
    names = [line.removeprefix("  cn: ") for line in entries if line.startswith("  cn: ")]
    return names, done.removeprefix("SearchResultDone ")


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        # The search box, and what is typed into To:, with one word and with two.
        ("(|(cn=*müller*)(givenName=*müller*)(sn=*müller*)(mail=*müller*))", ["Jürgen Müller"]),
        ("(|(cn=*зотов*)(givenName=*зотов*)(sn=*зотов*)(mail=*зотов*))", []),
        ("(|(cn=*петр*)(givenName=*петр*)(sn=*петр*)(mail=*петр*))", ["Пётр Иванов"]),
        ("(|(cn=*пётр*)(givenName=*пётр*)(sn=*пётр*)(mail=*пётр*))", ["Пётр Иванов"]),
        ("(|(cn=*neil*)(givenName=*neil*)(sn=*neil*)(mail=*neil*))", ["Zoë O'Neil"]),
        ("(|(cn=*zoe@*)(givenName=*zoe@*)(sn=*zoe@*)(mail=*zoe@*))", ["Zoë O'Neil"]),
        ("(|(cn=*jür*)(mail=*jür*)(givenName=*jür*)(sn=*jür*))", ["Jürgen Müller"]),
        ("(|(cn=*anna*be*)(mail=*anna be*)(givenName=*anna*)(sn=*anna be*))", ["Anna Beispiel"]),
        ("(|(cn=*gibtsnicht*)(givenName=*gibtsnicht*)(sn=*gibtsnicht*))", []),
        # Advanced search.
        ("(&(cn~=Mueller))", ["Jürgen Müller"]),
        ("(&(sn=Zol*))", ["Émile Zola"]),
        ("(&(mail=bob@kunde.example))", ["Robert (Bob) Stern"]),
        ("(&(sn=Zol*)(!(givenName=*X*)))", ["Émile Zola"]),
        ("(&(mobile=*)(sn=*neil*))", ["Zoë O'Neil"]),
        # Columns that no standard class has.
        ("(|(mozillaNickname=*annchen*)(mozillaSecondEmail=*annchen*))", ["Anna Beispiel"]),
        ("(|(mozillaSecondEmail=*anna.b@*)(mozillaWorkUrl=*x*))", ["Anna Beispiel"]),
    ],
)
def test_thunderbird_searches_without_naming_attributes(
    ldap: Connect, filter_: str, names: list[str]
) -> None:
    client = ldap()
    play(client, _BIND)
    assert found(client, f'size_limit=100 filter="{filter_}"') == (names, "success")


def test_thunderbird_downloads_everything_for_offline_use(ldap: Connect) -> None:
    client = ldap()
    play(client, _BIND)
    names, done = found(client, "filter=(objectclass=*)")
    assert (len(names), done) == (10, "success")


def test_thunderbird_may_only_look_people_up(ldap: Connect) -> None:
    # sizeLimitExceeded counts as success there, and any other code as a failure.
    client = ldap("dave")
    names, done = found(client, "filter=(objectclass=*)")
    assert (len(names), done) == (5 + 2, "sizeLimitExceeded")


def test_evolution_looks_around_before_it_searches(ldap: Connect) -> None:
    client = ldap(address="10.20.0.1")
    play(
        client,
        """
        C: bind
        S: BindResponse success
        C: search base= scope=base time_limit=30 filter=(objectclass=*)
           attributes=supportedControl,supportedExtension,supportedFeatures,supportedLDAPVersion,subschemaSubentry,schemaNamingContext
        S: SearchResultEntry
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
           SearchResultDone success
        """,
    )
    schema = client.say(
        [
            "search base=cn=Subschema scope=base time_limit=30 filter=(objectClass=subschema)",
            "attributes=objectClasses",
        ]
    )
    assert [line for line in schema if "'evolutionPerson'" in line]
    assert found(client, "filter=(cn=*müller*)") == (["Jürgen Müller"], "success")


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ("(mail=*kunde.example)", ["Anna Beispiel", "Robert (Bob) Stern", "Zoë O'Neil"]),
        ("(mail=bob@*)", ["Robert (Bob) Stern"]),
        ("(|(mail=*zoe@*)(cn=*Zola*))", ["Émile Zola", "Zoë O'Neil"]),
        ("(&(cn=*Müller*)(mail=*juergen*))", ["Jürgen Müller"]),
        (r"(cn=*\28Bob\29*)", ["Robert (Bob) Stern"]),
        (
            "(|(cn=*müller*)(givenName=*müller*)(sn=*müller*)(mobile=*müller*)"
            "(facsimileTelephoneNumber=*müller*)(internationaliSDNNumber=*müller*)"
            "(pager=*müller*)(o=*müller*)(roomNumber=*müller*)(title=*müller*)"
            "(labeledURI=*müller*)(description=*müller*)(icsCalendar=*müller*))",
            ["Jürgen Müller"],
        ),
        ("(telephoneNumber=*5550017*)", ["Anna Beispiel"]),
        ("(mobile=+49 171 5550017)", ["Anna Beispiel"]),
        (
            "(|(displayName=zo*)(mail=zo*)(displayName=*zo*)(cn=*zo*))",
            ["Émile Zola", "Zoë O'Neil"],
        ),
        ("(|(fileAs=zol*)(&(!(fileAs=*))(sn=zol*)))", ["Émile Zola"]),
        ("(objectClass=MyBarnIsBiggerThanYourBarn)", []),
    ],
)
def test_evolution_finds_people(ldap: Connect, filter_: str, names: list[str]) -> None:
    client = ldap()
    play(client, _BIND)
    assert found(client, f'filter="{filter_}"') == (names, "success")


def test_evolution_is_told_that_it_cannot_write(ldap: Connect) -> None:
    client = ldap()
    play(client, _BIND)
    play(
        client,
        """
        C: add dn=uid=neu.1795303675,dc=example,dc=org
        S: AddResponse unwillingToPerform
           ...
        C: delete dn=uid=p001,ou=people,dc=example,dc=org
        S: DelResponse unwillingToPerform
           ...
        """,
    )


@pytest.mark.parametrize("typed", ["Müller", "мюллер", "王", r"\28Bob\29"])
def test_linphone_asks_for_one_more_than_it_shows(ldap: Connect, typed: str) -> None:
    client = ldap()
    play(client, _BIND)
    _, done = found(client, f'size_limit=51 time_limit=5 filter="(cn=*{typed}*)"')
    assert done == "success"


def test_linphone_puts_wildcards_for_blanks(ldap: Connect) -> None:
    client = ldap()
    play(client, _BIND)
    assert found(client, "size_limit=6 time_limit=5 filter=(cn=*anna*beis*)")[0] == [
        "Anna Beispiel"
    ]


def test_ios_puts_what_was_typed_into_every_attribute(ldap: Connect) -> None:
    client = ldap("alice@example.org")
    filter_ = (
        "(|(o=bei*)(cn=bei*)(ou=bei*)(sn=bei*)(mail=bei*)(IMHandle=bei*)(givenname=bei*)"
        "(postalAddress=bei*)(telephoneNumber=bei*))"
    )
    assert found(client, f'size_limit=100 filter="{filter_}"') == (["Anna Beispiel"], "success")


def test_outlook_binds_by_a_bare_name_and_wants_a_mail_address(ldap: Connect) -> None:
    client = ldap("alice")
    filter_ = "(&(mail=*)(|(mail={0}*)(|(cn={0}*)(|(sn={0}*)(givenName={0}*)))))"
    for typed, names in (
        ("bei", ["Anna Beispiel"]),
        ("ann", ["Anna Beispiel"]),
        ("иван", []),
    ):
        request = f'deref=3 size_limit=999 time_limit=15 filter="{filter_.format(typed)}"'
        assert found(client, request) == (names, "success")


def test_roundcube_contains_and_its_object_class(ldap: Connect) -> None:
    client = ldap("alice")
    filter_ = "(&(objectClass=inetOrgPerson)(|(mail=*zoe*)(cn=*zoe*)))"
    attributes = (
        "cn,sn,givenName,title,mail,homePhone,telephoneNumber,mobile,pager,"
        "facsimileTelephoneNumber,street,postalCode,st,l,c,o,ou,description,jpegPhoto"
    )
    assert found(client, f'filter="{filter_}" attributes={attributes}') == (
        ["Zoë O'Neil"],
        "success",
    )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("search base=ou=nothere,dc=example,dc=org", "noSuchObject"),
        ("search base=dc=elsewhere,dc=test", "noSuchObject"),
        ('search base="this is no dn"', "invalidDNSyntax"),
        ("search base=dc=example,dc=org filter=(noSuchAttr=x) attributes=cn", "success"),
        ("search base=dc=example,dc=org filter=(|) attributes=cn", "success"),
        ("search base=dc=example,dc=org filter=(cn;lang-fr=nobody)", "success"),
        ("search base=dc=example,dc=org time_limit=10 filter=(sn=nobody)", "success"),
        # Controls without the value that belongs there, and one that nobody knows.
        ("search base=dc=example,dc=org control=1.2.840.113556.1.4.319", "protocolError"),
        ("search base=dc=example,dc=org control=1.2.840.113556.1.4.473", "protocolError"),
        (
            "search base=dc=example,dc=org control=!1.2.3.4.5.6.7",
            "unavailableCriticalExtension",
        ),
        ("compare dn=cn=x,ou=nothere,dc=example,dc=org attribute=sn value=x", "noSuchObject"),
        ("extended oid=1.2.3.4.5.6", "protocolError"),
        ("extended oid=1.3.6.1.4.1.4203.1.11.1", "unwillingToPerform"),
    ],
)
def test_the_command_line_clients_get_the_codes_they_print(
    ldap: Connect, request_: str, said: str
) -> None:
    client = ldap()
    play(client, _BIND)
    (done, *_) = [line for line in client.say([request_]) if not line.startswith(" ")]
    assert done.split(" ")[1] == said
