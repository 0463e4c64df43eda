"""expand-property (RFC 3253 section 3.8): one request for what discovery takes several for."""

from __future__ import annotations

import pytest

from dirserver_radicale.application import Application
from tests.conversation import play
from tests.radicale.dav_client import DAVClient


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here, which change nothing."""
    return standing


def expand(client: DAVClient, path: str, inner: str, depth: str = "0") -> str:
    """Return the body of what expand-property answers."""
    body = f'<expand-property xmlns="DAV:">{inner}</expand-property>'.encode()
    answer = client.send("REPORT", path, {"Depth": depth}, body)
    assert answer.status == 207
    return answer.body.decode()


def test_rfc3253_3_8_hrefs_are_replaced_by_what_they_point_to(alice: DAVClient) -> None:
    told = expand(
        alice,
        "/",
        '<property name="current-user-principal"><property name="displayname"/>'
        '<property name="addressbook-home-set" namespace="urn:ietf:params:xml:ns:carddav">'
        '<property name="resourcetype"/><property name="getetag"/></property></property>',
    )
    assert told.count("<response>") == 3
    assert "<current-user-principal><response><href>/alice/</href>" in told
    assert "<displayname>Alice Example</displayname>" in told
    assert "<C:addressbook-home-set><response><href>/alice/</href>" in told
    assert "<resourcetype><principal/><collection/></resourcetype>" in told
    assert "<getetag/></prop><status>HTTP/1.1 404 Not Found</status>" in told


def test_rfc3253_3_8_a_property_without_others_in_it_stays_as_it_is(alice: DAVClient) -> None:
    told = expand(
        alice, "/alice/customers/", '<property name="displayname"/><property name="owner"/>'
    )
    assert "<displayname>Customers</displayname><owner/>" in told


def test_rfc3253_3_8_what_one_may_not_know_of_stays_an_href(alice: DAVClient) -> None:
    of_the_root = '<property name="none" namespace="urn:x"/>'
    inner = f'<property name="principal-collection-set">{of_the_root}</property>'
    assert '<X:none xmlns:X="urn:x"/>' in expand(alice, "/", inner)
    members = '<property name="acl"><property name="displayname"/></property>'
    told = expand(alice, "/alice/customers/", members)
    assert "<principal><response><href>/group%3Asales/</href>" in told
    assert "<displayname>Sales</displayname>" in told


def test_rfc3744_9_the_report_is_there_for_cards_too(alice: DAVClient) -> None:
    """On every resource; it is announced there, and works."""
    alice.say(["PUT /alice/customers/x", "<anna.vcf"])
    told = expand(
        alice,
        "/alice/customers/x",
        '<property name="getetag"/><property name="getcontentlength"/><property name="none"/>'
        '<property name="current-user-principal"><property name="displayname"/></property>',
    )
    assert '<href>/alice/customers/x</href><propstat><prop><getetag>"' in told
    assert "<getcontentlength>" in told
    assert "<displayname>Alice Example</displayname>" in told
    assert "<prop><none/></prop><status>HTTP/1.1 404 Not Found</status>" in told
    body = b'<expand-property xmlns="DAV:"/>'
    assert alice.send("REPORT", "/alice/customers/absent", {}, body).status == 404
    assert alice.send("DELETE", "/alice/customers/x", {}).status == 204


def test_everybody_in_every_group_again_and_again_is_too_much(alice: DAVClient) -> None:
    """Each level of the request would multiply the answer."""
    inner = ""
    for _ in range(12):
        inner = (
            f'<property name="current-user-principal">{inner}</property>'
            f'<property name="principal-URL">{inner}</property>'
        )
    body = f'<expand-property xmlns="DAV:">{inner}</expand-property>'.encode()
    answer = alice.send("REPORT", "/alice/", {"Depth": "0"}, body)
    assert list(alice.render(answer)) == ["403", "error number-of-matches-within-limits"]


@pytest.mark.parametrize(
    "inner",
    [
        "<property/>",
        '<property name=""/>',
        '<property name="a b"/>',
        '<property name="x&gt;"/>',
        '<property name="a" namespace="http://www.w3.org/2000/xmlns/"/>',
    ],
)
def test_a_property_has_a_name(alice: DAVClient, inner: str) -> None:
    play(
        alice,
        f"""
        C: REPORT /alice/
           <expand-property xmlns="DAV:">{inner}</expand-property>
        S: 400
           The request is malformed.
        """,
    )
