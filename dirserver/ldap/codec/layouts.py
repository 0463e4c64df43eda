"""Searches that differ from one before them in their words alone, read by comparison.

BER says of every value how long it is (X.690 section 8.1.3). So a message that has the octets of
another around its message id and the values that it asserts is built like that other, and these
are all that is to be read of it. Telephones send no others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from operator import itemgetter
from typing import TypeAlias

from dirserver.ldap.codec.ber import INTEGER, SEQUENCE, expect, header, skip
from dirserver.ldap.codec.decode import MAX_MESSAGE_ID, decode_message
from dirserver.ldap.codec.messages import (
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    GreaterOrEqual,
    LessOrEqual,
    Message,
    PresentFilter,
    SearchRequest,
    Substrings,
)

# Telephones' searches have a hundred or two; of each length there are few kinds of them.
_LONGEST = 384
_MOST_ALIKE = 4
_PRESENT, _SUBSTRINGS = 0x87, 0xA4
_JOINED = frozenset({0xA0, 0xA1, 0xA2})
_COMPARED = frozenset({0xA3, 0xA5, 0xA6, 0xA8})

# Makes a filter of the words that are in it, in their order.
_Make: TypeAlias = Callable[[Sequence[bytes]], Filter]


class Layout:
    """How one search is built, and all that is in it but the words."""

    __slots__ = ("_around", "_like", "_make", "_places", "_the_same")

    def __init__(self, data: bytes, like: SearchRequest) -> None:
        """Take ``data`` for an example, which says what ``like`` does and has no controls.

        Raises ValueError where the filter has a rule of its own.
        """
        self._like = like
        self._make = _maker(like.filter, count())
        places = list(_places(data))
        between = [0, *(place.stop for place in places)], [*(place.start for place in places), None]
        # One place alone would be no tuple.
        self._places = itemgetter(slice(0, 0), *places)
        self._around = itemgetter(slice(0, 0), *map(slice, *between))
        self._the_same = self._around(data)

    def read(self, data: bytes) -> Message | None:
        """Return what ``decode_message`` would, or None when ``data`` is not built like this."""
        if self._around(data) != self._the_same:
            return None
        _, id_, *words = self._places(data)
        message_id = int.from_bytes(id_, "big", signed=True)
        if not 0 < message_id <= MAX_MESSAGE_ID:
            return None
        like = self._like
        request = SearchRequest(
            like.base,
            like.scope,
            like.deref,
            like.size_limit,
            like.time_limit,
            like.types_only,
            self._make(words),
            like.attributes,
            like.about,
        )
        return Message(message_id, request, (), data)


class Layouts:
    """The layouts of the last searches, a few of each length. For one thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[int, deque[Layout]] = {}

    def decode(self, data: bytes) -> Message:
        """Do what ``decode_message`` does."""
        for layout in self._kept.get(len(data), ()):
            if (known := layout.read(data)) is not None:
                return known
        message = decode_message(data)
        request = message.op
        if isinstance(request, SearchRequest) and not message.controls and len(data) <= _LONGEST:
            self._learn(data, request)
        return message

    def _learn(self, data: bytes, request: SearchRequest) -> None:
        try:
            layout = Layout(data, request)
        except ValueError:
            return
        self._kept.setdefault(len(data), deque(maxlen=_MOST_ALIKE)).appendleft(layout)


def _places(data: bytes) -> Iterator[slice]:
    """Yield where the id of a search is, and each of its words."""
    at, end = expect(data, 0, len(data), SEQUENCE)
    start, at = expect(data, at, end, INTEGER)
    yield slice(start, at)
    _, start, stop = header(data, at, end)
    yield from _words(data, skip(data, start, stop, 6), stop)


def _words(data: bytes, at: int, end: int) -> Iterator[slice]:
    """Yield where the words of the filter at ``at`` are."""
    tag, at, end = header(data, at, end)
    if tag in _JOINED:
        while at < end:
            yield from _words(data, at, end)
            at = skip(data, at, end, 1)
    elif tag in _COMPARED:
        _, start, stop = header(data, skip(data, at, end, 1), end)
        yield slice(start, stop)
    elif tag == _SUBSTRINGS:
        _, at, end = header(data, skip(data, at, end, 1), end)
        while at < end:
            _, start, at = header(data, at, end)
            yield slice(start, at)


def _maker(filter_: Filter, numbers: Iterator[int]) -> _Make:
    """Return what makes ``filter_`` again of other words; ``numbers`` are those of its own."""
    match filter_:
        case FilterAnd(parts) | FilterOr(parts):
            kind = type(filter_)
            makers = [_maker(part, numbers) for part in parts]
            return lambda words: kind(tuple([make(words) for make in makers]))
        case FilterNot(part):
            made = _maker(part, numbers)
            return lambda words: FilterNot(made(words))
        case EqualityMatch() | GreaterOrEqual() | LessOrEqual() | ApproxMatch():
            return _compared(filter_, next(numbers))
        case Substrings():
            return _substrings(filter_, numbers)
        case PresentFilter():
            return lambda _words: filter_
        case ExtensibleMatch():
            raise ValueError("a rule of its own")


def _compared(like: EqualityMatch | GreaterOrEqual | LessOrEqual | ApproxMatch, at: int) -> _Make:
    kind, attribute = type(like), like.attribute
    return lambda words: kind(attribute, words[at])


def _substrings(like: Substrings, numbers: Iterator[int]) -> _Make:
    attribute = like.attribute
    initial = None if like.initial is None else next(numbers)
    middle = [next(numbers) for _ in like.any]
    final = None if like.final is None else next(numbers)
    match initial, middle, final:
        # As nearly all do.
        case int(), [], None:
            return lambda words: Substrings(attribute, words[initial])
        case None, [at], None:
            return lambda words: Substrings(attribute, None, (words[at],))
        case _:
            return lambda words: replace(
                like,
                initial=None if initial is None else words[initial],
                any=tuple([words[at] for at in middle]),
                final=None if final is None else words[final],
            )
