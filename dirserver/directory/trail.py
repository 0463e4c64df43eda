"""The audit trail as a whole: whether it is as it was written, and where it ends."""

from __future__ import annotations

from dirserver.directory.reading import Reading
from dirserver.store.trail import audit, chain


def verify(
    reading: Reading, expected: chain.Head | None = None, progress: chain.Progress | None = None
) -> chain.Verdict:
    """Say whether the audit trail is as it was written, and ``expected`` is in it.

    Raises AccessDenied to all but the operator.
    """
    reading.require_operator()
    return chain.verify(reading.connection, expected, progress)


def head(reading: Reading) -> chain.Head | None:
    """Return the last event of the audit trail, as it is to be noted down.

    Raises AccessDenied to all but the operator.
    """
    reading.require_operator()
    return audit.head(reading.connection)
