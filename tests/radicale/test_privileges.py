"""Who may do what, and how a client is told (RFC 3744 sections 3, 5.4 and 7.1.1)."""

from __future__ import annotations

import pytest

from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver_radicale.tree.privileges import privileges
from tests.conversation import play
from tests.radicale.dav_client import DAVClient

READ = "read read-current-user-privilege-set"


@pytest.mark.parametrize(
    ("login", "book", "on_book", "on_card"),
    [
        # manage, write by a group, read, read with something hidden, read as everyone
        (
            "alice",
            "customers",
            f"{READ} write-content bind unbind read-acl",
            f"{READ} write-content read-acl",
        ),
        ("bob", "customers", f"{READ} write-content bind unbind", f"{READ} write-content"),
        ("alice", "staff", f"{READ} write-content bind unbind", f"{READ} write-content"),
        ("carol", "customers", READ, READ),
        ("erin", "staff", READ, READ),
    ],
)
def test_the_privilege_set_is_exact_on_home_book_and_card(
    alice: DAVClient, login: str, book: str, on_book: str, on_card: str
) -> None:
    """RFC 3744 section 5.4: exactly what the current user was granted.

    Thunderbird, DAVx5 and Evolution take a book to be read-only by it. Nobody has
    write-properties, and so nobody has write, which would contain it.
    """
    alice.say([f"PUT /alice/{book}/anna.vcf", "<anna.vcf"])
    play(
        DAVClient(alice.application, login, files=alice.files),
        f"""
        C: PROPFIND /{login}/
           Depth: 0
           <privileges.xml
        S: 207
           /{login}/ 200 current-user-privilege-set = {READ}
        C: PROPFIND /{login}/{book}/
           Depth: 1
           <privileges.xml
        S: 207
           /{login}/{book}/ 200 current-user-privilege-set = {on_book}
           /{login}/{book}/anna.vcf 200 current-user-privilege-set = {on_card}
        C: PROPFIND /{login}/{book}/anna.vcf
           Depth: 0
           <privileges.xml
        S: 207
           /{login}/{book}/anna.vcf 200 current-user-privilege-set = {on_card}
        """,
    )


def test_every_access_has_its_privileges() -> None:
    book = AddressBook(1, "uuid", "customers")
    for access in Privilege:
        if access >= Privilege.READ:
            view = VisibleBook(book, access, frozenset())
            for is_card in (False, True):
                names = privileges(view, is_card=is_card)
                assert "read" in names
                assert ("write-content" in names) is (access >= Privilege.WRITE)
                assert ("read-acl" in names) is (access >= Privilege.MANAGE)


READ_ONLY = ("carol", "customers"), ("erin", "staff"), ("bob", "staff")
HIDDEN = ("dave", "customers"), ("erin", "customers"), ("bob", "secret"), ("bob", "nothing")


@pytest.mark.parametrize(("login", "book"), [*READ_ONLY, *HIDDEN])
def test_a_write_without_the_grant_is_refused_with_the_missing_privilege(
    alice: DAVClient, login: str, book: str
) -> None:
    """RFC 3744 section 7.1.1: DAVx5 undoes its local change on this, and on no other 403.

    Appendix B says which one it is. What is hidden is not there, so that making it would need bind.
    """
    is_seen = (login, book) in READ_ONLY
    change = f"/{login}/{book}/anna.vcf write-content" if is_seen else f"/{login}/{book}/ bind"
    alice.say([f"PUT /alice/{book}/anna.vcf", "<anna.vcf"])
    play(
        DAVClient(alice.application, login, files=alice.files),
        f"""
        C: PUT /{login}/{book}/new.vcf
           <bert.vcf
        S: 403
           error need-privileges /{login}/{book}/ bind
        C: PUT /{login}/{book}/anna.vcf
           <anna2.vcf
        S: 403
           error need-privileges {change}
        C: PUT /{login}/{book}/anna.vcf
           If-Match: "wrong"
           <anna2.vcf
        S: 403
           error need-privileges {change}
        C: PUT /{login}/{book}/anna.vcf
           no card at all
        S: 403
           error need-privileges {change}
        C: DELETE /{login}/{book}/anna.vcf
        S: 403
           error need-privileges /{login}/{book}/ unbind
        C: DELETE /{login}/{book}/absent.vcf
        S: 403
           error need-privileges /{login}/{book}/ unbind
        C: DELETE /{login}/{book}/
        S: 403
           error need-privileges /{login}/ unbind
        C: PROPPATCH /{login}/{book}/anna.vcf
        S: 403
           error need-privileges /{login}/{book}/anna.vcf write-properties
        """,
    )


@pytest.mark.parametrize("request_line", ["GET {}", "HEAD {}", "PROPFIND {}", "REPORT {}"])
@pytest.mark.parametrize("tail", ["", "anna.vcf", "absent.vcf"])
def test_hidden_and_absent_answer_alike(alice: DAVClient, request_line: str, tail: str) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    for login, book in HIDDEN:
        client = DAVClient(alice.application, login, files=alice.files)
        path = f"/{login}/{book}/{tail}"
        heard = client.say([request_line.format(path), "Depth: 0"])
        assert heard[0] == "403"
        assert heard[1:] in ([], [f"error need-privileges {path} read"])
        assert client.last is not None
        assert set(client.last.headers) - {"DAV"} == {"Content-Type", "Content-Length"}


def test_the_config_file_alone_decides_on_books(alice: DAVClient) -> None:
    """Alice manages the book, and yet may not do this to it."""
    play(
        alice,
        """
        C: DELETE /alice/customers/
        S: 403
           error need-privileges /alice/ unbind
        C: DELETE /alice/
        S: 403
           error need-privileges / unbind
        C: MKCOL /alice/new/
        S: 403
           error need-privileges /alice/ bind
        C: MKCOL /alice/customers/
        S: 403
           error need-privileges /alice/ bind
        C: MKCOL /alice/customers/new
        S: 403
           error need-privileges /alice/customers/ bind
        C: PROPPATCH /alice/customers/anna.vcf
        S: 403
           error need-privileges /alice/customers/anna.vcf write-properties
        C: PROPFIND /alice/customers/
           Depth: 0
           <books.xml
        S: 207
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/customers/ 200 displayname = Customers
           ...
        """,
    )
