"""Groups in a book, which are no persons: their entries, their members, who sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context, LDAPSession
from tests.conversation import play
from tests.ldap.asking import ask
from tests.ldap.client import SessionClient
from tests.organisation import ALICE, HERE, PASSWORD, open_organisation, vcard, write_config

SUFFIX = "dc=example,dc=org"
CUSTOMERS, STAFF, SECRET = (f"ou={slug},{SUFFIX}" for slug in ("customers", "staff", "secret"))
UUID = "03a0e51f-d1aa-4385-8a53-e29025acd8af"
GROUP = "(objectClass=groupOfNames)"
MANY = 7

Talk = Callable[..., SessionClient]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Books with people and groups of them."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("groups")))
    named = [f"urn:uuid:{UUID}", "urn:uuid:carl", "dora", "urn:uuid:nobody", "emil"]
    apple = [f"X-ADDRESSBOOKSERVER-MEMBER:{uid}" for uid in named]
    many = [f"MEMBER:m{number}" for number in range(MANY)]
    books: dict[str, list[bytes]] = {
        "customers": [
            vcard(UUID, "Anna Adam", "EMAIL:anna@example.org"),
            vcard("urn:uuid:carl", "Carl Busch"),
            vcard("team", "The Team", "X-ADDRESSBOOKSERVER-KIND:group", "EMAIL:t@x", *apple),
            vcard("many", "The Many", "KIND:group", *many, version="4.0"),
            *(vcard(f"m{number}", f"M {number}") for number in range(MANY)),
        ],
        "staff": [
            vcard(UUID, "Anna Adam-Neu"),
            vcard("dora", "Dora Adler"),
            vcard("crew", "The Crew", "KIND:group", f"MEMBER:urn:uuid:{UUID}", version="4.0"),
        ],
        "secret": [vcard("emil", "Emil Vogt")],
    }
    for slug, bodies in books.items():
        with services.directory.writing(ALICE, HERE) as writing:
            for number, body in enumerate(bodies):
                writing.put_card(slug, f"{number}.vcf", body)
    yield services
    services.store.close()


@pytest.fixture
def talk(context: Context, filled: Services) -> Talk:
    """A function that connects somebody to these books."""

    def connect(login: str) -> SessionClient:
        face = Context(filled.directory, filled.authenticator, replace(context.settings))
        client = SessionClient(LDAPSession(lambda: face, "192.0.2.9"))
        assert client.say([f'bind dn={login} password="{PASSWORD}"']) == ["BindResponse success"]
        return client

    return connect


def dn_of(client: SessionClient, name: str, base: str = CUSTOMERS) -> str:
    """Return the DN of a card by its name."""
    (dn,) = ask(client, base=base, text=f"(cn={name})", attribute="1.1").names
    return dn


def members(client: SessionClient, group: str, base: str = CUSTOMERS) -> list[str]:
    """Return the names of a group's members, as a mail program asks for each of them."""
    said = client.say([f"search base={base} filter={group!r} attributes=member".replace("'", '"')])
    found = [line.split(": ", 1)[1] for line in said if line.startswith("  member: ")]
    return sorted(ask(client, base=dn, scope="base").names[0] for dn in found)


def test_a_group_is_of_its_own_classes_and_shows_what_else_it_says(talk: Talk) -> None:
    client = talk("alice")
    team, anna = dn_of(client, "the team"), dn_of(client, "anna adam")
    said = client.say([f"search base={team} scope=base attributes=*,structuralObjectClass"])
    assert [
        line for line in said if "objectClass" in line.replace("ObjectClass", "objectClass")
    ] == [
        "  objectClass: top",
        "  objectClass: groupOfNames",
        "  objectClass: extensibleObject",
        "  structuralObjectClass: groupOfNames",
    ]
    assert "  mail: t@x" in said
    assert f"  member: {anna}" in said
    types = client.say([f"search base={team} scope=base attributes=member types_only"])
    assert types[1:] == ["  member", "SearchResultDone success"]


def test_those_are_members_whom_the_asker_may_see_and_the_groups_own_book_first(talk: Talk) -> None:
    # alice reads everything, bob all but secret, erin staff alone.
    everybody = ["Anna Adam", "Carl Busch", "Dora Adler", "Emil Vogt"]
    assert members(talk("alice"), "(cn=the team)") == everybody
    assert members(talk("bob"), "(cn=the team)") == everybody[:3]
    assert members(talk("bob"), "(cn=the crew)", STAFF) == ["Anna Adam-Neu"]
    assert members(talk("erin"), "(cn=the crew)", STAFF) == ["Anna Adam-Neu"]


def test_who_may_only_look_things_up_does_not_get_a_whole_book_as_a_group(talk: Talk) -> None:
    assert len(members(talk("alice"), "(cn=the many)")) == MANY
    assert len(members(talk("dave"), "(cn=the many)")) == 5


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (GROUP, ["The Crew", "The Many", "The Team"]),
        ("(objectClass=2.5.6.9)", ["The Crew", "The Many", "The Team"]),
        ("(structuralObjectClass=groupOfNames)", ["The Crew", "The Many", "The Team"]),
        (f"(&{GROUP}(mail=t@x))", ["The Team"]),
        ("(&(objectClass=inetOrgPerson)(cn=the*))", []),
        ("(&(objectClass=person)(cn=the*))", []),
        (f"(&(cn=*a*)(!{GROUP}))", ["Anna Adam", "Carl Busch", "Dora Adler"]),
        ("(&(objectClass=top)(cn=the*))", ["The Crew", "The Many", "The Team"]),
    ],
)
def test_groups_and_persons_are_told_apart_by_their_classes(
    talk: Talk, asked: str, found: list[str]
) -> None:
    assert ask(talk("bob"), base=SUFFIX, text=asked).names == found


def test_groups_are_found_by_the_members_that_they_show(talk: Talk) -> None:
    alice = talk("alice")
    anna, neu = dn_of(alice, "anna adam"), dn_of(alice, "anna adam-neu", STAFF)
    dora, emil = dn_of(alice, "dora adler", STAFF), dn_of(alice, "emil vogt", SECRET)

    def groups(login: str, member: str) -> list[str]:
        return ask(talk(login), base=SUFFIX, text=f"(member={member})").names

    assert groups("bob", anna) == ["The Team"]
    assert groups("bob", anna.upper()) == ["The Team"]
    assert groups("bob", neu) == ["The Crew"]
    assert groups("bob", dora) == ["The Team"]
    assert groups("alice", emil) == ["The Team"]
    # What bob may not see is as if it were not there.
    assert groups("bob", emil) == groups("bob", emil.replace("uid=", "uid=x")) == []
    assert groups("erin", anna) == []


def test_a_member_is_compared_by_its_dn(talk: Talk) -> None:
    client = talk("bob")
    team, crew = dn_of(client, "the team"), dn_of(client, "the crew", STAFF)
    anna = dn_of(client, "anna adam")
    play(
        client,
        f"""
        C: compare dn={team} attribute=member value={anna}
        S: CompareResponse compareTrue
        C: compare dn={crew} attribute=member value={anna}
        S: CompareResponse compareFalse
        C: compare dn={anna} attribute=member value={anna}
        S: CompareResponse noSuchAttribute
        C: compare dn={team} attribute=member value=nonsense
        S: CompareResponse inappropriateMatching
        C: compare dn={anna} attribute=objectClass value=groupOfNames
        S: CompareResponse compareFalse
        C: compare dn={team} attribute=objectClass value=groupOfNames
        S: CompareResponse compareTrue
        """,
    )
