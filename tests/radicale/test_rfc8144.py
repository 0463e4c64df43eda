"""RFC 8144: what clients prefer, and that they are told what was honoured (RFC 7240)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.headers.prefer import Preferences, read_preferences
from tests.conversation import play
from tests.radicale.bodies import FILES, multiget
from tests.radicale.dav_client import DAVClient

MINIMAL = {"Prefer": "return=minimal"}
SHOWN = {"Prefer": "return=representation"}
ANNA = "/alice/customers/anna.vcf"
EXPAND = (
    b'<expand-property xmlns="DAV:"><property name="displayname"/><property name="creationdate"/>'
    b"</expand-property>"
)


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here; they take away what they store."""
    return standing


@pytest.fixture
def anna(alice: DAVClient) -> Iterator[str]:
    """The etag of Anna's card, which is there."""
    yield alice.send("PUT", ANNA, {}, FILES["anna.vcf"]).headers["ETag"]
    alice.send("DELETE", ANNA, {})


@pytest.mark.parametrize("preference", ["Prefer: return=minimal", "Brief: t"])
def test_rfc8144_2_1_what_there_is_not_is_left_out(
    alice: DAVClient, anna: str, preference: str
) -> None:
    """Phones of Apple say it as ``Brief``."""
    play(
        alice,
        f"""
        C: PROPFIND /alice/customers/
           Depth: 1
           {preference}
           <propfind xmlns="DAV:"><prop><getetag/><displayname/><creationdate/></prop></propfind>
        S: 207
           Preference-Applied: return=minimal
           /alice/customers/ 200 getetag = $_
           /alice/customers/ 200 displayname = Customers
           /alice/customers/anna.vcf 200 getetag = {anna}
        C: PROPFIND /alice/customers/
           Depth: 1
           {preference}
           <propfind xmlns="DAV:"><prop><creationdate/></prop></propfind>
        S: 207
           Preference-Applied: return=minimal
           /alice/customers/ 200
           /alice/customers/anna.vcf 200
        """,
    )


def test_rfc8144_2_1_reports_are_minimal_too(alice: DAVClient, anna: str) -> None:
    body = multiget(ANNA).replace(b"<getetag/>", b'<getetag/><x xmlns="urn:x"/>')
    for path, asked in (("/alice/customers/", body), ("/alice/", EXPAND)):
        full = alice.send("REPORT", path, {"Depth": "0"}, asked)
        assert b"404" in full.body
        assert "Preference-Applied" not in full.headers
        short = alice.send("REPORT", path, {"Depth": "0", **MINIMAL}, asked)
        assert b"404" not in short.body
        assert short.headers["Preference-Applied"] == "return=minimal"
    # A card that is not there is no property that is not there.
    absent = alice.send("REPORT", "/alice/customers/", MINIMAL, multiget(f"{ANNA}x"))
    assert list(alice.render(absent))[2:] == [f"{ANNA}x 404"]


def test_rfc8144_2_2_a_proppatch_that_goes_well_says_nothing_more(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PROPPATCH /alice/customers/
           Prefer: return=minimal
           <propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set>
           </propertyupdate>
        S: 200
           Preference-Applied: return=minimal
        C: PROPPATCH /alice/customers/
           Prefer: return=minimal
           <propertyupdate xmlns="DAV:"><remove><prop><x xmlns="urn:x"/></prop></remove>
           <set><prop><getetag>1</getetag></prop></set></propertyupdate>
        S: 207
           /alice/customers/ 424 x
           /alice/customers/ 403 getetag
        """,
    )


def test_rfc8144_3_1_what_was_stored_is_shown(alice: DAVClient) -> None:
    made = alice.send("PUT", ANNA, SHOWN, FILES["anna.vcf"])
    moved = {**SHOWN, "Destination": "/alice/staff/a b.vcf"}
    for status, answer, path in (
        (201, made, ANNA),
        (200, alice.send("PUT", ANNA, SHOWN, FILES["anna.vcf"]), ANNA),
        (201, alice.send("COPY", ANNA, moved), "/alice/staff/a%20b.vcf"),
        (200, alice.send("MOVE", ANNA, moved), "/alice/staff/a%20b.vcf"),
    ):
        assert (answer.status, answer.body) == (status, FILES["anna.vcf"])
        assert answer.headers["Content-Location"] == path
        assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8"
        assert answer.headers["ETag"] == made.headers["ETag"]
        assert answer.headers["Preference-Applied"] == "return=representation"
    assert alice.send("DELETE", "/alice/staff/a b.vcf", SHOWN).status == 204


def test_rfc8144_3_2_whoever_is_late_is_shown_what_there_is(alice: DAVClient, anna: str) -> None:
    late = {**SHOWN, "If-Match": '"other"'}
    answer = alice.send("PUT", ANNA, late, FILES["anna2.vcf"])
    assert (answer.status, answer.body) == (412, FILES["anna.vcf"])
    assert (answer.headers["ETag"], answer.headers["Content-Location"]) == (anna, ANNA)
    assert answer.headers["Preference-Applied"] == "return=representation"
    nothing = alice.send("PUT", "/alice/customers/bert.vcf", late, FILES["bert.vcf"])
    assert nothing.status == 412
    assert "Preference-Applied" not in nothing.headers


def test_whoever_is_late_by_a_moment_is_shown_what_has_just_been_stored(
    alice: DAVClient, anna: str, standing: Application
) -> None:
    """Of changes that are stored together, nobody else can read the first before all are."""
    writes, headers = standing.writes, {**SHOWN, "If-Match": anna}
    heard: list[tuple[str, str | None]] = []

    def hear(status: str, fields: list[tuple[str, str]]) -> None:
        heard.append((status[:3], dict(fields).get("ETag")))

    bodies = []
    with writes.together():
        for name in ("anna2.vcf", "anna.vcf"):
            environ = alice._environ("PUT", ANNA, headers, FILES[name])
            bodies.append(b"".join(writes(environ, hear)))
    assert bodies == [FILES["anna2.vcf"]] * 2
    now = alice.send("GET", ANNA, {}).headers["ETag"]
    assert heard == [("200", now), ("412", now)]


def test_who_may_not_write_is_shown_nothing(bob: DAVClient, alice: DAVClient) -> None:
    alice.send("PUT", "/alice/secret/cora.vcf", {}, FILES["cora.vcf"])
    for path in ("/bob/secret/cora.vcf", "/alice/secret/cora.vcf", "/bob/staff/none.vcf"):
        answer = bob.send("PUT", path, {**SHOWN, "If-Match": '"x"'}, FILES["cora.vcf"])
        assert answer.status == 403
        assert b"need-privileges" in answer.body
    alice.send("DELETE", "/alice/secret/cora.vcf", {})


def test_an_answer_that_is_short_anyway_is_told_to_be(alice: DAVClient) -> None:
    """Evolution prefers that of every PUT."""
    put = alice.send("PUT", ANNA, MINIMAL, FILES["anna.vcf"])
    assert (put.status, put.body, put.headers["Preference-Applied"]) == (201, b"", "return=minimal")
    assert "Preference-Applied" not in alice.send("DELETE", ANNA, MINIMAL).headers


@pytest.mark.parametrize(
    "headers", [{"Depth": "1", "Prefer": "depth-noroot"}, {"Depth": "1,noroot"}]
)
def test_rfc8144_4_a_client_that_knows_the_collection_is_not_told_of_it(
    alice: DAVClient, anna: str, headers: dict[str, str]
) -> None:
    answer = alice.send("PROPFIND", "/alice/customers/", headers, FILES["etag.xml"])
    told = list(alice.render(answer))
    assert told == ["207", "Preference-Applied: depth-noroot", f"{ANNA} 200 getetag = {anna}"]
    preferred = ", ".join([*headers.get("Prefer", "").split(), "return=minimal"])
    both = {**headers, "Prefer": preferred}
    home = alice.send("PROPFIND", "/alice/", both, FILES["types.xml"])
    assert b"<href>/alice/</href>" not in home.body
    assert home.headers["Preference-Applied"] == "return=minimal, depth-noroot"


@pytest.mark.parametrize(("depth", "path"), [("0", "/alice/customers/"), ("1", ANNA)])
def test_rfc8144_4_only_what_is_in_a_collection_is_without_it(
    alice: DAVClient, anna: str, depth: str, path: str
) -> None:
    headers = {"Depth": depth, "Prefer": "depth-noroot"}
    answer = alice.send("PROPFIND", path, headers, FILES["etag.xml"])
    assert answer.body.count(b"<response>") == 1
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize("depth", ["1,root", "2,noroot", "noroot", "1,noroot,noroot"])
def test_a_depth_with_something_else_is_none(alice: DAVClient, depth: str) -> None:
    assert alice.send("PROPFIND", "/alice/", {"Depth": depth}, FILES["etag.xml"]).status == 400


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Preferences()),
        ("return=minimal", Preferences(minimal=True)),
        ('Return = "minimal"', Preferences(minimal=True)),
        ("return=minimal; foo=bar, wait=10", Preferences(minimal=True)),
        ("return=representation, return=minimal", Preferences(representation=True)),
        ("respond-async, depth-noroot", Preferences(noroot=True)),
        ('x="return=minimal, depth-noroot"', Preferences()),
        ("return=everything", Preferences()),
        ("return", Preferences()),
        ('x="', Preferences()),
        (",,;=,", Preferences()),
    ],
)
def test_rfc7240_2_a_preference_is_read(header: str, expected: Preferences) -> None:
    assert read_preferences({"HTTP_PREFER": header}) == expected


def test_what_is_said_in_new_words_counts_before_the_old() -> None:
    both = {"HTTP_PREFER": "return=representation", "HTTP_BRIEF": "t"}
    assert read_preferences(both) == Preferences(representation=True)
    assert read_preferences({"HTTP_BRIEF": "f"}) == Preferences()
