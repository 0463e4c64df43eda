"""How long the next attempt has to wait, in hours that pass in no time."""

from __future__ import annotations

from dirserver.directory.access.attempts import Attempts

HOME, OFFICE = "192.0.2.1", "198.51.100.1"


def failures(attempts: Attempts, login: str, address: str, number: int, now: float = 0.0) -> float:
    """Fail so often at one moment; return how long the next one has to wait."""
    for _ in range(number):
        attempts.failed(login, address, now)
    return attempts.wait(login, address, now)


def test_a_few_failures_are_free_and_each_more_doubles_the_wait() -> None:
    attempts = Attempts()
    assert [failures(attempts, "alice", HOME, 1) for _ in range(12)] == [
        *(0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256),
    ]
    assert failures(attempts, "alice", HOME, 100) == 300


def test_the_wait_passes_with_time_and_the_failures_are_forgotten() -> None:
    attempts = Attempts()
    assert failures(attempts, "alice", HOME, 6) == 4
    assert attempts.wait("alice", HOME, 3.0) == 1
    assert attempts.wait("alice", HOME, 5.0) == 0
    assert failures(attempts, "alice", HOME, 1, now=2000.0) == 0


def test_failures_count_for_one_login_at_one_address() -> None:
    attempts = Attempts()
    failures(attempts, "alice", HOME, 20)
    assert attempts.wait("alice", OFFICE, 0) == 0
    assert attempts.wait("bob", HOME, 0) == 0
    attempts.succeeded("bob", HOME)
    assert attempts.wait("alice", HOME, 0) > 0
    attempts.succeeded("alice", HOME)
    assert attempts.wait("alice", HOME, 0) == 0


def test_an_address_that_tries_many_logins_has_to_wait_with_all_of_them() -> None:
    attempts = Attempts()
    for number in range(60):
        assert attempts.wait("alice", HOME, 0) == 0
        attempts.failed(f"guess-{number}", HOME, 0)
    assert attempts.wait("alice", HOME, 0) > 0
    assert attempts.wait("alice", OFFICE, 0) == 0


def test_who_logged_in_there_before_does_not_wait_for_those_who_guess() -> None:
    attempts = Attempts()
    attempts.succeeded("alice", OFFICE)
    for number in range(200):
        attempts.failed(f"guess-{number}", OFFICE, 0)
    assert attempts.wait("bob", OFFICE, 0) > 0
    assert attempts.wait("alice", OFFICE, 0) == 0
    # Her own failures count for her as ever.
    assert failures(attempts, "alice", OFFICE, 6) == 4


def test_a_forgotten_phone_with_an_old_password_locks_nobody_else_out() -> None:
    # It asks as often as it may, day and night, from behind the address of the whole office.
    attempts = Attempts()
    now = 0.0
    for _ in range(500):
        now += attempts.wait("alice", OFFICE, now) + 1
        attempts.failed("alice", OFFICE, now)
        assert attempts.wait("bob", OFFICE, now) == 0
    assert now > 24 * 3600


def test_memory_is_bounded_however_many_there_are() -> None:
    attempts = Attempts()
    for number in range(25_000):
        attempts.failed(f"login-{number}", f"address-{number}", 0)
    failures(attempts, "alice", HOME, 10)
    assert attempts.wait("alice", HOME, 0) > 0
    assert len(attempts._failures) <= 20_000
    for number in range(25_000):
        attempts.succeeded(f"login-{number}", f"address-{number}")
    assert len(attempts._known) <= 20_000
