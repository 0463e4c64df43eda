"""The log: one line an event, on standard error, as key=value.

No password, no card and no search text is in it: who asked what kind of thing, from where, and
how it went.
"""

from __future__ import annotations

import logging
import sys
import time

import structlog

from dirserver.http import AccessRecord
from dirserver.ldap.session import LDAPSession

_access = structlog.get_logger("dirserver.access")


def configure(*, verbose: bool = False, worker: int | None = None) -> None:
    """Send every log of this process, also the libraries', to standard error.

    Where several processes serve, each line has the number of the ``worker``.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if worker is not None:
        shared.append(lambda _logger, _method, event: {**event, "worker": worker})
    renderer = structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "logger", "event"], bool_as_flag=False
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
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


def http_request(record: AccessRecord) -> None:
    """Tell of a request that the CardDAV face has answered."""
    _access.info(
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
    _access.info(
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
