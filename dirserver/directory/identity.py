"""Who somebody is, by a name and a password."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dirserver.directory.attempts import Attempts
from dirserver.directory.directory import Directory
from dirserver.errors import InvalidCredentials, TooManyAttempts
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.principal import Client, Principal
from dirserver.passwords import password_context
from dirserver.store import policies
from dirserver.store.engine import Store

# Of a password that nobody was ever told.
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$3Nt7b61Vag0BAIAQojQmZA$nMa/ipZq9lBD6ST8U+K8b/I+wfxdJCtWk48OJv1wvXA"
)
# A verified password is good for so long without being hashed again.
_REMEMBERED_SECONDS = 300.0
_MOST_REMEMBERED = 10_000
_MOST_PASSWORD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class _Verified:
    login: str
    epoch: int
    until: float


class Authenticator:
    """Tells who goes by a name and a password.

    An unknown name and a wrong password take the same time and raise the same error. A pair
    that was right is remembered for minutes, for its address, in memory and under a key that dies
    with the process, so that a slow hash is paid once and not with every request; any change of the
    policy, so also of a password, forgets it at once.
    """

    def __init__(
        self, store: Store, directory: Directory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Look users up in ``store``, audit failures through ``directory``."""
        self._store = store
        self._directory = directory
        self._clock = clock
        self._context = password_context()
        self._key = secrets.token_bytes(32)
        self._attempts = Attempts()
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def authenticate(self, name: str, password: str, client: Client) -> Principal:
        """Return the user whose login or mail is ``name`` and whose password this is.

        Raises InvalidCredentials, and TooManyAttempts when the password was not even looked at;
        a name without a password is never anybody (RFC 4513 section 5.1.2).
        """
        if not name or not password:
            raise InvalidCredentials("a name or a password is missing")
        if len(password.encode("utf-8", "surrogatepass")) > _MOST_PASSWORD_BYTES:
            raise InvalidCredentials("the password is too long to be one")
        policy = self._directory.policy()
        user = policy.user(name)
        # With the address: who guesses elsewhere is not to learn from what is remembered here.
        digest = self._digest(name, client.address, password)
        now = self._clock()
        verified = self._verified.get(digest)
        if verified is not None and verified.epoch == policy.epoch and verified.until > now:
            known = policy.users.get(verified.login)
            if known is not None:
                return known
        login = user.login if user is not None else name.lower()[:64]
        wait = self._attempts.wait(login, client.address, now)
        if wait > 0:
            raise TooManyAttempts(f"{login} from {client.address} has to wait {wait:.0f} s")
        if not self._is_password(user, login, password) or user is None:
            self._attempts.failed(login, client.address, self._clock())
            reason = "wrong password" if user is not None else "no such user"
            self._refuse(login, reason, client)
            raise InvalidCredentials(f"{login} from {client.address}: {reason}")
        self._attempts.succeeded(login, client.address)
        self._remember(digest, _Verified(user.login, policy.epoch, now + _REMEMBERED_SECONDS))
        return user

    def _digest(self, *parts: str) -> bytes:
        message = "".join(f"{len(part)} {part} " for part in parts)
        return hmac.new(
            self._key, message.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).digest()

    def _is_password(self, user: Principal | None, login: str, password: str) -> bool:
        with self._store.reading() as connection:
            kept = "" if user is None else policies.password_hash(connection, user.login)
            hashed = kept or self._stand_in(login, policies.password_hashes(connection))
        try:
            right = self._context.verify(password, hashed)
        except ValueError:
            # A NUL in the password, or a hash that no scheme knows: nobody has that.
            return False
        return bool(right and kept)

    def _stand_in(self, login: str, hashes: Sequence[str]) -> str:
        """Return the hash that takes the time of a real one where ``login`` has none.

        It is somebody's, the same for the same login, since the schemes and their costs differ.
        """
        if not hashes:
            return _NOBODYS
        chosen = int.from_bytes(self._digest(login)[:8], "big")
        return hashes[chosen % len(hashes)]

    def _refuse(self, login: str, reason: str, client: Client) -> None:
        event = AuditEvent(
            AuditAction.LOGIN,
            login,
            Outcome.REFUSED,
            detail=reason,
            protocol=client.protocol,
            address=client.address,
            agent=client.agent,
        )
        self._directory.record([event])

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        with self._lock:
            self._verified[digest] = verified
            while len(self._verified) > _MOST_REMEMBERED:
                self._verified.popitem(last=False)
