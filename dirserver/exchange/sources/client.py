"""Entries of an LDAP directory: asked for page by page (RFC 2696), over TLS, all or none.

Only this file knows the library. TLS is made here, since what the library does of it is older
than what Python does.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import ldap3
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidFilterError,
    LDAPSessionTerminatedByServerError,
)

from dirserver.exchange.sources.unavailable import SourceUnavailable

# So many entries at a time, some of them with photos, are in memory.
PAGE = 100
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 60
# Whoever has more than this has written a filter that finds something else than people.
_MOST_ENTRIES = 1_000_000
_PAGED = "1.2.840.113556.1.4.319"
_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
_SUCCESS, _SIZE_LIMIT = 0, 4
_SAID = re.compile(r"(certificate verify failed: [^(\"]*)|\[Errno -?\d+\] ([^'\")]*)")

_Scope: TypeAlias = Literal["BASE", "SUBTREE"]
_HINTS = {
    3: "its time limit was exceeded",
    _SIZE_LIMIT: (
        "it gives no more entries than its size limit allows, so not all; raise the limit for "
        "this bind_dn, or narrow the filter"
    ),
    7: "it does not know this way to log in",
    8: "it wants a stronger way to log in, over TLS",
    10: "it refers to another server; name that one in url",
    11: "its administrative limit was exceeded, so these are not all entries",
    13: "it wants TLS",
    32: "there is no such base",
    48: "it wants another way to log in",
    49: "the bind_dn or its password is wrong",
    50: "the bind_dn may not read that",
    53: "it is not willing to do that; perhaps it wants a bind_dn and a password",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a directory is, and how it is talked to.

    ``host`` and ``port`` are reached over TLS from the start with ``ldaps``, else over StartTLS
    unless that is not wanted. ``context`` checks the certificate; without one, TLS is not used.
    """

    host: str
    port: int
    ldaps: bool
    context: ssl.SSLContext | None
    bind_dn: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask for: the entries below ``base`` that ``filter`` finds, with these attributes."""

    base: str
    filter: str
    attributes: Sequence[str]


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as it came: the values of its attributes, by their names in lower case."""

    dn: str
    values: Mapping[str, Sequence[bytes]]


def tls_context(ca_file: str | None, *, verified: bool) -> ssl.SSLContext:
    """Return what checks a server's certificate. Raises SourceUnavailable for a bad ``ca_file``."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise SourceUnavailable(f"{ca_file} has no certificates in it: {error}") from error
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Directory:
    """A connection to a directory, for a block."""

    def __init__(self, server: Server) -> None:
        """Connect and log in. Raises SourceUnavailable."""
        tls = None if server.context is None else _Tls(server.context, server.host)
        there = ldap3.Server(
            server.host,
            server.port,
            use_ssl=server.ldaps,
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=_CONNECT_SECONDS,
        )
        self._where = f"{server.host}:{server.port}"
        self._connection = ldap3.Connection(
            there,
            server.bind_dn or None,
            server.password or None,
            client_strategy=ldap3.SYNC,
            # Active Directory refers to other domains, which nobody has asked for.
            auto_referrals=False,
            receive_timeout=_ANSWER_SECONDS,
            check_names=False,
            return_empty_attributes=False,
        )
        try:
            self._connection.open(read_server_info=False)
            if tls is not None and not server.ldaps:
                self._connection.start_tls(read_server_info=False)
            if not self._connection.bind(read_server_info=False):
                raise SourceUnavailable(self._refusal("does not let us in"))
        except LDAPException as error:
            self.close()
            raise SourceUnavailable(f"{self._where}: {_words(error)}") from error
        except SourceUnavailable:
            self.close()
            raise

    def is_active_directory(self) -> bool:
        """Say whether it says of itself that it is Active Directory."""
        root = Question("", "(objectClass=*)", ["supportedCapabilities"])
        try:
            entries, _ = self._page(root, "BASE", None)
        except SourceUnavailable:
            # Some tell nothing of themselves. What is wrong else is told of the next question.
            return False
        said = [value for one in entries for value in one.values.get("supportedcapabilities", ())]
        return _ACTIVE_DIRECTORY.encode() in said

    def entries(self, question: Question) -> Iterator[RawEntry]:
        """Yield all entries that ``question`` finds.

        Raises SourceUnavailable, also in the middle, unless the server has said that these are all.
        """
        cookie: bytes | None = None
        number = 0
        while True:
            entries, cookie = self._page(question, "SUBTREE", cookie)
            for entry in entries:
                number += 1
                if number > _MOST_ENTRIES:
                    raise SourceUnavailable(f"there are more than {_MOST_ENTRIES} entries in it")
                yield entry
            if not cookie:
                return

    def _page(
        self, question: Question, scope: _Scope, cookie: bytes | None
    ) -> tuple[list[RawEntry], bytes | None]:
        connection = self._connection
        paged = None if scope == "BASE" else PAGE
        try:
            connection.search(
                question.base,
                question.filter,
                scope,
                ldap3.DEREF_NEVER,
                attributes=list(question.attributes),
                paged_size=paged,
                paged_cookie=cookie,
            )
        except LDAPInvalidFilterError as error:
            raise SourceUnavailable(f"the filter {question.filter} is none") from error
        except LDAPException as error:
            raise SourceUnavailable(f"{self._where}: {_words(error)}") from error
        result = connection.result
        if not isinstance(result, dict) or result.get("type") != "searchResDone":
            raise SourceUnavailable(f"{self._where} has broken off its answer")
        if result["result"] != _SUCCESS:
            raise SourceUnavailable(self._refusal("does not tell"))
        found = [
            RawEntry(str(one["dn"]), _values(cast("Mapping[str, object]", one["raw_attributes"])))
            for one in connection.response or ()
            if one.get("type") == "searchResEntry"
        ]
        return found, _cookie(result)

    def _refusal(self, what: str) -> str:
        result = self._connection.result
        code = result.get("result", -1)
        why = _HINTS.get(code, result.get("description", "it does not say why"))
        return f"{self._where} {what}: {why}"

    def close(self) -> None:
        """Hang up."""
        # It may be gone before.
        with suppress(LDAPException, OSError):
            self._connection.unbind()
        # The library leaves it open where it could not connect.
        left = self._connection.socket
        if left is not None:
            left.close()

    def __enter__(self) -> Directory:
        """Return the directory, which is hung up when the block ends."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Hang up."""
        self.close()


class _Tls(ldap3.Tls):
    """TLS in which Python and OpenSSL see to all, also that the certificate has the name."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._host = host

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:  # noqa: ARG002 - the library's method
        """Go on over TLS."""
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._host)


def _values(raw: Mapping[str, object]) -> dict[str, Sequence[bytes]]:
    """Return the values by the names of their attributes, without options such as ;lang-de."""
    found: dict[str, list[bytes]] = {}
    for name, values in raw.items():
        if isinstance(values, list):
            found.setdefault(name.partition(";")[0].lower(), []).extend(values)
    return dict(found)


def _cookie(result: Mapping[str, object]) -> bytes | None:
    controls = result.get("controls")
    paged = controls.get(_PAGED) if isinstance(controls, dict) else None
    return cast("bytes | None", paged["value"]["cookie"] or None) if paged else None


def _words(error: LDAPException) -> str:
    """Return what went wrong, out of what a library wraps around it."""
    text = str(error).replace("\\", "")
    found = _SAID.search(text)
    if found is not None:
        return (found[1] or found[2]).strip(" .").lower()
    if isinstance(error, LDAPSessionTerminatedByServerError):
        return "it has broken off its answer"
    return " ".join(text.split())[:300] or type(error).__name__
