"""RFC 3744 (access control), the side that reads; there is no ACL method, and none is announced."""

from __future__ import annotations

import pytest

from dirserver_radicale.application import Application
from tests.conversation import play
from tests.radicale.bodies import propfind
from tests.radicale.dav_client import DAVClient

READ = "read read-current-user-privilege-set"
WRITE = f"{READ} write-content bind unbind"


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here, which change nothing but for one card."""
    return standing


def told(client: DAVClient, path: str, *properties: str) -> list[str]:
    """Return what a PROPFIND of these properties tells, without the path."""
    answer = client.send("PROPFIND", path, {"Depth": "0"}, propfind(*properties))
    assert answer.status == 207
    return [line.removeprefix(f"{path} ") for line in list(client.render(answer))[1:]]


def report(client: DAVClient, path: str, body: str, depth: str = "0") -> list[str]:
    """Return what a report answers; its elements are in DAV's namespace."""
    name = body[1:].partition(">")[0].partition(" ")[0].rstrip("/")
    spelled = body.replace(
        f"<{name}",
        f'<{name} xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"',
        1,
    )
    return list(client.render(client.send("REPORT", path, {"Depth": depth}, spelled.encode())))


def test_rfc3744_4_every_principal_has_its_properties(alice: DAVClient) -> None:
    names = (
        "displayname",
        "alternate-URI-set",
        "principal-URL",
        "group-member-set",
        "group-membership",
        "CS:email-address-set",
    )
    assert told(alice, "/alice/", *names) == [
        "200 displayname = Alice Example",
        "200 alternate-URI-set = mailto:alice@example.org",
        "200 principal-URL = /alice/",
        "200 group-member-set",
        "200 group-membership",
        "200 email-address-set = alice@example.org",
    ]
    assert told(alice, "/group%3Asales/", "resourcetype", *names) == [
        "200 resourcetype = principal",
        "200 displayname = Sales",
        "200 alternate-URI-set",
        "200 principal-URL = /group%3Asales/",
        "200 group-member-set = /bob/",
        "200 group-membership",
        "200 email-address-set",
    ]


def test_rfc3744_4_4_the_groups_of_a_user(bob: DAVClient) -> None:
    assert told(bob, "/bob/", "group-membership") == ["200 group-membership = /group%3Asales/"]


def test_who_manages_a_book_knows_everybody_and_others_only_their_own(
    alice: DAVClient, bob: DAVClient
) -> None:
    """Whom one may not know of does not exist: hidden and absent answer alike."""
    assert told(alice, "/bob/", "resourcetype", "displayname", "C:addressbook-home-set") == [
        "200 resourcetype = principal",
        "200 displayname = Bob Example",
        "404 addressbook-home-set",
    ]
    assert told(bob, "/group%3Asales/", "displayname") == ["200 displayname = Sales"]
    for path in ("/alice/", "/zeno/", "/group%3Asupport/", "/group%3Anone/", "/everyone/"):
        heard = bob.say([f"PROPFIND {path}", "Depth: 0", "<books.xml"])
        assert heard == ["403", f"error need-privileges {path} read"]
    heard = alice.say(["PROPFIND /bob/", "Depth: 1", "<types.xml"])
    assert heard == ["207", "/bob/ 200 resourcetype = principal"]
    assert alice.say(["PROPFIND /bob/customers/", "Depth: 0", "<types.xml"])[0] == "403"


@pytest.mark.parametrize("path", ["/", "/alice/", "/alice/customers/", "/alice/customers/x"])
def test_rfc3744_5_every_resource_has_the_properties_of_access_control(
    alice: DAVClient, path: str
) -> None:
    alice.say(["PUT /alice/customers/x", "<anna.vcf"])
    names = (
        "owner",
        "group",
        "supported-privilege-set",
        "current-user-privilege-set",
        "acl-restrictions",
        "inherited-acl-set",
        "principal-collection-set",
    )
    heard = told(alice, path, *names)
    assert [line.split(" ")[:2] for line in heard] == [["200", name] for name in names]
    assert heard[-1] == "200 principal-collection-set = /"
    assert heard[-3] == "200 acl-restrictions = grant-only no-invert"
    everything = alice.say([f"PROPFIND {path}", "Depth: 0"])
    assert not [line for line in everything if any(name in line for name in names)]


def test_rfc3744_5_3_every_privilege_that_is_told_of_is_in_the_tree(alice: DAVClient) -> None:
    tree = told(alice, "/alice/customers/", "supported-privilege-set")[0]
    for name in (*WRITE.split(), "write", "write-properties", "read-acl", "all"):
        assert f" {name} " in f"{tree} ".replace("  ", " ")
    assert "write-acl" not in tree


def test_rfc3744_5_5_the_acl_is_for_those_who_manage(alice: DAVClient, bob: DAVClient) -> None:
    """What only LDAP allows (search) is no privilege here, and is not told."""
    acl = told(alice, "/alice/customers/", "acl")
    assert acl == [
        f"200 acl = /alice/ {WRITE} read-acl protected"
        f" /group%3Asales/ {WRITE} protected /group%3Asupport/ {READ} protected"
    ]
    alice.say(["PUT /alice/customers/x", "<anna.vcf"])
    (on_card,) = told(alice, "/alice/customers/x", "acl")
    assert on_card.count(" /alice/customers/") == 3
    assert told(alice, "/alice/customers/x", "inherited-acl-set") == [
        "200 inherited-acl-set = /alice/customers/"
    ]
    for path in ("/bob/customers/", "/bob/customers/x", "/bob/", "/"):
        assert told(bob, path, "displayname", "acl")[-1].startswith(("403 acl", "404"))
        assert "403 acl" in told(bob, path, "acl")
    assert "403 acl" in told(alice, "/alice/staff/", "acl")


def test_rfc3744_5_5_a_grant_to_everyone_is_to_all_who_log_in(
    standing: Application, alice: DAVClient
) -> None:
    """There are no cards for those who do not."""
    for kind in ("anonymous", "dave"):
        assert kind not in told(alice, "/alice/customers/", "acl")[0]


SEARCH = (
    """<principal-property-search{}>{}<prop><displayname/></prop>{}</principal-property-search>"""
)
BY_NAME = "<property-search><prop><displayname/></prop><match>{}</match></property-search>"
BY_MAIL = "<property-search><prop><CS:email-address-set/></prop><match>{}</match></property-search>"
EVERYWHERE = "<apply-to-principal-collection-set/>"


@pytest.mark.parametrize(
    ("attributes", "tests", "found"),
    [
        ("", BY_NAME.format("EXAMPLE"), ["alice", "bob", "carol", "dave", "erin"]),
        ("", BY_NAME.format("bob"), ["bob"]),
        ("", BY_NAME.format("sal"), ["group%3Asales"]),
        ("", BY_NAME.format("nobody"), []),
        ("", BY_MAIL.format("carol@"), ["carol"]),
        ("", BY_NAME.format("bob") + BY_MAIL.format("carol"), []),
        (' test="anyof"', BY_NAME.format("bob") + BY_MAIL.format("carol"), ["bob", "carol"]),
        (' test="allof"', BY_NAME.format("bob") + BY_MAIL.format("example"), ["bob"]),
        ("", "<property-search><prop><owner/></prop><match/></property-search>", []),
    ],
)
def test_rfc3744_9_4_principal_property_search(
    alice: DAVClient, attributes: str, tests: str, found: list[str]
) -> None:
    for path, where in (("/", ""), ("/alice/", EVERYWHERE), ("/", EVERYWHERE)):
        heard = report(alice, path, SEARCH.format(attributes, tests, where))
        assert heard[0] == "207"
        assert [line.split(" ")[0] for line in heard[1:]] == [f"/{each}/" for each in found]
    assert report(alice, "/alice/", SEARCH.format("", BY_NAME.format("bob"), "")) == ["207"]


def test_rfc3744_9_4_a_search_finds_nobody_whom_one_may_not_know(bob: DAVClient) -> None:
    heard = report(bob, "/", SEARCH.format("", BY_NAME.format("e"), EVERYWHERE))
    assert heard == [
        "207",
        "/bob/ 200 displayname = Bob Example",
        "/group%3Asales/ 200 displayname = Sales",
    ]


@pytest.mark.parametrize(
    "body", ["<principal-property-search/>", SEARCH.format("", "<property-search/>", "")]
)
def test_rfc3744_9_4_a_search_searches_for_something(alice: DAVClient, body: str) -> None:
    assert report(alice, "/", body)[0] == "400"


def test_rfc3744_9_5_principal_search_property_set(alice: DAVClient) -> None:
    for path in ("/", "/alice/", "/bob/"):
        answer = alice.send(
            "REPORT", path, {"Depth": "0"}, b'<principal-search-property-set xmlns="DAV:"/>'
        )
        assert answer.status == 200
        assert b"<prop><displayname/></prop>" in answer.body
        assert b"<prop><CS:email-address-set/></prop>" in answer.body


def test_rfc3744_9_3_principal_match(bob: DAVClient) -> None:
    itself = "<principal-match><self/><prop><displayname/></prop></principal-match>"
    assert report(bob, "/", itself) == [
        "207",
        "/bob/ 200 displayname = Bob Example",
        "/group%3Asales/ 200 displayname = Sales",
    ]
    mine = "<principal-match><principal-property><owner/></principal-property></principal-match>"
    assert report(bob, "/", mine) == ["207", "/bob/ 200"]
    assert report(bob, "/", "<principal-match/>")[0] == "400"


def test_rfc3744_9_2_acl_principal_prop_set(alice: DAVClient, bob: DAVClient) -> None:
    body = "<acl-principal-prop-set><prop><displayname/></prop></acl-principal-prop-set>"
    assert report(alice, "/alice/customers/", body) == [
        "207",
        "/alice/ 200 displayname = Alice Example",
        "/group%3Asales/ 200 displayname = Sales",
        "/group%3Asupport/ 200 displayname = Support",
    ]
    assert report(bob, "/bob/customers/", body) == ["403", "error supported-report"]


@pytest.mark.parametrize(
    "name",
    ["principal-property-search", "principal-search-property-set", "principal-match"],
)
def test_rfc3744_9_these_reports_are_defined_for_depth_0(alice: DAVClient, name: str) -> None:
    assert report(alice, "/", f"<{name}/>", depth="1")[0] == "400"


ON_PRINCIPALS = (
    "expand-property principal-property-search principal-search-property-set principal-match"
)
ON_BOOKS = "expand-property sync-collection addressbook-multiget addressbook-query"


@pytest.mark.parametrize(
    ("path", "reports"),
    [
        ("/", ON_PRINCIPALS),
        ("/alice/", ON_PRINCIPALS),
        ("/alice/customers/", f"{ON_BOOKS} acl-principal-prop-set"),
        ("/alice/staff/", ON_BOOKS),
    ],
)
def test_rfc3253_3_1_5_the_reports_that_there_are_are_told(
    alice: DAVClient, path: str, reports: str
) -> None:
    assert told(alice, path, "supported-report-set") == [f"200 supported-report-set = {reports}"]


def test_rfc3744_7_2_access_control_is_not_announced_without_the_acl_method(
    alice: DAVClient,
) -> None:
    play(
        alice,
        """
        C: OPTIONS /alice/customers/
        S: 200
           DAV: 1, 3, addressbook
           ...
        C: ACL /alice/customers/
        S: 405
           ...
        """,
    )
