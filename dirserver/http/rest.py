"""The part of a body that the application has still to make."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

from dirserver.http.answer import ApplicationError

log = logging.getLogger(__name__)


def log_failure(described: str) -> str:
    """Log the exception that is being handled; return the id under which it is found."""
    request_id = secrets.token_hex(4)
    log.error("request %s (%s) failed", request_id, described, exc_info=True)
    return request_id


def release(held: ExitStack, described: str) -> None:
    """Close what a call of the application holds; what is raised is only logged."""
    try:
        held.close()
    # The answer was made or is lost already, whatever close raises.
    except BaseException:  # noqa: BLE001
        log_failure(described)


class Rest:
    """Pulls a body, never past ``missing`` bytes where its length was promised.

    It is pulled and closed from worker threads: from one at a time, but not always the same.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        held: ExitStack,
        missing: int | None,
        described: str,
    ) -> None:
        self.ended = False
        self._chunks = chunks
        self._held = held
        self._missing = missing
        self._described = described
        self._left = memoryview(b"")

    def pull(self, most: int) -> bytes:
        """Return the next bytes, at most ``most``; fewer only at the end, when ``ended`` is set.

        Raises ApplicationError, having logged why, when the application fails or breaks its
        promise; the iterable has been closed then, as at the end.
        """
        try:
            data = self._gather(most)
            if self._missing is not None:
                self._missing -= len(data)
                if self._missing < 0 or (self.ended and self._missing > 0):
                    raise ApplicationError("the body has not the length that was promised")
        # Whatever is raised, the client must learn that the answer is not whole.
        except BaseException as error:
            request_id = log_failure(self._described)
            self.close()
            raise ApplicationError(f"request {request_id}") from error
        if self.ended:
            self.close()
        return data

    def _gather(self, most: int) -> bytes:
        parts: list[memoryview] = []
        size = 0
        while size < most:
            if not self._left:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self.ended = True
                    break
                self._left = memoryview(chunk)
            part = self._left[: most - size]
            self._left = self._left[len(part) :]
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Let the application free what it holds; nothing can be pulled afterwards."""
        release(self._held, self._described)
