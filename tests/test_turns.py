"""The reactor that says when its turns begin and end."""

# Twisted's own have few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from twisted.internet.abstract import FileDescriptor
from twisted.python.failure import Failure

from dirserver.turns import TurningReactor

Said = list[str]


class _Reader(FileDescriptor):
    """Reads what comes, and says so."""

    def __init__(self, end: socket.socket, said: Said, then: Callable[[], None]) -> None:
        super().__init__()
        self._end, self._said, self._then = end, said, then

    def fileno(self) -> int:
        return self._end.fileno()

    def doRead(self) -> None:  # noqa: N802  # Twisted's name
        self._said.append(self._end.recv(9).decode())
        self._then()

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        super().connectionLost(reason)
        self._said.append("lost")
        self._then()


@pytest.fixture
def reactor() -> Iterator[TurningReactor]:
    """One that nobody runs."""
    found = TurningReactor()
    yield found
    found._poller.close()


def _nothing() -> None:
    pass


def _telling(said: Said) -> Callable[[], Callable[[], object]]:
    """Return turns that say when they begin and end."""

    def turn() -> Callable[[], object]:
        said.append("begins")
        return lambda: said.append("ends")

    return turn


@pytest.mark.parametrize("fails", [False, True])
def test_all_that_has_come_is_of_one_turn(reactor: TurningReactor, fails: bool) -> None:
    said: Said = []

    def then() -> None:
        if fails:
            raise ZeroDivisionError

    pairs = [socket.socketpair() for _ in range(3)]
    for near, far in pairs:
        reactor.addReader(_Reader(near, said, then))
        far.send(b"came")
    reactor.turn = _telling(said)
    reactor.doIteration(5)
    # Not even who fails once more when it hears that it is lost, keeps the others from theirs.
    each = ["came", "lost"] if fails else ["came"]
    assert said == ["begins", *each * 3, "ends"]
    for pair in pairs:
        for end in pair:
            end.close()


def test_what_is_expected_is_read_in_a_turn_of_its_own(reactor: TurningReactor) -> None:
    said: Said = []
    (near, far), (other_near, other_far) = socket.socketpair(), socket.socketpair()

    def then() -> None:
        # Nobody who has this turn's snapshot of anything can have been told of what comes now.
        reactor.addReader(_Reader(other_near, said, _nothing))
        other_far.send(b"and this")
        reactor.expect(other_near.fileno())

    reactor.addReader(_Reader(near, said, then))
    far.send(b"came")
    reactor.turn = _telling(said)
    reactor.doIteration(5)
    assert said == ["begins", "came", "ends", "begins", "and this", "ends"]
    reactor.doIteration(0)
    assert said[6:] == ["begins", "ends"]
    for end in (near, far, other_near, other_far):
        end.close()


def test_each_that_is_expected_has_a_turn_of_its_own(reactor: TurningReactor) -> None:
    said: Said = []
    pairs = [socket.socketpair() for _ in range(2)]

    def tell_the_other() -> None:
        # It had said nothing yet when it was expected.
        pairs[1][1].send(b"since")

    reactor.turn = _telling(said)
    for (near, far), then in zip(pairs, (tell_the_other, _nothing), strict=True):
        near.setblocking(False)
        reactor.addReader(_Reader(near, said, then))
        reactor.expect(near.fileno())
        if then is tell_the_other:
            far.send(b"came")
    reactor._poller.unregister(pairs[0][0].fileno())
    reactor.doIteration(0)
    assert said == ["begins", "ends", "begins", "came", "ends", "begins", "since", "ends"]
    for pair in pairs:
        for end in pair:
            end.close()


def test_what_is_gone_is_not_expected_any_more(reactor: TurningReactor) -> None:
    said: Said = []
    reactor.turn = _telling(said)
    near, far = socket.socketpair()
    reader = _Reader(near, said, _nothing)
    reactor.addReader(reader)
    reactor.expect(near.fileno())
    reactor.removeReader(reader)
    far.send(b"came")
    reactor.doIteration(0)
    assert "came" not in said
    near.close()
    far.close()


def test_a_turn_ends_whatever_becomes_of_it(
    reactor: TurningReactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: Said = []

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TurningReactor, "_attend", broken)
    reactor.turn = lambda: lambda: said.append("ends")
    with pytest.raises(ZeroDivisionError):
        reactor.doIteration(0)
    assert said == ["ends"]


def test_without_turns_it_is_twisteds(reactor: TurningReactor) -> None:
    near, far = socket.socketpair()
    said: Said = []
    reactor.addReader(_Reader(near, said, _nothing))
    far.send(b"came")
    reactor.doIteration(5)
    assert said == ["came"]
    near.close()
    far.close()
