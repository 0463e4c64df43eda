"""The WSGI environ of a request (RFC 3875 section 4.1, PEP 3333)."""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from typing import IO
from wsgiref.types import WSGIEnvironment

from dirserver.http.admission import Admission

log = logging.getLogger("dirserver.http.application")

_NOT_PASSED_ON = frozenset(
    [
        # Spelled without HTTP_, or normalised: see build_environ.
        b"content-type",
        b"content-length",
        b"authorization",
        b"host",
        # Between the client and us; the body has been received whole.
        b"connection",
        b"expect",
        b"keep-alive",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        # HTTP_PROXY would be taken for the environment variable of that name.
        b"proxy",
        # Radicale and others believe these, whoever sent them.
        b"forwarded",
        b"remote-user",
        b"x-real-ip",
        b"x-remote-addr",
        b"x-remote-user",
        b"x-script-name",
    ]
)
_NOT_PASSED_ON_PREFIX = b"x-forwarded-"


class ErrorLog(io.TextIOBase):
    """``wsgi.errors``: what the application writes there goes to the log."""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str, /) -> int:
        """Log ``text`` unless it is blank."""
        message = text.rstrip()
        if message:
            log.warning("%s", message)
        return len(text)


ERRORS = ErrorLog()


@lru_cache(maxsize=512)
def _variable(name: bytes) -> str | None:
    """Return the variable that carries the field ``name``, or None if none may.

    A name with an underscore would be the same variable as the one with a hyphen.
    """
    if name in _NOT_PASSED_ON or name.startswith(_NOT_PASSED_ON_PREFIX) or b"_" in name:
        return None
    return "HTTP_" + name.decode("ascii").upper().replace("-", "_")


def build_environ(
    admission: Admission, body: IO[bytes], length: int, server: tuple[str, int]
) -> WSGIEnvironment:
    """Return the environ of the request that was admitted, whose ``body`` has ``length`` bytes.

    SERVER_NAME and SERVER_PORT are what the client named, so that URLs rebuilt from them are
    the client's also behind a proxy or a forwarded port; ``server``, the address that took the
    connection, stands in when the client named nothing.
    """
    head = admission.head
    authority = admission.target.authority
    secure = admission.client.secure
    name, port = server
    if authority.host:
        name, port = authority.host, authority.port or (443 if secure else 80)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": head.method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": admission.target.path.decode("latin-1"),
        "QUERY_STRING": admission.target.query.decode("latin-1"),
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": head.version.decode("ascii"),
        "REMOTE_ADDR": admission.client.address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if secure else "http",
        "wsgi.input": body,
        "wsgi.errors": ERRORS,
        "wsgi.multithread": True,
        # Workers may have forked.
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for field, values in head.fields.items():
        variable = _variable(field)
        if variable is not None:
            value = values[0] if len(values) == 1 else b", ".join(values)
            environ[variable] = value.decode("latin-1")
    if secure:
        environ["HTTPS"] = "on"
    if authority.host:
        environ["HTTP_HOST"] = authority.text
    if admission.authorization is not None:
        environ["HTTP_AUTHORIZATION"] = admission.authorization
    content_type = head.fields.get(b"content-type")
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type[0].decode("latin-1")
    if admission.length != 0 or b"content-length" in head.fields:
        environ["CONTENT_LENGTH"] = str(length)
    return environ
