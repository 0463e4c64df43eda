"""The syntax of e-mail addresses. Whether mail arrives there, only a mail server can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dirserver.model.contentline import ContentLine, escape, unescape
from dirserver.model.standards.rules import Fault, Rule, quoted
from dirserver.model.vcard import VCard

# RFC 5321 section 4.1.2, with RFC 6531's letters of all scripts; quoted local parts are none that
# anybody has by choice.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[^\W_]|-(?=[^.]))*"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_LONGEST = 254
_LONGEST_LOCAL = 64
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>")
_AROUND = " \t\n,;.:'\"\u00a0\u200b\u200e\u200f\ufeff\u202a\u202c"
_URI = "mailto:"


def faults(card: VCard) -> Iterator[Fault]:
    """Yield the addresses that no mail can be sent to as they are written."""
    for index, line in enumerate(card.lines):
        if line.name != "EMAIL":
            continue
        written = unescape(line.value)
        if not written.strip() or is_address(written) or _is_good_uri(line, written):
            continue
        meant = cleaned(written)
        if is_address(meant):
            sentence = f"{quoted(written)} is to be written {quoted(meant)}"
            yield Fault(Rule.EMAILS, "EMAIL", sentence, index, escape(meant))
        else:
            sentence = f"{quoted(written)} is no e-mail address"
            yield Fault(Rule.EMAILS, "EMAIL", sentence, index)


def is_address(text: str) -> bool:
    """Say whether ``text`` is written as an address is."""
    if len(text) > _LONGEST:
        return False
    return len(text.partition("@")[0]) <= _LONGEST_LOCAL and _ADDRESS.fullmatch(text) is not None


def _is_good_uri(line: ContentLine, written: str) -> bool:
    is_uri = any(value.lower() == "uri" for value in line.param("VALUE"))
    return is_uri and written.lower().startswith(_URI) and is_address(written[len(_URI) :])


def cleaned(written: str) -> str:
    """Take off what people and programs put around an address, and blanks beside its @.

    Of what is too long for an address, nothing is left.
    """
    if len(written) > 2 * _LONGEST:
        return ""
    found = _IN_BRACKETS.fullmatch(written.strip())
    text = (found[1] if found else written).strip(_AROUND)
    if text.lower().startswith(_URI):
        text = text[len(_URI) :].strip(_AROUND)
    local, at, domain = text.partition("@")
    return f"{local.rstrip()}{at}{domain.lstrip()}"
