"""Calling a WSGI application (PEP 3333) and reading what it answers.

Nothing here knows of sockets or threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import TypeAlias
from wsgiref.types import WSGIApplication, WSGIEnvironment

from dirserver.errors import NotAtOnce
from dirserver.http.answer import AnswerHead, ApplicationError, plain_text, read_head
from dirserver.http.rest import Rest, log_failure, release

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application answered.

    ``start`` is the body, or its beginning when there is a ``rest``. ``total`` is the length of
    the body where it is known.
    """

    head: AnswerHead
    start: bytes
    total: int | None
    rest: Rest | None = None


class _Call:
    """One call of the application: the head that it gives, and what it passes to write()."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.described = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']!r}"
        self.is_head_request = environ["REQUEST_METHOD"] == "HEAD"
        self.sent = False
        self._head: AnswerHead | None = None
        self._written: list[bytes] = []

    @property
    def head(self) -> AnswerHead:
        """The head of the answer; raises ApplicationError as long as there is none."""
        if self._head is None:
            raise ApplicationError("start_response was not called")
        return self._head

    @property
    def needs_no_body(self) -> bool:
        """Whether it is known already that no byte of the body will be sent."""
        return self._head is not None and (self.is_head_request or self._head.bodiless)

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: _ExcInfo | None = None,
        /,
    ) -> Callable[[bytes], object]:
        """Take the head of the answer; a second time only to replace it with that of an error."""
        if exc_info is not None and exc_info[1] is not None and self.sent:
            raise exc_info[1]
        if exc_info is None and self._head is not None:
            raise ApplicationError("start_response was called twice")
        self._head = read_head(status, headers)
        return self._written.append

    def chunks(self, iterable: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the body: what was written before a chunk, then the chunk."""
        for chunk in iterable:
            if self._written:
                yield self._take_written()
            yield chunk
        if self._written:
            yield self._take_written()

    def _take_written(self) -> bytes:
        written = b"".join(self._written)
        self._written.clear()
        return written


def call_application(application: WSGIApplication, environ: WSGIEnvironment, small: int) -> Answer:
    """Return what ``application`` answers.

    A body that ends within ``small`` bytes, or comes as a list, is read whole; then the iterable
    and ``wsgi.input`` are closed. Of a longer one only the beginning is read; ``rest`` has what
    remains, and whoever has the answer must close it.

    When the application fails before that, the answer is a 500 that names the log entry. When it
    raises NotAtOnce, so does this, and ``environ`` is as good for another call as it was.
    """
    call = _Call(environ)
    held = ExitStack()
    held.callback(environ["wsgi.input"].close)
    try:
        iterable = application(environ, call.start_response)
        if hasattr(iterable, "close"):
            held.callback(iterable.close)
        answer = _read(call, iterable, held, small)
    except NotAtOnce:
        held.pop_all()
        environ["wsgi.input"].seek(0)
        raise
    # Whatever is raised, the client must be answered.
    except BaseException:  # noqa: BLE001
        request_id = log_failure(call.described)
        release(held, call.described)
        text = f"Something went wrong on the server. (request {request_id})"
        head, body = plain_text(HTTPStatus.INTERNAL_SERVER_ERROR, text)
        return Answer(head, body, len(body))
    if answer.rest is None:
        release(held, call.described)
    return answer


def _read(call: _Call, iterable: Iterable[bytes], held: ExitStack, small: int) -> Answer:
    chunks = call.chunks(iterable)
    parts: list[bytes] = []
    size = 0
    while isinstance(iterable, list | tuple) or (size <= small and not call.needs_no_body):
        chunk = next(chunks, None)
        if chunk is None:
            return _whole(call, b"".join(parts))
        parts.append(chunk)
        size += len(chunk)
    head = call.head
    if call.needs_no_body:
        return Answer(head, b"", None)
    call.sent = True
    missing = None if head.length is None else head.length - size
    if missing is not None and missing < 0:
        raise ApplicationError("the body is longer than was promised")
    return Answer(head, b"".join(parts), head.length, Rest(chunks, held, missing, call.described))


def _whole(call: _Call, body: bytes) -> Answer:
    head = call.head
    if call.needs_no_body:
        # An answer to HEAD may leave the body out, so only one that is there tells its length.
        return Answer(head, b"", None if head.bodiless else len(body) or None)
    if head.length is not None and head.length != len(body):
        raise ApplicationError("the body has not the length that was promised")
    return Answer(head, body, len(body))
