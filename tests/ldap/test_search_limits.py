"""How much a search answers: limits, order, attributes (RFC 4511 sections 4.5.1.4 to 4.5.1.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, count, repeat

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import ClientProfile
from dirserver.model.number_writing import NumberStyle
from tests.conversation import play
from tests.ldap.client import Client, SessionClient
from tests.organisation import ALICE, HERE, PASSWORD, vcard

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
CUSTOMERS, STAFF = f"ou=customers,{SUFFIX}", f"ou=staff,{SUFFIX}"


def names(client: Client, request: str) -> tuple[list[str], str]:
    """Return the names that a search finds, and its result."""
    *entries, done = client.say([request, "attributes=cn"])
    return [line.removeprefix("  cn: ") for line in entries if line.startswith("  ")], done


def in_book(base: str, *more: str) -> str:
    """Return the request for everybody in a book."""
    return " ".join([f"search base={base} scope=one filter=(cn=*)", *more])


ALPHABETIC = [
    "Anna Beispiel",
    "Émile Zola",
    "Jürgen Müller",
    "Robert (Bob) Stern",
    "Zoë O'Neil",
    "Пётр Иванов",
    "小明 王",
]


def test_cards_come_sorted_by_name_though_nobody_asks(ldap: Connect) -> None:
    assert names(ldap("alice"), in_book(CUSTOMERS)) == (ALPHABETIC, "SearchResultDone success")


def test_cards_of_several_books_come_sorted_together(ldap: Connect) -> None:
    found, _ = names(ldap("alice"), f"search base={SUFFIX} filter=(cn=*)")
    assert found[:4] == ["Anna Beispiel", "Clara Otto", "David Wolf", "Émile Zola"]


@pytest.mark.parametrize("limit", [1, 3, 6])
def test_beyond_the_size_limit_the_first_entries_still_come(ldap: Connect, limit: int) -> None:
    assert names(ldap("alice"), in_book(CUSTOMERS, f"size_limit={limit}")) == (
        ALPHABETIC[:limit],
        "SearchResultDone sizeLimitExceeded",
    )


@pytest.mark.parametrize("limit", [0, 7, 8, 2147483647])
def test_a_size_limit_that_suffices_is_not_exceeded(ldap: Connect, limit: int) -> None:
    assert names(ldap("alice"), in_book(CUSTOMERS, f"size_limit={limit}")) == (
        ALPHABETIC,
        "SearchResultDone success",
    )


def test_the_entries_above_the_cards_count_too(ldap: Connect) -> None:
    play(
        ldap("erin"),
        """
        C: search base=dc=example,dc=org size_limit=3 attributes=1.1
        S: SearchResultEntry dc=example,dc=org
           SearchResultEntry ou=staff,dc=example,dc=org
           SearchResultEntry uid=$_,ou=staff,dc=example,dc=org
           SearchResultDone sizeLimitExceeded
        """,
    )


# dave has only search on customers, where max_hits is 5, and reads staff as everyone does.


@pytest.mark.parametrize(
    ("limit", "found", "code"),
    [
        (0, 5, "sizeLimitExceeded"),
        (2, 2, "sizeLimitExceeded"),
        (5, 5, "sizeLimitExceeded"),
        (100, 5, "sizeLimitExceeded"),
    ],
)
def test_whoever_has_only_search_cannot_walk_through_the_book(
    ldap: Connect, limit: int, found: int, code: str
) -> None:
    assert names(ldap("dave"), in_book(CUSTOMERS, f"size_limit={limit}")) == (
        ALPHABETIC[:found],
        f"SearchResultDone {code}",
    )


def test_whoever_has_only_search_finds_whom_they_look_for(ldap: Connect) -> None:
    assert names(ldap("dave"), f"search base={CUSTOMERS} filter=(sn=王)") == (
        ["小明 王"],
        "SearchResultDone success",
    )
    assert names(ldap("dave", max_hits=7), in_book(CUSTOMERS)) == (
        ALPHABETIC,
        "SearchResultDone success",
    )


def test_a_reader_of_another_book_gets_all_of_that_in_the_same_search(ldap: Connect) -> None:
    found, done = names(ldap("dave", max_hits=1), f"search base={SUFFIX} filter=(cn=*)")
    assert found == ["Anna Beispiel", "Clara Otto", "David Wolf"]
    assert done == "SearchResultDone sizeLimitExceeded"


def test_the_clients_own_limit_counts_for_both_books_together(ldap: Connect) -> None:
    client = ldap("dave", max_hits=1)
    assert names(client, f"search base={SUFFIX} filter=(cn=*) size_limit=2") == (
        ["Anna Beispiel", "Clara Otto"],
        "SearchResultDone sizeLimitExceeded",
    )


def test_those_one_may_only_look_up_do_not_push_out_those_one_may_read(
    context: Context, services: Services
) -> None:
    for slug, people in (("customers", ["Aa", "Ab", "Ac"]), ("staff", ["Zz"])):
        with services.directory.writing(ALICE, HERE) as writing:
            for name in people:
                writing.put_card(slug, f"{name}.vcf", vcard(name, name))
    changed = replace(
        context,
        directory=services.directory,
        authenticator=services.authenticator,
        settings=replace(context.settings, max_hits=1),
    )
    client = SessionClient(LDAPSession(lambda: changed, "192.0.2.1"))
    client.say([f'bind dn=dave password="{PASSWORD}"'])
    assert names(client, f"search base={SUFFIX} filter=(cn=*) size_limit=2") == (
        ["Aa", "Zz"],
        "SearchResultDone sizeLimitExceeded",
    )


def test_a_base_search_has_no_size_to_limit(ldap: Connect) -> None:
    play(
        ldap("alice"),
        f"""
        C: search base={SUFFIX} scope=base size_limit=1 attributes=1.1
        S: SearchResultEntry {SUFFIX}
           SearchResultDone success
        """,
    )


def _profile(found: ClientProfile) -> Callable[[str], ClientProfile]:
    return lambda address: found if address == "10.20.0.5" else ClientProfile()


@pytest.mark.parametrize(("limit", "found"), [(0, 2), (1, 1), (50, 2)])
def test_a_network_may_have_a_limit_of_its_own(ldap: Connect, limit: int, found: int) -> None:
    profile_for = _profile(ClientProfile(max_hits=2))
    here = ldap("alice", address="10.20.0.5", profile_for=profile_for)
    assert names(here, in_book(CUSTOMERS, f"size_limit={limit}")) == (
        ALPHABETIC[:found],
        "SearchResultDone sizeLimitExceeded",
    )
    elsewhere = ldap("alice", profile_for=profile_for)
    assert names(elsewhere, in_book(CUSTOMERS)) == (ALPHABETIC, "SearchResultDone success")


@pytest.mark.parametrize(
    ("style", "numbers"),
    [
        (NumberStyle.AS_WRITTEN, ["+49 (30) 555 00 17", "0171/5550017"]),
        (NumberStyle.E164, ["+49305550017", "+491715550017"]),
        (NumberStyle.NATIONAL, ["0305550017", "01715550017"]),
        (NumberStyle.DOUBLE_ZERO, ["0049305550017", "00491715550017"]),
        (NumberStyle.OUTSIDE_LINE, ["00305550017", "001715550017"]),
    ],
)
def test_a_network_may_have_numbers_as_its_phones_dial_them(
    ldap: Connect, style: NumberStyle, numbers: list[str]
) -> None:
    client = ldap("alice", address="10.20.0.5", profile_for=_profile(ClientProfile(numbers=style)))
    play(
        client,
        f"""
        C: search base={CUSTOMERS} filter=(mobile=+491715550017)
           attributes=cn,telephoneNumber,mobile
        S: SearchResultEntry $_
             cn: Anna Beispiel
             telephoneNumber: {numbers[0]}
             mobile: {numbers[1]}
           SearchResultDone success
        """,
    )


def test_a_search_that_takes_too_long_ends_with_what_there_is(context: Context) -> None:
    # Every look at this clock takes a second.
    ticks = count()
    session = LDAPSession(lambda: context, "192.0.2.1", clock=lambda: float(next(ticks)), most=1)
    client = SessionClient(session, again=False)
    client.say([f'bind dn=alice password="{PASSWORD}"'])
    assert names(client, in_book(CUSTOMERS, "time_limit=3")) == (
        ALPHABETIC[:2],
        "SearchResultDone timeLimitExceeded",
    )
    assert names(client, in_book(CUSTOMERS, "time_limit=0"))[1] == "SearchResultDone success"


def test_even_without_a_time_limit_a_search_ends(context: Context) -> None:
    ticks = count(step=100)
    session = LDAPSession(lambda: context, "192.0.2.1", clock=lambda: float(next(ticks)), most=1)
    client = SessionClient(session, again=False)
    client.say([f'bind dn=alice password="{PASSWORD}"'])
    for limit in (0, 100_000):
        assert names(client, in_book(CUSTOMERS, f"time_limit={limit}")) == (
            ALPHABETIC[:2],
            "SearchResultDone timeLimitExceeded",
        )


def test_one_slow_look_at_the_store_is_broken_off(context: Context, crowded: Services) -> None:
    # By this clock the time is never up; only the store itself can tell.
    times = chain([0.0], repeat(0.99999))
    face = Context(crowded.directory, crowded.authenticator, context.settings)
    session = LDAPSession(lambda: face, "192.0.2.1", clock=lambda: next(times))
    client = SessionClient(session, again=False)
    client.say([f'bind dn=alice password="{PASSWORD}"'])
    # Every card has to be looked at.
    slow = f"search base={CUSTOMERS} filter=(title=*) time_limit=1 attributes=1.1"
    assert client.say([slow])[-1] == "SearchResultDone timeLimitExceeded"
    assert client.say([slow.replace("time_limit=1", "time_limit=9")])[-1] == (
        "SearchResultDone success"
    )


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ("cn", ["cn: Anna Beispiel"]),
        ("CN,MAIL", ["CN: Anna Beispiel", "MAIL: anna@kunde.example", "MAIL: anna.b@example.net"]),
        ("surname", ["surname: Beispiel"]),
        ("2.5.4.4", ["2.5.4.4: Beispiel"]),
        ("cn,shoeSize", ["cn: Anna Beispiel"]),
        ("shoeSize", []),
        ("1.1", []),
        ("1.1,cn", ["cn: Anna Beispiel"]),
        ("cn,cn,commonName", ["cn: Anna Beispiel"]),
        ("hasSubordinates", ["hasSubordinates: FALSE"]),
        # Who asks for a supertype asks for all that are of it.
        (
            "name,CN",
            [
                "CN: Anna Beispiel",
                "sn: Beispiel",
                "givenName: Anna",
                "o: Kunde AG",
                "ou: Einkauf",
                "title: Leiterin",
                "l: Berlin",
            ],
        ),
    ],
)
def test_only_those_attributes_come_that_are_asked_for(
    ldap: Connect, attributes: str, shown: list[str]
) -> None:
    _, *found, done = ldap("alice").say(
        [f"search base={CUSTOMERS} filter=(sn=beispiel) attributes={attributes}"]
    )
    assert [line.strip() for line in found] == shown
    assert done == "SearchResultDone success"


def test_operational_attributes_come_with_a_plus(ldap: Connect) -> None:
    # RFC 3673.
    play(
        ldap("alice"),
        f"""
        C: search base={CUSTOMERS} filter=(sn=beispiel) attributes=+,cn
        S: SearchResultEntry $anna
             cn: Anna Beispiel
             structuralObjectClass: evolutionPerson
             entryUUID: $uuid
             createTimestamp: $created
             modifyTimestamp: $created
             entryDN: $anna
             hasSubordinates: FALSE
             numSubordinates: 0
             subschemaSubentry: cn=Subschema
           SearchResultDone success
        C: search base={CUSTOMERS} filter=(entryUUID=$uuid) attributes=1.1
        S: SearchResultEntry $anna
           SearchResultDone success
        """,
    )


def test_types_alone_come_when_only_they_are_asked_for(ldap: Connect) -> None:
    play(
        ldap("alice"),
        f"""
        C: search base={CUSTOMERS} filter=(sn=beispiel) types_only attributes=cn,mail,title,pager
        S: SearchResultEntry $_
             cn
             mail
             title
           SearchResultDone success
        C: search base={CUSTOMERS} scope=base types_only
        S: SearchResultEntry {CUSTOMERS}
             objectClass
             ou
           SearchResultDone success
        """,
    )


@pytest.mark.parametrize("deref", [0, 1, 2, 3])
def test_aliases_may_be_dereferenced_as_there_are_none(ldap: Connect, deref: int) -> None:
    assert names(ldap("alice"), in_book(STAFF, f"deref={deref}"))[1] == "SearchResultDone success"


def test_a_new_config_counts_from_the_next_request_on(context: Context) -> None:
    contexts = [context]
    client = SessionClient(LDAPSession(lambda: contexts[-1], "192.0.2.1"))
    client.say([f'bind dn=dave password="{PASSWORD}"'])
    assert len(names(client, in_book(CUSTOMERS))[0]) == 5
    contexts.append(replace(context, settings=replace(context.settings, max_hits=2)))
    assert len(names(client, in_book(CUSTOMERS))[0]) == 2
