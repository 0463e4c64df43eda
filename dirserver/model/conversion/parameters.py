"""Parameters: preference, types, and what vCard 2.1 left in cards that call themselves 3.0."""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterable, Sequence

from dirserver.model.charsets import decode, without_controls
from dirserver.model.contentline import ENCODINGS, ContentLine, Params
from dirserver.model.conversion.source import LEAST, preference

# Where 3.0, or Apple, has TYPE=pref: RFC 2426 sections 3.2.1 to 3.3.2, RFC 4770, RFC 2739.
_PREFERABLE = frozenset(
    {"ADR", "CALADRURI", "CALURI", "EMAIL", "FBURL", "IMPP", "RELATED", "TEL", "URL"}
)


def with_params(line: ContentLine, params: Params) -> ContentLine:
    """The same line with other parameters."""
    return ContentLine(line.group, line.name, params, line.value)


def with_value(line: ContentLine, value: str) -> ContentLine:
    """The same line with another value."""
    if value == line.value:
        return line
    return ContentLine(line.group, line.name, line.params, value)


def omitting(params: Params, *names: str) -> Params:
    """The parameters without those of these names (upper case)."""
    return tuple(param for param in params if param[0] not in names) if params else params


def with_types(params: Params, types: Iterable[str]) -> Params:
    """The parameters with these types instead of what types they have."""
    types = tuple(types)
    others = omitting(params, "TYPE")
    return (("TYPE", types), *others) if types else others


def types_of(params: Params) -> list[str]:
    """The types as they are spelled, lists taken apart."""
    return [
        word.strip()
        for name, values in params
        if name == "TYPE"
        for value in values
        for word in value.split(",")
        if word.strip()
    ]


def value_type(line: ContentLine) -> str:
    """What VALUE says, in lower case."""
    for name, values in line.params:
        if name == "VALUE" and values:
            return values[0].strip().lower()
    return ""


def tidied(line: ContentLine) -> ContentLine:
    """The line without what only vCard 2.1 has: bare types, CHARSET, quoted-printable, BASE64."""
    for name, values in line.params:
        if not values or name in ("CHARSET", "ENCODING"):
            break
    else:
        return line
    params: list[tuple[str, tuple[str, ...]]] = []
    types: list[str] = []
    charset, is_quoted = "utf-8", False
    for name, values in line.params:
        word = (values[0] if name == "ENCODING" else "" if values else name).strip().lower()
        if word in ("b", "base64"):
            params.append(("ENCODING", ("b",)))
        elif word == "quoted-printable":
            is_quoted = True
        elif name == "CHARSET" and values:
            charset = values[0].strip()
        elif values and name != "ENCODING":
            params.append((name, values))
        elif not values and word not in ENCODINGS:
            types.append(name)
    if types:
        params = [*with_types(tuple(params), [*types_of(tuple(params)), *types])]
    value = _unquoted(line.value, charset) if is_quoted else line.value
    return ContentLine(line.group, line.name, tuple(params), value)


def for_four(line: ContentLine) -> ContentLine:
    """TYPE=pref as PREF=1 (RFC 6350 section 5.3); a PREF that is there says it better."""
    for name, values in line.params:
        if name == "TYPE" and "pref" in "".join(values).lower():
            break
    else:
        return line
    types = types_of(line.params)
    kept = [word for word in types if word.lower() != "pref"]
    if len(kept) == len(types):
        return line
    params = with_types(line.params, kept)
    return with_params(line, params if line.param("PREF") else (*params, ("PREF", ("1",))))


def for_three(lines: Sequence[ContentLine]) -> list[ContentLine]:
    """PREF=1 as TYPE=pref, where 3.0 has it.

    The other numbers stay, being more than 3.0 can say; the lowest gets TYPE=pref beside it.
    3.0 has no quoted lists of types (RFC 2426 section 4).
    """
    lowest: dict[str, int] = {}
    for line in lines:
        if line.params and line.name in _PREFERABLE:
            lowest[line.name] = min(preference(line), lowest.get(line.name, LEAST))
    return [_for_three(line, lowest) if line.params else line for line in lines]


def _for_three(line: ContentLine, lowest: dict[str, int]) -> ContentLine:
    params = line.params
    has_list = has_number = False
    for name, values in params:
        if name == "TYPE":
            has_list = has_list or "," in "".join(values)
        elif name == "PREF":
            has_number = line.name in lowest
    if has_list:
        params = with_types(params, types_of(params))
    if has_number:
        number = preference(line)
        if number == 1:
            params = omitting(params, "PREF")
        if number == lowest[line.name] < LEAST:
            types = types_of(params)
            if "pref" not in (word.lower() for word in types):
                params = with_types(params, [*types, "pref"])
    return line if params is line.params else with_params(line, params)


def _unquoted(value: str, charset: str) -> str:
    text, _ = without_controls(decode(a2b_qp(value.encode()), charset)[0])
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
