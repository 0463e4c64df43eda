"""TEL: a text in both versions (RFC 2426 section 3.3.1, RFC 6350 section 6.4.1).

Clients of 3.0 would show a tel: URI as it stands, so they are given the number in it.
"""

from __future__ import annotations

from urllib.parse import unquote

from dirserver.model.contentline import ContentLine, escape, unescape
from dirserver.model.conversion.parameters import omitting, value_type, with_value
from dirserver.model.conversion.texts import text_for_four, text_for_three, uri
from dirserver.model.derive import telephone_number


def for_four(line: ContentLine) -> ContentLine:
    """The number as it stands, or the URI that was there."""
    kind = value_type(line)
    params = line.params
    if _is_number_uri(line.value) or kind == "uri":
        params = (*omitting(params, "VALUE"), ("VALUE", ("uri",)))
        return ContentLine(line.group, "TEL", params, uri(line.value))
    if kind:
        params = omitting(params, "VALUE")
        return ContentLine(line.group, "TEL", params, text_for_four(line.value))
    return with_value(line, text_for_four(line.value))


def for_three(line: ContentLine) -> ContentLine:
    """The number; a URI that is more than a number with an extension stays."""
    kind = value_type(line)
    value = uri(line.value)
    if _is_number_uri(value):
        said = [param.partition("=")[0].strip().lower() for param in unquote(value).split(";")]
        number = telephone_number(value)
        if said[1:] in ([], ["ext"]) and number:
            kept = omitting(line.params, "VALUE")
            return ContentLine(line.group, "TEL", kept, escape(number))
        kind = "uri"
    if kind == "uri":
        others = (*omitting(line.params, "VALUE"), ("VALUE", ("uri",)))
        return ContentLine(line.group, "TEL", others, value)
    if kind:
        kept = omitting(line.params, "VALUE")
        return ContentLine(line.group, "TEL", kept, text_for_three(line.value))
    return with_value(line, text_for_three(line.value))


def _is_number_uri(value: str) -> bool:
    return unescape(value[:64]).strip()[:4].lower() == "tel:"
