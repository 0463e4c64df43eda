"""RFC 6578 (sync-collection): truncated answers that go on, depths, and the preconditions."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.organisation import vcard
from tests.radicale.bodies import FILES, propfind, sync
from tests.radicale.dav_client import DAVClient


def put(client: DAVClient, *names: str, edition: int = 0) -> None:
    """Store cards."""
    for name in names:
        body = vcard(name, f"Name {name}", f"NOTE:{edition}")
        assert client.send("PUT", f"/alice/customers/{name}", {}, body).status in (201, 204)


def limited(token: str, limit: int, prop: str = "<getetag/>") -> bytes:
    """Return a sync-collection that takes no more than ``limit`` responses."""
    body = sync(token).decode().replace("<getetag/>", prop)
    limit_ = f"<limit><nresults>{limit}</nresults></limit>"
    return body.replace("<prop>", f"{limit_}<prop>").encode()


def page(client: DAVClient, body: bytes) -> tuple[list[str], bool, str]:
    """Return what changed (``-`` before what is gone), whether there is more, and the token."""
    answer = client.send("REPORT", "/alice/customers/", {"Depth": "0"}, body)
    assert answer.status == 207
    changed, more, token = [], False, ""
    for line in list(client.render(answer))[1:]:
        href, _, rest = line.partition(" ")
        name = href.rpartition("/")[2]
        if line.startswith("sync-token = "):
            token = line.removeprefix("sync-token = ")
        elif rest == "507":
            assert href == "/alice/customers/"
            more = True
        elif rest == "404":
            changed.append(f"-{name}")
        elif " getetag " in line:
            changed.append(name)
    assert token
    return changed, more, token


def test_rfc6578_3_6_a_truncated_sync_goes_on_where_it_ended(alice: DAVClient) -> None:
    """Also from the very first; every card is told once, and none is left out."""
    names = [f"c{number}" for number in range(7)]
    put(alice, *names)
    told: list[str] = []
    token, more, pages = "", True, 0
    while more:
        changed, more, token = page(alice, limited(token, 3))
        assert len(changed) <= 3
        told += changed
        pages += 1
    assert (sorted(told), pages) == (names, 3)
    assert page(alice, sync(token)) == ([], False, token)


def test_rfc6578_3_6_no_change_is_lost_between_the_pages(alice: DAVClient) -> None:
    put(alice, *"abcdef")
    seen, more, token = page(alice, limited("", 2))
    assert (seen, more) == (["a", "b"], True)
    # One that was told, one that was not, one that goes, one that comes.
    put(alice, "a", "e", edition=1)
    assert alice.send("DELETE", "/alice/customers/d", {}).status == 204
    put(alice, "g")
    while more:
        changed, more, token = page(alice, limited(token, 2))
        seen += changed
    there = {name for name in seen if f"-{name}" not in seen and not name.startswith("-")}
    assert there == {*"abcefg"}
    assert seen.count("a") == 2
    listed = alice.send("PROPFIND", "/alice/customers/", {"Depth": "1"}, FILES["etag.xml"]).body
    assert {name for name in "abcdefg" if f"customers/{name}<".encode() in listed} == there


def test_rfc6578_3_4_the_first_pages_tell_of_no_card_that_was_gone_before(alice: DAVClient) -> None:
    put(alice, *"abcd")
    for name in "ab":
        alice.send("DELETE", f"/alice/customers/{name}", {})
    assert page(alice, limited("", 1))[:2] == (["c"], True)
    changed, more, _token = page(alice, limited("", 2))
    assert (changed, more) == (["c", "d"], False)


def test_rfc6578_3_6_what_fits_exactly_is_not_truncated(alice: DAVClient) -> None:
    put(alice, *"abc")
    assert page(alice, limited("", 3))[1] is False
    assert page(alice, limited("", 4))[1] is False


def test_rfc6578_3_6_a_long_sync_without_a_limit_is_never_truncated(alice: DAVClient) -> None:
    """Thunderbird stores the new token and knows of no 507."""
    _, _, token = page(alice, sync())
    put(alice, *(f"n{number:03}" for number in range(250)))
    for body in (sync(token), sync(token).replace(b"<prop>", b"<prop><getcontentlength/>")):
        changed, more, _ = page(alice, body)
        assert (len(changed), more) == (250, False)


def test_rfc6578_3_6_changes_come_with_their_text_when_that_is_asked(alice: DAVClient) -> None:
    """As Thunderbird asks, and 3.7: with a limit, too."""
    _, _, token = page(alice, sync())
    put(alice, *"abc")
    alice.send("DELETE", "/alice/customers/b", {})
    data = '<getetag/><address-data xmlns="urn:ietf:params:xml:ns:carddav"/>'
    for start, limit in ((token, 9), ("", 9), ("", 2)):
        answer = alice.send("REPORT", "/alice/customers/", {}, limited(start, limit, data))
        text = answer.body.decode()
        assert text.count("BEGIN:VCARD") == 2
        assert text.index("UID:a") < text.index("UID:c")


@pytest.mark.parametrize("data", ["", '<address-data xmlns="urn:ietf:params:xml:ns:carddav"/>'])
def test_rfc6578_3_6_each_engine_goes_on_where_it_ended(each_engine: Services, data: str) -> None:
    """Texts are read in between, while the changes are."""
    alice = DAVClient(Application(each_engine), "alice")
    names = [f"c{number:03}" for number in range(130)]
    put(alice, *names)
    alice.send("DELETE", f"/alice/customers/{names[-1]}", {})
    told: list[str] = []
    token, more = "", True
    while more:
        changed, more, token = page(alice, limited(token, 110, f"<getetag/>{data}"))
        told += changed
    # Of a card that is gone a page after the first may tell, as it would on any later day.
    assert told == [*names[:-1], f"-{names[-1]}"]


@pytest.mark.parametrize("limit", ["0", "x", "", "1.5", "9999999999"])
def test_rfc6578_3_7_a_limit_is_a_positive_number(alice: DAVClient, limit: str) -> None:
    body = limited("", 1).replace(b"<nresults>1<", f"<nresults>{limit}<".encode())
    assert alice.send("REPORT", "/alice/customers/", {}, body).status == 400


@pytest.mark.parametrize(
    ("depth", "level", "status"),
    [
        ("0", "1", 207),
        ("0", "infinite", 207),
        # Thunderbird sends the first; older drafts had the depth say what the level says.
        ("1", "1", 207),
        ("infinity", "", 207),
        ("2", "1", 400),
        ("0", "2", 400),
        ("0", "none", 400),
    ],
)
def test_rfc6578_3_3_depth_and_level(alice: DAVClient, depth: str, level: str, status: int) -> None:
    body = sync().replace(b"<sync-level>1<", f"<sync-level>{level}<".encode())
    answer = alice.send("REPORT", "/alice/customers/", {"Depth": depth}, body)
    assert answer.status == status


def test_rfc6578_3_2_a_request_without_a_token_is_malformed(alice: DAVClient) -> None:
    body = sync().replace(b"<sync-token></sync-token>", b"")
    assert alice.send("REPORT", "/alice/customers/", {}, body).status == 400


def test_rfc6578_4_the_token_is_not_in_an_allprop(alice: DAVClient) -> None:
    everything = alice.say(["PROPFIND /alice/customers/", "Depth: 0"])
    assert not [line for line in everything if "sync-token" in line]
    answer = alice.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, propfind("sync-token"))
    assert "tag:dirserver,2026:sync/" in answer.body.decode()


def test_rfc6578_3_1_only_books_can_be_synchronised(alice: DAVClient) -> None:
    put(alice, "a")
    for path in ("/", "/alice/", "/alice/customers/a"):
        answer = alice.send("REPORT", path, {}, sync())
        assert list(alice.render(answer)) == ["403", "error supported-report"]
