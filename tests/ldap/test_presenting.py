"""What is shown of whom: each person once, and what is personal only where a book says so."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context, LDAPSession
from tests.conversation import play
from tests.ldap.asking import ask, paged, sorted_by, view
from tests.ldap.client import SessionClient
from tests.organisation import ALICE, HERE, PASSWORD, vcard

SUFFIX = "dc=example,dc=org"
CUSTOMERS, STAFF, SECRET = (f"ou={slug},{SUFFIX}" for slug in ("customers", "staff", "secret"))
JPEG = b"\xff\xd8\xff\xe0 a picture"
PICTURES = [
    f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(JPEG).decode()}",
    f"PHOTO;ENCODING=b;TYPE=PNG:{base64.b64encode(b'PNG').decode()}",
    "PHOTO;VALUE=uri:https://example.org/a.jpg",
]

Talk = Callable[..., SessionClient]


@pytest.fixture
def talk(context: Context, services: Services) -> Talk:
    """A function that talks to a face on books that share people."""
    anna = ["TEL:+49 30 1", "NOTE:Owes us\\nmoney", "BDAY:1970-01-02", *PICTURES]
    books: dict[str, dict[str, tuple[str, list[str]]]] = {
        "customers": {"anna": ("Anna Adam", anna), "carl": ("Carl Busch", [])},
        "staff": {"anna": ("Anna Adam-Neu", ["TEL:+49 30 2"]), "dora": ("Dora Adler", [])},
        "secret": {"anna": ("Anna Geheim", []), "emil": ("Emil Vogt", [])},
    }
    for slug, people in books.items():
        with services.directory.writing(ALICE, HERE) as writing:
            for uid, (name, lines) in people.items():
                writing.put_card(slug, f"{uid}.vcf", vcard(uid, name, *lines))

    def connect(login: str, **settings: object) -> SessionClient:
        changed = replace(context.settings, max_hits=100, **settings)  # type: ignore[arg-type]  # any of them
        face = Context(services.directory, services.authenticator, changed)
        client = SessionClient(LDAPSession(lambda: face, "192.0.2.9"))
        assert client.say([f'bind dn={login} password="{PASSWORD}"']) == ["BindResponse success"]
        return client

    return connect


def names(
    client: SessionClient, base: str = SUFFIX, text: str = "(objectClass=person)"
) -> list[str]:
    """Return whom a search finds."""
    return ask(client, base=base, text=text).names


def test_somebody_in_several_books_is_shown_once_where_they_can_be_changed(talk: Talk) -> None:
    # bob writes to customers and reads staff; erin only reads staff.
    assert names(talk("bob")) == ["Anna Adam", "Carl Busch", "Dora Adler"]
    assert names(talk("erin")) == ["Anna Adam-Neu", "Dora Adler"]
    assert len(names(talk("alice"))) == 4


def test_in_each_book_they_are_shown_as_it_has_them(talk: Talk) -> None:
    alice = talk("alice")
    assert names(alice, CUSTOMERS) == ["Anna Adam", "Carl Busch"]
    assert names(alice, STAFF) == ["Anna Adam-Neu", "Dora Adler"]
    assert names(alice, SECRET) == ["Anna Geheim", "Emil Vogt"]


def test_they_are_found_by_what_any_book_says(talk: Talk) -> None:
    bob = talk("bob")
    assert names(bob, text="(telephoneNumber=+49302)") == ["Anna Adam-Neu"]
    assert names(bob, text="(telephoneNumber=*)") == ["Anna Adam"]
    assert names(bob, text="(cn=anna geheim)") == []


def test_pages_and_windows_have_them_once_as_well(talk: Talk) -> None:
    bob = talk("bob")
    first = ask(bob, paged(2), base=SUFFIX)
    second = ask(bob, paged(2, first.cookie), base=SUFFIX)
    assert first.names + second.names == ["Anna Adam", "Carl Busch", "Dora Adler"]
    window = ask(bob, sorted_by("cn"), view(0, 9, offset=2), base=SUFFIX)
    assert (window.names, window.view) == (["Carl Busch", "Dora Adler"], (2, 3, 0))


SHOWN = frozenset({("customers", "NOTE"), ("customers", "BDAY")})


def test_what_is_personal_is_shown_of_books_that_say_so(talk: Talk) -> None:
    asked = f"search base={SUFFIX} filter=(telephoneNumber=*) attributes=cn,description,dob"
    play(
        talk("alice", personal=SHOWN),
        f"""
        C: {asked}
        S: SearchResultEntry $_,{CUSTOMERS}
             cn: Anna Adam
             description: hex:4f7765732075730a6d6f6e6579
             birthDate: 1970-01-02
           SearchResultDone success
        """.replace("birthDate", "dob"),
    )
    said = talk("alice").say([asked])
    assert said[1:] == ["  cn: Anna Adam", "SearchResultDone success"]


def test_what_is_personal_is_searched_in_books_that_say_so(talk: Talk) -> None:
    for login, shown, found in (
        ("alice", SHOWN, ["Anna Adam"]),
        ("alice", frozenset(), []),
        # From carol the grant hides it.
        ("carol", SHOWN, []),
    ):
        client = talk(login, personal=shown)
        assert names(client, CUSTOMERS, "(note=*money*)") == found
        assert names(client, CUSTOMERS, "(birthDate=1970-01-02)") == found


def test_what_is_personal_is_among_all_attributes_only_where_it_is_shown(talk: Talk) -> None:
    asked = [f'search base={CUSTOMERS} filter="(cn=anna adam)" attributes=*']
    assert "  birthDate: 1970-01-02" in talk("alice", personal=SHOWN).say(asked)
    for client in (talk("alice"), talk("carol", personal=SHOWN)):
        said = client.say(asked)
        assert not [line for line in said if "description" in line or "1970" in line]


@pytest.mark.parametrize("attribute", ["jpegPhoto", "photo", "jpegphoto;binary"])
def test_a_photograph_comes_to_those_who_ask_for_it_by_name(talk: Talk, attribute: str) -> None:
    asked = f'search base={CUSTOMERS} filter="(cn=anna adam)"'
    alice = talk("alice")
    assert alice.say([f"{asked} attributes={attribute}"])[1:] == [
        f"  {attribute}: hex:{JPEG.hex()}",
        "SearchResultDone success",
    ]
    for others in ("", "attributes=*", "attributes=*,+"):
        assert not [line for line in alice.say([f"{asked} {others}"]) if "hex" in line]
    assert f"  {attribute}" in alice.say([f"{asked} attributes={attribute} types_only"])


def test_what_was_made_of_a_card_before_is_shown_to_those_alone_who_may_see_it(talk: Talk) -> None:
    asked = [f'search base={CUSTOMERS} filter="(cn=anna adam)" attributes=cn,description']
    for login, personal, seen in (
        *(("alice", SHOWN, True), ("carol", SHOWN, False), ("alice", frozenset(), False)),
        *(("carol", SHOWN, False), ("alice", SHOWN, True)),
    ):
        said = talk(login, personal=personal).say(asked)
        assert "  cn: Anna Adam" in said
        assert any("description" in line for line in said) is seen


def test_what_was_made_of_a_card_is_not_shown_once_it_has_changed(
    talk: Talk, services: Services
) -> None:
    client = talk("alice")

    def numbers() -> list[str]:
        found = ask(client, text="(cn=anna adam)", attribute="telephoneNumber")
        return found.names

    def write(number: str) -> None:
        with services.directory.writing(ALICE, HERE) as writing:
            writing.put_card("customers", "anna.vcf", vcard("anna", "Anna Adam", f"TEL:{number}"))

    assert numbers() == numbers() == ["+49 30 1"]
    for number in ("+49 30 9", "+49 30 1", "+49 30 8"):
        write(number)
        assert numbers() == numbers() == [number]
    with services.directory.writing(ALICE, HERE) as writing:
        writing.delete_card("customers", "anna.vcf")
    assert numbers() == []
    write("+49 30 7")
    assert numbers() == ["+49 30 7"]


def test_all_who_log_in_are_shown_to_those_who_may_see_them(talk: Talk) -> None:
    users = f"ou=users,{SUFFIX}"
    client = talk("erin", show_users=frozenset({"everyone"}))
    found = ask(client, base=users, text="(uid=*)", attribute="uid")
    assert found.names == ["alice", "bob", "carol", "dave", "erin"]
    assert ask(client, base=f"uid=bob,{users}", scope="base").names == ["Bob Example"]
    assert names(client) == ["Anna Adam-Neu", "Dora Adler"]
    own = talk("erin", show_users=frozenset({"group:sales"}))
    assert ask(own, base=users, text="(uid=*)", attribute="uid").names == ["erin"]
    assert ask(own, base=f"uid=bob,{users}", scope="base").code == "noSuchObject"


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("(searchContact=bob*)", ["bob"]),
        ("(searchContact=exam*)", ["alice", "bob", "carol", "dave", "erin"]),
        ("(searchContact:=bob example)", ["bob"]),
        ("(searchNumber=*)", []),
        # Bob on the keys of a telephone, and Example.
        ("(cn=262*)", ["bob"]),
        ("(sn=3926*)", ["alice", "bob", "carol", "dave", "erin"]),
        ("(|(sn=9999)(cn=2623926*))", ["bob"]),
        ("(!(cn=262*))", ["alice", "carol", "dave", "erin"]),
        ("(mail=262*)", []),
    ],
)
def test_those_who_log_in_are_found_as_contacts_are(
    talk: Talk, text: str, logins: list[str]
) -> None:
    users = f"ou=users,{SUFFIX}"
    client = talk("erin", show_users=frozenset({"everyone"}))
    found = ask(client, base=users, scope="one", text=text, attribute="uid")
    assert found.names == logins


def test_a_comparison_takes_digits_for_digits(talk: Talk) -> None:
    client = talk("bob")
    dn = f"uid=bob,ou=users,{SUFFIX}"
    assert client.say([f"compare dn={dn} attribute=cn value=262"]) == [
        "CompareResponse compareFalse"
    ]
    assert client.say([f'compare dn={dn} attribute=searchContact value="Bob Example"']) == [
        "CompareResponse compareTrue"
    ]
