"""Everybody tries everything over CardDAV.

What must come of it is said in ``table``, and here in the privilege that each request needs. What
is hidden must be answered as what is absent, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.assembly import Services
from dirserver.directory import AuditFilter
from dirserver.model.audit import Outcome
from tests.directory.acts import events
from tests.organisation import vcard
from tests.radicale import bodies
from tests.system.dav import Answer, C, D, DAVClient
from tests.system.permissions.table import (
    BOOKS,
    CARDS,
    NOBODY,
    PAIRS,
    PEOPLE,
    PERSONAL,
    Book,
    Level,
    card_of,
    having,
    hidden_from,
    level_of,
    never_was,
)

ALL = set(CARDS)
IDS = [f"{person}-{book.slug}" for person, book in PAIRS]

# What is sent.
TITLE = bodies.query(bodies.prop_filter("TITLE", "chief"))
ORG = bodies.query(bodies.prop_filter("ORG", "acme"))
NO_ORG = bodies.query('<C:prop-filter name="ORG"><C:is-not-defined/></C:prop-filter>')
NOT_ACME = bodies.query(bodies.prop_filter("ORG", "acme", ' negate-condition="yes"'))
EITHER = bodies.query(
    bodies.prop_filter("ORG", "acme") + bodies.prop_filter("TITLE", "chief"), ' test="allof"'
)
EVERYTHING = bodies.query("")
PRIVILEGES = bodies.propfind("current-user-privilege-set", "getetag", "getcontentlength")
SYNC = bodies.sync()
READ = {"read", "read-current-user-privilege-set"}


# What of a book nobody may set.
PROPERTY = (
    b'<propertyupdate xmlns="DAV:"><set><prop><getetag>x</getetag></prop></set></propertyupdate>'
)


def reports(path: str) -> dict[str, tuple[str, str, bytes]]:
    """Return everything that only reads: a name, and method, path and body."""
    hrefs = [f"{path}{uid}.vcf" for uid in (*CARDS, "absent")]
    return {
        "book": ("PROPFIND", path, PRIVILEGES),
        "card": ("PROPFIND", f"{path}anna.vcf", PRIVILEGES),
        "get card": ("GET", f"{path}anna.vcf", b""),
        "get book": ("GET", path, b""),
        "get absent": ("GET", f"{path}absent.vcf", b""),
        "head": ("HEAD", f"{path}anna.vcf", b""),
        "sync": ("REPORT", path, SYNC),
        "multiget": ("REPORT", path, bodies.multiget(*hrefs)),
        "title": ("REPORT", path, TITLE),
        "org": ("REPORT", path, ORG),
        "no org": ("REPORT", path, NO_ORG),
        "not acme": ("REPORT", path, NOT_ACME),
        "both": ("REPORT", path, EITHER),
        "all": ("REPORT", path, EVERYTHING),
        "of card": ("REPORT", f"{path}anna.vcf", ORG),
        "unknown": ("REPORT", path, b'<version-tree xmlns="DAV:"/>'),
        "change book": ("PROPPATCH", path, PROPERTY),
        "make book": ("MKCOL", path, b""),
        "delete book": ("DELETE", path, b""),
    }


OTHERS = [
    ("/PERSON", "nobody"),
    ("/PERSON", "never-was"),
    ("/boss", "nobody"),
    ("/boss", "personal"),
    ("/boss", "never-was"),
    ("/frank", "personal"),
]
DORA = vcard("dora", "Dora Dietz")


def ask(client: DAVClient, method: str, path: str, body: bytes, **headers: str) -> Answer:
    """Send a request for one level below, or for the very thing."""
    depth = "1" if method == "PROPFIND" and path.endswith("/") else "0"
    return client.request(method, path, body, {"Depth": depth, **headers})


def seen(answer: Answer, path: str) -> set[str]:
    """Return the uids of the cards in a multistatus."""
    hrefs = [href for href, one in answer.responses().items() if one.find(f"{D}status") is None]
    return {href.removeprefix(path).removesuffix(".vcf") for href in hrefs} - {""}


def etags(answer: Answer) -> dict[str, str]:
    """Return the etags of a multistatus by href."""
    return {href: one.findtext(f".//{D}getetag") or "" for href, one in answer.responses().items()}


def told(answer: Answer, slug: str) -> tuple[int, bytes, dict[str, str]]:
    """Return all that an answer tells, but for the name of the book."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status, answer.body.replace(slug.encode(), b"BOOK"), headers


@pytest.mark.parametrize("person", [*PEOPLE, NOBODY])
def test_a_home_has_the_books_that_can_be_read(
    dav: Callable[[str], DAVClient], person: str
) -> None:
    answer = ask(dav(person), "PROPFIND", f"/{person}/", bodies.propfind("resourcetype"))
    if person == NOBODY:
        assert answer.status == 401
        return
    known = [*BOOKS, *PERSONAL.values()]
    readable = {book.slug for book in known if level_of(person, book) >= Level.READ}
    assert set(answer.responses()) == {f"/{person}/", *(f"/{person}/{one}/" for one in readable)}


@pytest.mark.parametrize(("person", "book"), PAIRS, ids=IDS)
def test_carddav_shows_what_may_be_read_and_nothing_else(
    dav: Callable[[str], DAVClient], person: str, book: Book
) -> None:
    client, level = dav(person), level_of(person, book)
    path = f"/{person}/{book.slug}/"
    answers = {name: ask(client, *request) for name, request in reports(path).items()}
    if person == NOBODY:
        assert {answer.status for answer in answers.values()} == {401}
        return
    if level < Level.READ:
        absent = never_was(book)
        for name, request in reports(f"/{person}/{absent}/").items():
            assert answers[name].status == 403
            assert told(answers[name], book.slug) == told(ask(client, *request), absent), name
        return
    hidden = hidden_from(person, book, Level.READ)
    assert answers["make book"].status == 405
    for name in ("delete book", "unknown"):
        assert answers[name].status == 403
    assert b"cannot-modify-protected-property" in answers["change book"].body
    assert answers["get absent"].status == 404
    for name, found in {
        "book": ALL,
        "sync": ALL,
        "all": ALL,
        "title": having("TITLE", hidden),
        "org": having("ORG", hidden) & {"anna"},
        "no org": ALL - having("ORG", hidden),
        "not acme": having("ORG", hidden) - {"anna"},
        "both": having("ORG", hidden) & having("TITLE", hidden),
        "of card": having("ORG", hidden) & {"anna"},
    }.items():
        assert seen(answers[name], path) == found, name
    check_bodies(answers, path, hidden)
    check_etags(answers, path, client, dav("boss"), book)
    check_privileges(answers, path, level)


def check_bodies(answers: dict[str, Answer], path: str, hidden: frozenset[str]) -> None:
    """Cards are the same wherever they come from: what was stored, without what is hidden."""
    cards = {f"{path}{uid}.vcf": card_of(uid, hidden) for uid in CARDS}
    assert answers["get card"].body == cards[f"{path}anna.vcf"]
    assert answers["get book"].body == b"".join(cards.values())
    assert int(answers["head"].headers["content-length"]) == len(cards[f"{path}anna.vcf"])
    got = {
        href: (one.findtext(f".//{C}address-data") or "").encode()
        for href, one in answers["multiget"].responses().items()
    }
    assert got == {**cards, f"{path}absent.vcf": b""}
    lengths = answers["card"].responses()[f"{path}anna.vcf"].findtext(f".//{D}getcontentlength")
    assert lengths == str(len(cards[f"{path}anna.vcf"]))


def check_etags(
    answers: dict[str, Answer], path: str, client: DAVClient, boss: DAVClient, book: Book
) -> None:
    """An etag is of the bytes: one for those who see the same, another for those who do not."""
    known = etags(answers["all"])
    for name in ("sync", "multiget", "book"):
        found = etags(answers[name])
        assert {href: found[href] for href in known} == known
    assert answers["get card"].etag == answers["head"].etag == known[f"{path}anna.vcf"]
    unchanged = {"If-None-Match": answers["get card"].etag}
    assert client.request("GET", f"{path}anna.vcf", b"", unchanged).status == 304
    if book.owner:
        return
    whole = boss.get(f"/boss/{book.slug}/anna.vcf")
    assert (whole.etag == answers["get card"].etag) is (whole.body == answers["get card"].body)
    tokens = {
        answers["sync"].token().rpartition("/")[2],
        boss.sync(f"/boss/{book.slug}/").token().rpartition("/")[2],
    }
    assert (len(tokens) == 1) is (whole.body == answers["get card"].body)


def check_privileges(answers: dict[str, Answer], path: str, level: Level) -> None:
    """Clients are told beforehand what would be refused."""
    may_write = level >= Level.WRITE
    for name, href, more in (
        ("book", path, {"write-content", "bind", "unbind"}),
        ("card", f"{path}anna.vcf", {"write-content"}),
    ):
        one = answers[name].responses()[href]
        said = {found.tag.removeprefix(D) for found in one.iterfind(f".//{D}privilege/*")}
        may_manage = level >= Level.MANAGE
        assert said == READ | (more if may_write else set()) | (
            {"read-acl"} if may_manage else set()
        )


def write(client: DAVClient, what: str, path: str, own: str) -> Answer:
    """Send one of the requests that change something; in their order, they leave no trace."""
    new, moved = f"{path}dora.vcf", f"{own}dora.vcf"
    match what:
        case "PUT":
            return client.put(new, DORA, if_none_match="*")
        case "change":
            return client.put(new, DORA.replace(b"Dora", b"Dorothea"))
        case "MOVE out":
            return ask(client, "MOVE", new, b"", Destination=moved, Overwrite="F")
        case "MOVE in":
            return ask(client, "MOVE", moved, b"", Destination=new, Overwrite="F")
        case _:
            return client.delete(new)


STATUS = {"PUT": 201, "change": 204, "MOVE out": 201, "MOVE in": 201, "DELETE": 204}
SHARED = [(person, book) for person, book in PAIRS if not book.owner]


@pytest.mark.parametrize(
    ("person", "book"), SHARED, ids=[f"{person}-{book.slug}" for person, book in SHARED]
)
def test_carddav_takes_writes_from_those_who_may_and_from_nobody_else(
    dav: Callable[[str], DAVClient], services: Services, person: str, book: Book
) -> None:
    client, level = dav(person), level_of(person, book)
    path, own = f"/{person}/{book.slug}/", f"/{person}/personal/"
    before = dav("boss").sync(f"/boss/{book.slug}/").token()
    may_write = level >= Level.WRITE
    if not may_write and person != NOBODY:
        assert write(client, "PUT", own, "").status == 201
    answers = {what: write(client, what, path, own) for what in STATUS}
    if person == NOBODY:
        assert {answer.status for answer in answers.values()} == {401}
    elif may_write:
        assert {what: answer.status for what, answer in answers.items()} == STATUS
    else:
        for what, answer in answers.items():
            assert answer.status == 403, what
            assert b"need-privileges" in answer.body
            # Who may read a book learns no more of it from a write than who may not.
            absent = never_was(book)
            elsewhere = write(client, what, f"/{person}/{absent}/", own)
            assert told(answer, book.slug) == told(elsewhere, absent), what
        assert write(client, "DELETE", own, "").status == 204
        check_reasons(services, person, book)
    after = dav("boss").sync(f"/boss/{book.slug}/")
    assert (after.token() == before) is not may_write
    assert seen(after, f"/boss/{book.slug}/") == ALL


def check_reasons(services: Services, person: str, book: Book) -> None:
    """The audit trail has every refusal, with the grant that came nearest."""
    refused = [
        one.event
        for one in events(services, AuditFilter(book=book.slug, actor=person))
        if one.event.outcome is Outcome.REFUSED and one.event.card == "dora.vcf"
    ]
    kinds = ["update", "update", "move", "move", "delete"]
    assert [event.action.partition(":")[2] for event in refused] == kinds
    (reason,) = {event.detail for event in refused}
    assert reason.startswith(f"no grant of write on {book.slug}")
    level = level_of(person, book)
    assert reason.endswith(f" gives only {level.name.lower()}" if level else book.slug)


@pytest.mark.parametrize("person", ["dana", "tom"])
def test_another_home_is_nowhere(dav: Callable[[str], DAVClient], person: str) -> None:
    """Not even a book that is in the own home, too."""
    client = dav(person)
    for slug in ("everyone-write", "nobody", "personal", "never-was"):
        for home in ("boss", "frank"):
            path = f"/{home}/{slug}/"
            for name, request in reports(path).items():
                assert ask(client, *request).status == 403, name
            assert client.put(f"{path}x.vcf", DORA).status == 403
            answer = ask(
                client, "MOVE", f"/{person}/personal/anna.vcf", b"", Destination=f"{path}x.vcf"
            )
            assert answer.status == 403


@pytest.mark.parametrize("person", [person for person in PEOPLE if person != "boss"])
def test_a_report_on_one_book_shows_nothing_of_another(
    dav: Callable[[str], DAVClient], person: str
) -> None:
    client = dav(person)
    path = f"/{person}/personal/"
    hrefs = [f"{home}/{slug}/anna.vcf" for home, slug in OTHERS]
    asked = [href.replace("PERSON", person) for href in hrefs]
    answer = ask(client, "REPORT", path, bodies.multiget(f"{path}anna.vcf", *asked))
    assert seen(answer, path) == {"anna"}
    said = {
        href: [part.text for part in one.iterfind(f"{D}status")]
        for href, one in answer.responses().items()
        if href != f"{path}anna.vcf"
    }
    # Each is answered as a card that never was, or none is.
    assert len({tuple(status) for status in said.values()}) == 1
    assert set(said) == set(asked)
    # A token is of one book, and no key to another.
    token = client.sync(path).token()
    refused = client.sync(f"/{person}/nobody/", token)
    assert told(refused, "nobody") == told(client.sync(f"/{person}/zzzzzz/", token), "zzzzzz")
