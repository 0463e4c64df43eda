"""Hashes that are accepted, and secrets that no fault repeats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.context import CryptContext

from dirserver.config import Config
from dirserver.config.database import masked
from dirserver.config.faults import Refused
from dirserver.config.passwords import password_hash
from dirserver.errors import ConfigError
from dirserver.passwords import SCHEMES

# As cheap as each scheme allows.
_CHEAP = CryptContext(
    schemes=SCHEMES,
    argon2__memory_cost=8,
    argon2__time_cost=1,
    argon2__parallelism=1,
    scrypt__rounds=1,
    bcrypt__rounds=4,
    bcrypt_sha256__rounds=4,
    pbkdf2_sha512__rounds=1,
    pbkdf2_sha256__rounds=1,
    pbkdf2_sha1__rounds=1,
    sha512_crypt__rounds=1000,
    sha256_crypt__rounds=1000,
)

MASKED = {
    "postgresql://me:geheim@db/x": "postgresql://***@db/x",
    "postgresql://me:ge@heim@db/x": "postgresql://***@db/x",
    "postgresql://me:ge?heim@db/x": "postgresql://***",
    "postgresql://db/x?password=geheim": "postgresql://***",
    "postgresql://me:geheim/x": "postgresql://***",
    "postgresql:/me:geheim@db/x": "***",
    "me:geheim@db": "***",
    "me:geheim@db://x": "***",
    "postgresql://db.example.org:5432/x": "postgresql://db.example.org:5432/x",
    "sqlite:/dirserver.db": "sqlite:/dirserver.db",
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_hash_of_every_scheme_is_accepted(read: Callable[[str], Config], scheme: str) -> None:
    hashed = str(_CHEAP.handler(scheme).hash("geheim"))
    config = read(f"[users.alice]\nname = 'Alice'\npassword_hash = '{hashed}'")
    assert config.users[0].password_hash == hashed
    assert hashed not in repr(config)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_half_a_hash_is_not_accepted(scheme: str) -> None:
    hashed = str(_CHEAP.handler(scheme).hash("geheim"))
    without_digest = hashed[: hashed.rindex("$") + 1] if "$" in hashed else hashed[:20]
    with pytest.raises(Refused):
        password_hash(without_digest)


@given(st.text() | st.sampled_from(["$argon2id$", "$2b$", "$5$", "{SSHA}", "$1$", "$scrypt$"]))
def test_what_is_no_hash_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Refused) as refused:
        password_hash(text)
    assert str(refused.value).endswith("dirserver passwd")
    assert len(text) < 4 or text not in str(refused.value)


def answer(text: str) -> str:
    """Return what becomes of ``text`` as a hash: itself, or the refusal."""
    try:
        return password_hash(text)
    except Refused as refused:
        return str(refused)


@pytest.mark.filterwarnings("ignore::passlib.exc.PasslibHashWarning")
@pytest.mark.parametrize("prefix", ["$argon2id$", "$2b$", "$5$", "{SSHA}", "$1$", "$scrypt$"])
@given(rest=st.text("$v=19m,t3p./AZaz09\x00é", max_size=80))
def test_what_only_begins_like_a_hash_is_refused_or_a_hash(prefix: str, rest: str) -> None:
    assert answer(prefix + rest).endswith(("dirserver passwd", rest))


@pytest.mark.parametrize(("url", "expected"), MASKED.items())
def test_a_url_is_shown_without_its_password(url: str, expected: str) -> None:
    assert masked(url) == f'"{expected}"'


def test_an_unknown_key_that_may_be_a_secret_is_not_looked_at(
    read: Callable[[str], Config],
) -> None:
    text = '[database]\npassword = "geheim"\n[users.alice]\nname = "A"\npassword = "geheim"'
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert "geheim" not in str(refused.value)
    assert len(refused.value.faults) == 2
