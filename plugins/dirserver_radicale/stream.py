"""Answers that are sent while they are being made, each from a snapshot of its own."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Final, TypeAlias

from dirserver.directory import Directory, Reading
from dirserver.errors import DirectoryError, NotAtOnce
from dirserver.model.principal import Client, Principal
from dirserver_radicale.xml.multistatus import Markup

# What is gathered, compressed and handed on at a time.
_CHUNK = 32 * 1024
# An answer of so many bytes is made whole, so that it has a length, and what goes wrong on the
# way has a status of its own. What is longer has begun to be sent by then. A hundred cards are to
# be in it, some with a picture: what most clients ask for at a time takes one thread, once.
SMALL = 320 * 1024
# So many clients may each keep a snapshot open for as long as they take to read; the database has
# few connections. Answers to others are made at once, and wait in files.
MOST_HELD = 12
_places = BoundedSemaphore(MOST_HELD)
_Chunks: TypeAlias = Generator[bytes, None, None]
# The text repeats itself so much that a better level would gain little and cost three times.
LEVEL: Final = 1
GZIP: Final = 16 + zlib.MAX_WBITS


class Stream:
    """The rest of an answer. Whoever has it must close it."""

    def __init__(self, begun: list[bytes], chunks: Iterator[bytes], held: ExitStack) -> None:
        """Go on with ``chunks`` after what has ``begun``; ``held`` is closed in the end."""
        self._begun = begun
        self._chunks = chunks
        self._held = held
        self.is_compressed = False

    def compress(self) -> None:
        """Send it as gzip (RFC 9110 section 8.4.1.3)."""
        self.is_compressed = True

    def __iter__(self) -> Iterator[bytes]:
        """Yield the answer in pieces of some 10 kB."""
        return _gzipped(self._plain()) if self.is_compressed else self._plain()

    def _plain(self) -> Iterator[bytes]:
        yield from self._begun
        yield from self._chunks

    def close(self) -> None:
        """End the snapshot: the answer is sent, or nobody waits for it any more."""
        self._held.close()


def answer(
    directory: Directory,
    principal: Principal,
    client: Client,
    make: Callable[[Reading], Iterator[bytes]],
    is_whole: Callable[[], bool] = lambda: False,
    *,
    at_once: bool = False,
) -> bytes | Stream:
    """Return what ``make`` yields from a snapshot for ``principal``, whole if it is small.

    Where ``is_whole`` says so once it has begun, also what is long is made before any of it is
    sent, so that it fails before that or not at all. Where the audit trail is told of each card,
    it always is: the trail may be busy.

    Raises what opening the snapshot raises, and what ``make`` does before much is written. With
    ``at_once``, that is NotAtOnce for all that is not found soon, and for what is refused: the
    audit trail may be busy.
    """
    if at_once:
        return _prompt(directory, principal, client, make)
    with ExitStack() as held:
        reading = held.enter_context(directory.reading(principal, client))
        chunks = _closable(make(reading))
        begun: list[bytes] = []
        size = 0
        for chunk in chunks:
            begun.append(chunk)
            size += len(chunk)
            if size > SMALL:
                whole = directory.tells_as_it_goes or is_whole()
                return _kept(begun, chunks) if whole else _long(begun, chunks, held)
        return b"".join(begun)


def _prompt(
    directory: Directory,
    principal: Principal,
    client: Client,
    make: Callable[[Reading], Iterator[bytes]],
) -> bytes:
    with directory.reading(principal, client, at_once=True) as reading:
        try:
            chunks = make(reading)
            found = next(chunks)
            # A whole piece has more to come behind it.
            if len(found) < _CHUNK:
                return found + b"".join(chunks)
        except DirectoryError:
            # Who answers it in a thread tells of it.
            reading.refusals.clear()
    raise NotAtOnce


def _long(begun: list[bytes], chunks: _Chunks, held: ExitStack) -> Stream:
    """Return an answer that goes on from the snapshot in ``held``, or else from a file."""
    if _places.acquire(blocking=False):
        held.callback(_places.release)
        # First of all, since what is read half-way has a cursor in the snapshot.
        held.callback(chunks.close)
        return Stream(begun, chunks, held.pop_all())
    return _kept(begun, chunks)


def _kept(begun: list[bytes], chunks: _Chunks) -> Stream:
    """Return an answer that is made already, and waits in a file."""
    with closing(chunks), ExitStack() as kept:
        file = kept.enter_context(TemporaryFile())
        file.writelines(begun)
        file.writelines(chunks)
        file.seek(0)
        return Stream([], _pieces(file), kept.pop_all())


def _closable(chunks: Iterator[bytes]) -> _Chunks:
    """Return ``chunks``, which are closed with it wherever they are."""
    yield from chunks


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def encoded(parts: Iterable[Markup]) -> Iterator[bytes]:
    """Join what is written into pieces that are worth sending."""
    gathered: list[bytes] = []
    size = 0
    for written in parts:
        part = written.encode() if isinstance(written, str) else written
        gathered.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(gathered)
            gathered.clear()
            size = 0
    yield b"".join(gathered)


def _gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
