"""Secrets that can be typed on a telephone, and that nobody can guess."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.secret import ALPHABET, BITS, digest_of, new_secret, spell

NUMBERS = st.integers(0, 2**BITS - 1)


def test_a_secret_is_groups_of_four_in_letters_and_digits_that_nobody_mixes_up() -> None:
    secret = new_secret()
    assert re.fullmatch(r"([0-9a-z]{4}-){6}[0-9a-z]{2}", secret)
    assert not set(secret) & set("ilou")
    assert len(set(ALPHABET)) == 32
    assert new_secret() != secret


@given(NUMBERS, NUMBERS)
def test_every_secret_has_a_digest_of_its_own(one: int, other: int) -> None:
    assert (digest_of(spell(one)) == digest_of(spell(other))) is (one == other)


@given(NUMBERS)
def test_however_it_is_typed_it_is_the_same(number: int) -> None:
    secret = spell(number)
    plain = secret.replace("-", "")
    digest = hashlib.sha256(plain.encode()).hexdigest()
    mistaken = plain.replace("0", "o").replace("1", "l")
    for typed in (
        secret, plain, secret.upper(), secret.replace("-", " "), f" {plain} ", mistaken,
        plain.replace("0", "O").replace("1", "I"), " ".join(plain), "-".join(plain),
    ):  # fmt: skip
        assert digest_of(typed) == digest or len(typed) > 52


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "correct horse",
        "0" * 25,
        "0" * 27,
        "0000-" * 1000,
        "u" * 26,
        "ß" * 26,
        "0" * 25 + ".",
    ],
)
def test_what_cannot_be_a_secret_has_no_digest(typed: str) -> None:
    assert digest_of(typed) == ""


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_looked_at(text: str) -> None:
    assert digest_of(text) in ("", digest_of(text.strip()))
