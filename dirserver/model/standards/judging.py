"""What in a card breaks the standards of its book, and the card without what can be repaired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dirserver.model.contentline import fold, logical_lines, parse_line
from dirserver.model.number import DialPlan
from dirserver.model.standards import (
    categories,
    countries,
    emails,
    names,
    phones,
    photos,
    required,
)
from dirserver.model.standards.kinds import is_group
from dirserver.model.standards.rules import Fault, Handling, Standards
from dirserver.model.vcard import VCard, parse_card


def judge(card: VCard, standards: Standards, plan: DialPlan) -> tuple[Fault, ...]:
    """Return what in ``card`` breaks ``standards``, rule by rule.

    A card that is a list of others, as Apple's groups are, breaks none: it is nobody's.
    """
    return () if is_group(card) else tuple(_faults(card, standards, plan))


def _faults(card: VCard, standards: Standards, plan: DialPlan) -> Iterator[Fault]:
    yield from required.faults(card, standards.required)
    if standards.phones:
        yield from phones.faults(card, standards.phones, plan)
    if standards.emails:
        yield from emails.faults(card)
    if standards.categories:
        yield from categories.faults(card, standards.categories)
    if standards.names:
        yield from names.faults(card, standards.names)
    if standards.countries:
        yield from countries.faults(card, standards.countries)
    if standards.photo_kb:
        yield from photos.faults(card, standards.photo_kb)


def handled(faults: Iterable[Fault], standards: Standards, handling: Handling) -> tuple[Fault, ...]:
    """Return those of ``faults`` that are handled so."""
    return tuple(fault for fault in faults if standards.handling_of(fault.rule) is handling)


def is_held(standards: Standards, plan: DialPlan, body: bytes) -> bool:
    """Say whether a stored card is kept from those who may only search its book."""
    faults = judge(parse_card(body), standards, plan)
    return bool(handled(faults, standards, Handling.QUARANTINE))


def repaired(body: bytes, faults: Iterable[Fault]) -> bytes:
    """Return the card ``body`` with what ``faults`` mend; every other byte stays.

    The faults are those of this very body.
    """
    values = {fault.index: fault.mended for fault in faults if fault.mended is not None}
    if not values:
        return body
    text = body.decode()
    pieces, at = [], 0
    for index, (start, end, logical) in enumerate(_properties(text)):
        mended = values.get(index)
        if mended is None:
            continue
        head = logical[: len(logical) - len(parse_line(logical).value)]
        line = fold(head + mended).decode()
        if not text[start:end].endswith("\r\n"):
            line = line.replace("\r\n", "\n")
        pieces += [text[at:start], line]
        at = end
    return "".join([*pieces, text[at:]]).encode()


def _properties(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where the properties of a stored card begin and end, and their texts."""
    for line in logical_lines(text):
        if line.text and not line.text.isspace() and parse_line(line.text).name not in _DELIMITERS:
            yield line.start, line.end, line.text


_DELIMITERS = frozenset({"BEGIN", "END"})
