"""Properties as vCard 2.1 writes them, and as 3.0 does (RFC 2426).

Also programs that say VERSION:3.0 write bare types, quoted-printable, BASE64 and CHARSET.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable

from dirserver.exchange.notes import Notes
from dirserver.exchange.properties import RawProperty
from dirserver.model.charsets import decode, without_controls
from dirserver.model.contentline import (
    ENCODINGS,
    ContentLine,
    Params,
    escape,
    parse_line,
    split_value,
)

UNREADABLE = "X-UNREADABLE"

# vCard 2.1 escapes nothing but the semicolon; the others are what is often written all the same.
_ESCAPE = re.compile(r"\\([;,:])")
_ENCODED_SEMICOLON = re.compile(rb"=3[Bb]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
# Values that are no text: RFC 2426 has no escapes in them.
_UNESCAPED = frozenset(
    {"BDAY", "CALURI", "CAPURI", "FBURL", "IMPP", "REV", "SOURCE", "TEL", "TZ", "UID", "URL"}
)
_TEXTS = frozenset(
    {"AGENT", "CLASS", "EMAIL", "FN", "LABEL", "MAILER", "NICKNAME", "NOTE", "PRODID", "ROLE"}
    | {"SORT-STRING", "TITLE"}
)
_NEVER_BINARY = _TEXTS | _UNESCAPED | {"ADR", "CATEGORIES", "GEO", "N", "ORG"}
_BINARIES = frozenset({"KEY", "LOGO", "PHOTO", "SOUND"})
_BASE64 = frozenset({"b", "base64"})
# Where a value is, when it is not in the line: bare in 2.1, VALUE= in both.
_PLACES = {"url": "uri", "uri": "uri", "content-id": "content-id", "cid": "content-id"}


def rewrite(raw: RawProperty, notes: Notes, *, is_legacy: bool) -> ContentLine:
    """The property as vCard 3.0 has it; what cannot be read becomes an X-UNREADABLE.

    ``is_legacy`` is for the values of a vCard 2.1, which are not escaped as those of 3.0 are.
    The name keeps its spelling.
    """
    head = _head(raw, notes)
    try:
        line = parse_line(head + ":")
    except ValueError:
        return unreadable(raw, notes)
    if line.name in ("BEGIN", "END"):
        return unreadable(raw, notes)
    charset = "".join(line.param("CHARSET")[:1])
    encoding = _encoding(line.params)
    line = line._replace(name=head.partition(";")[0].strip().rpartition(".")[2])
    name = line.name.upper()
    value = raw.value
    if encoding in _BASE64:
        value = _base64(raw, notes)
        if name not in _NEVER_BINARY:
            params = (*_params(line.params, name), ("ENCODING", ("b",)))
            return line._replace(params=params, value=value.decode())
        value = a2b_base64(value)
    elif encoding == "quoted-printable":
        if b";" in value and name not in _UNESCAPED and not charset.lower().startswith("iso-2022"):
            # An encoded semicolon is never one that separates.
            value = _ENCODED_SEMICOLON.sub(b"\\;", value)
        value = a2b_qp(value)
    text = _text(value, charset, raw.number, notes).replace("\r\n", "\n").replace("\r", "\n")
    if name == "AGENT" and "\n" in text:
        text = escape(text.removesuffix("\n"))
    elif is_legacy or encoding in _BASE64:
        is_encoded = encoding == "quoted-printable" or encoding in _BASE64
        text = _escaped(text, name, _plain if is_encoded else _plain_unencoded)
    return line._replace(params=_params(line.params, name), value=text.replace("\n", "\\n"))


def unreadable(raw: RawProperty, notes: Notes) -> ContentLine:
    """Keep what is no property as the text of one."""
    notes.add(f"this is no property and was kept as {UNREADABLE}", raw.number)
    text = _text(raw.head + b":" + raw.value if raw.head else raw.value, "", raw.number, notes)
    return ContentLine("", UNREADABLE, (), escape(text))


def is_rewritten(line: ContentLine) -> bool:
    """Whether a line of a 3.0 or 4.0 card is written as only vCard 2.1 may write it."""
    if not line.params:
        return False
    return (
        any(not values for _, values in line.params)
        or _encoding(line.params) in ("quoted-printable", "base64")
        or any(charset.lower() != "utf-8" for charset in line.param("CHARSET"))
    )


def is_sound_base64(text: str) -> bool:
    """Whether ``text`` can be decoded as it is."""
    try:
        a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError):
        return False
    return True


def has_base64(line: ContentLine) -> bool:
    """Whether the value is said to be base64."""
    return bool(line.params) and _encoding(line.params) in _BASE64


def _head(raw: RawProperty, notes: Notes) -> str:
    """What is before the colon, without the blanks and the lonely quotes that 2.1 allows."""
    head = _text(raw.head, "", raw.number, notes)
    if head.count('"') % 2:
        head = head.replace('"', "")
    if '"' not in head:
        head = ";".join(part.strip() for part in head.split(";"))
    return head


def _encoding(params: Params) -> str:
    for name, values in params:
        if name == "ENCODING" and values:
            return values[0].strip().lower()
        if not values and name.lower() in ENCODINGS:
            return name.lower()
    return ""


def _params(params: Params, name: str) -> Params:
    """The parameters of 3.0 that say what the parameters of 2.1 do, but for the encoding."""
    types: list[str] = []
    others: list[tuple[str, tuple[str, ...]]] = []
    for key, values in params:
        word = key.lower()
        if key in ("CHARSET", "ENCODING") or (not values and word in ENCODINGS):
            continue
        if key == "TYPE" and values:
            types += (value.strip() for value in values)
        elif key == "VALUE" and values:
            others.append((key, tuple(_PLACES.get(value.lower(), value) for value in values)))
        elif values:
            others.append((key, values))
        elif name in _BINARIES and word in _PLACES:
            others.append(("VALUE", (_PLACES[word],)))
        elif not (name in _BINARIES and word == "inline"):
            types.append(key)
    return (("TYPE", tuple(types)), *others) if types else tuple(others)


def _base64(raw: RawProperty, notes: Notes) -> bytes:
    data = b"".join(raw.value.split())
    try:
        a2b_base64(data, strict_mode=True)
    except (Base64Error, ValueError):
        notes.add("the base64 is damaged; what can be read of it was kept", raw.number)
        data = _NOT_BASE64.sub(b"", data)
        # One letter of four holds no octet.
        data = data[: -1 if len(data) % 4 == 1 else None]
        data += b"=" * (-len(data) % 4)
    return data


def _text(octets: bytes, charset: str, number: int, notes: Notes) -> str:
    text, guess = decode(octets, charset)
    if guess:
        notes.add(guess, number)
    text, loss = without_controls(text)
    if loss:
        notes.add(loss, number)
    return text


def _escaped(text: str, name: str, plain: Callable[[str], str]) -> str:
    """Write the value of a 2.1 property as 3.0 does; ``plain`` undoes the escapes of a part."""
    if name in _UNESCAPED or name in _BINARIES:
        return text
    if name in _TEXTS:
        return escape(plain(text))
    if name == "CATEGORIES":
        return ",".join(escape(plain(part)) for part in split_value(text, ","))
    if name == "GEO":
        return text.replace(",", ";")
    # The parts of N, ADR and ORG, and perhaps those of an X- property.
    return ";".join(escape(plain(part)) for part in split_value(text, ";"))


def _plain(part: str) -> str:
    return _ESCAPE.sub(r"\1", part)


def _plain_unencoded(part: str) -> str:
    """Whoever cannot write quoted-printable borrows the line break of vCard 3.0."""
    return _plain(part).replace("\\n", "\n")
