"""Who is at work and who waits, with a clock of the test's own and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from twisted.internet.task import Clock

from dirserver.places import Asker, Place, Places

ALICE, BOB = Asker("192.0.2.1", "alice"), Asker("192.0.2.1", "bob")
ELSEWHERE = Asker("192.0.2.2", "carol")


class Room:
    """Places, and the names of the requests that got one, in their order."""

    def __init__(self, total: int, for_one_address: int) -> None:
        self.clock = Clock()
        self.places = Places(total, for_one_address, self.clock.seconds)
        self.began: list[str] = []

    def ask(self, asker: Asker, name: str) -> Place:
        return self.places.ask(asker, self._begin(name))

    def _begin(self, name: str) -> Callable[[], None]:
        return lambda: self.began.append(name)


def test_whoever_asks_gets_a_place_at_once_as_long_as_there_is_one() -> None:
    room = Room(2, 2)
    assert [room.ask(ALICE, name).is_taken for name in "abc"] == [True, True, False]
    assert room.began == ["a", "b"]
    assert room.places.is_contended


def test_of_one_asker_the_oldest_claim_goes_first() -> None:
    room = Room(1, 1)
    first, *_ = [room.ask(ALICE, name) for name in "abc"]
    first.give_back()
    assert room.began == ["a", "b"]


def test_one_address_leaves_places_for_others() -> None:
    room = Room(3, 2)
    for name in "abcd":
        room.ask(ALICE, name)
    room.ask(BOB, "bob")
    room.ask(ELSEWHERE, "elsewhere")
    assert room.began == ["a", "b", "elsewhere"]


def test_who_asks_little_is_served_between_those_who_ask_much() -> None:
    room = Room(1, 1)
    at_work = [room.ask(ALICE, f"alice {number}") for number in range(100)]
    room.clock.advance(1)
    room.ask(BOB, "bob")
    at_work[0].give_back()
    assert room.began == ["alice 0", "bob"]


def test_whoever_has_had_less_time_has_more_turns() -> None:
    room = Room(1, 1)
    heavy = [(room.ask(ALICE, "heavy"), 10.0) for _ in range(20)]
    light = [(room.ask(BOB, "light"), 1.0) for _ in range(20)]
    waiting = heavy + light
    for _ in range(22):
        (one,) = [pair for pair in waiting if pair[0].is_taken]
        waiting.remove(one)
        room.clock.advance(one[1])
        one[0].give_back()
    assert 1 <= Counter(room.began)["heavy"] <= 4


def test_who_has_left_and_comes_again_is_owed_nothing() -> None:
    room = Room(1, 1)
    first = room.ask(ALICE, "alice")
    room.clock.advance(5)
    room.ask(BOB, "bob")
    first.give_back()
    assert room.places._had.keys() == {BOB}


def test_who_no_longer_waits_gets_no_place() -> None:
    room = Room(1, 1)
    first, second, _ = [room.ask(ALICE, name) for name in "abc"]
    second.give_back()
    first.give_back()
    assert room.began == ["a", "c"]


def test_a_place_is_given_back_once() -> None:
    room = Room(1, 1)
    first = room.ask(ALICE, "a")
    for name in "bc":
        room.ask(ALICE, name)
    first.give_back()
    first.give_back()
    assert room.began == ["a", "b"]


def test_nothing_is_kept_of_those_who_are_gone() -> None:
    room = Room(3, 2)
    random = Random(1)
    here: list[Place] = []
    for number in range(500):
        room.clock.advance(random.random())
        if here and random.random() < 0.5:
            here.pop(random.randrange(len(here))).give_back()
        else:
            asker = Asker(f"192.0.2.{random.randrange(5)}", random.choice(["", "alice"]))
            here.append(room.ask(asker, str(number)))
        taken = [place for place in here if place.is_taken]
        assert len(taken) <= 3
        assert max(Counter(place.asker.address for place in taken).values(), default=0) <= 2
        assert len(taken) == 3 or all(
            sum(place.asker.address == other.asker.address for place in taken) == 2
            for other in here
            if not other.is_taken
        )
    for place in here:
        place.give_back()
    places = room.places
    assert [len(one) for one in (places._taken, places._waiting, places._had, places._of)] == [
        0
    ] * 4
