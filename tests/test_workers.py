"""How long a worker that ended is waited for, without any process."""

from __future__ import annotations

from dirserver.workers.restarts import Restarts


def test_a_worker_that_served_well_is_replaced_at_once_however_often() -> None:
    restarts = Restarts()
    assert [restarts.wait(3600.0) for _ in range(5)] == [0.0] * 5


def test_one_that_ends_again_and_again_is_waited_for_longer_up_to_a_limit() -> None:
    restarts = Restarts()
    waits = [restarts.wait(1.0) for _ in range(12)]
    assert waits[:4] == [0.0, 0.5, 1.0, 2.0]
    assert waits == sorted(waits)
    assert waits[-1] == 30.0
    assert restarts.wait(3600.0) == 0.0
