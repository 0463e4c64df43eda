"""Who somebody is, by a name and a password."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

from dirserver.directory.access.attempts import Attempts
from dirserver.directory.directory import Directory
from dirserver.errors import AccessDenied, InvalidCredentials, NotAtOnce, TooManyAttempts
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.policy import Policy
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.model.secret import digest_of
from dirserver.passwords import password_context
from dirserver.store import devices, policies
from dirserver.store.devices import DeviceRecord
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
    principal: Principal
    epoch: int
    until: float


class Authenticator:
    """Tells who goes by a name and a password: the user's own, or that of a device of theirs.

    An unknown name and a wrong password take the same time and raise the same error. A pair
    that was right is remembered for minutes, for its address, in memory and under a key that dies
    with the process, so that a slow hash is paid once and not with every request; any change of the
    policy, so also of a password, forgets it at once.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        clock: Callable[[], float] = time.monotonic,
        *,
        devices_only: Container[str] = (),
        attempts: Attempts | None = None,
    ) -> None:
        """Look users up in ``store``, audit failures through ``directory``.

        Over the protocols in ``devices_only``, nobody's own password is good. ``attempts`` are
        those that were counted before.
        """
        self._store = store
        self._directory = directory
        self._clock = clock
        self._devices_only = devices_only
        self._context = password_context()
        self._key = secrets.token_bytes(32)
        self.attempts = attempts or Attempts()
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def authenticate(
        self, name: str, password: str, client: Client, *, at_once: bool = False
    ) -> Principal:
        """Return the user whose login or mail is ``name`` and whose password this is.

        If it is that of a device, the principal has the device. Raises InvalidCredentials, and
        TooManyAttempts when the password was not even looked at; a name without a password is
        never anybody (RFC 4513 section 5.1.2). With ``at_once`` it raises NotAtOnce unless the
        pair is remembered.
        """
        if not name or not password:
            raise InvalidCredentials("a name or a password is missing")
        if len(password.encode("utf-8", "surrogatepass")) > _MOST_PASSWORD_BYTES:
            raise InvalidCredentials("the password is too long to be one")
        policy = self._directory.policy(at_once=at_once)
        # With the address: who guesses elsewhere is not to learn from what is remembered here.
        digest = self._digest(name, client.protocol, client.address, password)
        now = self._clock()
        principal = self._remembered(digest, policy, client, now)
        if principal is not None:
            return principal
        if at_once:
            raise NotAtOnce
        user = policy.user(name)
        login = user.login if user is not None else self.attempts.alias(name)
        kept = self._of_secret(password)
        if user is not None and kept is not None and not _why_not(kept, user, client):
            # Nobody guesses a secret. So whoever has one does not wait for those who guess; and
            # it says nothing of who may have guessed the user's own password before.
            principal = replace(user, device=kept.device)
        else:
            principal = self._by_password(user, login, password, kept, client)
        self._remember(digest, _Verified(principal, policy.epoch, now + _REMEMBERED_SECONDS))
        self._directory.tell([_login(principal.login, client, principal.device_name)])
        return self._seen(principal, client)

    def vouched(self, name: str, client: Client) -> Principal:
        """Return the user whose login or mail is ``name``, for whom somebody trusted vouches.

        Raises InvalidCredentials when there is none.
        """
        user = self._directory.policy().user(name) if name else None
        if user is None:
            reason = "certified, but no such user"
            event = _login(name.lower()[:64], client, "", Outcome.REFUSED, reason)
            self._directory.record([event])
            raise InvalidCredentials(f"{name} from {client.address}: {reason}")
        self._directory.tell([_login(user.login, client, "")])
        return user

    def takes(self, principal: Principal, protocol: str) -> bool:
        """Say whether who logged in over ``protocol`` some time ago could do so today.

        A password that was the user's own is no good where only those of devices are taken by now.
        """
        own = principal.kind is PrincipalKind.USER and principal.device is None
        return not (own and protocol in self._devices_only)

    def _remembered(
        self, digest: bytes, policy: Policy, client: Client, now: float
    ) -> Principal | None:
        verified = self._verified.get(digest)
        if verified is None or verified.epoch != policy.epoch or verified.until <= now:
            return None
        try:
            principal = policy.as_of(verified.principal, client, datetime.now(UTC))
        except AccessDenied:
            # Such as a device that has expired since.
            return None
        return self._seen(principal, client)

    def _seen(self, principal: Principal, client: Client) -> Principal:
        if principal.device is not None:
            self._directory.sightings.used(principal.device, client, datetime.now(UTC))
        return principal

    def _of_secret(self, password: str) -> DeviceRecord | None:
        """Return the device with this password, whosever it is and if it is good or not."""
        digest = digest_of(password)
        if not digest:
            return None
        with self._store.reading() as connection:
            return devices.find_secret(connection, digest)

    def _by_password(
        self,
        user: Principal | None,
        login: str,
        password: str,
        kept: DeviceRecord | None,
        client: Client,
    ) -> Principal:
        """Return the user if this is their own password. Raises as ``authenticate``."""
        wait = self.attempts.wait(login, client.address, self._clock())
        if wait > 0:
            self._directory.tell([_login(login, client, "", Outcome.REFUSED)])
            raise TooManyAttempts(f"{login} from {client.address} has to wait {wait:.0f} s")
        # Whatever else is wrong: it takes the time that a wrong password takes.
        right = self._is_password(user, login, password)
        if kept is not None:
            reason = f"device {kept.device.name}: {_why_not(kept, user, client)}"
        elif user is None:
            reason = "no such user"
        elif not right:
            reason = "wrong password"
        elif client.protocol in self._devices_only:
            reason = "the user's own password, where only those of devices are taken"
        else:
            self.attempts.succeeded(login, client.address)
            return user
        now = self._clock()
        self.attempts.failed(login, client.address, now)
        if wait := self.attempts.wait(login, client.address, now):
            # What is refused until then is not told of: the guesser decides how much that is.
            reason += f"; no password is looked at for {wait:.0f} s"
        device = kept.device.name if kept is not None and kept.device.login == login else ""
        event = _login(login, client, device, Outcome.REFUSED, reason)
        self._directory.record([event])
        raise InvalidCredentials(f"{login} from {client.address}: {reason}")

    def _digest(self, *parts: str) -> bytes:
        message = "".join(f"{len(part)} {part} " for part in parts)
        octets = message.encode("utf-8", "surrogatepass")
        return blake2b(octets, key=self._key, digest_size=32).digest()

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

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        with self._lock:
            self._verified[digest] = verified
            while len(self._verified) > _MOST_REMEMBERED:
                self._verified.popitem(last=False)


def _why_not(kept: DeviceRecord, user: Principal | None, client: Client) -> str:
    """Return why the password of a device is not good for ``user``, or nothing."""
    if user is None or kept.device.login != user.login:
        return f"it is {kept.device.login}'s"
    if kept.revoked is not None:
        return "revoked"
    return kept.device.refusal(client.protocol, client.address, datetime.now(UTC))


def _login(
    login: str, client: Client, device: str, outcome: Outcome = Outcome.DONE, reason: str = ""
) -> AuditEvent:
    return AuditEvent(
        AuditAction.LOGIN,
        login,
        outcome,
        detail=reason,
        protocol=client.protocol,
        address=client.address,
        agent=client.agent,
        device=device,
    )
