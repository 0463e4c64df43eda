"""IMPP (RFC 4770 for 3.0, RFC 6350 section 6.4.3), and what was written before there was one.

Apple writes the address into an IMPP with an X-SERVICE-TYPE and, for others, again into the old
property; Evolution reads only that one. So 3.0 gets both, and 4.0 one for the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from dirserver.model.contentline import ContentLine, escape, unescape
from dirserver.model.conversion.parameters import omitting
from dirserver.model.conversion.source import Source
from dirserver.model.conversion.texts import uri

_SERVICE = "X-SERVICE-TYPE"
_SAFE = "@!$'()*+,:=&~/"


@dataclass(frozen=True, slots=True)
class Service:
    """A messaging service: its old properties, the scheme of its URIs, its name at Apple.

    The first of the old properties is the one that is written.
    """

    old_names: tuple[str, ...]
    scheme: str
    name: str


# Of two services with one scheme the last is meant where nothing says which.
_SERVICES = (
    Service(("X-AIM",), "aim", "AIM"),
    Service(("X-GADUGADU",), "gg", "GaduGadu"),
    Service(("X-GOOGLE-TALK", "X-GTALK"), "xmpp", "GoogleTalk"),
    Service(("X-ICQ",), "icq", "ICQ"),
    Service(("X-JABBER",), "xmpp", "Jabber"),
    Service(("X-MSN",), "msnim", "MSN"),
    Service(("X-SKYPE", "X-SKYPE-USERNAME"), "skype", "Skype"),
    Service(("X-YAHOO",), "ymsgr", "Yahoo"),
)
_BY_OLD_NAME = {name: service for service in _SERVICES for name in service.old_names}
OLD_NAMES = tuple(_BY_OLD_NAME)
_BY_SCHEME = {service.scheme: service for service in _SERVICES}
_BY_NAME = {service.name.lower(): service for service in _SERVICES}


def old_for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """X-JABBER and its like as an IMPP, unless the card has that one too."""
    service = _BY_OLD_NAME[line.name]
    handle = _handle(line)
    if not handle:
        return (line,)
    address = f"{service.scheme}:{quote(handle, safe=_SAFE)}"
    if ("IMPP", address) in source.texts or ("IMPP", f"{service.scheme}:{handle}") in source.texts:
        return ()
    params = (*omitting(line.params, _SERVICE, "VALUE"), (_SERVICE, (service.name,)))
    return (ContentLine(line.group, "IMPP", params, address),)


def for_four(line: ContentLine) -> ContentLine:
    """An IMPP is the same in both, but for stray escapes."""
    value = uri(line.value)
    return line if value == line.value else ContentLine(line.group, "IMPP", line.params, value)


def for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """An IMPP with its X-SERVICE-TYPE, and the old property for those who know no IMPP."""
    value = uri(line.value)
    scheme, _, rest = value.partition(":")
    said = "".join(line.param(_SERVICE))
    service = _BY_SCHEME.get(scheme.lower())
    if said:
        named = _BY_NAME.get(said.lower())
        service = named if named and named.scheme == scheme.lower() else None
    handle = _safely_unquoted(rest)
    if service is None or not handle:
        return (ContentLine(line.group, "IMPP", line.params, value),)
    params = line.params if said else (*line.params, (_SERVICE, (service.name,)))
    new = ContentLine(line.group, "IMPP", params, value)
    old_name = service.old_names[0]
    if (old_name, handle) in source.texts:
        return (new,)
    types = tuple(param for param in params if param[0] == "TYPE")
    return (new, ContentLine("", old_name, types, escape(handle)))


def _handle(line: ContentLine) -> str:
    """The address without a scheme, which some write even here."""
    handle = unescape(line.value).strip()
    scheme = _BY_OLD_NAME[line.name].scheme + ":"
    return handle[len(scheme) :] if handle.lower().startswith(scheme) else handle


def _safely_unquoted(text: str) -> str:
    """The text without percent escapes; none when they hide what a card cannot hold."""
    handle = unquote(text).strip() if "%" in text else text
    return handle if handle.isprintable() else ""
