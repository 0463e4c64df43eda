"""Who asks the same again is answered without a look at the database, and no less rightly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from dirserver.assembly import Services
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.session import LDAPSession
from dirserver.ldap.settings import ClientProfile
from tests.directory.acts import put, reconfigure
from tests.directory.keys import hand_out
from tests.ldap import people, wire
from tests.ldap.client import encode
from tests.ldap.test_answers import SUFFIX, Face
from tests.organisation import vcard


@pytest.fixture
def face(services: Services) -> Face:
    people.fill(services)
    return Face(services)


def looks(services: Services, face: Face, session: LDAPSession, text: str) -> bool:
    """Ask in a turn, and say whether there was a look at the database."""
    message = wire.message(2, wire.search(SUFFIX, text, attributes=["cn"]))
    with face.turn():
        assert session.short(decode_message(message)) is not None
        return services.store.moment is not None


def test_the_same_again_takes_no_look(services: Services, face: Face) -> None:
    session = face.bound("alice")
    assert looks(services, face, session, "(cn=anna*)")
    assert not looks(services, face, session, "(cn=anna*)")
    assert looks(services, face, session, "(cn=berta*)")
    put(services, "another.vcf", vcard("another", "Anna Another"))
    assert face.names(session, "(cn=anna*)") == ["Anna Another", "Anna Beispiel"]
    assert not looks(services, face, session, "(cn=anna*)")


def test_a_turn_that_began_without_a_look_has_one_moment(services: Services, face: Face) -> None:
    session = face.bound("alice")
    message = decode_message(wire.message(2, wire.search(SUFFIX, "(cn=anna*)")))
    with face.turn():
        before = session.short(message)
    with face.turn():
        assert session.short(message) == before
        put(services, "another.vcf", vcard("another", "Anna Another"))
        assert session.short(message) == before
    with face.turn():
        assert session.short(message) != before


def test_whose_rights_end_amid_a_turn_is_not_found_more_by_the_old_ones(
    services: Services, face: Face
) -> None:
    session = face.bound("carol")
    asked = [
        decode_message(wire.message(2, wire.search(SUFFIX, text, attributes=["cn"])))
        for text in ("(cn=nobody)", "(cn=anna*)")
    ]
    with face.turn():
        first = session.short(asked[0])
    with face.turn():
        # It is known which moment this is, without a look.
        assert session.short(asked[0]) == first
        assert services.store.moment is None
        reconfigure(
            services, ('to = "group:support", access = "read"', 'to = "erin", access = "read"')
        )
        services.directory.policy()
        found = session.short(asked[1])
        assert found is None or len(wire.responses(found)) == 1


def test_a_time_that_is_over_ends_it_with_nothing_written(services: Services, face: Face) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    secret = hand_out(services, "short-lived", expires=ends)
    services.directory.policy()
    session = LDAPSession(lambda: face.context, "198.18.204.1", secure=True)
    assert list(session.answer(decode_message(encode(f'bind dn=alice password="{secret}"', 1))))
    assert session.principal.device is not None
    looks(services, face, session, "(cn=anna*)")
    assert not looks(services, face, session, "(cn=anna*)")
    while datetime.now(UTC) < ends:
        sleep(0.02)
    message = wire.message(3, wire.search(SUFFIX, "(cn=anna*)", attributes=["cn"]))
    with face.turn():
        answer = session.short(decode_message(message))
    assert answer is not None
    (done,) = wire.responses(answer)
    assert done.code == "insufficientAccessRights"


def test_another_config_and_another_place_have_answers_of_their_own(face: Face) -> None:
    session = face.bound("alice")
    everybody = face.names(session, "(cn=*)")
    assert len(everybody) > 1

    def one_at_most(address: str) -> ClientProfile:
        return ClientProfile(max_hits=1 if address == "198.18.204.3" else None)

    elsewhere = LDAPSession(lambda: face.context, "198.18.204.3", secure=True)
    elsewhere.principal = session.principal
    for _ in range(2):
        assert face.names(elsewhere, "(cn=*)") == everybody
    before = face.context
    face.context = replace(before, settings=replace(before.settings, profile_for=one_at_most))
    for _ in range(2):
        assert face.names(elsewhere, "(cn=*)") == everybody[:1]
        assert face.names(session, "(cn=*)") == everybody
    face.context = before
    assert face.names(elsewhere, "(cn=*)") == everybody
