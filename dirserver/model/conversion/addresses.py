"""Where somebody is: ADR with its LABEL, GEO and TZ.

3.0 has the label in a property of its own (RFC 2426 section 3.2.2), 4.0 in a parameter of ADR
(RFC 6350 section 6.3.1). GEO is a pair of numbers or a geo: URI (RFC 2426 section 3.4.2,
RFC 6350 section 6.5.2), TZ an offset or a text by default (sections 3.4.1 and 6.5.1).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from dirserver.model.contentline import ContentLine, escape, unescape
from dirserver.model.conversion.parameters import (
    omitting,
    types_of,
    value_type,
    with_params,
    with_value,
)
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import parts, text_for_four, text_for_three, uri

_NO_ADDRESS = ";;;;;;"
_PAIR = re.compile(r"\s*([+-]?[0-9.]+)\s*[;,]\s*([+-]?[0-9.]+)\s*")
_GEO_URI = re.compile(r"geo:([+-]?[0-9.]+),([+-]?[0-9.]+)", re.IGNORECASE)
_OFFSET = re.compile(r"([+-]?)([0-9]{2}):?([0-9]{2})?")


@dataclass(slots=True)
class _Labels:
    """The LABEL of each ADR, and the lines that are the LABEL of one; all by the line's id."""

    of_address: dict[int, ContentLine] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)


def address_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """ADR with its LABEL as a parameter."""
    value = parts(line.value)
    label = source.once(_labels).of_address.get(id(line)) if "LABEL" in source.names else None
    if label is None:
        return (with_value(line, value),)
    params = (*line.params, ("LABEL", (unescape(label.value),)))
    return (ContentLine(line.group, "ADR", params, value),)


def label_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """A LABEL without an address, which needs one of its own."""
    if id(line) in source.once(_labels).placed:
        return ()
    params = (*omitting(line.params, "LABEL"), ("LABEL", (unescape(line.value),)))
    return (ContentLine(line.group, "ADR", params, _NO_ADDRESS),)


def address_for_three(line: ContentLine, _source: Source) -> tuple[ContentLine, ...]:
    """ADR, followed by its LABEL of the same types."""
    value = parts(line.value)
    # RFC 6350's own example breaks its lines with a backslash, RFC 6868 with a caret.
    text = unescape(",".join(line.param("LABEL")))
    if not text:
        return (with_value(line, value),)
    params = omitting(line.params, "LABEL")
    label = ContentLine(line.group, "LABEL", params, escape(text))
    if not value.strip(";"):
        return (label,)
    types = tuple(param for param in params if param[0] == "TYPE")
    return (ContentLine(line.group, "ADR", params, value), with_params(label, types))


def position_for_four(line: ContentLine) -> ContentLine:
    """GEO as a geo: URI (RFC 5870)."""
    value = uri(line.value)
    params = omitting(line.params, "VALUE")
    if pair := _PAIR.fullmatch(value):
        value = f"geo:{pair[1]},{pair[2]}"
    elif value[:4].lower() != "geo:":
        return line
    return ContentLine(line.group, "GEO", params, value)


def position_for_three(line: ContentLine) -> ContentLine:
    """GEO as latitude and longitude, or the URI if it says more."""
    value = uri(line.value)
    params = omitting(line.params, "VALUE")
    if pair := _GEO_URI.fullmatch(value):
        return ContentLine(line.group, "GEO", params, f"{pair[1]};{pair[2]}")
    if value[:4].lower() != "geo:":
        return line
    return ContentLine(line.group, "GEO", (*params, ("VALUE", ("uri",))), value)


def zone_for_four(line: ContentLine) -> ContentLine:
    """TZ: the offset needs a VALUE, the text none."""
    kind = value_type(line)
    params = omitting(line.params, "VALUE")
    offset = _OFFSET.fullmatch(line.value.strip())
    if offset and kind in ("", "utc-offset"):
        params = (*params, ("VALUE", ("utc-offset",)))
        value = f"{offset[1] or '+'}{offset[2]}{offset[3] or ''}"
    elif kind == "uri":
        return line
    else:
        value = text_for_four(line.value)
    return ContentLine(line.group, "TZ", params, value)


def zone_for_three(line: ContentLine) -> ContentLine:
    """TZ: the text needs a VALUE, the offset none."""
    kind = value_type(line)
    params = omitting(line.params, "VALUE")
    offset = _OFFSET.fullmatch(line.value.strip())
    if offset and kind == "utc-offset":
        value = f"{offset[1] or '+'}{offset[2]}:{offset[3] or '00'}"
    elif kind in ("uri", "utc-offset"):
        return line
    else:
        params = (*params, ("VALUE", ("text",)))
        value = text_for_three(line.value)
    return ContentLine(line.group, "TZ", params, value)


def _labels(source: Source) -> _Labels:
    """Find whose each LABEL is: the ADR's right before it, or the first one's of its types.

    An ADR that says nothing has none, since 3.0 would keep the LABEL alone, and the next way to
    4.0 would look for another.
    """
    labels = _Labels()
    waiting: dict[frozenset[str], deque[ContentLine]] = {}
    for line in source.all("ADR"):
        if not _is_empty(line):
            waiting.setdefault(_kind(line), deque()).append(line)
    strays: list[ContentLine] = []
    before: ContentLine | None = None
    for line in source.lines:
        if line.name == "LABEL":
            if before is None or before.name != "ADR" or _kind(before) != _kind(line):
                strays.append(line)
            elif not _is_empty(before):
                labels.of_address[id(before)] = line
                labels.placed.add(id(line))
        before = line
    for line in strays:
        addresses = waiting.get(_kind(line), deque())
        while addresses and id(addresses[0]) in labels.of_address:
            addresses.popleft()
        if addresses:
            labels.of_address[id(addresses.popleft())] = line
            labels.placed.add(id(line))
    return labels


def _is_empty(line: ContentLine) -> bool:
    return not parts(line.value).strip(";")


def _kind(line: ContentLine) -> frozenset[str]:
    return frozenset(word.lower() for word in types_of(line.params)) - {"pref"}
