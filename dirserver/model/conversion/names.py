"""FN and N, how they are sorted, and those of them that 3.0 can have only once.

3.0 must have both (RFC 2426 sections 3.1.1, 3.1.2), 4.0 only FN (RFC 6350 sections 6.2.1, 6.2.2),
of which it can have more, as of N and BDAY in other languages or scripts (ALTID, section 5.4).
SORT-STRING (RFC 2426 section 3.6.5) became the parameter SORT-AS (RFC 6350 section 5.9).
"""

from __future__ import annotations

from collections.abc import Callable

from dirserver.model.contentline import ContentLine, escape, unescape
from dirserver.model.conversion.dates import birthday_for_four, birthday_for_three
from dirserver.model.conversion.parameters import omitting, with_value
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import parts, text_for_four, text_for_three

_ALTERNATIVE = "X-ALT-"
ALTERNATIVES = ("X-ALT-BDAY", "X-ALT-FN", "X-ALT-N")


def full_name_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """FN, with the SORT-STRING of a card that has no N."""
    return (_sorted(with_value(line, text_for_four(line.value)), line, source),)


def name_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """N, with the SORT-STRING."""
    return (_sorted(with_value(line, parts(line.value)), line, source),)


def alternative_for_four(line: ContentLine) -> ContentLine:
    """X-ALT-FN as the FN that it was, and its like."""
    name = line.name.removeprefix(_ALTERNATIVE)
    renamed = _renamed(line, name)
    if name == "BDAY":
        return birthday_for_four(renamed)
    return with_value(renamed, (text_for_four if name == "FN" else parts)(line.value))


def sort_string_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """SORT-STRING, unless it is a parameter now."""
    if line is source.once(_sort_string) and source.once(_sort_holder) is not None:
        return ()
    return (_renamed(line, "X-SORT-STRING"),)


def full_name_for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """The one FN, and an N if there is none."""
    if line is not source.primary("FN"):
        return (_renamed(line, _ALTERNATIVE + "FN"),)
    made = _with_sort_string(with_value(line, text_for_three(line.value)), line, source)
    if "N" in source.names:
        return made
    return (*made, name_from(line))


def name_for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """The one N."""
    if line is not source.primary("N"):
        return (_renamed(line, _ALTERNATIVE + "N"),)
    return _with_sort_string(with_value(line, parts(line.value)), line, source)


def birthday(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """The one BDAY of 3.0."""
    if line is not source.primary("BDAY"):
        return (_renamed(line, _ALTERNATIVE + "BDAY"),)
    return (birthday_for_three(line),)


def name_from(full_name: ContentLine) -> ContentLine:
    """An N that claims to know no more than the FN: all of it is the family name."""
    return ContentLine("", "N", (), f"{escape(unescape(full_name.value))};;;;")


def renaming(name: str) -> Callable[[ContentLine], ContentLine]:
    """The rule for a property that only has another name in the other version."""
    return lambda line: _renamed(line, name)


def _renamed(line: ContentLine, name: str) -> ContentLine:
    return ContentLine(line.group, name, line.params, line.value)


def _sort_string(source: Source) -> ContentLine | None:
    return next(iter(source.all("SORT-STRING")), None)


def _sort_holder(source: Source) -> ContentLine | None:
    """The line whose SORT-AS the SORT-STRING becomes: N, or FN without one."""
    for name in ("N", "FN"):
        if name in source.names:
            holder = source.primary(name)
            return None if holder.param("SORT-AS") else holder
    return None


def _sorted(made: ContentLine, line: ContentLine, source: Source) -> ContentLine:
    if "SORT-STRING" not in source.names or line is not source.once(_sort_holder):
        return made
    string = source.once(_sort_string)
    params = (*made.params, ("SORT-AS", (unescape(string.value) if string else "",)))
    return ContentLine(made.group, made.name, params, made.value)


def _with_sort_string(
    made: ContentLine, line: ContentLine, source: Source
) -> tuple[ContentLine, ...]:
    text = ",".join(line.param("SORT-AS"))
    if not text or (line.name == "FN" and "N" in source.names) or "SORT-STRING" in source.names:
        return (made,)
    params = omitting(made.params, "SORT-AS")
    return (
        ContentLine(made.group, made.name, params, made.value),
        ContentLine("", "SORT-STRING", (), escape(text)),
    )
