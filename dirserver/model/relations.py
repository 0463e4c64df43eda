"""Whom a card names besides the one it is of: a manager, an assistant, a group's members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dirserver.model.contentline import ContentLine, unescape
from dirserver.model.fields import SOURCES, Field

# As many names as a group has members, and each perhaps in two spellings.
MAX_MEMBERS = 5000
_URN = "urn:uuid:"
_FIELDS = {"manager": Field.MANAGER, "assistant": Field.ASSISTANT}


def is_group(by_name: Mapping[str, Sequence[ContentLine]]) -> bool:
    """Say whether the card is one of a group (RFC 6350 section 6.1.4); Apple has its own KIND."""
    lines = by_name.get("KIND") or by_name.get("X-ADDRESSBOOKSERVER-KIND") or ()
    return any(unescape(line.value).strip().lower() == "group" for line in lines[:1])


def members(by_name: Mapping[str, Sequence[ContentLine]]) -> tuple[str, ...]:
    """Return the UIDs of a group's members, as their cards may have them.

    A UUID is a URN here (RFC 6350 section 6.6.5), while most cards have it bare.
    """
    found: dict[str, None] = {}
    lines = [line for name in sorted(SOURCES[Field.MEMBER]) for line in by_name.get(name, ())]
    for line in lines[:MAX_MEMBERS]:
        uid = unescape(line.value).strip()
        found[uid] = None
        if uid[: len(_URN)].lower() == _URN:
            found[uid[len(_URN) :]] = None
    found.pop("", None)
    return tuple(found)


def colleagues(
    by_name: Mapping[str, Sequence[ContentLine]], label_of: Mapping[str, str]
) -> Iterator[tuple[Field, str]]:
    """Yield the names of manager and assistant, however the program at work has put them.

    ``label_of`` has the labels of groups of lines, in lower case.
    """
    for field in _FIELDS.values():
        for name in sorted(SOURCES[field] - {"RELATED", "X-ABRELATEDNAMES"}):
            yield from ((field, unescape(line.value)) for line in by_name.get(name, ()))
    for name in ("RELATED", "X-ABRELATEDNAMES"):
        for line in by_name.get(name, ()):
            told = {*line.types(), label_of.get(line.group.lower(), "")}
            # Where it leads to a card, there is no name to show.
            if "text" in _lower(line.param("VALUE")) or name != "RELATED":
                yield from ((_FIELDS[kind], unescape(line.value)) for kind in _FIELDS.keys() & told)


def _lower(values: Iterable[str]) -> list[str]:
    return [value.lower() for value in values]
