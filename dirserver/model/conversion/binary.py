"""PHOTO, LOGO, SOUND and KEY: base64 in 3.0 (RFC 2426 section 2.4.1), data: URIs in 4.0.

The format is a TYPE in 3.0 (sections 3.1.4, 3.5.3, 3.6.6, 3.7.2) and a media type in 4.0
(RFC 6350 sections 5.7, 6.2.4, 6.6.3, 6.7.5, 6.8.1). A value may have a hundred thousand letters,
so none is looked through letter by letter.
"""

from __future__ import annotations

from dirserver.model.contentline import ContentLine, Params
from dirserver.model.conversion.parameters import omitting, types_of, value_type, with_types
from dirserver.model.conversion.texts import uri

_MEDIA = {
    "AIFF": "audio/aiff",
    "AVIF": "image/avif",
    "BASIC": "audio/basic",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "HEIC": "image/heic",
    "JPEG": "image/jpeg",
    "MPEG": "audio/mpeg",
    "OGG": "audio/ogg",
    "PGP": "application/pgp-keys",
    "PNG": "image/png",
    "SVG": "image/svg+xml",
    "TIFF": "image/tiff",
    "WAVE": "audio/wav",
    "WEBP": "image/webp",
    "X509": "application/pkix-cert",
}
_WORDS = {media: word for word, media in _MEDIA.items()}
_ALIASES = {"JPG": "image/jpeg", "MP3": "audio/mpeg", "WAV": "audio/wav"}
# How base64 begins, which tells the format where nobody else does.
_MAGIC = {
    "/9j/": "image/jpeg",
    "iVBORw0KGgo": "image/png",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
}
_UNKNOWN = "application/octet-stream"


def for_four(line: ContentLine) -> ContentLine:
    """A data: URI, or a URI with its MEDIATYPE."""
    params, kind, value = line.params, value_type(line), line.value
    start = value[:64].lstrip()
    is_base64 = bool(line.param("ENCODING")) or kind == "binary"
    if is_base64 or (not kind and start.startswith(tuple(_MAGIC))):
        media, others = _format(params)
        media = media or _sniffed(start) or _UNKNOWN
        data = "".join(value.split()) if " " in value or "\t" in value else value
        kept = with_types(omitting(params, "ENCODING", "VALUE"), others)
        return ContentLine(line.group, line.name, kept, f"data:{media};base64,{data}")
    if kind in ("uri", "url") or (not kind and ":" in start):
        media, others = _format(params)
        if not media or start[:5].lower() == "data:":
            others = types_of(params)
            kept = with_types(omitting(params, "VALUE"), others)
        else:
            kept = (*with_types(omitting(params, "VALUE"), others), ("MEDIATYPE", (media,)))
        return ContentLine(line.group, line.name, kept, uri(value))
    if not kind:
        return ContentLine(line.group, line.name, (*params, ("VALUE", ("text",))), value)
    return line


def for_three(line: ContentLine) -> ContentLine:
    """Base64 with ENCODING=b, or VALUE=uri for what is no base64."""
    params, kind = line.params, value_type(line)
    if kind not in ("", "uri"):
        return line
    value = uri(line.value)
    if value[:5].lower() == "data:":
        head, _, data = value.partition(",")
        media, *rest = head[5:].lower().split(";")
        if rest == ["base64"] and "/" in media and "%" not in data:
            words = [_WORDS.get(media, media)] if media != _UNKNOWN else []
            kept = with_types(omitting(params, "VALUE"), [*words, *types_of(params)])
            return ContentLine(line.group, line.name, (("ENCODING", ("b",)), *kept), data)
    media = "".join(line.param("MEDIATYPE")).lower()
    if media in _WORDS:
        params = with_types(omitting(params, "MEDIATYPE"), [_WORDS[media], *types_of(params)])
    params = (("VALUE", ("uri",)), *omitting(params, "VALUE"))
    return ContentLine(line.group, line.name, params, value)


def _format(params: Params) -> tuple[str, list[str]]:
    """The media type that one of the types tells, and the other types."""
    types = types_of(params)
    for index, word in enumerate(types):
        upper = word.upper()
        if media := _MEDIA.get(upper) or _ALIASES.get(upper) or (word.lower() * ("/" in word)):
            return media, types[:index] + types[index + 1 :]
    return "", types


def _sniffed(start: str) -> str:
    return next((media for magic, media in _MAGIC.items() if start.startswith(magic)), "")
