"""The order in which full names have their parts, as the structured name (N) tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from dirserver.model.contentline import escape, split_value, unescape
from dirserver.model.fold import fold
from dirserver.model.standards.kinds import is_person
from dirserver.model.standards.rules import Fault, NameForm, Rule, quoted
from dirserver.model.vcard import VCard

_PARTS = 5


def faults(card: VCard, form: NameForm) -> Iterator[Fault]:
    """Yield the full names of a person that are not in ``form``.

    Only where N has a first and a last name can it be told. It is repaired where the full name
    has no word that N does not have; else it may say what N does not.
    """
    parts = _parts(card)
    if not is_person(card) or len(parts) < _PARTS or not (parts[0] and parts[1]):
        return
    wanted = _spelled(form, parts)
    known = set(_words(" ".join(parts)))
    for index, line in enumerate(card.lines):
        if line.name != "FN":
            continue
        written = unescape(line.value).strip()
        if not written or written in wanted:
            continue
        if known.issuperset(_words(written)):
            mended = _fitting(wanted, written)
            sentence = f"{quoted(written)} is to be written {quoted(mended)}"
            yield Fault(Rule.NAMES, "FN", sentence, index, escape(mended))
        else:
            sentence = f"{quoted(written)} is not the name {quoted(wanted[-1])}"
            yield Fault(Rule.NAMES, "FN", sentence, index)


def _parts(card: VCard) -> list[str]:
    """Return family, given, additional names, prefixes and suffixes (RFC 6350 section 6.2.2)."""
    line = card.first("N")
    if line is None:
        return []
    parts = [*split_value(line.value, ";"), "", "", "", ""][:_PARTS]
    return [
        " ".join(" ".join(unescape(value) for value in split_value(part, ",")).split())
        for part in parts
    ]


def _spelled(form: NameForm, parts: Sequence[str]) -> list[str]:
    """Return how the name may be written: with and without what is beside first and last name."""
    family, given, *others = parts
    found: dict[str, None] = {}
    for used in product(*((True, False) if other else (False,) for other in others)):
        additional, prefix, suffix = (
            other if use else "" for other, use in zip(others, used, strict=True)
        )
        if form is NameForm.GIVEN_FAMILY:
            whole = " ".join(filter(None, (prefix, given, additional, family, suffix)))
        else:
            rest = " ".join(filter(None, (prefix, given, additional, suffix)))
            whole = f"{family}, {rest}"
        found[whole] = None
    return list(found)


def _fitting(wanted: Sequence[str], written: str) -> str:
    """Return the longest of ``wanted`` that has only words of ``written``, or else the shortest."""
    words = set(_words(written))
    fitting = [one for one in wanted if words.issuperset(_words(one))]
    return max(fitting, key=len, default=wanted[-1])


def _words(text: str) -> list[str]:
    return fold(text.replace(",", " ")).split()
