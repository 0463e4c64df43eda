"""OpenLDAP's own client library, which mail programs and ldapsearch stand on, as it is installed.

What it does in C, a client in Python would do at the cost of the server beside it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator, Sequence
from functools import cache

_SCOPES = {"base": 0, "one": 1, "sub": 2}
_DESCRIPTOR, _VERSION, _SOCKBUF = 0x01, 0x11, 0x5008
# Right above the socket (LBER_SBIOD_LEVEL_PROVIDER).
_PROVIDER = 10
_ALL = 1
_SUCCESS, _SIZE_LIMIT_EXCEEDED = 0, 4
_RESULT_OF_SEARCH = 0x65
_RESULT_OF_BIND = 0x61
_SECONDS = 300


class LibraryError(Exception):
    """The library is not there, or what it did was not answered as it should have been."""


class _Berval(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ulong), ("octets", ctypes.c_char_p))


class _Seconds(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("microseconds", ctypes.c_long))


@cache
def _library() -> ctypes.CDLL:
    """Return the library. Raises LibraryError when there is none."""
    name = next((found for name in ("ldap-2.5", "ldap") if (found := _found(name))), None)
    if name is None:
        raise LibraryError("libldap is not installed (Debian: libldap-2.5-0)")
    library = ctypes.CDLL(name)
    # Everything else fits what ctypes makes of Python's values.
    library.ldap_err2string.restype = ctypes.c_char_p
    return library


@cache
def _prompt() -> ctypes.PyDLL:
    """Return the library for what never waits: to let other threads on would cost more than that.

    Raises LibraryError when there is none.
    """
    return ctypes.PyDLL(_library()._name)


def _found(name: str) -> str | None:
    return ctypes.util.find_library(name)


def is_there() -> bool:
    """Say whether the library is installed."""
    try:
        return _library() is not None
    except LibraryError:
        return False


def strings(texts: Sequence[str]) -> ctypes.Array[ctypes.c_char_p]:
    """Return ``texts`` as C has a list of them."""
    return (ctypes.c_char_p * (len(texts) + 1))(*[text.encode() for text in texts], None)


class Connection:
    """A connection, with one question at a time. Every method raises LibraryError."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Get ready to connect to ``address``."""
        self._library, self._prompt = _library(), _prompt()
        self._handle = ctypes.c_void_p()
        self._limit = _Seconds(_SECONDS, 0)
        uri = f"ldap://{address[0]}:{address[1]}"
        self._check(self._library.ldap_initialize(ctypes.byref(self._handle), uri.encode()))
        version = ctypes.c_int(3)
        self._check(self._library.ldap_set_option(self._handle, _VERSION, ctypes.byref(version)))

    def _check(self, code: int) -> None:
        if code != _SUCCESS:
            raise LibraryError(self._library.ldap_err2string(code).decode())

    def bind(self, name: str, password: str) -> None:
        """Say who asks."""
        secret = password.encode()
        given, message_id = _Berval(len(secret), secret), ctypes.c_int()
        self._check(
            self._library.ldap_sasl_bind(
                self._handle,
                name.encode(),
                None,
                ctypes.byref(given),
                None,
                None,
                ctypes.byref(message_id),
            )
        )
        self._library.ldap_msgfree(self._answer(message_id, _RESULT_OF_BIND))

    def read_ahead(self) -> None:
        """Read from the socket as much as there is, and not each entry in two steps.

        Else that is half of what it costs to ask, beside a server that has the same processor.
        """
        buffer, library = ctypes.c_void_p(), self._library
        self._check(library.ldap_get_option(self._handle, _SOCKBUF, ctypes.byref(buffer)))
        layer = ctypes.c_char.in_dll(library, "ber_sockbuf_io_readahead")
        self._check(library.ber_sockbuf_add_io(buffer, ctypes.byref(layer), _PROVIDER, None))

    def search(
        self,
        base: bytes,
        scope: str,
        text: bytes,
        attributes: ctypes.Array[ctypes.c_char_p],
        size_limit: int = 0,
    ) -> int:
        """Return how many entries ``text``, a filter, finds."""
        return self.entries(self.ask(base, scope, text, attributes, size_limit))

    def entries(self, message_id: ctypes.c_int) -> int:
        """Wait for the answer to what was asked, and return how many entries it has."""
        answer = self._answer(message_id, _RESULT_OF_SEARCH)
        try:
            return int(self._prompt.ldap_count_entries(self._handle, answer))
        finally:
            self._prompt.ldap_msgfree(answer)

    def fileno(self) -> int:
        """Return the number of the socket; what is left of an answer is waited for there."""
        number = ctypes.c_int()
        self._check(self._library.ldap_get_option(self._handle, _DESCRIPTOR, ctypes.byref(number)))
        return number.value

    def ask(
        self,
        base: bytes,
        scope: str,
        text: bytes,
        attributes: ctypes.Array[ctypes.c_char_p],
        size_limit: int = 0,
        controls: ctypes.Array[ctypes.c_void_p] | None = None,
    ) -> ctypes.c_int:
        """Ask as ``search`` does, and wait for nothing."""
        message_id = ctypes.c_int()
        self._check(
            self._prompt.ldap_search_ext(
                self._handle,
                base,
                _SCOPES[scope],
                text,
                attributes,
                0,
                controls,
                None,
                None,
                size_limit,
                ctypes.byref(message_id),
            )
        )
        return message_id

    def _answer(self, message_id: ctypes.c_int, expected: int) -> ctypes.c_void_p:
        """Wait for the whole answer."""
        answer = ctypes.c_void_p()
        kind = self._library.ldap_result(
            self._handle, message_id, _ALL, ctypes.byref(self._limit), ctypes.byref(answer)
        )
        if kind != expected:
            raise LibraryError(f"the answer is of another kind: {kind}")
        code = ctypes.c_int()
        parsed = self._prompt.ldap_parse_result
        self._check(parsed(self._handle, answer, ctypes.byref(code), None, None, None, None, 0))
        if code.value not in (_SUCCESS, _SIZE_LIMIT_EXCEEDED):
            self._check(code.value)
        return answer

    def pages(
        self, base: bytes, text: bytes, attributes: ctypes.Array[ctypes.c_char_p], page: int
    ) -> Iterator[int]:
        """Fetch everything page by page, again and again (RFC 2696); yield how many entries."""
        library = self._library
        kept = ctypes.POINTER(_Berval)(_Berval(0, None))
        while True:
            control = ctypes.c_void_p()
            self._check(
                library.ldap_create_page_control(self._handle, page, kept, 1, ctypes.byref(control))
            )
            controls = (ctypes.c_void_p * 2)(control, None)
            asked = self.ask(base, "sub", text, attributes, 0, controls)
            library.ldap_control_free(control)
            answer = self._answer(asked, _RESULT_OF_SEARCH)
            entries = int(library.ldap_count_entries(self._handle, answer))
            kept = ctypes.POINTER(_Berval)(self._cookie(answer))
            library.ldap_msgfree(answer)
            yield entries

    def _cookie(self, answer: ctypes.c_void_p) -> _Berval:
        """Return what the server wants to be given for the next page; nothing in the end."""
        library = self._library
        code, controls = ctypes.c_int(), ctypes.POINTER(ctypes.c_void_p)()
        self._check(
            library.ldap_parse_result(
                self._handle,
                answer,
                ctypes.byref(code),
                None,
                None,
                None,
                ctypes.byref(controls),
                0,
            )
        )
        if not controls:
            raise LibraryError("the server gives no pages")
        estimate, cookie = ctypes.c_int(), _Berval(0, None)
        self._check(
            library.ldap_parse_pageresponse_control(
                self._handle,
                ctypes.c_void_p(controls[0]),
                ctypes.byref(estimate),
                ctypes.byref(cookie),
            )
        )
        library.ldap_controls_free(controls)
        return cookie

    def close(self) -> None:
        """Unbind."""
        self._library.ldap_unbind_ext_s(self._handle, None, None)
