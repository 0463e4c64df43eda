"""``dirserver serve``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from dirserver import config, log
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.errors import CertificateError
from dirserver.sockets import ListenError
from dirserver.workers.line import Line
from dirserver.workers.supervisor import Supervisor

_FACES = {"http": "carddav", "https": "carddav", "ldap": "ldap", "ldaps": "ldap"}


def serve(invocation: Invocation) -> int:
    """Serve until SIGTERM, and return the exit code.

    Raises Failed, ConfigError and StoreUnavailable before that.
    """
    file = invocation.config_file
    log.configure(verbose=invocation.verbose)
    configuration = config.load(file)
    workers = configuration.server.workers
    if workers == 1:
        return _serve(file)

    def work(line: Line) -> int:
        # Here, since this is what says what went wrong, and each worker is a process.
        from dirserver.cli.running import reported

        log.configure(verbose=invocation.verbose, worker=line.number)
        return reported(lambda: _serve(file, line), verbose=invocation.verbose)

    with tempfile.TemporaryDirectory(prefix="dirserver-") as figures:
        # Where the workers count together; prometheus_client looks at it when it is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
        # For all of them, that each need not do it, and that they share it.
        import dirserver.server
        from dirserver.memory import settle

        if configuration.tls is not None:
            import dirserver.tls
        if configuration.metrics.listen:
            import dirserver.metrics  # noqa: F401 - for the workers, as what is above

        settle()
        return Supervisor(workers, work, _announce).run()


def _serve(file: Path, line: Line | None = None) -> int:
    # Here, since it brings along what must know first whether there are several workers.
    from dirserver.server import serve as run

    try:
        run(file, _announce if line is None else line.ready, line)
    except CertificateError as error:
        raise Failed(f"{file}: [tls]: {error}") from error
    except ListenError as error:
        raise Failed(f"Dirserver does not serve: it {error}. {_advice(str(error))}") from error
    return 0


def _advice(said: str) -> str:
    if "in use" in said:
        return "Stop what listens there (ss -ltnp shows it), or change listen in the config."
    return "Change listen in the config."


def _announce(urls: list[str]) -> None:
    said = [f"{_face(url)} {url}" for url in urls]
    sys.stdout.write(f"dirserver ready: {', '.join(said)}\n")
    sys.stdout.flush()


def _face(url: str) -> str:
    return "metrics" if url.endswith("/metrics") else _FACES[url.partition(":")[0]]
