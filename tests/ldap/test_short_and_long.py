"""What is answered in short is what the long way says, whoever asks what of whichever moment."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from dirserver.errors import NotAtOnce
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.settings import ClientProfile
from tests.directory.acts import put
from tests.ldap import people, wire
from tests.ldap.test_answers import CREW, SUFFIX, WOLVES, Face
from tests.organisation import open_organisation, vcard, write_config
from tests.smart import add_smart_books

_TURNS = 500
# Few, so that the same is asked again before something changes, and after.
_BASES = (SUFFIX, f"ou=crew,{SUFFIX}")
_FILTERS = ("(cn=*an*)", "(o=Kunde*)", "(ou=w*)")
_ATTRIBUTES = ((), ("cn", "o", "member"))
_NAMES = ("Anna Wolf", "Zed Zett", "Wanda Anders")


def _one_at_most(address: str) -> ClientProfile:
    """Return the profile of a client; every other shows one person."""
    return ClientProfile(max_hits=1 if int(address.rpartition(".")[2]) % 2 else None)


@pytest.mark.parametrize("seed", [1, 2])
def test_both_say_the_same(tmp_path: Path, seed: int) -> None:
    choice = random.Random(seed)
    services = open_organisation(add_smart_books(write_config(tmp_path), WOLVES + CREW))
    people.fill(services)
    face = Face(services)
    sessions = [face.bound(login) for login in ("alice", "alice", "carol", "dave", "erin")]
    other = replace(face.context.settings, profile_for=_one_at_most)
    contexts = [face.context, replace(face.context, settings=other)]
    short_ones = 0
    for _ in range(_TURNS):
        if choice.random() < 0.02:
            name = f"r{choice.randrange(5)}"
            card = vcard(name, choice.choice(_NAMES))
            put(services, f"{name}.vcf", card, slug=choice.choice(("customers", "staff")))
            services.directory.policy()
        if choice.random() < 0.1:
            face.context = choice.choice(contexts)
        with face.turn():
            for _ in range(choice.randrange(1, 6)):
                session = choice.choice(sessions)
                asked = wire.search(
                    choice.choice(_BASES),
                    choice.choice(_FILTERS),
                    attributes=choice.choice(_ATTRIBUTES),
                )
                message = decode_message(wire.message(choice.randrange(1, 300), asked))
                try:
                    short = session.short(message)
                except NotAtOnce:
                    continue
                if short is None:
                    continue
                short_ones += 1
                whole = session.answer(message)
                assert short == b"".join(one for one in whole if isinstance(one, bytes))
    assert short_ones > _TURNS
    services.store.close()
