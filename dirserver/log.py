"""The log: one line an event, on standard error, as key=value.

No password, no card and no search text is in it: who asked what kind of thing, from where, and
how it went.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress

import structlog

from dirserver.http import AccessRecord
from dirserver.ldap.session import LDAPSession

# In the order in which they are in a line, before all that is told.
_KEYS = ["timestamp", "level", "logger", "event"]
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_render = structlog.processors.LogfmtRenderer(key_order=_KEYS, bool_as_flag=False)

# What is told in every line of the access log: which of several processes it is.
_everywhere: dict[str, object] = {}


def configure(*, verbose: bool = False, worker: int | None = None) -> None:
    """Send every log of this process, also the libraries', to standard error.

    Where several processes serve, each line has the number of the ``worker``.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp,
    ]
    if worker is not None:
        shared.append(lambda _logger, _method, event: {**event, "worker": worker})
        _everywhere["worker"] = worker
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # structlog has replaced the class of loggers, which Radicale extends: so only now.
    # Radicale tells every request at info, with what the access log has already.
    radicale = logging.getLogger("radicale")
    radicale.handlers[:] = []
    radicale.propagate = True
    radicale.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _tell_access(event: str, **told: object) -> None:
    """Write a line of the access log, of which there are too many for the layers of ``logging``.

    They would take as long as half of what it takes to read a card.
    """
    said = {"level": "info", "logger": "dirserver.access", "event": event, **told, **_everywhere}
    # Nothing fails because nobody can read of it.
    with suppress(OSError):
        sys.stderr.write(f"{_render(None, 'info', _stamp(None, 'info', said))}\n")


def http_request(record: AccessRecord) -> None:
    """Tell of a request that the CardDAV face has answered."""
    _tell_access(
        "http",
        address=record.address,
        method=record.method,
        path=record.path,
        status=record.status,
        bytes=record.bytes,
        ms=round(record.seconds * 1000, 1),
        agent=record.user_agent,
        complete=record.complete,
    )


def ldap_request(session: LDAPSession, began: float) -> None:
    """Tell of a request that the LDAP face has answered. ``began`` is a monotonic time."""
    answered = session.answered
    _tell_access(
        "ldap",
        address=session.client.address,
        login=session.principal.login,
        device=session.principal.device_name,
        operation=answered.operation,
        result=answered.code,
        hits=answered.hits,
        ms=round((time.monotonic() - began) * 1000, 1),
        tls=session.secure,
    )
