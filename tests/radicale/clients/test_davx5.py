"""DAVx5 on Android, in requests as its library dav4jvm writes them.

It needs: exact privileges (a book without write-content is read-only, one with unbind may be
deleted), sync-collection announced, a token in every answer to it, ``valid-sync-token`` where one
is unusable, truncation only with a limit, and refusals that it knows: 403 with need-privileges, 409
and 412 make it take the server's card, 404 makes it upload the card as new; any other 403 ends its
sync. It writes vCard 4.0 if that is supported, and heeds max-resource-size.
"""

from __future__ import annotations

import pytest

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

AGENT = "DAVx5/4.4.5-ose (2024/11/26; dav4jvm; okhttp/4.12.0) Android/14"
NS = (
    'xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CARD="urn:ietf:params:xml:ns:carddav"'
)
COLLECTION = (
    f"<?xml version='1.0' encoding='UTF-8' ?><propfind {NS}><prop><resourcetype /><displayname />"
    "<current-user-privilege-set /><CARD:addressbook-description /><CARD:supported-address-data />"
    "<CARD:max-resource-size /><supported-report-set /><owner /><sync-token />"
    '<n0:getctag xmlns:n0="http://calendarserver.org/ns/" /></prop></propfind>'
)
GROUP = vcard("team", "Team", "KIND:group", "MEMBER:urn:uuid:anna", version="4.0")


def sync(token: str, limit: str = "") -> str:
    return (
        f"<?xml version='1.0' encoding='UTF-8' ?><sync-collection {NS}><sync-token>{token}"
        f"</sync-token><sync-level>1</sync-level>{limit}<prop><getetag /></prop></sync-collection>"
    )


@pytest.mark.parametrize(
    ("login", "privileges"),
    [
        ("alice", "read read-current-user-privilege-set write-content bind unbind read-acl"),
        ("bob", "read read-current-user-privilege-set write-content bind unbind"),
        ("carol", "read read-current-user-privilege-set"),
    ],
)
def test_it_sees_at_once_what_a_book_is_and_what_may_be_done_with_it(
    alice: DAVClient, login: str, privileges: str
) -> None:
    play(
        DAVClient(alice.application, login),
        f"""
        C: PROPFIND /{login}/customers/
           User-Agent: {AGENT}
           Content-Type: application/xml; charset=utf-8
           Depth: 0
           {COLLECTION}
        S: 207
           /{login}/customers/ 200 resourcetype = addressbook collection
           /{login}/customers/ 200 displayname = Customers
           /{login}/customers/ 200 current-user-privilege-set = {privileges}
           /{login}/customers/ 200 addressbook-description = Everyone we sell to
           /{login}/customers/ 200 supported-address-data = text/vcard 3.0 text/vcard 4.0
           /{login}/customers/ 200 max-resource-size = 4194304
           /{login}/customers/ 200 supported-report-set = expand-property sync-collection $_
           /{login}/customers/ 200 owner
           /{login}/customers/ 200 sync-token = $_
           /{login}/customers/ 200 getctag = $_
        """,
    )


def test_a_first_sync_and_the_next_one_have_tokens(alice: DAVClient, cards: dict[str, str]) -> None:
    """An answer without a token is an error for it; removed cards are 404."""
    names = play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Depth: 0
           {sync("")}
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           sync-token = $token
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Content-Type: application/xml; charset=utf-8
           <?xml version='1.0' encoding='UTF-8' ?><CARD:addressbook-multiget {NS}><prop>
           <getcontenttype /><getetag />
           <CARD:address-data content-type="text/vcard" version="4.0" /></prop>
           <href>/alice/customers/anna.vcf</href></CARD:addressbook-multiget>
        S: 207
           /alice/customers/anna.vcf 200 getcontenttype = text/vcard;charset=utf-8
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 address-data = BEGIN:VCARD⏎VERSION:4.0⏎$_
        C: DELETE /alice/customers/bert.vcf
           User-Agent: {AGENT}
           If-Match: {cards["bert"]}
        S: 204
        """,
    )
    play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Depth: 0
           {sync(names["token"])}
        S: 207
           /alice/customers/bert.vcf 404
           sync-token = $_
        """,
    )


def test_an_unusable_token_is_named(alice: DAVClient) -> None:
    play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Depth: 0
           {sync("http://radicale.org/ns/sync/0b2c57")}
        S: 403
           error valid-sync-token
        """,
    )


def test_a_limit_truncates_and_the_token_goes_on(alice: DAVClient, cards: dict[str, str]) -> None:
    """It knows 507, and asks on with the token that came along."""
    limit = "<limit><nresults>1</nresults></limit>"
    names = play(
        alice,
        f"""
        C: REPORT /alice/customers/
           Depth: 0
           {sync("", limit)}
        S: 207
           /alice/customers/ 507
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           sync-token = $token
        """,
    )
    play(
        alice,
        f"""
        C: REPORT /alice/customers/
           Depth: 0
           {sync(names["token"], limit)}
        S: 207
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           sync-token = $_
        """,
    )


@pytest.mark.parametrize(
    ("said", "path", "privilege"),
    [
        ("PUT /carol/customers/anna.vcf", "/carol/customers/anna.vcf", "write-content"),
        ("PUT /carol/customers/new.vcf", "/carol/customers/", "bind"),
        ("DELETE /carol/customers/anna.vcf", "/carol/customers/", "unbind"),
    ],
)
def test_what_may_not_be_written_is_refused_in_words_that_undo_it(
    carol: DAVClient, cards: dict[str, str], said: str, path: str, privilege: str
) -> None:
    body = "<anna.vcf" if said.startswith("PUT") else ""
    play(
        carol,
        f"""
        C: {said}
           User-Agent: {AGENT}
           Content-Type: text/vcard; charset=utf-8
           {body or "If-Match: " + cards["anna"]}
        S: 403
           error need-privileges {path} {privilege}
        """,
    )


def test_conflicts_are_409_and_412_and_what_is_gone_is_404(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    """Each makes it take the server's card, or upload its own as a new one."""
    other = {"If-Match": '"other"', "User-Agent": AGENT}
    files = alice.files
    taken = alice.send("PUT", "/alice/customers/new.vcf", {"If-None-Match": "*"}, files["anna.vcf"])
    assert list(alice.render(taken)) == ["409", "error no-uid-conflict /alice/customers/anna.vcf"]
    assert alice.send("PUT", "/alice/customers/anna.vcf", other, files["anna2.vcf"]).status == 412
    assert alice.send("DELETE", "/alice/customers/anna.vcf", other).status == 412
    assert alice.send("DELETE", "/alice/customers/gone.vcf", {"User-Agent": AGENT}).status == 404


def test_a_group_is_a_card_like_any_other(alice: DAVClient, cards: dict[str, str]) -> None:
    assert alice.send("PUT", "/alice/customers/new.vcf", {}, GROUP).status == 201
    assert alice.send("GET", "/alice/customers/new.vcf", {}).body == GROUP


def test_a_card_with_categories_instead_of_groups_comes_back_as_it_was(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    card = vcard("new", "New One", r"CATEGORIES:Sales,A\,B")
    assert alice.send("PUT", "/alice/customers/new.vcf", {}, card).status == 201
    assert alice.send("GET", "/alice/customers/new.vcf", {}).body == card


def test_a_card_that_becomes_a_group_keeps_its_name(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    """It deletes and makes its own copy anew; here that is a change like any other."""
    person = vcard("team", "Team", version="4.0")
    first = alice.send("PUT", "/alice/customers/new.vcf", {}, person)
    matched = {"If-Match": first.headers["ETag"]}
    assert alice.send("PUT", "/alice/customers/new.vcf", matched, GROUP).status == 204
