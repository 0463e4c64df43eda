"""The streams that the fuzzer has found, each of which leads somewhere that no other does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ldap import fuzzing

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.Target]:
    """The face that takes them."""
    with fuzzing.target(tmp_path_factory.mktemp("corpus")) as found:
        yield found


def test_there_is_a_corpus() -> None:
    assert len(list(CORPUS.iterdir())) > 50


def test_no_stream_gets_more_than_answers_to_what_it_asks(target: fuzzing.Target) -> None:
    # Of another length than the fuzzer had, so that messages also end amid a piece.
    for path in sorted(CORPUS.iterdir()):
        stream = path.read_bytes()
        for piece in (stream[:1], b"\x07"):
            try:
                target.take(piece + stream[1:])
            except Exception as error:
                raise AssertionError(f"{path.name}, {piece!r}") from error
