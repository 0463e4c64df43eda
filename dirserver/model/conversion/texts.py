r"""How a value is escaped (RFC 2426 section 4, RFC 6350 section 3.4).

Vcard 4.0 leaves a semicolon bare where it separates nothing, and strict readers refuse ``\;``
there. In 3.0 it must be escaped. Neither knows ``\:`` and ``\"``, which are written all the same.
"""

from __future__ import annotations

import re

from dirserver.model.contentline import escape, split_value, unescape

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r"[\\,;]")


def text_for_four(value: str) -> str:
    """A value that is one text."""
    if "\\" not in value and "," not in value:
        return value
    return unescape(value).replace("\\", "\\\\").replace(",", "\\,").replace("\n", "\\n")


def text_for_three(value: str) -> str:
    """A value that is one text."""
    return escape(unescape(value)) if _NEEDS_ESCAPE.search(value) else value


def list_for_four(value: str) -> str:
    """A value that is a list of texts."""
    if "\\" not in value:
        return value
    return ",".join(text_for_four(part) for part in split_value(value, ","))


def list_for_three(value: str) -> str:
    """A value that is a list of texts."""
    if "\\" not in value and ";" not in value:
        return value
    return ",".join(text_for_three(part) for part in split_value(value, ","))


def parts(value: str) -> str:
    """A value that has parts, each of them a list, as N and ADR: the same in both versions."""
    return _ESCAPE.sub(_proper_escape, value) if "\\" in value else value


def single_parts(value: str) -> str:
    """A value that has parts, none of them a list, as ORG: the same in both versions."""
    value = parts(value)
    return "\\,".join(split_value(value, ",")) if "," in value else value


def uri(value: str) -> str:
    """A value that is a URI, in which no version knows an escape.

    What is no URI even without its escapes is left alone.
    """
    if "\\" not in value:
        return value
    meant = unescape(value).strip()
    return value if "\\" in meant or "\n" in meant else meant


def _proper_escape(found: re.Match[str]) -> str:
    match found[1]:
        case "n" | "N":
            return "\\n"
        case "," | ";" | "\\":
            return found[0]
        case ":" | '"' as bare:
            return bare
        case other:
            return f"\\\\{other}"
