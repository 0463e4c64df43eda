"""addressbook-multiget (RFC 6352 section 8.7)."""

from __future__ import annotations

import pytest

from tests.conversation import play
from tests.radicale.bodies import multiget
from tests.radicale.dav_client import HOST, DAVClient


@pytest.fixture
def two(alice: DAVClient) -> DAVClient:
    """Alice, who has stored anna.vcf and bert.vcf."""
    for name in ("anna", "bert"):
        alice.say([f"PUT /alice/customers/{name}.vcf", f"<{name}.vcf"])
    return alice


def hrefs(client: DAVClient, path: str, *asked: str) -> list[str]:
    """Return href and status of what a multiget at ``path`` answers."""
    client.send("REPORT", path, {"Depth": "0"}, multiget(*asked))
    assert client.last is not None
    assert client.last.status == 207
    heard = list(client.render(client.last))
    return sorted({" ".join(line.split(" ")[:2]) for line in heard[1:]})


def test_cards_come_with_their_etags_and_the_missing_with_404(two: DAVClient) -> None:
    play(
        two,
        """
        C: REPORT /alice/customers/
           Depth: 1
           <C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           <prop><getetag/><C:address-data/><displayname/></prop>
           <href>/alice/customers/anna.vcf</href>
           <href>/alice/customers/absent.vcf</href>
           </C:addressbook-multiget>
        S: 207
           /alice/customers/absent.vcf 404
           /alice/customers/anna.vcf 200 getetag = $_
           /alice/customers/anna.vcf 200 address-data = <anna.vcf
           /alice/customers/anna.vcf 404 displayname
        """,
    )


@pytest.mark.parametrize(
    "spelling",
    [
        "/alice/customers/anna.vcf",
        f"http://{HOST}/alice/customers/anna.vcf",
        f"https://{HOST}:8443/alice/customers/anna.vcf",
        "/alice/customers/%61nna%2Evcf",
        "  /alice/customers/anna.vcf\n  ",
        "/alice/./customers//anna.vcf",
        "/alice/customers/anna.vcf?x=1",
    ],
)
def test_hrefs_may_be_paths_or_urls_in_any_spelling(two: DAVClient, spelling: str) -> None:
    """KDE asks with absolute URLs; the answer has one spelling always."""
    assert hrefs(two, "/alice/customers/", spelling) == ["/alice/customers/anna.vcf 200"]


def test_a_card_that_is_asked_for_twice_comes_once(two: DAVClient) -> None:
    asked = ["/alice/customers/anna.vcf", "/alice/customers/%61nna.vcf"]
    assert hrefs(two, "/alice/customers", *asked) == ["/alice/customers/anna.vcf 200"]


def test_cards_of_other_books_are_not_found_in_this_one(two: DAVClient, bob: DAVClient) -> None:
    two.say(["PUT /alice/secret/s.vcf", "<cora.vcf"])
    asked = ["/bob/secret/s.vcf", "/alice/secret/s.vcf", "/bob/staff/", "/", "/bob/customers/../x"]
    found = hrefs(bob, "/bob/customers/", *asked)
    assert not [line for line in found if line.endswith(" 200")]


def test_a_single_card_answers_reports_too(two: DAVClient) -> None:
    """RFC 6352 section 8: on all address object resources; announced there as well."""
    asked = ["/alice/customers/anna.vcf"]
    assert hrefs(two, "/alice/customers/anna.vcf", *asked) == ["/alice/customers/anna.vcf 200"]


def test_kde_asks_for_allprop_within_address_data(two: DAVClient) -> None:
    play(
        two,
        """
        C: REPORT /alice/customers/
           <addressbook-multiget xmlns="urn:ietf:params:xml:ns:carddav"><prop xmlns="DAV:">
           <address-data xmlns="urn:ietf:params:xml:ns:carddav"><allprop xmlns="DAV:"/>
           </address-data></prop><href xmlns="DAV:">/alice/customers/bert.vcf</href>
           </addressbook-multiget>
        S: 207
           /alice/customers/bert.vcf 200 address-data = <bert.vcf
        """,
    )


@pytest.mark.parametrize(
    ("prop", "told"),
    [
        ("", "200 getetag = $_"),
        ("<prop/>", "200 getetag = $_"),
        ('<prop><x xmlns=""/></prop>', "404 x"),
    ],
)
def test_without_any_property_the_cards_are_still_listed(
    two: DAVClient, prop: str, told: str
) -> None:
    play(
        two,
        f"""
        C: REPORT /alice/customers/
           <C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           {prop}<href>/alice/customers/bert.vcf</href></C:addressbook-multiget>
        S: 207
           /alice/customers/bert.vcf {told}
        """,
    )


@pytest.mark.parametrize(
    ("href", "told"),
    [
        ("", ""),
        (" ", ""),
        ("http://[", "http://["),
        ("/alice/customers/%FF.vcf", "/alice/customers/%FF.vcf"),
        ("/alice/customers/%ED%A0%80", "/alice/customers/%ED%A0%80"),
        ("/%FF?a=1&amp;b=ä&lt;", "/%FF?a=1&b=%C3%A4%3C"),
    ],
)
def test_an_href_that_cannot_be_read_is_not_found_and_the_others_are(
    two: DAVClient, href: str, told: str
) -> None:
    """Section 8.7: each href has an answer of its own, so that one does not stop a whole sync."""
    heard = hrefs(two, "/alice/customers/", href, "/alice/customers/anna.vcf")
    assert heard == sorted([f"{told} 404", "/alice/customers/anna.vcf 200"])


@pytest.mark.parametrize("name", ["%00", "a%00b", "%0A", "&#xFFFD;", "%7F", "x" * 400])
def test_a_name_that_no_card_can_have_is_not_found(two: DAVClient, name: str) -> None:
    """NUL is nothing that PostgreSQL takes, not even in a search."""
    asked = [f"/alice/customers/{name}", "/alice/customers/anna.vcf"]
    found = hrefs(two, "/alice/customers/", *asked)
    assert sorted(line.rpartition(" ")[2] for line in found) == ["200", "404"]


def test_a_thousand_cards_come_in_one_answer(alice: DAVClient) -> None:
    """Thunderbird asks for 500 at once; the database takes them in parts."""
    asked = [f"/alice/customers/{number}.vcf" for number in range(1200)]
    assert len(hrefs(alice, "/alice/customers/", *asked)) == 1200
