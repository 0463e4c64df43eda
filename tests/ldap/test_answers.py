"""Answers that are kept: they are the right ones, to whoever asks, at any moment."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from dirserver.assembly import Services, ldap_settings
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.search import habits
from dirserver.ldap.search.answers import KeptAnswers, Short
from dirserver.ldap.search.habits import Habit
from dirserver.ldap.session import Context, LDAPSession
from dirserver.model.identical import Followed
from tests.directory.acts import delete, put, reconfigure
from tests.ldap import people, wire
from tests.ldap.client import encode
from tests.organisation import PASSWORD, open_organisation, vcard, write_config
from tests.smart import add_smart_books

SUFFIX = "dc=example,dc=org"
# Without a grant for dave, erin and he see the staff, and erin those who are called Wolf once more.
WOLVES = """
[books.wolves]
name = "Wolves"
query = 'name contains "Wolf"'
grants = [{ to = "erin", access = "read" }]
"""
# Of the staff alone, whom both see; but of the customers, of whom some are in groups there, not.
CREW = """
[books.crew]
name = "Crew"
query = 'book = "staff"'
grants = [{ to = "bob", access = "read" }, { to = "erin", access = "read" }]
"""
_addresses = (f"198.18.203.{number}" for number in count(1))
_ids = count(2)


class Face:
    """The LDAP face of some services, in turns as a reactor has them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.context = Context(services.directory, services.authenticator, ldap_settings(services))

    def bound(self, login: str) -> LDAPSession:
        session = LDAPSession(lambda: self.context, next(_addresses), secure=True)
        asked = encode(f'bind dn={login} password="{PASSWORD}"', 1)
        assert list(session.answer(decode_message(asked)))
        # What has changed is read by then.
        self._services.directory.policy()
        return session

    @contextmanager
    def turn(self) -> Iterator[None]:
        end = self._services.store.turn()
        yield
        end()

    def names(self, session: LDAPSession, text: str, *, base: str = SUFFIX) -> list[str]:
        """Ask in a turn of its own, and return who is found."""
        number = next(_ids)
        message = wire.message(number, wire.search(base, text, attributes=["cn"]))
        with self.turn():
            answer = session.short(decode_message(message))
        assert answer is not None
        found = wire.responses(answer)
        assert {one.id for one in found} == {number}
        assert session.answered.hits == len(found) - 1
        return [dict(one.attributes)["cn"][0].decode() for one in found[:-1]]


@pytest.fixture
def face(services: Services) -> Face:
    people.fill(services)
    return Face(services)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return what grows with every answer that is made and not kept from before."""
    made: list[None] = []
    found = Habit._found

    def counted(*arguments: object) -> object:
        made.append(None)
        return found(*arguments)  # type: ignore[arg-type]  # whatever it is called with

    monkeypatch.setattr(Habit, "_found", counted)
    return made


def test_the_same_is_found_once_as_long_as_nothing_is_written(face: Face, made: list[None]) -> None:
    session = face.bound("alice")
    for _ in range(3):
        assert face.names(session, "(cn=anna*)") == ["Anna Beispiel"]
    assert len(made) == 1
    assert face.names(session, "(cn=anno*)") == []
    assert face.names(session, "(cn=anno*)") == []
    assert len(made) == 2


def test_all_telephones_of_a_login_are_told_what_one_was(face: Face, made: list[None]) -> None:
    for _ in range(3):
        assert face.names(face.bound("carol"), "(cn=anna*)") == ["Anna Beispiel"]
    # To bind writes nothing by itself; who has logged in is written now and then.
    assert len(made) == 1


def test_what_is_written_is_found_in_the_next_turn(services: Services, face: Face) -> None:
    session = face.bound("alice")
    assert face.names(session, "(cn=anna*)") == ["Anna Beispiel"]
    put(services, "another.vcf", vcard("another", "Anna Another"))
    assert face.names(session, "(cn=anna*)") == ["Anna Another", "Anna Beispiel"]
    delete(services, "another.vcf")
    assert face.names(session, "(cn=anna*)") == ["Anna Beispiel"]


def test_in_a_turn_all_are_told_of_one_moment(services: Services, face: Face) -> None:
    session = face.bound("alice")
    message = decode_message(wire.message(2, wire.search(SUFFIX, "(cn=anna*)")))
    with face.turn():
        before = session.short(message)
        put(services, "another.vcf", vcard("another", "Anna Another"))
        assert session.short(message) == before
    with face.turn():
        assert session.short(message) != before


def test_others_are_told_what_they_may_see(face: Face) -> None:
    for login, found in (
        ("alice", ["Anna Beispiel"]),
        # The ORG of customers is hidden from her.
        ("carol", []),
        ("bob", ["Anna Beispiel"]),
        ("erin", []),
    ):
        assert face.names(face.bound(login), "(o=Kunde*)") == found


def test_whose_rights_change_is_told_by_the_new_ones(services: Services, face: Face) -> None:
    session = face.bound("carol")
    assert face.names(session, "(cn=anna*)") == ["Anna Beispiel"]
    reconfigure(services, ('to = "group:support", access = "read"', 'to = "erin", access = "read"'))
    services.directory.policy()
    assert face.names(session, "(cn=anna*)") == []
    assert face.names(face.bound("erin"), "(cn=anna*)") == ["Anna Beispiel"]


def test_who_sees_the_same_books_may_see_other_smart_ones(tmp_path: Path) -> None:
    path = add_smart_books(write_config(tmp_path), WOLVES)
    granted = path.read_text(encoding="utf-8")
    path.write_text(granted.replace('{ to = "dave", access = "search" },', ""), encoding="utf-8")
    services = open_organisation(path)
    people.fill(services)
    face = Face(services)
    asked = wire.message(2, wire.search(SUFFIX, "(ou=wolves)", attributes=["ou"]))
    with face.turn():
        for login, number in (("dave", 0), ("erin", 1), ("dave", 0)):
            session = face.bound(login)
            short = session.short(decode_message(asked))
            outputs = session.answer(decode_message(asked))
            whole = b"".join(one for one in outputs if isinstance(one, bytes))
            assert short in (None, whole)
            assert len(wire.responses(whole)) == number + 1
    services.store.close()


def test_who_sees_the_same_smart_books_may_see_other_members_of_a_group(tmp_path: Path) -> None:
    services = open_organisation(add_smart_books(write_config(tmp_path), CREW))
    group = vcard("team", "The Team", "KIND:group", "MEMBER:anna", version="4.0")
    put(services, "team.vcf", group, slug="staff")
    put(services, "anna.vcf", vcard("anna", "Anna Adam"))
    face = Face(services)
    asked = wire.search(f"ou=crew,{SUFFIX}", "(cn=the team)", attributes=["member"])
    with face.turn():
        for login, number in (("bob", 1), ("erin", 0), ("bob", 1)):
            answer = face.bound(login).short(decode_message(wire.message(2, asked)))
            assert answer is not None
            team, _ = wire.responses(answer)
            assert len(dict(team.attributes).get("member", ())) == number
    services.store.close()


def test_the_root_is_what_the_settings_and_the_connection_make_it(face: Face) -> None:
    message = decode_message(wire.message(7, wire.search("", scope="base", attributes=["+"])))

    def told(session: LDAPSession) -> dict[str, tuple[bytes, ...]]:
        answers = [session.short(message) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0] is not None
        entry, done = wire.responses(answers[0])
        assert (entry.id, done.id, session.answered.hits) == (7, 7, 1)
        return dict(entry.attributes)

    before = told(face.bound("alice"))
    assert before["supportedSASLMechanisms"] == (b"PLAIN",)
    plain = told(LDAPSession(lambda: face.context, next(_addresses)))
    assert "supportedSASLMechanisms" not in plain
    assert told(face.bound("bob")) == before
    other = replace(face.context.settings, suffix="dc=example,dc=net")
    face.context = replace(face.context, settings=other)
    assert told(face.bound("alice"))["namingContexts"] == (b"dc=example,dc=net",)


def test_what_is_kept_has_its_limit() -> None:
    moment = object()
    small = Short((b"x" * 100,), ResultCode.SUCCESS)
    # Ten of them and no more: 100 octets, and beside each entry, question and answer.
    kept: KeptAnswers[object] = KeptAnswers(10 * (100 + 48 + 52 + 400))
    for number in range(25):
        kept.put(moment, (number, b"y" * 52), small)
    there = [number for number in range(25) if kept.get(moment, (number, b"y" * 52)) is small]
    assert there == list(range(15, 25))
    # What is too large by itself has no room, and takes none.
    kept.put(moment, ("large", b""), Short((b"x" * 10_000,), ResultCode.SUCCESS))
    assert kept.get(moment, ("large", b"")) is None
    kept.put(moment, ("small", b""), small)
    assert kept.get(moment, ("small", b"")) is small


def test_what_answers_depend_on_takes_its_room_once() -> None:
    moment = object()
    empty = Short((), ResultCode.SUCCESS)
    kept: KeptAnswers[int] = KeptAnswers(10_000, lambda _on: 1_600)
    # Five ways of asking have room, with one answer each.
    for way in range(20):
        kept.put(moment, (way, b""), empty)
    assert [way for way in range(20) if kept.get(moment, (way, b""))] == list(range(15, 20))
    # And one way with twenty.
    for number in range(60):
        kept.put(moment, (0, b"%d" % number), empty)
    there = [number for number in range(60) if kept.get(moment, (0, b"%d" % number))]
    assert there == list(range(40, 60))


def test_ever_other_ways_of_asking_do_not_fill_the_memory(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alive() -> int:
        gc.collect()
        return sum(isinstance(one, Habit) for one in gc.get_objects())

    monkeypatch.setattr(habits, "_answers", KeptAnswers(100_000, habits._size_of))
    monkeypatch.setattr(habits, "_kept", Followed(lambda _views: {}))
    before = alive()
    session = face.bound("alice")
    for number in range(200):
        asked = wire.search(SUFFIX, "(cn=nobody)", attributes=["cn", f"x{number}"])
        with face.turn():
            assert session.short(decode_message(wire.message(2, asked))) is not None
    # There are some that are known without an answer, too.
    assert alive() - before < 100


def test_with_another_moment_all_is_forgotten() -> None:
    one, other = object(), object()
    answer = Short((), ResultCode.SUCCESS)
    asked, more = ("who", b"asked"), ("who", b"more")
    kept: KeptAnswers[str] = KeptAnswers(10_000)
    kept.put(None, asked, answer)
    assert kept.get(None, asked) is None
    kept.put(one, asked, answer)
    assert kept.get(one, asked) is answer
    assert kept.get(other, asked) is None
    assert kept.get(None, asked) is None
    kept.put(other, more, answer)
    assert kept.get(other, asked) is None
    assert kept.get(one, asked) is None
    assert kept.get(other, more) is answer
