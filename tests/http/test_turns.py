"""Who is answered at once gives way to those at work in threads."""

from __future__ import annotations

from functools import partial

from dirserver.http.turns import Turns
from tests.http.serving import eventually
from tests.reactor import ReactorThread


def taken(thread: ReactorThread, turns: Turns, begun: list[int], number: int) -> list[int]:
    """Let so many take their turns, and return those who had begun by then."""

    def take() -> list[int]:
        for at in range(number):
            turns.take(partial(begun.append, at))
        return list(begun)

    return thread.call(take)


def test_at_leisure_each_is_begun_at_once(reactor_thread: ReactorThread) -> None:
    assert taken(reactor_thread, Turns(reactor_thread.reactor), [], 3) == [0, 1, 2]


def test_while_threads_are_at_work_all_are_begun_in_their_order_but_not_at_once(
    reactor_thread: ReactorThread,
) -> None:
    turns = Turns(reactor_thread.reactor)
    turns.at_work = 1
    begun: list[int] = []
    assert taken(reactor_thread, turns, begun, 50) == []
    assert eventually(lambda: begun == list(range(50)))


def test_who_goes_wrong_keeps_nobody_waiting(reactor_thread: ReactorThread) -> None:
    turns = Turns(reactor_thread.reactor)
    turns.at_work = 1
    begun: list[int] = []

    def fail() -> None:
        begun.append(-1)
        raise ZeroDivisionError

    def take() -> None:
        turns.take(fail)
        turns.take(lambda: begun.append(1))

    reactor_thread.call(take)
    assert eventually(lambda: begun == [-1, 1])
