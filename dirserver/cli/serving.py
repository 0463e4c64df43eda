"""``dirserver serve``."""

from __future__ import annotations

import sys

from dirserver import log
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.listeners import ListenError
from dirserver.server import serve as run
from dirserver.tls import CertificateError

_FACES = {"http": "carddav", "https": "carddav", "ldap": "ldap", "ldaps": "ldap"}


def serve(invocation: Invocation) -> None:
    """Serve until SIGTERM. Raises Failed, ConfigError and StoreUnavailable before that."""
    file = invocation.config_file
    log.configure(verbose=invocation.verbose)
    try:
        run(file, _announce)
    except CertificateError as error:
        raise Failed(f"{file}: [tls]: {error}") from error
    except ListenError as error:
        raise Failed(f"Dirserver does not serve: it {error}. {_advice(str(error))}") from error


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
