"""The log: one line an event, on standard error, as key=value.

No password, no card and no search text is in it: who asked what kind of thing, from where, and
how it went.
"""

from __future__ import annotations

import logging
import re
import sys

import structlog

# In the order in which they are in a line, before all that is told.
_KEYS = ["timestamp", "level", "logger", "event"]
_ANSWER = re.compile(r"\S+ response status for ")
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_render = structlog.processors.LogfmtRenderer(key_order=_KEYS, bool_as_flag=False)


def _is_no_answer(record: logging.LogRecord) -> bool:
    return _ANSWER.match(str(record.msg)) is None


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
    # Radicale tells every request at info, with what the access log has already, and that a client
    # named another server, or made too many searches, as if the house were on fire.
    radicale = logging.getLogger("radicale")
    radicale.handlers[:] = []
    radicale.propagate = True
    radicale.addFilter(_is_no_answer)
    radicale.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
