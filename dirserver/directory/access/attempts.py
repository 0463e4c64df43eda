"""How many logins failed lately, and how long that keeps the next one waiting.

Nobody is made to wait by sleeping: an attempt that comes too soon is refused without a look
at the password, so that guessing costs the guesser time and the server nothing. What counts
is the pair of login and address, so that somebody who guesses alice's password from one
address does not lock alice out at another. Nor does somebody who tries many names lock those
out who logged in from there before.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# People mistype, and a phone tries its old password a few times: so many are free.
_FREE_FAILURES = 5
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
# An address that fails with so many logins is guessing logins. How often it fails with each is
# another matter: behind one address may be a whole office, and a phone that was forgotten there.
_ADDRESS_LOGINS = 60
_FORGOTTEN_AFTER = 900.0
_MOST_KEYS = 20_000


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Attempts:
    """Counts failures per login and address, and logins per address. Bounded in memory."""

    def __init__(self) -> None:
        """Begin with nobody having failed."""
        # Where several processes serve, each must know of all: what it hears of a login, its
        # address and whether it succeeded is for the others, who take it in with ``heard``.
        self.tell: Callable[[str, str, bool], None] = lambda _login, _address, _succeeded: None
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def alias(self, name: str) -> str:
        """Return what to call a login that nobody has, wherever it is told of.

        It may be a password, typed into the wrong field. The same name is called the same as long
        as the process lives, so that one can see who tries one name again and again, and who
        many; but what it was is in no log and no audit trail, also for who guesses at it later.
        """
        message = name.lower().encode("utf-8", "surrogatepass")
        return f"unknown:{hmac.new(self._key, message, hashlib.sha256).hexdigest()[:8]}"

    def wait(self, login: str, address: str, now: float) -> float:
        """Return how many seconds are left before ``login`` may be tried from ``address``."""
        with self._lock:
            own = self._left((login, address), _FREE_FAILURES, now)
            if (login, address) in self._known:
                return own
            return max(own, self._left(("", address), _ADDRESS_LOGINS, now))

    def _left(self, key: tuple[str, str], free: int, now: float) -> float:
        failures = self._failures.get(key)
        if failures is None or failures.count < free:
            return 0.0
        wait = min(_FIRST_WAIT * 2.0 ** min(failures.count - free, 20), _LONGEST_WAIT)
        return max(0.0, failures.last + wait - now)

    def failed(self, login: str, address: str, now: float) -> None:
        """Count a failure."""
        self._note_failure(login, address, now)
        self.tell(login, address, False)

    def heard(self, login: str, address: str, succeeded: bool, now: float) -> None:
        """Take in what another process tells."""
        if succeeded:
            self._note_success(login, address)
        else:
            self._note_failure(login, address, now)

    def _note_failure(self, login: str, address: str, now: float) -> None:
        with self._lock:
            if self._count((login, address), now) == 1:
                self._count(("", address), now)
            while len(self._failures) > _MOST_KEYS:
                self._failures.popitem(last=False)

    def _count(self, key: tuple[str, str], now: float) -> int:
        failures = self._failures.pop(key, None)
        if failures is None or now - failures.last > _FORGOTTEN_AFTER:
            failures = _Failures(0, now)
        failures.count += 1
        failures.last = now
        self._failures[key] = failures
        return failures.count

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of ``login`` at ``address``, where it is known from now on."""
        self._note_success(login, address)
        self.tell(login, address, True)

    def _note_success(self, login: str, address: str) -> None:
        with self._lock:
            self._failures.pop((login, address), None)
            self._known[login, address] = None
            self._known.move_to_end((login, address))
            while len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)
